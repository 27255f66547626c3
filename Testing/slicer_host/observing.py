"""Observing MRML from a widget without keeping it alive, and never after it is deleted."""

from __future__ import annotations

import weakref
from collections.abc import Callable

import shiboken6
import vtk


class Observations:
    """The VTK observers of one widget; all go when the observed object or the widget does."""

    def __init__(self, widget: object) -> None:
        self._widget = weakref.ref(widget)
        self._tags: list[tuple[vtk.vtkObject, int]] = []

    def watch(self, observed: vtk.vtkObject, event: object, method: Callable) -> None:
        """Call method(caller, event, node) of the widget on each event."""
        function = method.__func__
        widget_of = self._widget

        @vtk.calldata_type(vtk.VTK_OBJECT)
        def call(caller: vtk.vtkObject, name: str, node: object = None) -> None:
            widget = widget_of()
            if widget is not None and shiboken6.isValid(widget):
                function(widget, caller, name, node)

        @vtk.calldata_type(vtk.VTK_STRING)
        def call_plainly(caller: vtk.vtkObject, name: str, _data: object = None) -> None:
            widget = widget_of()
            if widget is not None and shiboken6.isValid(widget):
                function(widget, caller, name, None)

        carries_node = isinstance(event, int) and hasattr(observed, "GetNodeByID")
        tag = observed.AddObserver(event, call if carries_node else call_plainly)
        self._tags.append((observed, tag))

    def clear(self) -> None:
        """Stop observing everything."""
        for observed, tag in self._tags:
            observed.RemoveObserver(tag)
        self._tags.clear()
