"""parameterPack: several parameters under one name."""

from __future__ import annotations

import typing

from .annotations import Default, Validator, findFirstAnnotation, splitAnnotations


def isParameterPack(cls: object) -> bool:
    """Tell whether a class or object is a parameter pack."""
    return getattr(cls, "_is_parameter_pack", False)


def parameterPack(cls: type | None = None) -> object:
    """Turn a class of annotated members into a parameter pack."""
    if cls is None:
        return parameterPack
    hints = typing.get_type_hints(cls, include_extras=True)
    defaults = {name: _default(cls, name, kind) for name, kind in hints.items()}

    def init(self: object, *args: object, **kwargs: object) -> None:
        values = {**defaults, **dict(zip(hints, args, strict=False)), **kwargs}
        self._values, self._on_change = {}, None
        for name, value in values.items():
            setattr(self, name, value)

    cls.__init__ = init
    cls._is_parameter_pack = True
    cls.allParameters = hints
    cls.dataType = staticmethod(lambda name: hints[name])
    cls.getValue = lambda self, name: getattr(self, name)
    cls.setValue = lambda self, name, value: setattr(self, name, value)
    cls.__eq__ = lambda self, other: getattr(other, "_values", None) == self._values
    for name, kind in hints.items():
        setattr(cls, name, _member(name, kind))
    return cls


def _default(cls: type, name: str, kind: object) -> object:
    if hasattr(cls, name):
        return getattr(cls, name)
    bare, annotations = splitAnnotations(kind)
    given = findFirstAnnotation(annotations, Default)
    if given is not None:
        return given.value
    return bare() if isinstance(bare, type) and bare.__module__ == "builtins" else None


def _member(name: str, kind: object) -> property:
    validators = [a for a in splitAnnotations(kind)[1] if isinstance(a, Validator)]

    def write(self: object, value: object) -> None:
        for validator in validators:
            validator.validate(value)
        self._values[name] = value
        if self._on_change is not None:
            self._on_change(self)

    return property(lambda self: self._values[name], write)
