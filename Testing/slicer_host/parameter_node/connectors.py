"""Which widget can show which type of parameter, and how the two follow each other."""

from __future__ import annotations

import enum
import pathlib
import typing
from collections.abc import Callable

import ctk
import qt
import slicer

from .annotations import (
    Choice,
    Decimals,
    Maximum,
    Minimum,
    SingleStep,
    WithinRange,
    findFirstAnnotation,
    splitAnnotations,
    unannotatedType,
)


class GuiConnector:
    """One widget that shows one parameter."""

    def __init__(self) -> None:
        self._callback: Callable[[], None] | None = None

    def onChanged(self, callback: Callable[[], None] | None) -> None:
        """Call back on each change by the user; None ends it."""
        self._callback = callback
        if callback is None:
            self._disconnect()
        else:
            self._connect()

    def changed(self) -> None:
        """Tell the parameter that the widget has changed."""
        if self._callback is not None:
            self._callback()

    def _connect(self) -> None:
        raise NotImplementedError

    def _disconnect(self) -> None:
        raise NotImplementedError

    def widget(self) -> object:
        raise NotImplementedError

    def read(self) -> object:
        raise NotImplementedError

    def write(self, value: object) -> None:
        raise NotImplementedError


class _AttributeConnector(GuiConnector):
    """A widget whose value is one attribute and one signal."""

    def __init__(self, widget: object, attribute: str, signal: str) -> None:
        super().__init__()
        self._widget, self._attribute, self._signal = widget, attribute, signal

    def _connect(self) -> None:
        getattr(self._widget, self._signal).connect(self.changed)

    def _disconnect(self) -> None:
        getattr(self._widget, self._signal).disconnect(self.changed)

    def widget(self) -> object:
        return self._widget

    def read(self) -> object:
        return getattr(self._widget, self._attribute)

    def write(self, value: object) -> None:
        setattr(self._widget, self._attribute, value)


class _PlainTextConnector(_AttributeConnector):
    def __init__(self, widget: object) -> None:
        super().__init__(widget, "plainText", "textChanged")


class _PathConnector(_AttributeConnector):
    def __init__(self, widget: object, attribute: str, signal: str, kind: type) -> None:
        super().__init__(widget, attribute, signal)
        self._kind = kind

    def read(self) -> object:
        return self._kind(super().read())

    def write(self, value: object) -> None:
        super().write(str(value))


class _ListConnector(_AttributeConnector):
    """A combo box that holds a fixed list of values."""

    def __init__(self, widget: object, values: list, texts: list[str]) -> None:
        super().__init__(widget, "currentIndex", "currentIndexChanged")
        self._values = values
        widget.clear()
        for text in texts:
            widget.addItem(text)

    def read(self) -> object:
        return self._values[super().read()]

    def write(self, value: object) -> None:
        if value not in self._values:
            raise ValueError(f"Unable to find value {value} in choices {self._values}")
        super().write(self._values.index(value))


class _NodeConnector(_AttributeConnector):
    def __init__(self, widget: object, types: list[str]) -> None:
        super().__init__(widget, "currentNode", "currentNodeChanged")
        widget.nodeTypes = types

    def read(self) -> object:
        return self._widget.currentNode()

    def write(self, value: object) -> None:
        self._widget.setCurrentNode(value)


_registered: list[type] = []


def parameterNodeGuiConnector(cls: type | None = None) -> object:
    """Register a connector class of one's own (canRepresent, create)."""
    if cls is None:
        return parameterNodeGuiConnector
    _registered.append(cls)
    return cls


def createGuiConnector(widget: object, datatype: object) -> GuiConnector:
    """Return the connector of a widget for a possibly annotated type.

    Raises RuntimeError where Slicer has none: only exact widget classes are known to it.
    """
    for own in _registered:
        if own.canRepresent(widget, datatype):
            return own.create(widget, datatype)
    kind, annotations = splitAnnotations(datatype)
    made = _simple_connector(widget, kind) or _ranged_connector(widget, kind, annotations)
    made = made or _list_connector(widget, kind, annotations) or _node_connector(widget, kind)
    if made is None:
        raise RuntimeError(
            f"Unable to create GUI connector from datatype '{datatype}' to widget type "
            f"'{type(widget)}'"
        )
    return made


def _simple_connector(widget: object, kind: object) -> GuiConnector | None:
    exact = type(widget)
    if kind is bool and exact is qt.QCheckBox:
        return _AttributeConnector(widget, "checked", "stateChanged")
    if kind is bool and exact is qt.QPushButton:
        widget.checkable = True
        return _AttributeConnector(widget, "checked", "toggled")
    if kind is str and exact is qt.QLineEdit:
        return _AttributeConnector(widget, "text", "textChanged")
    if kind is str and exact is qt.QTextEdit:
        return _PlainTextConnector(widget)
    if isinstance(kind, type) and issubclass(kind, pathlib.PurePath):
        if exact is ctk.ctkPathLineEdit:
            return _PathConnector(widget, "currentPath", "currentPathChanged", kind)
        if exact is ctk.ctkDirectoryButton:
            return _PathConnector(widget, "directory", "directoryChanged", kind)
    return None


def _ranged_connector(widget: object, kind: object, annotations: list) -> GuiConnector | None:
    exact = type(widget)
    whole = kind is int and exact in (qt.QSlider, qt.QSpinBox)
    real = kind is float and exact in (qt.QDoubleSpinBox, ctk.ctkSliderWidget)
    if not (whole or real):
        return None
    for annotation, attribute in ((Decimals, "decimals"), (SingleStep, "singleStep")):
        found = findFirstAnnotation(annotations, annotation)
        if found is not None:
            setattr(widget, attribute, found.value)
    low, high = _limits(annotations)
    if exact in (qt.QSlider, ctk.ctkSliderWidget) and None in (low, high):
        raise RuntimeError(f"{exact.__name__} needs a parameter with both limits")
    unbounded = (-(2**31), 2**31 - 1) if whole else (float("-inf"), float("inf"))
    widget.minimum = unbounded[0] if low is None else low
    widget.maximum = unbounded[1] if high is None else high
    return _AttributeConnector(widget, "value", "valueChanged")


def _limits(annotations: list) -> tuple[float | None, float | None]:
    within = findFirstAnnotation(annotations, WithinRange)
    if within is not None:
        return within.minimum, within.maximum
    low, high = findFirstAnnotation(annotations, Minimum), findFirstAnnotation(annotations, Maximum)
    return (low and low.minimum), (high and high.maximum)


def _list_connector(widget: object, kind: object, annotations: list) -> GuiConnector | None:
    if type(widget) is not qt.QComboBox:
        return None
    if isinstance(kind, type) and issubclass(kind, enum.Enum):
        label = getattr(kind, "label", lambda value: value.name)
        return _ListConnector(widget, list(kind), [label(value) for value in kind])
    if kind in (int, float, str, bool):
        choice = findFirstAnnotation(annotations, Choice)
        if choice is None:
            raise RuntimeError("a QComboBox needs a parameter with a Choice annotation")
        return _ListConnector(widget, list(choice.choices), [str(c) for c in choice.choices])
    return None


def _node_connector(widget: object, kind: object) -> GuiConnector | None:
    members = typing.get_args(kind) if typing.get_origin(kind) is typing.Union else (kind,)
    bare = [unannotatedType(member) for member in members if member is not type(None)]
    nodes = [m for m in bare if isinstance(m, type) and issubclass(m, slicer.vtkMRMLNode)]
    if type(widget) is not slicer.qMRMLNodeComboBox or not nodes or len(nodes) != len(bare):
        return None
    return _NodeConnector(widget, [node.__name__ for node in nodes])
