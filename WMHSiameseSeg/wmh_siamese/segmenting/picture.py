"""Draws a segmentation over its FLAIR volume: one PNG to look at, mail or print.

Axial slices in radiological convention (the patient's right on the left of the image, anterior
up), with the readouts above them. Slices keep their own voxels; only pixels are interpolated.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont
from scipy import ndimage

from wmh_siamese.files.atomic_file import written_whole
from wmh_siamese.segmenting.readouts import Readouts
from wmh_siamese.volumes.volume import AxialView, Volume, axial_view

DISCLAIMER = "Research software, not a medical device"

COLUMNS = 4
MAX_TILES = 12
TILE_HEIGHT = 380
MIN_TILE_WIDTH = 150
MAX_TILE_WIDTH = 460
GAP = 6
MARGIN = 28
MIN_PAGE_WIDTH = 980
BRAIN_HEIGHT_MM = 125.0
"""The part of the head that is shown, from near the crown down; lesions below widen it."""

PAGE = (16, 18, 22)
AIR = (0, 0, 0)
INK = (240, 242, 245)
FAINT = (150, 156, 166)
LESION = (255, 150, 0)
"""Orange: apart from grey for every common kind of colour blindness."""
TINT = 0.20
SUPERSAMPLING = 3
SUBSTITUTES = str.maketrans({"\u00d7": "x", "\u00b7": "-", "\u2013": "-", "\u2265": ">="})

Grey = NDArray[np.uint8]
Mask = NDArray[np.bool_]
Voxel = TypeVar("Voxel", bound=np.generic)
Font = ImageFont.FreeTypeFont | ImageFont.ImageFont


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


def draw_overlay(
    path: str | Path,
    volume: Volume,
    mask: Mask,
    readouts: Readouts,
    title: str,
    note: str = "",
) -> None:
    """Write a montage of axial slices with the lesions outlined, as a PNG.

    Args:
        path: the PNG to write; it appears whole or not at all.
        volume: the FLAIR volume, array of shape (i, j, k).
        mask: lesions, bool, the shape of the volume's array.
        readouts: the figures for the header.
        title: the headline. Shown as it is: pass nothing that identifies a patient.
        note: a line for the footer, such as the model's name.

    Raises:
        ValueError: the mask and the volume have different shapes.
    """
    if mask.shape != volume.array.shape:
        raise ValueError(f"mask has shape {mask.shape}, volume has shape {volume.array.shape}")
    page = compose(volume, np.asarray(mask, dtype=bool), readouts, title, note)
    with written_whole(path) as partial:
        page.save(partial, format="PNG")


def compose(
    volume: Volume, mask: Mask, readouts: Readouts, title: str, note: str = ""
) -> Image.Image:
    """The page as an RGB image; see `draw_overlay`."""
    view = axial_view(volume.affine)
    flair = view.forward(volume.array)
    lesions = view.forward(mask)
    window = grey_window(flair)
    head = flair > window[0] + 0.12 * (window[1] - window[0])

    shown = choose_slices(lesions, head, view.spacing[0])
    field = _field(lesions, head, *view.spacing[1:])
    tiles = [
        _tile(flair[s], lesions[s], field, window, slice_position(volume, view, s)) for s in shown
    ]
    return _page(tiles, readouts, title, note)


def choose_slices(lesions: Mask, head: Mask, thickness_mm: float) -> list[int]:
    """Slices to show, from the top of the head down: at most 12, spread evenly over the brain.

    The brain is cut into as many bands as there are tiles; each band gives its slice with the
    most lesion, or its middle one when it has none.
    """
    first, last = _shown_range(lesions, head, thickness_mm)
    count = last - first + 1
    load = lesions.sum(axis=(1, 2))
    chosen = []
    for band in np.array_split(np.arange(first, last + 1), min(MAX_TILES, count)):
        richest = band[int(np.argmax(load[band]))]
        chosen.append(int(richest if load[richest] else band[len(band) // 2]))
    return chosen[::-1]


def _shown_range(lesions: Mask, head: Mask, thickness_mm: float) -> tuple[int, int]:
    """First and last slice of the brain, widened to every slice that has lesions."""
    area = head.sum(axis=(1, 2))
    filled = np.flatnonzero(area > 0.35 * area.max())
    if filled.size == 0:
        return 0, len(area) - 1
    last = int(filled[-1])
    first = max(int(filled[0]), last + 1 - max(1, round(BRAIN_HEIGHT_MM / thickness_mm)))
    with_lesion = np.flatnonzero(lesions.any(axis=(1, 2)))
    if with_lesion.size:
        first, last = min(first, int(with_lesion[0])), max(last, int(with_lesion[-1]))
    return first, last


def _field(lesions: Mask, head: Mask, row_mm: float, column_mm: float) -> Field:
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


def grey_window(flair: NDArray[Any]) -> tuple[float, float]:
    """Grey window (black, white) that ignores air and single spikes."""
    values = np.asarray(flair, dtype=np.float32)
    values = values[np.isfinite(values)]
    if values.size == 0:
        return 0.0, 1.0
    low, spike = (float(v) for v in np.percentile(values, (1, 99.95)))
    head = values[(values > min(float(values.mean()), spike)) & (values <= spike)]
    if not head.size:
        return low, low + 1.0
    bright, typical = (float(v) for v in np.percentile(head, (99.5, 50)))
    # fat may be several times as bright as the brain: it must not darken the lesions
    high = min(bright, low + 2.2 * (typical - low))
    return low, high if high > low else low + 1.0


def _tile(
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


def grey_slice(values: NDArray[Any], window: tuple[float, float]) -> Image.Image:
    """A slice (row, column) as an 8-bit grey picture, radiological, a pixel a voxel."""
    return Image.fromarray((shown_grey(values, window) * 255).round().astype(np.uint8))


def shown_grey(values: NDArray[Any], window: tuple[float, float]) -> NDArray[np.float32]:
    """A slice's (row, column) grey values between the window's ends as [0, 1], radiological."""
    finite = np.nan_to_num(np.asarray(values, dtype=np.float32))
    grey = np.clip((finite - window[0]) / (window[1] - window[0]), 0, 1).astype(np.float32)
    return radiological(grey)


def radiological(array: NDArray[Voxel]) -> NDArray[Voxel]:
    """A slice as it is shown: anterior up, the patient's right on the left."""
    return np.ascontiguousarray(array[::-1, ::-1])


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


def slice_position(volume: Volume, view: AxialView, index: int) -> str:
    """Height of the middle of a slice over the origin, such as "S 23.4 mm" or "I 5.0 mm"."""
    middle = (np.asarray(volume.shape) - 1) / 2
    across = view.axes[0]
    middle[across] = volume.shape[across] - 1 - index if view.flips[0] else index
    height = float(volume.affine[2, :3] @ middle + volume.affine[2, 3])
    return f"{'S' if height >= 0 else 'I'} {abs(height):.1f} mm"


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


def _page(tiles: Sequence[Image.Image], readouts: Readouts, title: str, note: str) -> Image.Image:
    """Header, tiles in rows, footer."""
    columns = min(COLUMNS, len(tiles))
    rows = -(-len(tiles) // columns)
    grid_width = columns * tiles[0].width + (columns - 1) * GAP
    width = max(MIN_PAGE_WIDTH, grid_width + 2 * MARGIN)
    top, bottom = 150, 64
    height = top + rows * TILE_HEIGHT + (rows - 1) * GAP + bottom
    page = Image.new("RGB", (width, height), PAGE)
    _header(page, readouts, title)
    left = (width - grid_width) // 2
    for index, tile in enumerate(tiles):
        row, column = divmod(index, columns)
        at = (left + column * (tile.width + GAP), top + row * (TILE_HEIGHT + GAP))
        page.paste(tile, at)
    _footer(page, bool(readouts.positive_voxels), note)
    return page


def _header(page: Image.Image, readouts: Readouts, title: str) -> None:
    """The title and the figures below it."""
    draw = ImageDraw.Draw(page)
    width = page.width - 2 * MARGIN
    draw.text((MARGIN, 22), _fit(title, font(27), width), fill=INK, font=font(27))
    spacing = " x ".join(f"{value:.2f}" for value in readouts.spacing_mm)
    figures = (
        (f"{readouts.volume_ml:.2f} ml", "lesion volume"),
        (f"{readouts.pcd_percent:.3f} %", "positive class density"),
        (f"{readouts.lesion_count}", "lesions"),
        (f"{spacing} mm", "voxel spacing"),
    )
    column = width // len(figures)
    for index, (value, name) in enumerate(figures):
        x = MARGIN + index * column
        draw.text((x, 72), value, fill=LESION if index == 0 else INK, font=font(24))
        draw.text((x, 106), name, fill=FAINT, font=font(15))


def _footer(page: Image.Image, marked: bool, note: str) -> None:
    """The note on the left, the disclaimer on the right, how to read the picture above both."""
    draw = ImageDraw.Draw(page)
    small = font(15)
    low, high = page.height - 16, page.height - 38
    right = page.width - MARGIN
    draw.text((right, low), DISCLAIMER, fill=INK, font=small, anchor="rs")
    room = page.width - 3 * MARGIN - small.getlength(DISCLAIMER)
    draw.text((MARGIN, low), _fit(note, small, room), fill=FAINT, font=small, anchor="ls")
    found = "Orange: lesions." if marked else "No lesions."
    reading = f"Radiological view: the patient's right is on the left.  {found}"
    draw.text((MARGIN, high), reading, fill=FAINT, font=small, anchor="ls")


def _fit(text: str, letters: Font, width: float) -> str:
    """The text on one line, cut with dots where it is too long."""
    line = " ".join(_drawable(text).split())
    if letters.getlength(line) <= width:
        return line
    while line and letters.getlength(line + "...") > width:
        line = line[:-1]
    return line.rstrip() + "..."


def _drawable(text: str) -> str:
    """The text in the letters that the font has: accents dropped, "?" for what is left."""
    letters = unicodedata.normalize("NFKD", text.translate(SUBSTITUTES))
    plain = "".join(letter for letter in letters if not unicodedata.combining(letter))
    return plain.encode("ascii", "replace").decode("ascii")


def font(size: int) -> Font:
    """Pillow's own font; nothing is looked up on the machine."""
    return ImageFont.load_default(size)
