"""How values of each type stand in a vtkMRMLScriptedModuleNode, under Slicer's own names."""

from __future__ import annotations

import enum
import pathlib
import typing
from collections.abc import Callable

import slicer

from .annotations import IsInstance, IsNone, NotNone, Validator, splitAnnotations
from .packs import isParameterPack


class Serializer:
    """Reads and writes one parameter of a node."""

    validators: tuple[Validator, ...] = ()

    def default(self) -> object:
        raise NotImplementedError

    def isIn(self, node: object, name: str) -> bool:
        return bool(node.HasParameter(name))

    def write(self, node: object, name: str, value: object) -> None:
        raise NotImplementedError

    def read(self, node: object, name: str) -> object:
        raise NotImplementedError

    def remove(self, node: object, name: str) -> None:
        node.UnsetParameter(name)

    def supportsCaching(self) -> bool:
        return True

    def validate(self, value: object) -> None:
        for validator in self.validators:
            validator.validate(value)


class TextSerializer(Serializer):
    """A value that is one string in the node."""

    def __init__(self, types: tuple, default: object, write: Callable, read: Callable) -> None:
        self.validators = (NotNone(), IsInstance(types))
        self._default, self._write, self._read = default, write, read

    def default(self) -> object:
        return self._default

    def write(self, node: object, name: str, value: object) -> None:
        node.SetParameter(name, self._write(value))

    def read(self, node: object, name: str) -> object:
        return self._read(node.GetParameter(name))


class NodeSerializer(Serializer):
    """A reference to another node of the scene."""

    def __init__(self, node_class: type) -> None:
        self.validators = (IsInstance(node_class),)

    def default(self) -> object:
        return None

    def write(self, node: object, name: str, value: object) -> None:
        node.SetParameter(name, "")
        node.SetNodeReferenceID(name, value.GetID() if value is not None else None)

    def read(self, node: object, name: str) -> object:
        return node.GetNodeReference(name)

    def remove(self, node: object, name: str) -> None:
        node.UnsetParameter(name)
        node.RemoveNodeReferenceIDs(name)


class NoneSerializer(Serializer):
    """The value None, within a union."""

    validators = (IsNone(),)

    def default(self) -> object:
        return None

    def write(self, node: object, name: str, value: object) -> None:
        node.SetParameter(name, "True")

    def read(self, node: object, name: str) -> object:
        return None


class UnionSerializer(Serializer):
    """A value of one of several types, each kept under its own numbered name."""

    def __init__(self, members: list[Serializer]) -> None:
        self._members = members

    def default(self) -> object:
        optional = len(self._members) == 2 and isinstance(self._members[1], NoneSerializer)
        return None if optional else self._members[0].default()

    def _numbered(self, name: str) -> list[tuple[str, Serializer]]:
        return [(f"{name}_{index}", member) for index, member in enumerate(self._members)]

    def isIn(self, node: object, name: str) -> bool:
        return any(member.isIn(node, own) for own, member in self._numbered(name))

    def write(self, node: object, name: str, value: object) -> None:
        own, member = self._numbered(name)[self._index_for(value)]
        with slicer.util.NodeModify(node):
            self.remove(node, name)
            member.write(node, own, value)

    def _index_for(self, value: object) -> int:
        refusal: Exception | None = None
        for index, member in enumerate(self._members):
            if value is None and not isinstance(member, NoneSerializer):
                continue
            try:
                member.validate(value)
            except (TypeError, ValueError) as error:
                refusal = error
                continue
            return index
        raise refusal or TypeError(f"Unable to write {value!r}")

    def read(self, node: object, name: str) -> object:
        for own, member in self._numbered(name):
            if member.isIn(node, own):
                return member.read(node, own)
        return None

    def remove(self, node: object, name: str) -> None:
        for own, member in self._numbered(name):
            if member.isIn(node, own):
                member.remove(node, own)


class ListSerializer(Serializer):
    """A list; here it is read as a plain list, written as a whole."""

    def __init__(self, element: Serializer) -> None:
        self._element = element

    def default(self) -> object:
        return []

    def isIn(self, node: object, name: str) -> bool:
        return bool(node.HasParameter(f"{name}_len"))

    def write(self, node: object, name: str, value: object) -> None:
        with slicer.util.NodeModify(node):
            self.remove(node, name)
            for index, item in enumerate(value):
                self._element.validate(item)
                self._element.write(node, f"{name}_{index}", item)
            node.SetParameter(f"{name}_len", str(len(value)))

    def read(self, node: object, name: str) -> object:
        count = int(node.GetParameter(f"{name}_len") or 0)
        return [self._element.read(node, f"{name}_{index}") for index in range(count)]

    def remove(self, node: object, name: str) -> None:
        for index in range(int(node.GetParameter(f"{name}_len") or 0)):
            self._element.remove(node, f"{name}_{index}")
        node.UnsetParameter(f"{name}_len")

    def supportsCaching(self) -> bool:
        return False


class PackSerializer(Serializer):
    """A parameter pack: each member under "name.member"."""

    def __init__(self, pack: type) -> None:
        self._pack = pack
        self._members = {n: create_serializer(t) for n, t in pack.allParameters.items()}

    def default(self) -> object:
        return self._pack()

    def isIn(self, node: object, name: str) -> bool:
        return all(s.isIn(node, f"{name}.{member}") for member, s in self._members.items())

    def write(self, node: object, name: str, value: object) -> None:
        with slicer.util.NodeModify(node):
            for member, serializer in self._members.items():
                serializer.validate(getattr(value, member))
                serializer.write(node, f"{name}.{member}", getattr(value, member))

    def read(self, node: object, name: str) -> object:
        values = {m: s.read(node, f"{name}.{m}") for m, s in self._members.items()}
        pack = self._pack(**values)
        pack._on_change = lambda changed: self.write(node, name, changed)
        return pack

    def supportsCaching(self) -> bool:
        return False


_registered: list[type] = []


def parameterNodeSerializer(cls: type | None = None) -> object:
    """Register a serializer class of one's own (canSerialize, create)."""
    if cls is None:
        return parameterNodeSerializer
    _registered.append(cls)
    return cls


def _simple_serializer(kind: object) -> Serializer | None:
    if kind is bool:
        return TextSerializer((bool,), False, str, lambda text: text == "True")
    if kind is int:
        return TextSerializer((int,), 0, str, int)
    if kind is float:
        return TextSerializer((int, float), 0, str, float)
    if kind is str:
        return TextSerializer((str,), "", str, str)
    if isinstance(kind, type) and issubclass(kind, pathlib.PurePath):
        return TextSerializer((kind,), kind(), str, kind)
    if isinstance(kind, type) and issubclass(kind, enum.Enum):
        first = next(iter(kind))
        return TextSerializer((kind,), first, lambda value: value.name, lambda text: kind[text])
    if isinstance(kind, type) and issubclass(kind, slicer.vtkMRMLNode):
        return NodeSerializer(kind)
    if isinstance(kind, type) and isParameterPack(kind):
        return PackSerializer(kind)
    return None


def create_serializer(annotated: object) -> Serializer:
    """Return the serializer of a possibly annotated type.

    Raises TypeError where Slicer has none; `X | None` is such a type, Optional[X] is not.
    """
    kind, annotations = splitAnnotations(annotated)
    made = _bare_serializer(kind)
    made.validators = (*made.validators, *(a for a in annotations if isinstance(a, Validator)))
    return made


def _bare_serializer(kind: object) -> Serializer:
    simple = _simple_serializer(kind)
    if simple is not None:
        return simple
    if kind is type(None):
        return NoneSerializer()
    if typing.get_origin(kind) is typing.Union:
        return UnionSerializer([create_serializer(member) for member in typing.get_args(kind)])
    if typing.get_origin(kind) is list:
        return ListSerializer(create_serializer(typing.get_args(kind)[0]))
    for own in _registered:
        if own.canSerialize(kind):
            return own.create(kind)
    raise TypeError(f"Unable to create serializer for type: {kind}")
