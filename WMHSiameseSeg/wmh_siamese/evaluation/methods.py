"""What can be judged: a trained model, finished masks of any origin, a plain threshold."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from wmh_siamese.cases.case import OTHER, Case
from wmh_siamese.cases.reading import check_same_grid, is_recorded
from wmh_siamese.errors import WMHError
from wmh_siamese.evaluation.metrics import foreground_of
from wmh_siamese.segmenting.readouts import lesion_mask
from wmh_siamese.volumes.nifti_file import read_volume
from wmh_siamese.volumes.volume import Volume

if TYPE_CHECKING:
    from wmh_siamese.segmenting.inference import Segmenter

Mask = NDArray[np.bool_]

MASK_ENDINGS = (".nii.gz", ".nii")
LEARNT, VALIDATION = "learnt", "validation"

# Mean Dice of the seven MS3SEG patients that the bundled model learns from is highest here (1.1 to
# 2.4 in steps of 0.05); no other case was looked at.
FOREGROUND_MULTIPLE = 1.35


class Method(Protocol):
    """Anything that gives a mask for a case."""

    @property
    def name(self) -> str:
        """For people, in a table."""

    @property
    def description(self) -> str:
        """What it is and how it was set, for a table's notes."""

    def mask(self, case: Case, flair: Volume) -> Mask:
        """The lesions of a case, bool, on the FLAIR's grid."""

    def role(self, case: Case) -> str:
        """``"learnt"`` or ``"validation"`` where the method has seen the case, ``""`` elsewhere."""


class TrainedModel:
    """A generator with its threshold.

    Args:
        segmenter: the generator.
        name: in the table; the model's own by default.
        threshold: the model's own by default.
        min_volume_mm3: smaller lesions are dropped.
    """

    def __init__(
        self,
        segmenter: Segmenter,
        name: str = "",
        threshold: float | None = None,
        min_volume_mm3: float = 0.0,
    ) -> None:
        self._segmenter = segmenter
        self.name = name or segmenter.card.name
        self.threshold = segmenter.card.threshold if threshold is None else threshold
        self.min_volume_mm3 = min_volume_mm3
        self.certainty = segmenter.card.preparation_recipe().certainty

    @property
    def description(self) -> str:
        card = self._segmenter.card
        return (
            f"model {card.name}, SHA-256 {card.sha256}, threshold {self.threshold:g}, "
            f"certainty {self.certainty:g}, lesions from {self.min_volume_mm3:g} mm³, "
            f"on {self._segmenter.device_name}"
        )

    def mask(self, case: Case, flair: Volume) -> Mask:
        probability = self._segmenter.probability(flair, nonfinite="zero")
        return lesion_mask(
            *(probability, self.threshold, self.min_volume_mm3, flair.voxel_volume_mm3),
            self.certainty,
        )

    def role(self, case: Case) -> str:
        training = self._segmenter.card.training
        if is_recorded(case, training.get("cases", ())):
            return LEARNT
        return VALIDATION if is_recorded(case, training.get("validation_cases", ())) else ""


class FinishedMasks:
    """Masks that lie in a folder as ``<cohort>/<case>.nii.gz`` or ``<case>.nii.gz``.

    Args:
        folder: the folder.
        cases: all cases that will be asked for; where two share a name, only the first form tells
            them apart.
        name: in the table; the folder's own by default.

    Raises:
        WMHError: ``bad-path`` when there is no such folder.
    """

    def __init__(self, folder: Path, cases: Sequence[Case], name: str = "") -> None:
        if not folder.is_dir():
            raise WMHError("bad-path", f"There is no folder {folder}.", "Check its name.")
        self._folder = folder
        self._times = Counter(case.name for case in cases)
        self.name = name or folder.resolve().name

    @property
    def description(self) -> str:
        return f"finished masks of the folder {self._folder.resolve().name}"

    def mask(self, case: Case, flair: Volume) -> Mask:
        """As :meth:`Method.mask`.

        Raises:
            WMHError: ``bad-path`` when the case has no mask, ``bad-volume`` when it has one that
                cannot be used.
        """
        try:
            found = read_volume(self._path(case))
            check_same_grid(flair, found)
        except WMHError as error:
            raise WMHError(
                error.kind, f"Case {case.id}, {self.name}: {error.sentence}", error.way_out
            ) from None
        if np.isnan(found.array).any():
            raise WMHError("bad-volume", f"Case {case.id}, {self.name}: the mask holds NaN voxels.")
        return np.asarray(foreground_of(found.array) & (found.array != OTHER))

    def role(self, case: Case) -> str:
        return ""

    def _path(self, case: Case) -> Path:
        names = [case.id] if self._times[case.name] > 1 else [case.id, case.name]
        wanted = [self._folder / f"{name}{ending}" for name in names for ending in MASK_ENDINGS]
        found = next((path for path in wanted if path.is_file()), None)
        if found is None:
            raise WMHError(
                "bad-path",
                f"there is no mask {names[-1]}.nii.gz in {self._folder}.",
                "Put it there, or leave the case out.",
            )
        return found


@dataclass(frozen=True)
class IntensityThreshold:
    """Lesion is what reaches a fixed multiple of the foreground's median: the simplest baseline.

    The foreground are the voxels above the volume's mean, as in the ``robust`` preparation. Fat and
    skull are as bright as lesions, so it is a fair baseline only where they were removed.

    Args:
        multiple: of the foreground's median.
        min_volume_mm3: smaller lesions are dropped.
        name: in the table.
    """

    multiple: float = FOREGROUND_MULTIPLE
    min_volume_mm3: float = 0.0
    name: str = "intensity threshold"

    @property
    def description(self) -> str:
        return (
            f"FLAIR from {self.multiple:g} times the foreground's median on, "
            f"lesions from {self.min_volume_mm3:g} mm³"
        )

    def mask(self, case: Case, flair: Volume) -> Mask:
        from wmh_siamese.networks.preparation import Recipe, white_level

        level = white_level(flair.array, Recipe(scale="foreground", foreground_gain=self.multiple))
        return lesion_mask(flair.array, level, self.min_volume_mm3, flair.voxel_volume_mm3)

    def role(self, case: Case) -> str:
        return ""
