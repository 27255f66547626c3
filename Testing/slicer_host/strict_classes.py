"""Making strict classes: each a subclass of its Qt class, after the record of the application."""

from __future__ import annotations

import types
from collections.abc import Callable, Iterable

from PySide6 import QtCore

from . import api
from .signals import bound_signal, connections, signal_signatures
from .strict import Hidden, Property, SignalMember, Slot, StrictMixin
from .wrapping import StrictType, adopt, bare, class_attribute, class_name, strict_of_source


def strict_class(qualified: str, source: type, names: dict[str, str] | None = None) -> type:
    """Make the strict class of "qt.QPushButton" over its source, the Qt or host class.

    The names default to the record's; a class that the record leaves out keeps all it has.
    """
    simple = qualified.split(".", 1)[1]
    members: dict[str, object] = {"_source": source, "_cpp_name": simple}
    if names is None and qualified in api.record()["classes"]:
        names = api.class_names(qualified)
    if names is None:
        names = {name: "name" for name in dir(source) if not name.startswith("_")}
        names |= api.UNLISTED
    for name, kind in names.items():
        if not isinstance(class_attribute(source, name), QtCore.Property):
            member = _member(source, name, kind)
            if member is not None:
                members[name] = member
    for name in dir(source):
        if not name.startswith("_") and name not in names:
            members[name] = Hidden(name)
    members.update(_pythonqt_members(source, names))
    metaclass = StrictType if issubclass(source, QtCore.QObject) else _value_type(source)
    made = metaclass(simple, (StrictMixin, source), members)
    if issubclass(source, QtCore.QObject):
        strict_of_source[source] = made
    return made


def _value_type(source: type) -> type:
    if isinstance(source, type(QtCore.QObject)):
        return StrictType
    return type(source)


def _member(source: type, name: str, kind: str) -> object:
    """Return what stands for one recorded name, None where Qt's own member can stay."""
    meta = getattr(source, "staticMetaObject", None)
    if meta is not None and issubclass(source, QtCore.QObject):
        if kind in ("signal", "name"):
            signatures = signal_signatures(meta, name)
            if signatures:
                return SignalMember(name, signatures[0])
        index = meta.indexOfProperty(name)
        if index >= 0 and kind in ("property", "name"):
            return _qt_property(source, name, meta.property(index))
    attribute = getattr(source, name, None)
    if attribute is None:
        return Hidden(name, " here: it is gone in Qt 6, or this host does not play it")
    if kind == "property" and callable(attribute) and not isinstance(attribute, type):
        return Property(name, attribute, getattr(source, _setter_name(name), None))
    if isinstance(attribute, type) or not callable(attribute):
        return attribute
    if isinstance(attribute, types.BuiltinFunctionType | types.FunctionType):
        # The host's own method, which Qt must find where it overrides a virtual one; or static
        # in Qt, and sometimes a method as well (QFile.exists), which Qt itself must tell apart.
        return None
    return Slot(name, attribute)


def _setter_name(name: str) -> str:
    return f"set{name[0].upper()}{name[1:]}"


def _qt_property(source: type, name: str, description: QtCore.QMetaProperty) -> Property:
    read = _getter(source, name)
    if not description.isWritable():
        return Property(name, read, None)
    setter = getattr(source, _setter_name(name), None)
    if callable(setter):
        setter = _without_self(setter)
    else:

        def setter(obj: object, value: object) -> None:
            QtCore.QObject.setProperty(obj, name, value)

    if description.typeName() == "QString":

        def write(obj: object, value: object) -> None:
            setter(obj, value if isinstance(value, str) else str(value))
    elif description.typeName() == "int":

        def write(obj: object, value: object) -> None:
            setter(obj, int(value))
    else:
        write = setter
    return Property(name, read, write)


def _without_self(method: Callable) -> Callable:
    """Return the method as one of an object, also where Qt has it as a static function."""
    if isinstance(method, types.BuiltinFunctionType):
        return lambda obj, *arguments: method(*arguments)
    return method


def _getter(source: type, name: str) -> Callable:
    capital = name[0].upper() + name[1:]
    for candidate in (name, f"is{capital}", f"has{capital}"):
        getter = getattr(source, candidate, None)
        if callable(getter) and not isinstance(getter, type):
            return _without_self(getter)
    return lambda obj: QtCore.QObject.property(obj, name)


def _pythonqt_members(source: type, names: dict[str, str]) -> dict[str, object]:
    """Return what PythonQt adds to every class, or changes on it."""
    members: dict[str, object] = {
        "className": Slot("className", class_name),
        "inherits": Slot("inherits", _inherits),
    }
    for real, underscored in api.UNDERSCORED.items():
        method = getattr(source, real, None) or getattr(source, underscored, None)
        if real in names and method is not None:
            members[real] = members[underscored] = Slot(real, method)
    if not issubclass(source, QtCore.QObject):
        return members
    members |= {
        "name": Property("name", QtCore.QObject.objectName, QtCore.QObject.setObjectName),
        "connect": Slot("connect", _connect),
        "disconnect": Slot("disconnect", _disconnect),
        "findChildren": Slot("findChildren", _find_children),
        "findChild": Slot("findChild", _find_child),
        "children": Slot("children", QtCore.QObject.children),
        "delete": Slot("delete", _delete),
    }
    return members


def _inherits(obj: object, name: str) -> bool:
    return any(
        base.__name__ == name or base.__dict__.get("_cpp_name") == name
        for base in type(bare(obj)).__mro__
    )


def _connect(obj: QtCore.QObject, signal: str, *target: object) -> bool:
    return bound_signal(obj, signal).connect(_callable_target(target))


def _disconnect(obj: QtCore.QObject, signal: str, *target: object) -> bool:
    functions = [_callable_target(target)] if target else []
    return bound_signal(obj, signal).disconnect(*functions)


def _callable_target(target: tuple) -> Callable:
    if len(target) == 1:
        return target[0]
    receiver, slot = target
    return getattr(receiver, slot[: slot.index("(")])


def _matches(child: QtCore.QObject, wanted: object) -> bool:
    if isinstance(wanted, str):
        return _inherits(child, wanted)
    return isinstance(child, wanted)


def _find_children(obj: QtCore.QObject, wanted: object, name: str | None = None) -> list:
    found = [adopt(child) for child in QtCore.QObject.findChildren(obj, QtCore.QObject)]
    named = (c for c in found if name is None or QtCore.QObject.objectName(bare(c)) == name)
    return [c for c in named if _matches(c, wanted)]


def _find_child(obj: QtCore.QObject, wanted: object, name: str | None = None) -> object:
    found: Iterable = _find_children(obj, wanted, name)
    return next(iter(found), None)


def _delete(obj: QtCore.QObject) -> None:
    import shiboken6

    connections(obj).clear()
    shiboken6.delete(obj)
