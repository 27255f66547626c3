"""A move of the threshold or the minimum-volume slider: mask and readouts."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from functools import partial
from statistics import median

from wmh_siamese.segmenting.inference import Segmenter
from wmh_siamese.segmenting.readouts import Lesions

from bench.report import Figure
from bench.setting import Setting

GROUP = "Sliders"
THRESHOLDS = (0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
MIN_VOLUMES_MM3 = (0.0, 3.0, 10.0, 30.0, 100.0)
REPEATS = 3


def figures(setting: Setting) -> Iterator[Figure]:
    """Median and worst seconds of a move, over the volume's own probability."""
    segmenter = Segmenter(setting.model)
    probability = segmenter.probability(setting.volume)
    lesions_at = partial(
        Lesions,
        probability,
        voxel_mm3=setting.volume.voxel_volume_mm3,
        certainty=segmenter.card.preparation_recipe().certainty,
    )
    moves = {
        "threshold": {t: seconds_of(_threshold_move(setting, lesions_at, t)) for t in THRESHOLDS},
        "minimum volume": dict(_volume_moves(setting, lesions_at)),
    }
    for name, found in moves.items():
        worst = max(found, key=lambda threshold: found[threshold])
        middle, slowest = 1000 * median(found.values()), 1000 * found[worst]
        share = 100 * float((probability >= worst).mean())
        note = f"at threshold {worst}, where {share:.2g} % of all voxels are positive"
        yield Figure(GROUP, f"{name}, median", middle, "ms", at_most=100)
        yield Figure(GROUP, f"{name}, worst", slowest, "ms", at_most=100, note=note)


def _threshold_move(
    setting: Setting, lesions_at: Callable[[float], Lesions], threshold: float
) -> Callable[[], object]:
    def move() -> None:
        lesions = lesions_at(threshold)
        lesions.mask(MIN_VOLUMES_MM3[1])
        lesions.read_out(MIN_VOLUMES_MM3[1], setting.volume.affine)

    return move


def _volume_moves(
    setting: Setting, lesions_at: Callable[[float], Lesions]
) -> Iterator[tuple[float, float]]:
    """Thresholds, each with the seconds of its slowest move."""
    volume = setting.volume
    for threshold in THRESHOLDS:
        lesions = lesions_at(threshold)

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
