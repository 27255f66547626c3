"""A small picture of a case: the axial slice with most lesion, its mask outlined."""

from __future__ import annotations

from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

from wmh_siamese.cases.case import LESION, OTHER
from wmh_siamese.segmenting.overlay_page import LESION as LESION_COLOR
from wmh_siamese.segmenting.shown_slice import grey_slice, grey_window, radiological
from wmh_siamese.volumes.volume import Volume, axial_view

LONGEST_SIDE = 192
OTHER_COLOR = (90, 170, 255)
"""Blue: apart from the lesions' orange for every common kind of colour blindness."""


def thumbnail_png(flair: Volume, labels: NDArray[np.uint8]) -> bytes:
    """The picture as PNG, radiological, with square millimetres.

    Args:
        flair: (i, j, k).
        labels: uint8 0, 1 and 2, of the same shape.
    """
    view = axial_view(flair.affine)
    slices, drawn = view.forward(flair.array), view.forward(labels)
    index = richest_slice(drawn)
    _, row_mm, column_mm = view.spacing
    height_mm, width_mm = slices.shape[1] * row_mm, slices.shape[2] * column_mm
    scale = LONGEST_SIDE / max(height_mm, width_mm)
    size = max(1, round(width_mm * scale)), max(1, round(height_mm * scale))
    shown = grey_slice(slices[index], grey_window(slices))
    picture = shown.resize(size, Image.Resampling.BICUBIC).convert("RGB")
    for label, color in ((OTHER, OTHER_COLOR), (LESION, LESION_COLOR)):
        picture.paste(color, mask=_outline(drawn[index] == label, size))
    file = BytesIO()
    picture.save(file, format="PNG")
    return file.getvalue()


def richest_slice(labels: NDArray[np.uint8]) -> int:
    """The axial slice with most lesion, else most of any label, else the middle one.

    Args:
        labels: (slice, row, column).
    """
    for load in ((labels == LESION).sum(axis=(1, 2)), (labels > 0).sum(axis=(1, 2))):
        if load.any():
            return int(np.argmax(load))
    return len(labels) // 2


def _outline(region: NDArray[np.bool_], size: tuple[int, int]) -> Image.Image:
    """A line of one pixel around the region, at the picture's size."""
    voxels = Image.fromarray(radiological(region.astype(np.uint8) * 255))
    fill = np.asarray(voxels.resize(size, Image.Resampling.NEAREST))
    return Image.fromarray(ndimage.maximum_filter(fill, size=3) - fill)
