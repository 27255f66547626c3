"""What a screen reader says of the controls that are made of several widgets."""

from __future__ import annotations

from typing import Any

import qt
import slicer

_COMPOSITE = ("ctkSliderWidget", "ctkPathLineEdit", "qMRMLNodeComboBox")


def name_inner_widgets(ui: Any) -> None:
    """Give the inner widgets of sliders and selectors the name of the control around them.

    The focus is on the inner widget, a spin box for instance, which has no name of its own.

    Args:
        ui: the widgets of a .ui file by name.
    """
    for control in vars(ui).values():
        if control.className() in _COMPOSITE:
            for inner in slicer.util.findChildren(control):
                if inner.isWidgetType() and inner.focusPolicy != qt.Qt.NoFocus:
                    inner.setAccessibleName(control.accessibleName)
