"""The page of an overlay: a title, the readouts, rows of tiles, and how to read them."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from PIL import Image, ImageDraw, ImageFont

from wmh_siamese.segmenting.readouts import Readouts

DISCLAIMER = "Research software, not a medical device"

COLUMNS = 4
GAP = 6
MARGIN = 28
MIN_PAGE_WIDTH = 980

PAGE = (16, 18, 22)
INK = (240, 242, 245)
FAINT = (150, 156, 166)
LESION = (255, 150, 0)
"""Orange: apart from grey for every common kind of colour blindness."""
SUBSTITUTES = str.maketrans({"\u00d7": "x", "\u00b7": "-", "\u2013": "-", "\u2265": ">="})

Font = ImageFont.FreeTypeFont | ImageFont.ImageFont


def draw_page(
    tiles: Sequence[Image.Image], readouts: Readouts, title: str, note: str
) -> Image.Image:
    """Header, tiles in rows, footer."""
    columns = min(COLUMNS, len(tiles))
    rows = -(-len(tiles) // columns)
    grid_width = columns * tiles[0].width + (columns - 1) * GAP
    width = max(MIN_PAGE_WIDTH, grid_width + 2 * MARGIN)
    tile_height = tiles[0].height
    top, bottom = 150, 64
    height = top + rows * tile_height + (rows - 1) * GAP + bottom
    page = Image.new("RGB", (width, height), PAGE)
    _header(page, readouts, title)
    left = (width - grid_width) // 2
    for index, tile in enumerate(tiles):
        row, column = divmod(index, columns)
        at = (left + column * (tile.width + GAP), top + row * (tile_height + GAP))
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
