"""Slicer's two looks, and how much of a picture stands out from its ground."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
from PySide6 import QtGui, QtWidgets

# The colours of Slicer's dark style (qSlicerDarkStyle).
_DARK = {
    "Window": "#323232",
    "WindowText": "#ffffff",
    "Base": "#1e1e1e",
    "AlternateBase": "#323232",
    "ToolTipBase": "#ffffff",
    "ToolTipText": "#323232",
    "Text": "#ffffff",
    "Button": "#323232",
    "ButtonText": "#ffffff",
    "Light": "#828284",
    "Midlight": "#5a5a5b",
    "Dark": "#232323",
    "Mid": "#2b2b2b",
    "Shadow": "#141414",
    "Highlight": "#3ca4ff",
    "HighlightedText": "#ffffff",
    "Link": "#3ca4ff",
}
_DARK_DISABLED = {"WindowText": "#6d6d6d", "Text": "#6d6d6d", "ButtonText": "#b4b4b4"}


def dark_palette() -> QtGui.QPalette:
    """The palette of Slicer's dark style."""
    palette, role = QtGui.QPalette(), QtGui.QPalette.ColorRole
    for name, color in _DARK.items():
        palette.setColor(role[name], QtGui.QColor(color))
    for name, color in _DARK_DISABLED.items():
        palette.setColor(QtGui.QPalette.Disabled, role[name], QtGui.QColor(color))
    return palette


@contextmanager
def dark() -> Iterator[None]:
    """Have the application look dark."""
    before = QtWidgets.QApplication.palette()
    QtWidgets.QApplication.setPalette(dark_palette())
    try:
        yield
    finally:
        QtWidgets.QApplication.setPalette(before)


@contextmanager
def larger_text(times: float) -> Iterator[None]:
    """Have the application write in a larger font, as an operating system at 200 % does."""
    before = QtWidgets.QApplication.font()
    font = QtGui.QFont(before)
    font.setPointSizeF(before.pointSizeF() * times)
    QtWidgets.QApplication.setFont(font)
    try:
        yield
    finally:
        QtWidgets.QApplication.setFont(before)


def contrast(pixels: np.ndarray) -> float:
    """Of the lightest to the darkest pixel, as WCAG 2 defines it: 1 to 21.

    Args:
        pixels: uint8 (rows, columns, 3), sRGB.
    """
    share = pixels.reshape(-1, 3) / 255.0
    linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    luminance = linear @ np.array([0.2126, 0.7152, 0.0722])
    return float((luminance.max() + 0.05) / (luminance.min() + 0.05))
