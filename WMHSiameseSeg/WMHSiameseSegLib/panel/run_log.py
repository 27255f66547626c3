"""The live log of the panel, without the names of a user's folders."""

from __future__ import annotations

import os
import tempfile

import qt
from slicer.i18n import tr as _


class RunLog:
    """Adds lines to a text view.

    Args:
        view: shows them; its own limit of lines holds.
    """

    def __init__(self, view: qt.QPlainTextEdit) -> None:
        self._view = view
        self._hidden = {
            os.path.realpath(tempfile.gettempdir()): _("<temporary folder>"),
            tempfile.gettempdir(): _("<temporary folder>"),
            os.path.expanduser("~"): "~",
        }

    def add(self, text: str) -> None:
        """Add a line or several."""
        for folder, shown in self._hidden.items():
            if len(folder) > 1:
                text = text.replace(folder, shown)
        self._view.appendPlainText(text)
