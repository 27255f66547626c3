"""Where the head lies in a volume, and how bright it is, whatever lies around it.

Padding, a constant background, an offset and a scale of the intensities change nothing of what is
found; a scan whose background is brighter than the head is refused.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wmh_siamese.errors import WMHError
from wmh_siamese.volumes.volume import Volume, axial_view

MAX_SAMPLED_VOXELS = 2_000_000
BACKGROUND_SHARE, PADDING_SHARE = 0.03, 0.001
"""A value that as many voxels have to the last digit is no tissue."""
LOW_PERCENTILE = 0.5
START_PERCENTILE = 97
"""Fewer voxels above it are spikes, or negatives read as large numbers, and no head."""
FOREGROUND_FROM = 0.4003
"""Of the foreground's own median: darker voxels are background, bone or cerebrospinal fluid.

No simple fraction, so that no whole number lies on it and rounding decides nothing.
"""
LEAST_OF_FULLEST = 0.02
BRIGHT_RIM, BRIGHT_PERCENTILE = 1.15, 80
BRIGHTER_THAN = 90
FOREIGN_GAP, FOREIGN_RIM = 0.25, 0.25
AIR = 0.1
EXTENT_MM = (50.0, 600.0)
"""Of heads in an axial slice; the shortest is a newborn's or a part of one."""
PADDING = (-1000.0, -1024.0, -2000.0, -2048.0, -3024.0, -32768.0)
"""What programs write where nothing was measured, mostly for CT."""
DARKEST_TISSUE = 0.15
"""Of the foreground's level: about the darkest that a mask of a head or brain leaves."""

Samples = NDArray[np.float32]


@dataclass(frozen=True)
class Head:
    """What was found of the head.

    Attributes:
        zero: the intensity that counts as 0: of air, or of the constant background.
        background: a constant that stands for no tissue although it is not the lowest intensity,
            such as 0 around a z-scored brain; None where there is none.
        level: of the foreground, about white matter's, above ``zero``; positive.
        rows, columns: from the first to the last of the axial view that hold head, half-open.
    """

    zero: float
    background: float | None
    level: float
    rows: tuple[int, int]
    columns: tuple[int, int]

    def above_zero(self, values: NDArray[Any]) -> Samples:
        """Intensities as float32 above ``zero``: NaN, infinite and background voxels are 0."""
        found = np.array(values, dtype=np.float32)
        outside = ~np.isfinite(found)
        if self.background is not None:
            outside |= found == np.float32(self.background)
        found -= np.float32(self.zero)
        found[outside] = 0
        return found


def find_head(volume: Volume) -> Head:
    """Look for the head, at no more than about two million voxels, some of each slice.

    Raises:
        WMHError: ``bad-volume`` when the background is brighter than the head, no head stands out
            of it, or what does is shorter than 5 cm or longer than 60 cm.
    """
    view = axial_view(volume.affine)
    slices = view.forward(volume.array)
    stride = int(np.ceil((slices.size / MAX_SAMPLED_VOXELS) ** (1 / 2)))
    sample = np.asarray(slices[:, ::stride, ::stride], dtype=np.float32)
    head = _intensities(sample)
    if not head.level > 0:
        raise WMHError(
            "bad-volume",
            "No head stands out of this volume's background.",
            "Choose a FLAIR volume of a head.",
        )
    foreground = FOREGROUND_FROM * head.level
    rough = _box(head.above_zero(sample) > foreground)
    window = tuple(
        slice(max(0, (first - 1) * stride), min(length, (after + 1) * stride))
        for (first, after), length in zip(rough, slices.shape[1:], strict=True)
    )
    nearby = slices[:, window[0], window[1]]
    inside = np.stack([head.above_zero(part) > foreground for part in nearby])
    rows, columns = (
        (at.start + first, at.start + after)
        for at, (first, after) in zip(window, _box(inside), strict=True)
    )
    edges = [after - first for first, after in (rows, columns)]
    _check_extent(max(np.multiply(edges, view.spacing[1:])))
    return replace(head, rows=rows, columns=columns)


def foreground_level(values: Samples) -> float:
    """The median of all values above 0.4 times itself; 0 where none is positive.

    The fixed point from above: how much background there is does not matter. Whole numbers would
    make it jump, so the mean of what lies within a tenth of it is taken.
    """
    values = values[values > 0]
    if not values.size:
        return 0.0
    median = float(np.percentile(values, START_PERCENTILE))
    for _ in range(100):
        following = float(np.median(values[values > FOREGROUND_FROM * median]))
        if following == median:
            break
        median = following
    return float(values[abs(values - median) <= 0.1003 * abs(median)].mean(dtype=np.float64))


def _intensities(sample: Samples) -> Head:
    """A head without its place: what intensity is 0, which constant no tissue, and the level."""
    finite = sample[np.isfinite(sample)]
    lowest = _low(finite)
    _check_rim(sample - np.float32(lowest))
    constant = _common_constant(finite)
    if constant is None:
        return _over(finite, lowest)
    rest = finite[finite != constant]
    low = _low(rest)
    above = foreground_level(rest - low)
    if constant > np.percentile(rest, BRIGHTER_THAN):
        raise _inverted()
    if constant > low + FOREIGN_GAP * above:
        if float((_rim(sample) == constant).mean()) < FOREIGN_RIM:
            return _over(finite, low)
        # A head made to have the mean 0, and its air left at 0.
        return _over(rest, low - DARKEST_TISSUE / (1 - DARKEST_TISSUE) * above, constant)
    if constant >= low:
        return _over(rest, low)  # air, rounded
    if low >= 0 and (constant in PADDING or -constant > above + low):
        return _over(rest, 0.0, constant)  # no offset: no scanner counts below zero
    if low - constant > 3 * above or (_has_air(rest - low, above) and low - constant > AIR * above):
        return _over(rest, low, constant)
    return _over(rest, constant)


def _over(values: Samples, zero: float, background: float | None = None) -> Head:
    return Head(zero, background, foreground_level(values - np.float32(zero)), (0, 1), (0, 1))


def _common_constant(finite: Samples) -> float | None:
    """The value of many voxels to the last digit; what programs pad with needs fewer."""
    values, counts = np.unique(finite, return_counts=True)
    if values.size == 1:
        return None
    lowest = float(values[0])
    if lowest in PADDING and counts[0] >= PADDING_SHARE * finite.size:
        return lowest
    if counts.max() < BACKGROUND_SHARE * finite.size:
        return None
    return float(values[counts.argmax()])


def _has_air(above_low: Samples, level: float) -> bool:
    """Whether a tenth of the values lie about the lowest, as air does beside a head."""
    return float((above_low < AIR * level).mean()) > 0.1


def _low(values: Samples) -> float:
    return float(np.percentile(values, LOW_PERCENTILE))


def _check_rim(shown: Samples) -> None:
    """Refuse a volume that is brighter around the head than in its middle."""
    _, height, width = shown.shape
    middle = shown[:, height // 3 : height - height // 3, width // 3 : width - width // 3]
    bright = float(np.nanpercentile(middle, BRIGHT_PERCENTILE)) if middle.size else 0.0
    if float(np.nanmedian(_rim(shown))) > BRIGHT_RIM * bright > 0:
        raise _inverted()


def _rim(shown: Samples) -> Samples:
    """The outermost twentieth on each side of all slices."""
    _, height, width = shown.shape
    rows, columns = max(1, height // 20), max(1, width // 20)
    sides = shown[:, :rows], shown[:, -rows:], shown[:, :, :columns], shown[:, :, -columns:]
    return np.concatenate([side.ravel() for side in sides])


def _check_extent(extent_mm: float) -> None:
    if not EXTENT_MM[0] <= extent_mm <= EXTENT_MM[1]:
        raise WMHError(
            "bad-volume",
            f"What stands out in this volume is {extent_mm:.3g} mm long, which no head is.",
            "Check the voxel size and the units in its header.",
        )


def _inverted() -> WMHError:
    return WMHError(
        "bad-volume",
        "The background of this volume is brighter than the head: its contrast is inverted.",
        "Choose the FLAIR volume as the scanner made it.",
    )


def _box(inside: NDArray[np.bool_]) -> tuple[tuple[int, int], tuple[int, int]]:
    """Rows and columns, half-open, that hold more than single bright voxels of (N, H, W)."""
    return _extent(inside.sum(axis=(0, 2))), _extent(inside.sum(axis=(0, 1)))


def _extent(counts: NDArray[np.integer[Any]]) -> tuple[int, int]:
    at = np.flatnonzero(counts > LEAST_OF_FULLEST * counts.max())
    return (int(at[0]), int(at[-1]) + 1) if at.size else (0, len(counts))
