"""Draws a segmentation over its FLAIR volume: one PNG to look at, mail or print.

Axial slices in radiological convention (the patient's right on the left of the image, anterior
up), with the readouts above them. Slices keep their own voxels; only pixels are interpolated.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from wmh_siamese.files.atomic_file import written_whole
from wmh_siamese.segmenting.overlay_page import draw_page
from wmh_siamese.segmenting.overlay_tiles import draw_tile, shown_field
from wmh_siamese.segmenting.readouts import Readouts
from wmh_siamese.segmenting.shown_slice import grey_window, slice_position
from wmh_siamese.volumes.volume import Volume, axial_view

MAX_TILES = 12
BRAIN_HEIGHT_MM = 125.0
"""The part of the head that is shown, from near the crown down; lesions below widen it."""

Mask = NDArray[np.bool_]


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
    field = shown_field(lesions, head, *view.spacing[1:])
    tiles = [
        draw_tile(flair[s], lesions[s], field, window, slice_position(volume, view, s))
        for s in shown
    ]
    return draw_page(tiles, readouts, title, note)


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
