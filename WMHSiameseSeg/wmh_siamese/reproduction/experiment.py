"""Models that differ only in their loss, each trained with several seeds (paper, section 3)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from wmh_siamese.cases.case import Case
from wmh_siamese.cases.reading import read_case
from wmh_siamese.evaluation.evaluation import CaseFigures, case_figures
from wmh_siamese.evaluation.methods import TrainedModel
from wmh_siamese.networks.vgg_weights import VGGWeights
from wmh_siamese.reproduction.figures_file import Judged, read_judged, write_judged
from wmh_siamese.segmenting.inference import Segmenter
from wmh_siamese.training.plan import Epoch
from wmh_siamese.training.release import release
from wmh_siamese.training.settings import LossName, TrainingSettings
from wmh_siamese.training.training import train
from wmh_siamese.volumes.nifti_file import read_volume
from wmh_siamese.volumes.volume import Volume

LABELS: dict[LossName, str] = {
    "dice": "Dice loss",
    "tversky": "Tversky loss",
    "generalised-dice": "Generalised Dice",
    "content": "Siamese loss",
    "min-max": "Trained Siamese",
}


@dataclass(frozen=True)
class Experiment:
    """What all models share.

    Args:
        folder: for models, slices and results.
        settings: of every training; loss and seed are replaced.
        seeds: each model is trained once with each.
        losses: the models.
        learning: cases to learn from.
        validation: cases that choose epoch and threshold.
        held_out: cases of the same cohorts that no model sees.
        others: cases of cohorts that no model sees.
        lesion_free: FLAIR volumes of heads without lesions: whatever is found is a false alarm.
        vgg: the Siamese network's weights; None when no loss needs them.
        device: of training and judging.
    """

    folder: Path
    settings: TrainingSettings
    seeds: Sequence[int]
    losses: Sequence[LossName]
    learning: Sequence[Case]
    validation: Sequence[Case]
    held_out: Sequence[Case]
    others: Sequence[Case]
    lesion_free: Sequence[Path]
    vgg: VGGWeights | None
    device: str = "auto"

    @property
    def judged_cases(self) -> list[Case]:
        return [*self.held_out, *self.others]

    @property
    def members(self) -> list[Member]:
        """Seed by seed all models, so that a first comparison is there early."""
        return [Member(loss, seed) for seed in self.seeds for loss in self.losses]

    def model(self, member: Member) -> Path:
        """Where a member's model is, once it is trained."""
        return self.folder / "models" / member.name / "generator.safetensors"


@dataclass(frozen=True)
class Member:
    """One training of the experiment."""

    loss: LossName
    seed: int

    @property
    def name(self) -> str:
        return f"{self.loss}-seed{self.seed}"


def trained(experiment: Experiment, member: Member, on_epoch: Callable[[Epoch], None]) -> Path:
    """The member's model, trained as far as it is not yet.

    Raises:
        WMHError: as :func:`wmh_siamese.training.training.train`.
    """
    path = experiment.model(member)
    settings = replace(experiment.settings, loss=member.loss, seed=member.seed)
    best = train(
        experiment.learning,
        experiment.validation,
        experiment.vgg if settings.needs_vgg else None,
        path.parent,
        settings,
        name=member.name,
        device=experiment.device,
        cache=experiment.folder / "slices",
        on_epoch=on_epoch,
    )
    release(best, (), path, experiment.device)
    return path


def judged(experiment: Experiment, member: Member, on_case: Callable[[str], None]) -> Judged:
    """The member's figures on every case; those of an unchanged model are not measured again.

    Args:
        experiment: what was trained.
        member: whose figures.
        on_case: told what is about to be judged.
    """
    path = experiment.model(member)
    segmenter = Segmenter(path, experiment.device)
    method = TrainedModel(segmenter, member.name)
    file = path.with_name("figures.json")
    known = read_judged(file, segmenter.card.sha256, experiment.judged_cases)
    figures: list[CaseFigures] = []
    for case in experiment.judged_cases:
        found = known.of(case)
        if found is None:
            on_case(case.id)
            found = case_figures(method, case, *read_case(case))
        figures.append(found)
    false_alarms = {}
    for place in experiment.lesion_free:
        found_ml = known.false_alarms_ml.get(place.name)
        if found_ml is None:
            on_case(place.name)
            found_ml = _volume_ml(method, read_volume(place), place)
        false_alarms[place.name] = found_ml
    done = Judged(segmenter.card.sha256, figures, false_alarms)
    write_judged(file, done)
    return done


def _volume_ml(method: TrainedModel, flair: Volume, place: Path) -> float:
    mask = method.mask(Case("lesion-free", place.name, place, place), flair)
    return float(mask.sum()) * flair.voxel_volume_mm3 / 1000
