"""parameterNodeWrapper: a class of annotated members over a node of the scene."""

from __future__ import annotations

import typing
import weakref

import qt
import slicer
import vtk

from .annotations import Default, findFirstAnnotation, splitAnnotations
from .connectors import GuiConnector, createGuiConnector
from .serializers import Serializer, create_serializer

SlicerParameterNamePropertyName = "SlicerParameterName"


class _Parameter:
    """One parameter of one node; its value is kept, and read again when the node changes."""

    def __init__(self, name: str, serializer: Serializer, default: object, node: object) -> None:
        self.name, self.serializer, self.default, self.node = name, serializer, default, node
        if not serializer.isIn(node, name):
            self._store(default)
        self.cached = serializer.supportsCaching()
        self._writing = False
        self._value = serializer.read(node, name) if self.cached else None
        if self.cached:
            own = weakref.ref(self)
            self._tag = node.AddObserver(
                vtk.vtkCommand.ModifiedEvent, lambda *_: own() is not None and own()._on_modified()
            )

    def __del__(self) -> None:
        if getattr(self, "cached", False):
            self.node.RemoveObserver(self._tag)

    def _store(self, value: object) -> None:
        self.serializer.validate(value)
        self.serializer.write(self.node, self.name, value)

    def _on_modified(self) -> None:
        if not self._writing:
            self._value = self._read_now()

    def _read_now(self) -> object:
        if not self.serializer.isIn(self.node, self.name):
            self._store(self.default)
        return self.serializer.read(self.node, self.name)

    def read(self) -> object:
        return self._value if self.cached else self._read_now()

    def write(self, value: object) -> None:
        self._writing = True
        try:
            with slicer.util.NodeModify(self.node):
                self._store(value)
                if self.cached:
                    self._value = self.serializer.read(self.node, self.name)
        finally:
            self._writing = False


class _WrapperMethods:
    """What Slicer adds to a wrapped class."""

    def __init__(self, parameterNode: object, prefix: str | None = None) -> None:
        assert parameterNode is not None
        self.parameterNode = parameterNode
        self._parameters = {
            name: _Parameter(f"{prefix or ''}{name}", make(), default, parameterNode)
            for name, (make, default) in self._makers.items()
        }
        self._guis: dict[int, dict[str, GuiConnector]] = {}
        self._next_tag = 0
        self._showing = False

    def default(self, name: str) -> Default:
        return Default(self._parameters[_known(self, name)].default)

    def isCached(self, name: str) -> bool:
        return self._parameters[_known(self, name)].cached

    def getValue(self, name: str) -> object:
        _known(self, name)
        top, _, member = name.partition(".")
        value = self._parameters[top].read()
        return value.getValue(member) if member else value

    def setValue(self, name: str, value: object) -> None:
        _known(self, name)
        top, _, member = name.partition(".")
        if member:
            self._parameters[top].read().setValue(member, value)
        else:
            self._parameters[top].write(value)

    def connectGui(self, gui: object) -> int:
        """Connect every widget that names a parameter; return the tag to undo it."""
        if getattr(gui, "isWidgetType", lambda: False)():
            widgets = gui.findChildren(qt.QWidget)
        else:
            widgets = [w for w in vars(gui).values() if hasattr(w, "property")]
        named = ((w.property(SlicerParameterNamePropertyName), w) for w in widgets)
        return self.connectParametersToGui({name: w for name, w in named if name})

    def connectParametersToGui(self, mapping: dict[str, object]) -> int:
        """Connect each parameter named to its widget; return the tag to undo it."""
        for name in mapping:
            _known(self, name)
        connectors = {
            name: w if isinstance(w, GuiConnector) else createGuiConnector(w, self.dataType(name))
            for name, w in mapping.items()
        }
        tag, self._next_tag = self._next_tag, self._next_tag + 1
        self._guis[tag] = connectors
        for name, connector in connectors.items():
            connector.write(self.getValue(name))
            connector.onChanged(_from_gui(self, name, connector))
        self.AddObserver(vtk.vtkCommand.ModifiedEvent, lambda *_: self._show())
        return tag

    def disconnectGui(self, tag: int) -> None:
        """Undo one connectGui or connectParametersToGui."""
        for connector in self._guis.pop(tag, {}).values():
            connector.onChanged(None)

    def _show(self) -> None:
        if self._showing:
            return
        self._showing = True
        try:
            with slicer.util.NodeModify(self):
                for connectors in list(self._guis.values()):
                    for name, connector in connectors.items():
                        connector.write(self.getValue(name))
        finally:
            self._showing = False

    def StartModify(self) -> int:
        return self.parameterNode.StartModify()

    def EndModify(self, wasModified: int) -> int:
        return self.parameterNode.EndModify(wasModified)

    def AddObserver(self, event: object, callback: object, priority: float = 0.0) -> int:
        return self.parameterNode.AddObserver(event, callback, priority)

    def RemoveObserver(self, tag: int) -> None:
        self.parameterNode.RemoveObserver(tag)

    def Modified(self) -> None:
        self.parameterNode.Modified()


def _known(wrapper: object, name: str) -> str:
    top = name.partition(".")[0]
    if top not in wrapper._makers:
        raise ValueError(f"Cannot find a param with the given name: {top}")
    return top


def _from_gui(wrapper: object, name: str, connector: GuiConnector) -> typing.Callable[[], None]:
    def callback() -> None:
        with slicer.util.NodeModify(wrapper):
            if not wrapper._showing:
                wrapper.setValue(name, connector.read())

    return callback


def isParameterNodeWrapper(cls: object) -> bool:
    """Tell whether a class or object is a parameter node wrapper."""
    return getattr(cls, "_is_parameter_node_wrapper", False)


def parameterNodeWrapper(cls: type | None = None) -> object:
    """Turn a class of annotated members into a wrapper of a parameter node.

    Raises TypeError for a member whose type Slicer cannot keep in a node.
    """
    if cls is None:
        return parameterNodeWrapper
    hints = typing.get_type_hints(cls, include_extras=True)
    makers = {}
    for name, kind in hints.items():
        serializer = create_serializer(kind)
        given = findFirstAnnotation(splitAnnotations(kind)[1], Default)
        default = serializer.default() if given is None else given.value
        if hasattr(cls, name):
            default = getattr(cls, name)
        makers[name] = (lambda kind=kind: create_serializer(kind), default)
        setattr(cls, name, _property(name))
    for name, member in vars(_WrapperMethods).items():
        if name.startswith("__") and name != "__init__":
            continue
        if name != "__init__" and hasattr(cls, name):
            raise ValueError(f"Cannot use reserved name '{name}' in a parameterNodeWrapper")
        setattr(cls, name, member)
    cls._makers = makers
    cls.allParameters = hints
    cls._is_parameter_node_wrapper = True
    cls.dataType = staticmethod(lambda name: _data_type(hints, name))
    return cls


def _data_type(hints: dict, name: str) -> object:
    top, _, member = name.partition(".")
    kind = hints[top]
    return splitAnnotations(kind)[0].dataType(member) if member else kind


def _property(name: str) -> property:
    return property(
        lambda self: self._parameters[name].read(),
        lambda self, value: self._parameters[name].write(value),
    )


def findChildWidgetForParameter(widget: object, parameter: str) -> object:
    """Return the child widget whose property names the parameter, None without one."""
    for child in widget.findChildren(qt.QWidget):
        if child.property(SlicerParameterNamePropertyName) == parameter:
            return child
    return None
