"""The icon: a head seen from above, its ventricles, and bright lesions at their horns.

    python Packaging/draw_icon.py [--output PNG] [--size 256]

Few, large shapes, so that 16 pixels are enough, on a tile of its own, so that it stands out from a
light window and a dark one alike.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from pathlib import Path

from PIL import Image, ImageDraw

ICON = Path(__file__).resolve().parents[1] / "WMHSiameseSeg/Resources/Icons/WMHSiameseSeg.png"

TILE = (24, 72, 122, 255)
BRAIN = (226, 233, 240, 255)
VENTRICLE = (24, 54, 92, 255)
LESION = (232, 74, 18, 255)

# On a square of 32 by 32, x to the right and y down; the right half mirrors the left.
HEAD = (4.6, 1.8, 27.4, 30.2)
HORNS = ((15.4, 15.4), (14.2, 8.6), (11.4, 7.4), (12.8, 15.8), (10.8, 24.4), (13.8, 23.4))
LESIONS = ((10.0, 9.2, 2.5, 2.3), (9.6, 22.8, 2.3, 2.6))
SMALL_LESION = (8.7, 15.9, 1.5, 1.7)
UNITS, FINER = 32, 8


def draw_icon(size: int = 256) -> Image.Image:
    """The icon, RGBA, ``size`` by ``size`` pixels."""
    scale = size * FINER / UNITS
    image = Image.new("RGBA", (size * FINER, size * FINER))
    pen = ImageDraw.Draw(image)

    def scaled(values: Iterable[float]) -> list[float]:
        return [value * scale for value in values]

    pen.rounded_rectangle(scaled((0.5, 0.5, 31.5, 31.5)), radius=6 * scale, fill=TILE)
    pen.ellipse(scaled(HEAD), fill=BRAIN)
    for mirrored in (False, True):
        horns = [(UNITS - x if mirrored else x, y) for x, y in HORNS]
        pen.polygon([(x * scale, y * scale) for x, y in horns], fill=VENTRICLE)
        for x, y, width, height in LESIONS if mirrored else (*LESIONS, SMALL_LESION):
            x = UNITS - x if mirrored else x
            pen.ellipse(scaled((x - width, y - height, x + width, y + height)), fill=LESION)
    return image.resize((size, size), Image.Resampling.BOX)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Draw the icon.")
    parser.add_argument("--output", type=Path, default=ICON)
    parser.add_argument("--size", type=int, default=256)
    options = parser.parse_args()
    draw_icon(options.size).save(options.output, optimize=True)
