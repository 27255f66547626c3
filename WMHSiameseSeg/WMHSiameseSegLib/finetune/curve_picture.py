"""A curve as a small PNG picture, drawn on an array."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import vtk
from numpy.typing import NDArray
from vtk.util.numpy_support import numpy_to_vtk, vtk_to_numpy

from WMHSiameseSegLib.finetune.training_curve import DICE_COLOR, LOSS_COLOR, Series, TrainingCurve

_WIDTH, _HEIGHT, _EDGE = 420, 110, 8
Picture = NDArray[np.uint8]


def curve_png(curve: TrainingCurve) -> bytes:
    """Loss as a thin line, Dice as a thick one with points, each over its own range."""
    picture = np.full((_HEIGHT, _WIDTH, 3), 255, np.uint8)
    picture[[_EDGE // 2, -_EDGE // 2], :] = 205
    of = max([point.of for point in curve.points] + [1])
    for series, color, width in (
        (curve.losses(), LOSS_COLOR, 1),
        (curve.dices(), DICE_COLOR, 2),
    ):
        _draw(picture, _places(series, of), (255 * np.array(color)).astype(np.uint8), width)
    return _png(picture)


def _places(series: Series, of: int) -> list[tuple[int, int]]:
    """Row and column of each point."""
    values = [value for _epoch, value in series]
    low, high = (min(values), max(values)) if values else (0.0, 1.0)
    span = high - low or 1.0
    return [
        (
            round(_EDGE + (high - value) / span * (_HEIGHT - 1 - 2 * _EDGE)),
            round(_EDGE + epoch / of * (_WIDTH - 1 - 2 * _EDGE)),
        )
        for epoch, value in series
    ]


def _draw(picture: Picture, places: list[tuple[int, int]], color: Picture, width: int) -> None:
    for (row, column), (next_row, next_column) in pairwise(places):
        steps = max(abs(next_row - row), abs(next_column - column), 1)
        for step in range(steps + 1):
            at = round(row + (next_row - row) * step / steps)
            beside = round(column + (next_column - column) * step / steps)
            picture[at : at + width, beside : beside + width] = color
    if width > 1:
        for row, column in places:
            picture[max(row - 3, 0) : row + 4, max(column - 3, 0) : column + 4] = color


def _png(picture: Picture) -> bytes:
    rows, columns, _colors = picture.shape
    image = vtk.vtkImageData()
    image.SetDimensions(columns, rows, 1)
    upwards = np.ascontiguousarray(picture[::-1]).reshape(-1, 3)  # VTK's first row is the lowest
    image.GetPointData().SetScalars(numpy_to_vtk(upwards, deep=True))
    writer = vtk.vtkPNGWriter()
    writer.SetInputData(image)
    writer.WriteToMemoryOn()
    writer.Write()
    return bytes(vtk_to_numpy(writer.GetResult()))
