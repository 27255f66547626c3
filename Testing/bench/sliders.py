"""A move of the threshold or the minimum-volume slider: mask and readouts."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from functools import partial
from statistics import median

import numpy as np
from numpy.typing import NDArray
from wmh_siamese.inference import Segmenter
from wmh_siamese.readouts import Lesions

from bench.report import Figure
from bench.setting import Setting

GROUP = "Sliders"
THRESHOLDS = (0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
MIN_VOLUMES_MM3 = (0.0, 3.0, 10.0, 30.0, 100.0)
REPEATS = 3


def figures(setting: Setting) -> Iterator[Figure]:
    """Median and worst seconds of a move, over the volume's own probability."""
    probability = Segmenter(setting.model).probability(setting.volume)
    moves = {
        "threshold": {t: seconds_of(_threshold_move(setting, probability, t)) for t in THRESHOLDS},
        "minimum volume": dict(_volume_moves(setting, probability)),
    }
    for name, found in moves.items():
        worst = max(found, key=lambda threshold: found[threshold])
        middle, slowest = 1000 * median(found.values()), 1000 * found[worst]
        share = 100 * float((probability >= worst).mean())
        note = f"at threshold {worst}, where {share:.2g} % of all voxels are positive"
        yield Figure(GROUP, f"{name}, median", middle, "ms", at_most=100)
        yield Figure(GROUP, f"{name}, worst", slowest, "ms", at_most=100, note=note)


def _threshold_move(
    setting: Setting, probability: NDArray[np.float32], threshold: float
) -> Callable[[], object]:
    volume = setting.volume

    def move() -> None:
        lesions = Lesions(probability, threshold, volume.voxel_volume_mm3)
        lesions.mask(MIN_VOLUMES_MM3[1])
        lesions.read_out(MIN_VOLUMES_MM3[1], volume.affine)

    return move


def _volume_moves(
    setting: Setting, probability: NDArray[np.float32]
) -> Iterator[tuple[float, float]]:
    """Thresholds, each with the seconds of its slowest move."""
    volume = setting.volume
    for threshold in THRESHOLDS:
        lesions = Lesions(probability, threshold, volume.voxel_volume_mm3)

        def move(least: float, lesions: Lesions = lesions) -> None:
            lesions.mask(least)
            lesions.read_out(least, volume.affine)

        yield threshold, max(seconds_of(partial(move, least)) for least in MIN_VOLUMES_MM3)


def seconds_of(move: Callable[[], object]) -> float:
    """The quickest of a few."""
    times = []
    for _ in range(REPEATS):
        began = time.perf_counter()
        move()
        times.append(time.perf_counter() - began)
    return min(times)
