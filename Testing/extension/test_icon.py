"""The icon is what its script draws, large enough, and readable small, on light and on dark."""

import numpy as np
import pytest
from draw_icon import BRAIN, ICON, LESION, TILE, draw_icon
from PIL import Image

LIGHT, DARK = (239, 239, 239), (45, 45, 45)


def luminance(colour):
    """Relative luminance as WCAG defines it."""
    unit = np.asarray(colour[:3]) / 255
    linear = np.where(unit <= 0.04045, unit / 12.92, ((unit + 0.055) / 1.055) ** 2.4)
    return float(linear @ (0.2126, 0.7152, 0.0722))


def contrast(one, other):
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def shown(size, window):
    """The icon as a window of that colour shows it, (size, size, 3)."""
    background = Image.new("RGBA", (size, size), (*window, 255))
    with Image.open(ICON) as icon:
        background.alpha_composite(icon.convert("RGBA").resize((size, size), Image.LANCZOS))
    return np.asarray(background.convert("RGB"), dtype=int)


def near(pixels, colour):
    return np.abs(pixels - np.asarray(colour[:3])).max(axis=-1) < 48


def test_the_file_is_what_the_script_draws():
    with Image.open(ICON) as icon:
        assert icon.mode == "RGBA" and icon.width == icon.height >= 128
        drawn = np.asarray(draw_icon(icon.width), dtype=int)
        assert np.abs(np.asarray(icon, dtype=int) - drawn).mean() < 0.5


@pytest.mark.parametrize("window", [LIGHT, DARK], ids=["light", "dark"])
def test_sixteen_pixels_are_enough(window):
    pixels = shown(16, window)
    assert near(pixels, BRAIN).sum() >= 30
    lesions = near(pixels, LESION)
    quarters = [lesions[:8, :8], lesions[:8, 8:], lesions[8:, :8], lesions[8:, 8:]]
    assert all(quarter.any() for quarter in quarters)


@pytest.mark.parametrize("window", [LIGHT, DARK], ids=["light", "dark"])
def test_head_and_tile_stand_out(window):
    assert contrast(BRAIN, TILE) >= 4.5
    assert contrast(LESION, BRAIN) >= 2.5
    assert max(contrast(BRAIN, window), contrast(TILE, window)) >= 4.5
