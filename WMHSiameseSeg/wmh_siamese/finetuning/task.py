"""What a fine-tuning learns from and is compared on, from a library or from other cases."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from wmh_siamese.cases.case import Case
from wmh_siamese.cases.checks import CheckedCases, checked_cases
from wmh_siamese.cases.finding import find_cases
from wmh_siamese.cases.reading import read_case
from wmh_siamese.cases.splits import named_split, of_same_patient, parted
from wmh_siamese.errors import WMHError
from wmh_siamese.finetuning.choices import Effort
from wmh_siamese.finetuning.effort import finetuning_settings
from wmh_siamese.finetuning.guard import BASE_SHARE, bundled_sample
from wmh_siamese.library.library import Library
from wmh_siamese.library.manifest import MANIFEST_NAME
from wmh_siamese.library.scan_files import scan_of
from wmh_siamese.models.model_file import read_card
from wmh_siamese.networks.siamese import Convention
from wmh_siamese.networks.vgg_blocks import vgg_weights
from wmh_siamese.networks.vgg_weights import VGGWeights
from wmh_siamese.training.chosen_settings import check_positive
from wmh_siamese.training.settings import TrainingSettings
from wmh_siamese.volumes.hashes import voxels_sha256
from wmh_siamese.volumes.volume import Volume


@dataclass(frozen=True)
class Task:
    """What is to be fine-tuned on what.

    Attributes:
        base: the model file to go on from.
        training: cases to learn from.
        held_out: cases to compare on.
        settings: of the training.
        library: the folder when the cases come from one.
        rehearsal: further cases in the batches, so that what the base model knew is not forgotten.
        base_share: of the base model's weights that stays in the new one's, for the same end.
        scans: hashes of all scans that are learnt from, as libraries know them.
        rehearsed_library: the folder when the rehearsed cases come from one.
    """

    base: Path
    training: list[Case]
    held_out: list[Case]
    settings: TrainingSettings
    library: Path | None
    rehearsal: tuple[Case, ...] = ()
    base_share: float = 0.0
    scans: tuple[str, ...] = ()
    rehearsed_library: Path | None = None

    @property
    def learnt(self) -> list[Case]:
        """All cases that the model sees; where any case is drawn alike, they share by number."""
        return [*self.training, *self.rehearsal]

    def with_case_names(self) -> Task:
        """The same, and the model file calls cases by the names of their folders and files."""
        training, held_out, rehearsal = (
            [replace(case, named=True) for case in cases]
            for cases in (self.training, self.held_out, self.rehearsal)
        )
        return replace(self, training=training, held_out=held_out, rehearsal=tuple(rehearsal))

    def vgg(self, file: Path | None, convention: Convention | None = None) -> VGGWeights | None:
        """VGG19's weights from a file, or torchvision's download, where the loss needs them."""
        if not self.settings.needs_vgg:
            return None
        return vgg_weights(file, convention)

    def note_trained(self, model_sha256: str) -> None:
        """Let each library know what a model has learnt from: none of it may be held out now."""
        both = ((self.library, self.training), (self.rehearsed_library, self.rehearsal))
        for folder, cases in both:
            if folder is not None:
                names = [case.name for case in cases]
                Library.open(folder).note_trained(names, model_sha256, self.scans)


def task_of(
    place: Path,
    base: Path,
    effort: Effort = "usual",
    held_out: Sequence[str] = (),
    rehearse: Path | None = None,
    guarded: bool = True,
    say: Callable[[str], None] = lambda sentence: None,
    **given: Any,
) -> Task:
    """Cases and settings, all cases checked.

    Args:
        place: folder of a library, or any place of :func:`wmh_siamese.cases.finding.find_cases`.
        base: the model file to go on from.
        effort: how long.
        held_out: ids of the cases to compare on, where the place is no library.
        rehearse: another library, whose training cases are mixed into the batches against
            forgetting, or any place of :func:`wmh_siamese.cases.finding.find_cases`; how long to
            train stays with the corrected ones. None takes the bundled sample, where it is guarded.
        guarded: against forgetting (:mod:`wmh_siamese.finetuning.guard`).
        say: told, in a sentence, what the user should know.
        given: fields of the settings that replace the effort's.

    Raises:
        WMHError: ``bad-volume`` without a case to learn from, when a patient is on both sides or
            a library's files are not the ones that were added; ``bad-path`` for settings that make
            no sense.
    """
    check_positive(given)
    library = _library_at(place)
    training, kept = _library_parts(library, held_out) if library else _parts(place, held_out)
    if not training:
        raise WMHError(
            "bad-volume", "There is no case to learn from.", "Add a corrected case for training."
        )
    other, rehearsal = _rehearsed(rehearse)
    scans = _Scans(library, other)
    checked = checked_cases([*training, *kept, *rehearsal], option="", check=scans.look)
    _check_apart(kept, rehearsal, library, scans)
    if guarded and rehearse is None:
        rehearsal = _bundled(checked, library, scans, say)
    try:
        settings = finetuning_settings(read_card(base), len(training), effort, **given)
    except (TypeError, ValueError) as error:
        raise WMHError("bad-path", f"These settings cannot be used: {error}.") from None
    return Task(
        base=base,
        training=training,
        held_out=kept,
        settings=settings,
        library=library.folder if library else None,
        rehearsal=tuple(rehearsal),
        base_share=BASE_SHARE if guarded else 0.0,
        scans=scans.of([*training, *rehearsal]),
        rehearsed_library=other.folder if other else None,
    )


class _Scans:
    """Takes each case's hash while it is read, and finds files that were changed in a library."""

    def __init__(self, *libraries: Library | None) -> None:
        self._libraries = [library for library in libraries if library is not None]
        self._hashes: dict[Case, str] = {}

    def look(self, case: Case, flair: Volume, labels: Volume) -> None:
        """Remember a case's scan (``bad-volume`` when its library added another one)."""
        scan = scan_of(flair, labels.array)
        self._hashes[case] = scan.flair_sha256
        for library in self._libraries:
            if library.folder in case.flair.parents:
                library.check_files(case, scan)

    def __getitem__(self, case: Case) -> str:
        return self._hashes[case]

    def of(self, cases: Sequence[Case]) -> tuple[str, ...]:
        """Each hash once."""
        return tuple(sorted({self._hashes[case] for case in cases}))


def _library_at(place: Path) -> Library | None:
    return Library.open(place) if (place / MANIFEST_NAME).is_file() else None


def _library_parts(library: Library, held_out: Sequence[str]) -> tuple[list[Case], list[Case]]:
    if held_out:
        raise WMHError(
            "bad-path",
            "A library knows which of its cases are held out.",
            "Change a case's role there instead of naming cases.",
        )
    return library.training_cases(), library.held_out_cases()


def _parts(place: Path, held_out: Sequence[str]) -> tuple[list[Case], list[Case]]:
    cases = find_cases(place)
    training, _, kept = parted(cases, named_split(cases, (), held_out))
    return training, kept


def _rehearsed(place: Path | None) -> tuple[Library | None, list[Case]]:
    if place is None:
        return None, []
    library = _library_at(place)
    return library, library.training_cases() if library else find_cases(place)


def _check_apart(
    held_out: Sequence[Case], rehearsal: Sequence[Case], library: Library | None, scans: _Scans
) -> None:
    """Refuse to rehearse who is held out, whether or not the library uses the case now."""
    both = of_same_patient(held_out, rehearsal)
    if both is None and library is not None:
        kept_out = (case for case in rehearsal if library.keeps_held_out(case, scans[case]))
        both = next(kept_out, None)
    if both is not None:
        raise WMHError(
            "bad-volume",
            f"The patient of case {both.id} is held out and cannot be rehearsed.",
            "Leave that case out of the rehearsal.",
        )


def _bundled(
    checked: CheckedCases, library: Library | None, scans: _Scans, say: Callable[[str], None]
) -> list[Case]:
    """The bundled sample, unless it is among the cases or the library ever had it."""
    sample = bundled_sample()
    if sample is None:
        say(
            "The bundled simulated head is not installed here, so nothing is rehearsed against "
            "forgetting; half of the base model's weights stay all the same. --rehearse names "
            "cases of your own."
        )
        return []
    flair, labels = read_case(sample)
    scans.look(sample, flair, labels)
    in_use = voxels_sha256(flair.array) in checked.scans
    known = in_use or (library is not None and library.has_had(scans[sample]))
    return [] if known else [sample]
