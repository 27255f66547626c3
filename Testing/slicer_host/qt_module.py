"""The `qt` module as PythonQt exposes it: each class real Qt, made strict when first asked for."""

from __future__ import annotations

import ctypes
import os
import sys
import types

# PythonQt's enum values are integers; this asks PySide for the same, before its first import.
sys.pyside6_option_python_enum = 0x02  # type: ignore[attr-defined]
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6 import QtCore, QtGui, QtSvgWidgets, QtWidgets  # noqa: E402

from . import api  # noqa: E402
from .strict_classes import strict_class  # noqa: E402

if sys.version_info < (3, 12):
    # Each of PySide's functions that return nothing takes one reference to None away, and the
    # interpreter ends when there is none left; from Python 3.12 on None is immortal.
    ctypes.c_ssize_t.from_address(id(None)).value += 1 << 40

_QT_LIBRARIES = (QtWidgets, QtGui, QtCore, QtSvgWidgets)


class StrictModule(types.ModuleType):
    """A module that offers the recorded classes of one prefix, built lazily."""

    def __init__(self, prefix: str, sources: dict[str, type]) -> None:
        super().__init__(prefix)
        self.__file__ = __file__
        self.__dict__["_sources"] = sources

    def __getattr__(self, name: str) -> object:
        if name in self.__dict__:
            return self.__dict__[name]
        qualified = f"{self.__name__}.{name}"
        if name.startswith("__") or not api.class_exists(qualified):
            raise AttributeError(f"module '{self.__name__}' has no attribute '{name}'")
        made = self._build(qualified, name)
        self.__dict__[name] = made
        return made

    def _build(self, qualified: str, name: str) -> object:
        if qualified == "qt.Qt":
            return _namespace(qualified, QtCore.Qt)
        source = self._sources.get(name) or qt_source(name)
        if source is None:
            raise AttributeError(f"{qualified} exists in Slicer, but this host does not play it")
        return strict_class(qualified, source)


def qt_source(name: str) -> type | None:
    """Return Qt's own class of this name, None where Qt 6 has none."""
    for library in _QT_LIBRARIES:
        found = getattr(library, name, None)
        if found is not None:
            return found
    return None


def _namespace(qualified: str, source: type) -> object:
    values = {n: getattr(source, n) for n in api.class_names(qualified) if hasattr(source, n)}

    class Namespace:
        __slots__ = ()

        def __getattr__(self, name: str) -> object:
            raise AttributeError(f"{qualified} has no attribute named '{name}'")

    for name, value in values.items():
        setattr(Namespace, name, value)
    return Namespace()
