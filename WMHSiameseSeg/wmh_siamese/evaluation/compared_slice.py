"""A mask set beside the truth in colours, slice by slice, for figures on paper."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from numpy.typing import NDArray

from wmh_siamese.files.atomic_file import written_whole
from wmh_siamese.segmenting.shown_slice import grey_window, radiological, shown_grey
from wmh_siamese.volumes.volume import Volume, axial_view

HIT, MISS, FALSE_ALARM = "#009e73", "#56b4e9", "#d55e00"
"""Apart for every common kind of colour blindness (Okabe and Ito)."""
TINT = 0.75
WORST_SLICES = 3

Mask = NDArray[np.bool_]
Image = NDArray[np.float32]


def draw_worst_slices(path: Path, title: str, flair: Volume, truth: Mask, mask: Mask) -> None:
    """Write as a PNG the axial slices in which most voxels are missed or false alarms.

    Each is shown plain and with hits, misses and false alarms in colour, seen from below.

    Args:
        path: to write.
        title: above the picture.
        flair: the scan.
        truth: its lesions, on the scan's grid.
        mask: what was found, on the same grid.
    """
    view = axial_view(flair.affine)
    slices, true, found = (view.forward(array) for array in (flair.array, truth, mask))
    wrong = (true != found).sum(axis=(1, 2))
    shown = sorted(np.argsort(wrong, kind="stable")[::-1][:WORST_SLICES].tolist())
    window = grey_window(slices)
    figure = Figure(figsize=(2.9 * len(shown), 6.6), dpi=110)
    figure.set_layout_engine("constrained")
    figure.suptitle(title, fontsize=10)
    panels = figure.subplots(2, len(shown), squeeze=False)
    aspect = view.spacing[1] / view.spacing[2]
    for (above, below), index in zip(panels.T, shown, strict=True):
        grey = shown_grey(slices[index], window)
        show(above, tinted(grey, []), aspect)
        above.set_title(f"slice {index + 1} of {len(slices)}", fontsize=9)
        show(below, compared(grey, radiological(true[index]), radiological(found[index])), aspect)
    explain_colours(figure)
    with written_whole(path) as partial:
        figure.savefig(partial, format="png")


def compared(grey: Image, truth: Mask, mask: Mask) -> Image:
    """The slice (H, W, 3) with hits, misses and false alarms in their colours."""
    layers = [(truth & mask, HIT), (truth & ~mask, MISS), (mask & ~truth, FALSE_ALARM)]
    return tinted(grey, layers)


def tinted(grey: Image, layers: Sequence[tuple[Mask, str]]) -> Image:
    """The slice (H, W, 3) with each mask in its colour."""
    shown = np.repeat(grey[..., None], 3, axis=2)
    for mask, colour in layers:
        shown[mask] = (1 - TINT) * shown[mask] + TINT * np.array(to_rgb(colour), np.float32)
    return shown


def show(axes: Any, image: Image, aspect: float) -> None:
    """Put the slice into a panel of a figure, without axes."""
    axes.imshow(image, aspect=aspect, interpolation="nearest")
    axes.set_axis_off()


def explain_colours(figure: Figure) -> None:
    """What the colours mean, below the figure."""
    names = {"hit": HIT, "missed": MISS, "false alarm": FALSE_ALARM}
    handles = [Patch(color=colour, label=name) for name, colour in names.items()]
    figure.legend(handles=handles, loc="outside lower center", ncols=3, fontsize=9, frameon=False)
