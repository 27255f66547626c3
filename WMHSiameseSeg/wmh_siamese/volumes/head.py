"""Where the head lies in a volume, and how bright it is, whatever lies around it.

Padding, a constant background, an offset and a scale of the intensities change nothing of what is
found; a scan whose background is brighter than the head is refused.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wmh_siamese.errors import WMHError
from wmh_siamese.volumes.volume import Volume, axial_view

MAX_SAMPLED_VOXELS = 2_000_000
BACKGROUND_SHARE = 0.03
"""A value that as many voxels have to the last digit is no tissue."""
LOW_PERCENTILE = 0.5
START_PERCENTILE = 95
"""So many spikes, or negatives read as large numbers, are not taken for a head."""
FOREGROUND_FROM = 0.4
"""Of the foreground's own median: darker voxels are background, bone or cerebrospinal fluid."""
HEAD_FROM = 0.25
LEAST_SLICES = 0.02
BRIGHT_RIM, BRIGHT_PERCENTILE = 1.15, 80
BRIGHTER_THAN = 90
FOREIGN_GAP = 0.25
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
        WMHError: ``bad-volume`` when the background is brighter than the head, or no head stands
            out of it.
    """
    view = axial_view(volume.affine)
    slices = view.forward(volume.array)
    stride = int(np.ceil((slices.size / MAX_SAMPLED_VOXELS) ** (1 / 2)))
    sample = np.asarray(slices[:, ::stride, ::stride], dtype=np.float32)
    finite = sample[np.isfinite(sample)]
    _check_rim(sample - _low(finite))
    zero, background = _zero_and_background(finite)
    head = Head(zero, background, 1.0, (0, 1), (0, 1))
    shown = head.above_zero(sample)
    level = foreground_level(shown[shown > 0])
    if not level > 0:
        raise WMHError(
            "bad-volume",
            "No head stands out of this volume's background.",
            "Choose a FLAIR volume of a head.",
        )
    rough = _box(shown > HEAD_FROM * level)
    window = tuple(
        slice(max(0, (first - 1) * stride), min(length, (after + 1) * stride))
        for (first, after), length in zip(rough, slices.shape[1:], strict=True)
    )
    nearby = slices[:, window[0], window[1]]
    inside = np.stack([head.above_zero(part) > HEAD_FROM * level for part in nearby])
    rows, columns = (
        (at.start + first, at.start + after)
        for at, (first, after) in zip(window, _box(inside), strict=True)
    )
    return Head(zero, background, level, rows, columns)


def foreground_level(values: Samples) -> float:
    """The median of all values above 0.4 times itself; 0 where there is none.

    The fixed point from above: how much background there is does not matter. Whole numbers would
    make it jump, so the mean of what lies within a tenth of it is taken.
    """
    if not values.size:
        return 0.0
    median = float(np.percentile(values, START_PERCENTILE))
    for _ in range(100):
        following = float(np.median(values[values > FOREGROUND_FROM * median]))
        if following == median:
            break
        median = following
    return float(values[abs(values - median) <= 0.1 * abs(median)].mean(dtype=np.float64))


def _zero_and_background(finite: Samples) -> tuple[float, float | None]:
    """What intensity is 0, and which constant is no tissue although it is not the lowest."""
    values, counts = np.unique(finite, return_counts=True)
    most = 0 if float(values[0]) in PADDING else int(counts.argmax())
    constant = float(values[most])
    common = counts[most] >= BACKGROUND_SHARE * finite.size or constant in PADDING
    if not common or values.size == 1:
        return _low(finite), None
    rest = finite[finite != values[most]]
    low = _low(rest)
    above = foreground_level(rest - low)
    if constant > np.percentile(rest, BRIGHTER_THAN):
        raise _inverted()
    if constant > low + FOREIGN_GAP * above:  # a head made to have the mean 0, air left at 0
        return low - DARKEST_TISSUE / (1 - DARKEST_TISSUE) * above, constant
    if constant >= low:
        return low, None  # air, rounded
    if low >= 0 and (constant in PADDING or -constant > above + low):
        return 0.0, constant  # no offset: no scanner counts below zero
    if low - constant > 3 * above:
        return low, constant
    return constant, None


def _low(values: Samples) -> float:
    return float(np.percentile(values, LOW_PERCENTILE))


def _check_rim(shown: Samples) -> None:
    """Refuse a volume that is brighter around the head than in its middle."""
    _, height, width = shown.shape
    border_rows, border_columns = max(1, height // 20), max(1, width // 20)
    rim = np.concatenate(
        [
            shown[:, :border_rows].ravel(),
            shown[:, -border_rows:].ravel(),
            shown[:, :, :border_columns].ravel(),
            shown[:, :, -border_columns:].ravel(),
        ]
    )
    middle = shown[:, height // 3 : height - height // 3, width // 3 : width - width // 3]
    bright = float(np.nanpercentile(middle, BRIGHT_PERCENTILE)) if middle.size else 0.0
    if float(np.nanmedian(rim)) > BRIGHT_RIM * bright > 0:
        raise _inverted()


def _inverted() -> WMHError:
    return WMHError(
        "bad-volume",
        "The background of this volume is brighter than the head: its contrast is inverted.",
        "Choose the FLAIR volume as the scanner made it.",
    )


def _box(inside: NDArray[np.bool_]) -> tuple[tuple[int, int], tuple[int, int]]:
    """Rows and columns, half-open, that hold head in some of the slices (N, H, W) at least."""
    rows, columns = (inside.any(axis=axis).mean(axis=0) for axis in (2, 1))
    return _extent(rows), _extent(columns)


def _extent(share: NDArray[np.floating[Any]]) -> tuple[int, int]:
    at = np.flatnonzero(share > LEAST_SLICES)
    return (int(at[0]), int(at[-1]) + 1) if at.size else (0, len(share))
