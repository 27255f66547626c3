"""What can be said of a parameter beside its type: its default, its limits, its widget's steps."""

from __future__ import annotations

import typing
from dataclasses import dataclass


class Validator:
    """The base of everything that can refuse a value."""

    def validate(self, value: object) -> None:
        """Raise ValueError or TypeError for a value that is not allowed."""
        raise NotImplementedError


class NotNone(Validator):
    def validate(self, value: object) -> None:
        if value is None:
            raise ValueError("Value must not be None")


class IsNone(Validator):
    def validate(self, value: object) -> None:
        if value is not None:
            raise ValueError("Value must be None")


@dataclass
class IsInstance(Validator):
    classtype: typing.Any

    def validate(self, value: object) -> None:
        if value is not None and not isinstance(value, self.classtype):
            raise TypeError(f"Value must be of type '{self.classtype}', got {value!r}")


@dataclass
class WithinRange(Validator):
    minimum: float
    maximum: float

    def validate(self, value: object) -> None:
        if not self.minimum <= value <= self.maximum:
            raise ValueError(f"Value must be within [{self.minimum}, {self.maximum}], got {value}")


@dataclass
class Minimum(Validator):
    minimum: float

    def validate(self, value: object) -> None:
        if value < self.minimum:
            raise ValueError(f"Value must be at least {self.minimum}, got {value}")


@dataclass
class Maximum(Validator):
    maximum: float

    def validate(self, value: object) -> None:
        if value > self.maximum:
            raise ValueError(f"Value must be at most {self.maximum}, got {value}")


@dataclass
class Choice(Validator):
    choices: typing.Sequence

    def validate(self, value: object) -> None:
        if value not in self.choices:
            raise ValueError(f"Value must be one of {self.choices}, got {value!r}")


@dataclass
class Exclude(Validator):
    excludedValues: typing.Sequence

    def validate(self, value: object) -> None:
        if value in self.excludedValues:
            raise ValueError(f"Value must not be one of {self.excludedValues}, got {value!r}")


@dataclass
class Default:
    value: typing.Any


@dataclass
class Decimals:
    value: int


@dataclass
class SingleStep:
    value: float


def splitAnnotations(possibly_annotated: object) -> tuple[object, list]:
    """Return the bare type and its annotations."""
    if typing.get_origin(possibly_annotated) is typing.Annotated:
        bare, *annotations = typing.get_args(possibly_annotated)
        return bare, annotations
    return possibly_annotated, []


def unannotatedType(possibly_annotated: object) -> object:
    """Return the bare type."""
    return splitAnnotations(possibly_annotated)[0]


def findFirstAnnotation(annotations: list, kind: type) -> object:
    """Return the first annotation of a kind, None without one."""
    return next((a for a in annotations if isinstance(a, kind)), None)
