"""Strict objects: real Qt that knows only the names PythonQt exposes in Slicer.

Properties are attributes, slots are callable, signals connect as in PythonQt, and every other
name raises AttributeError, even where PySide has it. strict_classes makes their classes.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator

from PySide6 import QtCore

from .signals import BoundSignal
from .wrapping import Member, adopt, bare, class_attribute, class_name, named_in_qt

_loading_ui = False


class Property(Member):
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


class Slot(Member):
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


class SignalMember(Member):
    """A signal: reading it from an object gives the means to connect."""

    def __init__(self, name: str, signature: str) -> None:
        self.name, self.signature = name, signature

    def __get__(self, obj: object, owner: type) -> object:
        return self if obj is None else BoundSignal(obj, self.signature)

    def __set__(self, obj: object, value: object) -> None:
        raise AttributeError(f"Signal '{self.name}' can not be overwritten on {class_name(obj)}")


class Hidden(Member):
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


class StrictMixin:
    """What every strict object answers, beside its recorded names."""

    __slots__ = ()

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*map(bare, args), **kwargs)
        _forget_signal_instances(self)

    def __getattr__(self, name: str) -> object:
        return named_in_qt(self, name)

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


def _forget_signal_instances(obj: object) -> None:
    """Drop PySide's own signal objects, which it keeps in each instance, before ours."""
    kept = getattr(obj, "__dict__", {})
    for name in [n for n, v in kept.items() if isinstance(v, QtCore.SignalInstance)]:
        del kept[name]


@contextlib.contextmanager
def loading_ui() -> Iterator[None]:
    """Let PySide's loader name children on their parents in vain: PythonQt finds them itself."""
    global _loading_ui
    _loading_ui = True
    try:
        yield
    finally:
        _loading_ui = False
