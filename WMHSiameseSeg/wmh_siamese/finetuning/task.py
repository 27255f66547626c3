"""What a fine-tuning learns from and is compared on, from a library or from other cases."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wmh_siamese.case_checks import checked_cases
from wmh_siamese.cases import Case, find_cases
from wmh_siamese.errors import WMHError
from wmh_siamese.finetuning.choices import Effort
from wmh_siamese.finetuning.effort import finetuning_settings
from wmh_siamese.finetuning.guard import BASE_SHARE, bundled_sample
from wmh_siamese.library.library import Library
from wmh_siamese.library.manifest import MANIFEST_NAME
from wmh_siamese.model_file import read_card
from wmh_siamese.siamese import Convention, VGGWeights, vgg_weights
from wmh_siamese.splits import named_split, of_same_patient, parted
from wmh_siamese.training_options import check_positive
from wmh_siamese.training_settings import TrainingSettings


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
    """

    base: Path
    training: list[Case]
    held_out: list[Case]
    settings: TrainingSettings
    library: Path | None
    rehearsal: tuple[Case, ...] = ()
    base_share: float = 0.0

    @property
    def learnt(self) -> list[Case]:
        """All cases that the model sees; where any case is drawn alike, they share by number."""
        return [*self.training, *self.rehearsal]

    def vgg(self, file: Path | None, convention: Convention | None = None) -> VGGWeights | None:
        """VGG19's weights from a file, or torchvision's download, where the loss needs them."""
        if not self.settings.needs_vgg:
            return None
        return vgg_weights(file, convention)

    def note_trained(self, model_sha256: str) -> None:
        """Let the library know which of its cases a model has learnt from."""
        if self.library is not None:
            names = [case.name for case in self.training]
            Library.open(self.library).note_trained(names, model_sha256)


def task_of(
    place: Path,
    base: Path,
    effort: Effort = "usual",
    held_out: Sequence[str] = (),
    rehearse: Path | None = None,
    guarded: bool = True,
    **given: Any,
) -> Task:
    """Cases and settings, all cases checked.

    Args:
        place: folder of a library, or any place of :func:`wmh_siamese.cases.find_cases`.
        base: the model file to go on from.
        effort: how long.
        held_out: ids of the cases to compare on, where the place is no library.
        rehearse: any place of :func:`wmh_siamese.cases.find_cases`, whose cases are mixed into the
            batches against forgetting; how long to train stays with the corrected ones. None
            takes the bundled sample, where it is guarded.
        guarded: against forgetting (:mod:`wmh_siamese.finetuning.guard`).
        given: fields of the settings that replace the effort's.

    Raises:
        WMHError: ``bad-volume`` without a case to learn from or when a patient is on both sides;
            ``bad-path`` for settings that make no sense.
    """
    check_positive(given)
    is_library = (place / MANIFEST_NAME).is_file()
    training, kept = _library_parts(place, held_out) if is_library else _parts(place, held_out)
    if not training:
        raise WMHError(
            "bad-volume", "There is no case to learn from.", "Add a corrected case for training."
        )
    rehearsal = tuple(find_cases(rehearse)) if rehearse is not None else ()
    _check_apart(kept, rehearsal)
    checked = checked_cases([*training, *kept, *rehearsal], option="")
    if guarded and rehearse is None and not checked.hold_scan_of(bundled_sample()):
        rehearsal = (bundled_sample(),)
    try:
        settings = finetuning_settings(read_card(base), len(training), effort, **given)
    except (TypeError, ValueError) as error:
        raise WMHError("bad-path", f"These settings cannot be used: {error}.") from None
    share = BASE_SHARE if guarded else 0.0
    return Task(base, training, kept, settings, place if is_library else None, rehearsal, share)


def _check_apart(held_out: Sequence[Case], rehearsal: Sequence[Case]) -> None:
    both = of_same_patient(held_out, rehearsal)
    if both is not None:
        raise WMHError(
            "bad-volume",
            f"The patient of case {both.id} is held out and cannot be rehearsed.",
            "Leave that case out of the rehearsal.",
        )


def _library_parts(place: Path, held_out: Sequence[str]) -> tuple[list[Case], list[Case]]:
    if held_out:
        raise WMHError(
            "bad-path",
            "A library knows which of its cases are held out.",
            "Change a case's role there instead of naming cases.",
        )
    library = Library.open(place)
    return library.training_cases(), library.held_out_cases()


def _parts(place: Path, held_out: Sequence[str]) -> tuple[list[Case], list[Case]]:
    cases = find_cases(place)
    training, _, kept = parted(cases, named_split(cases, (), held_out))
    return training, kept
