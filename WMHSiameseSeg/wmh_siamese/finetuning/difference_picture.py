"""Where two models differ most on a case: one slice as drawn, by the base and by the new model.

Colour is never alone: what was found is filled, what was missed striped, false alarms are dotted.
"""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from scipy import ndimage

from wmh_siamese.cases.case import LESION, OTHER
from wmh_siamese.segmenting.overlay_page import GAP, INK, Font, font
from wmh_siamese.segmenting.overlay_page import LESION as FOUND_COLOR
from wmh_siamese.segmenting.overlay_tiles import AIR
from wmh_siamese.segmenting.shown_slice import grey_slice, grey_window, radiological, slice_position
from wmh_siamese.volumes.volume import Volume, axial_view

Mask = NDArray[np.bool_]

TILE = 280
MISSED_COLOR = (86, 180, 233)
FALSE_COLOR = (240, 110, 200)
SMALLEST_FIELD_MM = 90.0
MARGIN_MM = 12.0
FILL = 0.45
STRIPE, DOT = 6, 8
TEXT = 24


@dataclass(frozen=True)
class Slice:
    """What a model found in one slice, in voxels."""

    hits: int
    missed: int
    false_alarms: int

    @classmethod
    def of(cls, truth: Mask, found: Mask) -> Slice:
        """Compare two masks of the same shape."""
        counts = (truth & found, truth & ~found, found & ~truth)
        return cls(*(int(np.count_nonzero(part)) for part in counts))


@dataclass(frozen=True)
class DifferencePicture:
    """The picture and what it shows.

    Attributes:
        png: drawn, base and new side by side, radiological, with square millimetres.
        position: the height of the slice, as in ``S 23.4 mm``.
        base: what the base model found there.
        new: what the new model found there.
    """

    png: bytes
    position: str
    base: Slice
    new: Slice


def difference_picture(
    flair: Volume, labels: NDArray[np.uint8], base: Mask, new: Mask
) -> DifferencePicture | None:
    """The axial slice in which both masks differ most; None where they are the same.

    Args:
        flair: (i, j, k).
        labels: uint8 0, 1 and 2, of the same shape; where it is 2, masks do not count.
        base: the base model's mask, bool, of the same shape.
        new: the new model's.
    """
    view = axial_view(flair.affine)
    drawn = view.forward(labels)
    counted = drawn != OTHER
    truth, before, after = (
        drawn == LESION,
        view.forward(base) & counted,
        view.forward(new) & counted,
    )
    differing = (before ^ after).sum(axis=(1, 2))
    if not differing.any():
        return None
    index = int(np.argmax(differing))
    slices = view.forward(flair.array)
    truth, before, after = truth[index], before[index], after[index]
    window = _window(before ^ after, view.spacing[1], view.spacing[2])
    grey = _cut(grey_slice(slices[index], grey_window(slices)), window, Image.Resampling.BICUBIC)
    tiles = [
        _tile(grey, window, title, truth, found)
        for title, found in (("drawn", truth), ("base", before), ("new", after))
    ]
    page = Image.new("RGB", (3 * TILE + 2 * GAP, TILE), INK)
    for number, tile in enumerate(tiles):
        page.paste(tile, (number * (TILE + GAP), 0))
    file = BytesIO()
    page.save(file, format="PNG")
    return DifferencePicture(
        file.getvalue(),
        slice_position(flair, view, index),
        Slice.of(truth, before),
        Slice.of(truth, after),
    )


def _window(differing: Mask, row_mm: float, column_mm: float) -> tuple[float, float, float, float]:
    """Left, upper, right and lower edge, in shown pixels, of a square around the differences."""
    rows, columns = (np.flatnonzero(radiological(differing).any(axis=axis)) for axis in (1, 0))
    height, width = np.ptp(rows) * row_mm, np.ptp(columns) * column_mm
    side = max(SMALLEST_FIELD_MM, max(height, width) + 2 * MARGIN_MM)
    row, column = (rows[0] + rows[-1] + 1) / 2, (columns[0] + columns[-1] + 1) / 2
    half_rows, half_columns = side / row_mm / 2, side / column_mm / 2
    return column - half_columns, row - half_rows, column + half_columns, row + half_rows


def _cut(
    shown: Image.Image, window: tuple[float, float, float, float], how: Image.Resampling
) -> Image.Image:
    """The window of a picture at the tile's size; black outside the picture."""
    left, upper, right, lower = window
    scale = ((right - left) / TILE, 0, left, 0, (lower - upper) / TILE, upper)
    return shown.transform((TILE, TILE), Image.Transform.AFFINE, scale, resample=how)


def _tile(
    grey: Image.Image,
    window: tuple[float, float, float, float],
    title: str,
    truth: Mask,
    found: Mask,
) -> Image.Image:
    tile = grey.convert("RGB")
    row, column = np.mgrid[:TILE, :TILE]
    everywhere = np.ones((TILE, TILE), bool)
    stripes = (row + column) // STRIPE % 2 == 0
    dots = (row % DOT < DOT // 2) & (column % DOT < DOT // 2)
    for region, pattern, share, color in (
        (truth & found, everywhere, FILL, FOUND_COLOR),
        (truth & ~found, stripes, 1.0, MISSED_COLOR),
        (found & ~truth, dots, 1.0, FALSE_COLOR),
    ):
        shown = Image.fromarray(radiological(region.astype(np.uint8) * 255))
        inside = np.asarray(_cut(shown, window, Image.Resampling.NEAREST)) > 0
        line = ndimage.binary_dilation(inside, iterations=2) & ~inside
        strength = np.where(line, 1.0, np.where(inside & pattern, share, 0.0))
        tile.paste(color, mask=Image.fromarray((strength * 255).astype(np.uint8)))
    _write(ImageDraw.Draw(tile), title, font(TEXT))
    return tile


def _write(draw: ImageDraw.ImageDraw, title: str, letters: Font) -> None:
    for text, at, anchor in ((title, (8, 4), "la"), ("R", (8, TILE / 2), "lm")):
        draw.text(at, text, fill=INK, font=letters, anchor=anchor, stroke_width=3, stroke_fill=AIR)
