"""Keys for what is done most often; each tooltip says its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import qt

SEGMENT_KEYS = {
    "segmentButton": "Ctrl+Return",
    "editButton": "Ctrl+Shift+E",
    "copyButton": "Ctrl+Shift+C",
    "visibleCheckBox": "Ctrl+Shift+M",
}
FINETUNE_KEYS = {"addCaseButton": "Ctrl+Return"}


def add_shortcuts(tab: qt.QWidget, ui: Any, keys: Mapping[str, str]) -> None:
    """Let keys click buttons; they do so while the tab is visible, and not in other modules.

    Args:
        tab: the widget of the tab.
        ui: its widgets by name.
        keys: the name of a button and its keys.
    """
    for name, written in keys.items():
        button, sequence = getattr(ui, name), qt.QKeySequence(written)
        shortcut = qt.QShortcut(sequence, tab)
        shortcut.connect("activated()", button.click)
        shown = sequence.toString(qt.QKeySequence.NativeText)
        button.setToolTip(f"{button.toolTip} ({shown})")
