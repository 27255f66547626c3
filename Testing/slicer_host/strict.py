"""Strict objects: real Qt that knows only the names PythonQt exposes in Slicer.

Properties are attributes, slots are callable, signals connect as in PythonQt, and every other
name raises AttributeError, even where PySide has it. strict_classes makes their classes.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator

from PySide6 import QtCore

from . import api
from .signals import BoundSignal

strict_of_source: dict[type, type] = {}

_loading_ui = False


class Property:
    """A Qt property: read and set as an attribute."""

    def __init__(self, name: str, read: Callable, write: Callable | None) -> None:
        self.name, self.read, self.write = name, read, write

    def __get__(self, obj: object, owner: type) -> object:
        return self if obj is None else adopt(self.read(obj))

    def __set__(self, obj: object, value: object) -> None:
        if self.write is None:
            raise AttributeError(
                f"Property '{self.name}' of {class_name(obj)} object is not writable"
            )
        self.write(obj, bare(value))


class Slot:
    """A method of a class; bound to an object where there is one."""

    def __init__(self, name: str, method: Callable) -> None:
        self.name, self.method = name, method

    def __get__(self, obj: object, owner: type) -> Callable:
        bind = getattr(self.method, "__get__", None)
        if bind is None or obj is None:
            return SlotCall(self.name, self.method)
        return SlotCall(self.name, bind(obj, owner))

    def __set__(self, obj: object, value: object) -> None:
        raise AttributeError(f"Slot '{self.name}' can not be overwritten on {class_name(obj)}")


class SlotCall:
    """One slot, ready to be called; what it returns is strict as well."""

    __slots__ = ("_method", "_name")

    def __init__(self, name: str, method: Callable) -> None:
        self._name, self._method = name, method

    def __call__(self, *args: object, **kwargs: object) -> object:
        return adopt(self._method(*map(bare, args), **kwargs))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SlotCall) and self._method == other._method

    def __hash__(self) -> int:
        return hash(self._method)

    def __repr__(self) -> str:
        return f"<slot {self._name}>"


class SignalMember:
    """A signal: reading it from an object gives the means to connect."""

    def __init__(self, name: str, signature: str) -> None:
        self.name, self.signature = name, signature

    def __get__(self, obj: object, owner: type) -> object:
        return self if obj is None else BoundSignal(obj, self.signature)

    def __set__(self, obj: object, value: object) -> None:
        raise AttributeError(f"Signal '{self.name}' can not be overwritten on {class_name(obj)}")


class Hidden:
    """A name that PySide has and PythonQt has not, or that went away with Qt 6."""

    def __init__(self, name: str, reason: str = "") -> None:
        self.name, self.reason = name, reason

    def __get__(self, obj: object, owner: type) -> object:
        if obj is not None and not _asked_in_python(self.name):
            return getattr(type(obj)._source, self.name).__get__(obj)
        where = class_name(obj) if obj is not None else owner.__name__
        raise AttributeError(f"{where} has no attribute named '{self.name}'{self.reason}")

    def __set__(self, obj: object, value: object) -> None:
        raise AttributeError(f"{class_name(obj)} has no attribute named '{self.name}'")


def _asked_in_python(name: str) -> bool:
    """Tell whether Python code asks for the name; if not, Qt looks for a virtual function."""
    try:
        code = sys._getframe(2).f_code
    except ValueError:  # no Python is running at all
        return False
    asked = *code.co_names, *code.co_consts  # hasattr(object, "name") has it as a constant
    return name in asked or "getattr" in code.co_names


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


class StrictMixin:
    """What every strict object answers, beside its recorded names."""

    __slots__ = ()

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*map(bare, args), **kwargs)
        _forget_signal_instances(self)

    def __getattr__(self, name: str) -> object:
        if not name.startswith("_") and isinstance(self, QtCore.QObject):
            value = QtCore.QObject.property(self, name)
            if value is not None:
                return value
            for child in QtCore.QObject.children(self):
                if QtCore.QObject.objectName(child) == name:
                    return adopt(child)
        raise AttributeError(f"{class_name(self)} has no attribute named '{name}'")

    def __setattr__(self, name: str, value: object) -> None:
        if _loading_ui and isinstance(value, QtCore.QObject) and not name.startswith("_"):
            return
        if isinstance(value, QtCore.MetaFunction):
            return  # PySide keeps what it found in the metaobject; PythonQt does not know it
        member = class_attribute(type(self), name)
        if hasattr(type(member), "__set__"):
            member.__set__(self, value)
        elif "_source" not in type(self).__dict__ or name.startswith("_"):
            super().__setattr__(name, value)
        elif isinstance(self, QtCore.QObject) and QtCore.QObject.property(self, name) is not None:
            QtCore.QObject.setProperty(self, name, value)
        else:
            raise AttributeError(
                f"Attribute '{name}' does not exist on {class_name(self)} and creating new "
                "attributes on C++ objects is not allowed"
            )


def class_attribute(cls: type, name: str) -> object:
    for base in cls.__mro__:
        if name in base.__dict__:
            return base.__dict__[name]
    return None


def _plain(obj: object) -> bool:
    return not isinstance(type(obj), StrictType)


def class_name(obj: object) -> str:
    """Return the C++ class name, as PythonQt's className() gives it."""
    obj = bare(obj)
    for base in type(obj).__mro__:
        if "_cpp_name" in base.__dict__:
            return base.__dict__["_cpp_name"]
    return type(obj).__name__


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
            return StrictMixin.__getattr__(self._object, name)
        if isinstance(member, Property | Slot | SignalMember | Hidden):
            return member.__get__(self._object, self._strict)
        return getattr(self._object, name)

    def __setattr__(self, name: str, value: object) -> None:
        member = class_attribute(self._strict, name)
        if not isinstance(member, Property | Slot | SignalMember | Hidden):
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


def _forget_signal_instances(obj: object) -> None:
    """Drop PySide's own signal objects, which it keeps in each instance, before ours."""
    kept = getattr(obj, "__dict__", {})
    for name in [n for n, v in kept.items() if isinstance(v, QtCore.SignalInstance)]:
        del kept[name]


def inner(widget: QtCore.QObject) -> QtCore.QObject:
    """Mark a part of a host widget as the host's own: it is handed out as plain Qt."""
    widget._is_inner = True
    return widget


@contextlib.contextmanager
def loading_ui() -> Iterator[None]:
    """Let PySide's loader name children on their parents in vain: PythonQt finds them itself."""
    global _loading_ui
    _loading_ui = True
    try:
        yield
    finally:
        _loading_ui = False
