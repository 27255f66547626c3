"""Signals under PythonQt's rules: connect(f), disconnect(f), arguments trimmed to what f takes."""

from __future__ import annotations

import sys
import types
from collections.abc import Callable
from inspect import CO_VARARGS

from PySide6 import QtCore

from .wrapping import adopt


def accepted_arguments(function: Callable) -> int | None:
    """Return how many positional arguments PythonQt would pass, None for all of them.

    Only plain functions and bound methods are asked; any other callable gets every argument.
    """
    if isinstance(function, types.MethodType):
        own, function = 1, function.__func__
    else:
        own = 0
    if not isinstance(function, types.FunctionType) or function.__code__.co_flags & CO_VARARGS:
        return None
    return function.__code__.co_argcount - own


def receiver(function: Callable) -> Callable:
    """Return a function to connect to Qt: it trims, adopts, and reports what goes wrong."""
    limit = accepted_arguments(function)

    def receive(*arguments: object) -> None:
        kept = arguments if limit is None else arguments[:limit]
        try:
            function(*(adopt(argument) for argument in kept))
        except Exception:
            sys.excepthook(*sys.exc_info())

    return receive


def signal_signatures(meta: QtCore.QMetaObject, name: str) -> list[str]:
    """Return the signatures of a signal in Qt's description of a class, the richest first."""
    methods = (meta.method(index) for index in range(meta.methodCount()))
    found = [
        bytes(method.methodSignature().data()).decode()
        for method in methods
        if method.methodType() == QtCore.QMetaMethod.Signal
        and bytes(method.name().data()).decode() == name
    ]
    return sorted(found, key=lambda text: -len(parameter_types(text)))


def parameter_types(signature: str) -> list[str]:
    """Return the C++ parameter types within "name(a,b)"."""
    inside = signature[signature.index("(") + 1 : -1]
    return inside.split(",") if inside else []


def normal_signature(signature: str) -> str:
    """Return the signature as Qt writes it, MRML pointers standing as Python objects."""
    if signature[:1] == "2":
        signature = signature[1:]
    normal = bytes(QtCore.QMetaObject.normalizedSignature(signature).data()).decode()
    name = normal[: normal.index("(")]
    types_ = ["PyObject" if t.startswith("vtk") else t for t in parameter_types(normal)]
    return f"{name}({','.join(types_)})"


class BoundSignal:
    """A signal of one object, as PythonQt hands it out."""

    __slots__ = ("_object", "_signature")

    def __init__(self, obj: QtCore.QObject, signature: str) -> None:
        self._object = obj
        self._signature = signature

    def connect(self, function: Callable) -> bool:
        """Call the function (or emit the other signal) whenever this signal is emitted."""
        if isinstance(function, BoundSignal):
            function = function.emit
        if not callable(function):
            raise ValueError(f"cannot connect {self._signature} to {function!r}: not callable")
        receive = receiver(function)
        QtCore.QObject.connect(self._object, QtCore.SIGNAL(self._signature), receive)
        connections(self._object).append((self._signature, function, receive))
        return True

    def disconnect(self, *functions: Callable) -> bool:
        """Undo one connection to each function given, or all of them; tell whether one was."""
        kept, removed = [], 0
        wanted = list(functions)
        for entry in connections(self._object):
            signature, function, receive = entry
            if signature != self._signature or (functions and function not in wanted):
                kept.append(entry)
                continue
            if functions:
                wanted.remove(function)
            QtCore.QObject.disconnect(self._object, QtCore.SIGNAL(signature), receive)
            removed += 1
        connections(self._object)[:] = kept
        return removed > 0

    def emit(self, *arguments: object) -> None:
        """Emit the signal with these arguments."""
        name = self._signature[: self._signature.index("(")]
        # Asked of the object: PySide may call its class's staticMetaObject deleted as soon as a
        # window has closed.
        meta = QtCore.QObject.metaObject(self._object)
        for signature in signal_signatures(meta, name):
            if len(parameter_types(signature)) == len(arguments):
                QtCore.QObject.emit(self._object, QtCore.SIGNAL(signature), *arguments)
                return
        raise ValueError(f"{self._signature} cannot be emitted with {len(arguments)} arguments")

    __call__ = emit

    def __repr__(self) -> str:
        return f"<qt signal {self._signature} of {type(self._object).__name__}>"


def connections(obj: QtCore.QObject) -> list[tuple[str, Callable, Callable]]:
    """Return the connections made from Python on this object."""
    found = obj.__dict__.get("_connections")
    if found is None:
        found = obj.__dict__["_connections"] = []
    return found


def bound_signal(obj: QtCore.QObject, signature: str) -> BoundSignal:
    """Return the signal named by a C++ signature, "clicked(bool)".

    Raises AttributeError when the object has no such signal; Slicer only prints a warning, and
    the connection is never made.
    """
    normal = normal_signature(signature)
    if QtCore.QObject.metaObject(obj).indexOfSignal(normal) < 0:
        raise AttributeError(f"signal '{signature}' does not exist on {type(obj).__name__}")
    return BoundSignal(obj, normal)
