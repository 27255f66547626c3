"""qt.QUiLoader: real Qt Designer files, with CTK's and Slicer's widgets in them."""

from __future__ import annotations

import io
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass
from typing import ClassVar

from PySide6 import QtCore, QtUiTools, QtWidgets

from .signals import bound_signal
from .strict import loading_ui
from .wrapping import adopt


@dataclass(frozen=True)
class Connection:
    """A signal connected to a slot within the file."""

    sender: str
    signal: str
    receiver: str
    slot: str


class _Builder(QtUiTools.QUiLoader):
    """Makes strict objects for every class named in the file."""

    def __init__(self, modules: list[object]) -> None:
        super().__init__()
        self._modules = modules
        self.kept: list[QtCore.QObject] = []

    def _class(self, name: str) -> type:
        for module in self._modules:
            try:
                return getattr(module, name)
            except AttributeError:
                continue
        raise RuntimeError(f"the .ui file uses {name}, which does not exist in Slicer")

    def createWidget(
        self, name: str, parent: QtWidgets.QWidget | None = None, object_name: str = ""
    ) -> QtWidgets.QWidget:
        widget = self._class("QFrame" if name == "Line" else name)(parent)
        if name == "Line":
            QtWidgets.QFrame.setFrameStyle(widget, QtWidgets.QFrame.HLine | QtWidgets.QFrame.Sunken)
        QtCore.QObject.setObjectName(widget, object_name)
        self.kept.append(widget)
        return widget

    def createLayout(
        self, name: str, parent: QtCore.QObject | None = None, object_name: str = ""
    ) -> QtWidgets.QLayout:
        made = self._class(name)(parent if isinstance(parent, QtWidgets.QWidget) else None)
        QtCore.QObject.setObjectName(made, object_name)
        self.kept.append(made)
        return made


class UiLoader:
    """What slicer.util.loadUI uses: load(file) makes the widget."""

    modules: ClassVar[list[object]] = []

    def load(self, file: QtCore.QIODevice, parent: object = None) -> QtWidgets.QWidget | None:
        """Return the widget described by an open .ui file, its connections made.

        Raises RuntimeError when the file names a class that Slicer has not.
        """
        text = bytes(QtCore.QIODevice.readAll(file).data())
        description, connections = _without_connections(text)
        builder = _Builder(self.modules)
        buffer = QtCore.QBuffer()
        buffer.setData(description)
        buffer.open(QtCore.QIODevice.ReadOnly)
        with loading_ui():
            widget = builder.load(buffer, parent)
        if widget is None:
            return None
        objects = {QtCore.QObject.objectName(widget): widget}
        for child in QtCore.QObject.findChildren(widget, QtCore.QObject):
            objects.setdefault(QtCore.QObject.objectName(child), adopt(child))
        for connection in connections:
            _connect(objects, connection)
        return widget


def _without_connections(text: bytes) -> tuple[bytes, list[Connection]]:
    tree = ElementTree.parse(io.BytesIO(text))
    root = tree.getroot()
    found: list[Connection] = []
    for block in root.findall("connections"):
        for item in block.findall("connection"):
            fields = [item.findtext(f, "") for f in ("sender", "signal", "receiver", "slot")]
            found.append(Connection(*fields))
        root.remove(block)
    return ElementTree.tostring(root), found


def _connect(objects: dict[str, QtCore.QObject], connection: Connection) -> None:
    try:
        sender, receiver = objects[connection.sender], objects[connection.receiver]
    except KeyError as missing:
        raise RuntimeError(f"the .ui file connects {missing}, which it does not hold") from None
    name, _, types = connection.slot.partition("(")
    count = len([t for t in types.rstrip(")").split(",") if t])
    slot = getattr(receiver, name)

    def call(*arguments: object) -> None:
        slot(*arguments[:count])

    bound_signal(sender, connection.signal).connect(call)
