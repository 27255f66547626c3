"""A slice as people see it: its grey window, anterior up, the patient's right on the left."""

from __future__ import annotations

from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from wmh_siamese.volumes.volume import AxialView, Volume

Voxel = TypeVar("Voxel", bound=np.generic)


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


def slice_position(volume: Volume, view: AxialView, index: int) -> str:
    """Height of the middle of a slice over the origin, such as "S 23.4 mm" or "I 5.0 mm"."""
    middle = (np.asarray(volume.shape) - 1) / 2
    across = view.axes[0]
    middle[across] = volume.shape[across] - 1 - index if view.flips[0] else index
    height = float(volume.affine[2, :3] @ middle + volume.affine[2, 3])
    return f"{'S' if height >= 0 else 'I'} {abs(height):.1f} mm"
