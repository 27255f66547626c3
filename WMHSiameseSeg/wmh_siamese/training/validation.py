"""Choosing the epoch and the threshold by the Dice of cases that are not learnt from."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from wmh_siamese.cases.case import LESION, OTHER, Case
from wmh_siamese.cases.reading import read_case
from wmh_siamese.networks.generator import DenseUNet
from wmh_siamese.networks.preparation import vgg_prepared
from wmh_siamese.networks.recipe import Recipe
from wmh_siamese.segmenting.seen_volume import SeenVolume, seen_volume

THRESHOLDS = np.arange(15, 66, 5) / 100
DEFAULT_THRESHOLD = 0.5

PreparedCase = tuple[torch.Tensor, NDArray[np.uint8], SeenVolume]
"""Images (half precision, as those that are trained on), native labels, how the scan is seen."""


class Validation:
    """Validation cases, prepared once: images (N, 1, size, size), native labels (N, H, W)."""

    def __init__(self, cases: Sequence[Case], recipe: Recipe) -> None:
        self.cases: list[PreparedCase] = []
        for case in cases:
            flair, labels = read_case(case)
            seen = seen_volume(flair, recipe)
            images = seen.prepared(seen.unit(seen.view.forward(flair.array)))
            native = np.ascontiguousarray(seen.view.forward(labels.array))
            self.cases.append((images.half(), native, seen))

    @torch.inference_mode()
    def dice_and_threshold(self, generator: DenseUNet, device: torch.device) -> tuple[float, float]:
        """The highest mean Dice on the native grids and the threshold that gives it.

        What is found under other pathology (label 2) does not count. NaN and 0.5 without
        validation cases.
        """
        if not self.cases:
            return float("nan"), DEFAULT_THRESHOLD
        dice = self._mean_dice(self.cases, generator, device, THRESHOLDS)
        best = int(dice.argmax())
        return float(dice[best]), float(THRESHOLDS[best])

    @torch.inference_mode()
    def dice_at(self, generator: DenseUNet, device: torch.device, threshold: float) -> float:
        """The mean Dice on the native grids at one threshold, of the cases that hold lesions.

        NaN without any.
        """
        cases = [case for case in self.cases if (case[1] == LESION).any()]
        if not cases:
            return float("nan")
        return float(self._mean_dice(cases, generator, device, np.array([threshold]))[0])

    def _mean_dice(
        self,
        cases: Sequence[PreparedCase],
        generator: DenseUNet,
        device: torch.device,
        thresholds: NDArray[np.float64],
    ) -> NDArray[np.float64]:
        generator.eval()
        by_case = [self._dice(generator, device, thresholds, *case) for case in cases]
        mean: NDArray[np.float64] = np.array(by_case, dtype=np.float64).mean(axis=0)
        return mean

    def _dice(
        self,
        generator: DenseUNet,
        device: torch.device,
        thresholds: NDArray[np.float64],
        images: torch.Tensor,
        labels: NDArray[np.uint8],
        seen: SeenVolume,
    ) -> list[float]:
        batches = images.split(4)
        prediction = torch.cat([generator(vgg_prepared(b.to(device))).cpu() for b in batches])
        native = seen.native(prediction, (labels.shape[1], labels.shape[2])).numpy()
        native = np.where(labels == OTHER, 0, native)
        truth = labels == LESION
        hits = [(truth & (native >= threshold)).sum() for threshold in thresholds]
        found = [(native >= threshold).sum() for threshold in thresholds]
        return [
            2 * hit / (truth.sum() + size) if size + truth.sum() else 1.0
            for hit, size in zip(hits, found, strict=True)
        ]
