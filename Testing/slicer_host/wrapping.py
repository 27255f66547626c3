"""What Qt hands out, in a strict wrapping: adopt it for Slicer's Python, bare it for Qt.

Signals and the members of strict classes both stand on this; strict has those members.
"""

from __future__ import annotations

import sys

from PySide6 import QtCore

from . import api

strict_of_source: dict[type, type] = {}


class StrictType(type(QtCore.QObject)):
    """The class of strict classes: isinstance asks Qt's own hierarchy, as PythonQt does."""

    def __instancecheck__(cls, instance: object) -> bool:
        source = cls.__dict__.get("_source")
        if source is None:
            return type.__instancecheck__(cls, instance)
        return isinstance(bare(instance), source)

    def __subclasscheck__(cls, other: type) -> bool:
        source = cls.__dict__.get("_source")
        if source is None:
            return type.__subclasscheck__(cls, other)
        return issubclass(getattr(other, "_source", other), source)


class Member:
    """A name of a strict class: a property, a slot, a signal, or one that is hidden."""

    def __get__(self, obj: object, owner: type) -> object:
        raise NotImplementedError

    def __set__(self, obj: object, value: object) -> None:
        raise NotImplementedError


def class_attribute(cls: type, name: str) -> object:
    for base in cls.__mro__:
        if name in base.__dict__:
            return base.__dict__[name]
    return None


def class_name(obj: object) -> str:
    """Return the C++ class name, as PythonQt's className() gives it."""
    obj = bare(obj)
    for base in type(obj).__mro__:
        if "_cpp_name" in base.__dict__:
            return base.__dict__["_cpp_name"]
    return type(obj).__name__


def _plain(obj: object) -> bool:
    return not isinstance(type(obj), StrictType)


def adopt(value: object) -> object:
    """Return the value as Slicer would hand it out: plain Qt objects in a strict wrapping."""
    if isinstance(value, QtCore.QObject):
        return _borrow(value) if _plain(value) else value
    if isinstance(value, list | tuple) and any(isinstance(v, QtCore.QObject) for v in value):
        return type(value)(adopt(item) for item in value)
    return value


def bare(value: object) -> object:
    """Return the Qt object within a wrapping; anything else as it is."""
    return object.__getattribute__(value, "_object") if isinstance(value, Borrowed) else value


def named_in_qt(obj: object, name: str) -> object:
    """Return the object's dynamic property or child of this name, as PythonQt finds them.

    Raises AttributeError where Qt knows neither.
    """
    if not name.startswith("_") and isinstance(obj, QtCore.QObject):
        value = QtCore.QObject.property(obj, name)
        if value is not None:
            return value
        for child in QtCore.QObject.children(obj):
            if QtCore.QObject.objectName(child) == name:
                return adopt(child)
    raise AttributeError(f"{class_name(obj)} has no attribute named '{name}'")


class Borrowed:
    """An object that Qt itself made (a combo box's line edit), as strict as our own.

    It is a wrapping, not a change of class: PySide loses track of objects whose class changes.
    """

    __slots__ = ("_object", "_strict")

    def __init__(self, obj: QtCore.QObject, strict: type) -> None:
        object.__setattr__(self, "_object", obj)
        object.__setattr__(self, "_strict", strict)

    def __getattr__(self, name: str) -> object:
        member = class_attribute(self._strict, name)
        if member is None or name.startswith("_"):
            return named_in_qt(self._object, name)
        if isinstance(member, Member):
            return member.__get__(self._object, self._strict)
        return getattr(self._object, name)

    def __setattr__(self, name: str, value: object) -> None:
        member = class_attribute(self._strict, name)
        if not isinstance(member, Member):
            raise AttributeError(f"Attribute '{name}' does not exist on {class_name(self._object)}")
        member.__set__(self._object, value)

    def __eq__(self, other: object) -> bool:
        return bare(self) is bare(other)

    def __hash__(self) -> int:
        return hash(bare(self))

    def __repr__(self) -> str:
        return f"<borrowed {bare(self)!r}>"


def _borrow(obj: QtCore.QObject) -> object:
    if obj.__dict__.get("_is_inner"):
        return obj
    strict = strict_of_source.get(type(obj)) or _nearest_strict(type(obj))
    return Borrowed(obj, strict) if strict is not None else obj


def _nearest_strict(kind: type) -> type | None:
    """Return the strict class of Qt's class, or of the nearest base that Slicer knows."""
    qt = sys.modules["qt"]
    for base in kind.__mro__:
        if base not in strict_of_source and api.class_exists(f"qt.{base.__name__}"):
            getattr(qt, base.__name__)
        if base in strict_of_source:
            return strict_of_source[base]
    return None


def inner(widget: QtCore.QObject) -> QtCore.QObject:
    """Mark a part of a host widget as the host's own: it is handed out as plain Qt."""
    widget._is_inner = True
    return widget
