"""One slice of an overlay: its part that is shown, the outline of its lesions, its marks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from scipy import ndimage

from wmh_siamese.segmenting.overlay_page import FAINT, INK, LESION, font
from wmh_siamese.segmenting.shown_slice import grey_slice, radiological

TILE_HEIGHT = 380
MIN_TILE_WIDTH = 150
MAX_TILE_WIDTH = 460
AIR = (0, 0, 0)
TINT = 0.20
SUPERSAMPLING = 3

Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Field:
    """The rectangle of rows and columns that is shown, and the size of its pixels in mm."""

    rows: slice
    columns: slice
    row_mm: float
    column_mm: float

    def tile_size(self) -> tuple[int, int]:
        """Width and height in pixels of one tile with square millimetres."""
        height_mm = (self.rows.stop - self.rows.start) * self.row_mm
        width_mm = (self.columns.stop - self.columns.start) * self.column_mm
        scale = min(TILE_HEIGHT / height_mm, MAX_TILE_WIDTH / width_mm)
        return max(1, round(width_mm * scale)), max(1, round(height_mm * scale))


def shown_field(lesions: Mask, head: Mask, row_mm: float, column_mm: float) -> Field:
    """The head with a small margin; the whole slice where no head stands out."""
    count = head.shape[0]
    rows = (head.sum(axis=2) > 0.03 * head.shape[2]).sum(axis=0) > 0.05 * count
    columns = (head.sum(axis=1) > 0.03 * head.shape[1]).sum(axis=0) > 0.05 * count
    rows = rows | lesions.any(axis=(0, 2))
    columns = columns | lesions.any(axis=(0, 1))
    return Field(_extent(rows, 6 / row_mm), _extent(columns, 6 / column_mm), row_mm, column_mm)


def _extent(present: Mask, margin: float) -> slice:
    """From the first to the last true entry, with a margin, within the array."""
    at = np.flatnonzero(present)
    if at.size == 0:
        return slice(0, len(present))
    pad = round(margin)
    return slice(max(0, int(at[0]) - pad), min(len(present), int(at[-1]) + 1 + pad))


def draw_tile(
    flair: NDArray[Any], lesions: Mask, field: Field, window: tuple[float, float], text: str
) -> Image.Image:
    """One slice (row, column) as an RGB tile with its outline and marks."""
    size = field.tile_size()
    shown = grey_slice(flair[field.rows, field.columns], window)
    tile = shown.resize(size, Image.Resampling.BICUBIC).convert("RGB")

    region = lesions[field.rows, field.columns]
    if region.any():
        fill, outline = _coverage(region, size)
        tile.paste(LESION, mask=fill.point(lambda v: round(v * TINT)))
        tile.paste(LESION, mask=outline)
    framed = Image.new("RGB", (max(size[0], MIN_TILE_WIDTH), TILE_HEIGHT), AIR)
    framed.paste(tile, ((framed.width - size[0]) // 2, (TILE_HEIGHT - size[1]) // 2))
    _mark(framed, text)
    return framed


def _coverage(lesions: Mask, size: tuple[int, int]) -> tuple[Image.Image, Image.Image]:
    """Smooth coverage (0..255) of the lesions and of the line around them, at tile size."""
    fine = (size[0] * SUPERSAMPLING, size[1] * SUPERSAMPLING)
    voxels = Image.fromarray(radiological(lesions.astype(np.uint8) * 255))
    inside = np.asarray(voxels.resize(fine, Image.Resampling.BILINEAR)) >= 120
    fill = inside.astype(np.uint8) * 255
    line = ndimage.maximum_filter(fill, size=2 * SUPERSAMPLING + 1) - fill
    covered, outlined = (
        Image.fromarray(layer).resize(size, Image.Resampling.BOX) for layer in (fill, line)
    )
    return covered, outlined


def _mark(tile: Image.Image, text: str) -> None:
    """Write position and directions into a tile."""
    draw = ImageDraw.Draw(tile)
    small = font(15)
    middle_x, middle_y = tile.width / 2, tile.height / 2
    for letter, at, anchor in (
        ("R", (5, middle_y), "lm"),
        ("L", (tile.width - 5, middle_y), "rm"),
        ("A", (middle_x, 4), "ma"),
        ("P", (middle_x, tile.height - 4), "md"),
    ):
        draw.text(
            at, letter, fill=FAINT, font=small, anchor=anchor, stroke_width=2, stroke_fill=AIR
        )
    draw.text(
        (8, tile.height - 6),
        text,
        fill=INK,
        font=small,
        anchor="ld",
        stroke_width=2,
        stroke_fill=AIR,
    )
