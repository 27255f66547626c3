"""qMRMLNodeComboBox: choose, create, rename or delete a node of the scene."""

from __future__ import annotations

import slicer
import vtk
from PySide6 import QtCore, QtWidgets

from . import dialogs
from .node_filter import NodeFilter
from .observing import Observations
from .wrapping import inner


def _emit(obj: QtCore.QObject, signature: str, *arguments: object) -> None:
    QtCore.QObject.emit(obj, QtCore.SIGNAL(signature), *arguments)


def _option(name: str, kind: object) -> QtCore.Property:
    def read(self: NodeSelector) -> object:
        return self._options[name]

    def write(self: NodeSelector, value: object) -> None:
        self._options[name] = list(value) if kind == "QStringList" else value
        self._refill()

    return QtCore.Property(kind, read, write)


class NodeSelector(QtWidgets.QWidget):
    """A combo box that follows the scene: nodes of some types, and actions on them."""

    currentNodeChanged = QtCore.Signal(object)
    currentNodeIDChanged = QtCore.Signal(str)
    nodeActivated = QtCore.Signal(object)
    nodeAdded = QtCore.Signal(object)
    nodeAddedByUser = QtCore.Signal(object)
    nodeAddedByUserAction = QtCore.Signal(object)
    nodeAboutToBeRemoved = QtCore.Signal(object)
    nodeAboutToBeEdited = QtCore.Signal(object)
    currentNodeRenamed = QtCore.Signal(object)

    def __init__(self, parent: QtWidgets.QWidget | None = None) -> None:
        super().__init__(parent)
        self._options: dict[str, object] = {
            "nodeTypes": [],
            "hideChildNodeTypes": [],
            "showChildNodeTypes": True,
            "showHidden": False,
            "noneEnabled": False,
            "noneDisplay": "None",
            "addEnabled": True,
            "removeEnabled": True,
            "renameEnabled": False,
            "editEnabled": False,
            "selectNodeUponCreation": True,
            "baseName": "",
            "interactionNodeSingletonTag": "",
            "sizeAdjustPolicy": 0,
        }
        self._scene = None
        self._current_id: str | None = None
        self._attributes: list[tuple[str, str, str | None]] = []
        self._labels: dict[str, str] = {}
        self._filter = inner(NodeFilter(self, self._refill))
        self._observations = Observations(self)
        self._node_observations = Observations(self)
        self._combo = inner(QtWidgets.QComboBox(self))
        layout = inner(QtWidgets.QHBoxLayout(self))
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._combo)
        policy = QtWidgets.QSizePolicy
        super().setSizePolicy(policy.MinimumExpanding, policy.Fixed)
        self._combo.setSizePolicy(policy.MinimumExpanding, policy.Fixed)
        self._combo.activated.connect(self._on_activated)
        self._refill()

    nodeTypes = _option("nodeTypes", "QStringList")
    hideChildNodeTypes = _option("hideChildNodeTypes", "QStringList")
    showChildNodeTypes = _option("showChildNodeTypes", bool)
    showHidden = _option("showHidden", bool)
    noneEnabled = _option("noneEnabled", bool)
    noneDisplay = _option("noneDisplay", str)
    addEnabled = _option("addEnabled", bool)
    removeEnabled = _option("removeEnabled", bool)
    renameEnabled = _option("renameEnabled", bool)
    editEnabled = _option("editEnabled", bool)
    selectNodeUponCreation = _option("selectNodeUponCreation", bool)
    baseName = _option("baseName", str)
    interactionNodeSingletonTag = _option("interactionNodeSingletonTag", str)
    sizeAdjustPolicy = _option("sizeAdjustPolicy", int)
    currentNodeID = QtCore.Property(
        str, lambda self: self._current_id or "", lambda self, node_id: self._select_id(node_id)
    )
    currentNodeId = currentNodeID

    def mrmlScene(self) -> object:
        return self._scene

    def setMRMLScene(self, scene: object) -> None:
        self._observations.clear()
        self._scene = scene
        if scene is not None:
            events = slicer.vtkMRMLScene
            self._observations.watch(scene, events.NodeAddedEvent, self._on_node_added)
            self._observations.watch(scene, events.NodeRemovedEvent, self._on_node_removed)
            self._observations.watch(scene, events.EndBatchProcessEvent, self._on_batch_end)
        self._refill()

    def sortFilterProxyModel(self) -> NodeFilter:
        return self._filter

    def currentNode(self) -> object:
        return self._node(self._current_id)

    def setCurrentNode(self, node: object) -> None:
        if isinstance(node, str):
            self._select_id(node)
            return
        self._select_id(node.GetID() if node is not None else None)

    def setCurrentNodeID(self, node_id: str) -> None:
        self._select_id(node_id)

    def setCurrentNodeIndex(self, index: int) -> None:
        nodes = self._nodes()
        self._select_id(nodes[index].GetID() if 0 <= index < len(nodes) else None)

    def nodeCount(self) -> int:
        return len(self._nodes())

    def nodeFromIndex(self, index: int) -> object:
        nodes = self._nodes()
        return nodes[index] if 0 <= index < len(nodes) else None

    def addAttribute(self, node_type: str, name: str, value: object = None) -> None:
        self._attributes.append((node_type, name, None if value is None else str(value)))
        self._refill()

    def removeAttribute(self, node_type: str, name: str) -> None:
        self._attributes = [a for a in self._attributes if a[:2] != (node_type, name)]
        self._refill()

    def nodeTypeLabel(self, node_type: str) -> str:
        if node_type in self._labels or self._scene is None:
            return self._labels.get(node_type, "")
        return self._scene.GetTypeDisplayNameByClassName(node_type) or ""

    def setNodeTypeLabel(self, label: str, node_type: str) -> None:
        self._labels[node_type] = label
        self._refill()

    def addNode(self, node_type: str = "") -> object:
        """Create a node as "Create new" does, select it, and return it."""
        node_type = node_type or self._options["nodeTypes"][0]
        node = self._scene.CreateNodeByClass(node_type)
        node.UnRegister(None)
        base = self._options["baseName"] or self.nodeTypeLabel(node_type)
        node.SetName(self._scene.GenerateUniqueName(base))
        for wanted_type, name, value in self._attributes:
            if wanted_type == node_type:
                node.SetAttribute(name, value or "")
        node = self._scene.AddNode(node)
        _emit(self, "nodeAddedByUser(PyObject)", node)
        if self._options["selectNodeUponCreation"]:
            self._select_id(node.GetID())
        return node

    def removeCurrentNode(self) -> None:
        node = self._node(self._current_id)
        if node is not None:
            _emit(self, "nodeAboutToBeRemoved(PyObject)", node)
            self._scene.RemoveNode(node)

    def renameCurrentNode(self) -> None:
        node = self._node(self._current_id)
        prepared, name = dialogs.answers.next_message()
        if not prepared:
            raise dialogs.NobodyAnswers(f"a new name for {node.GetName()} was asked for")
        node.SetName(str(name))
        _emit(self, "currentNodeRenamed(PyObject)", node)

    def editCurrentNode(self) -> None:
        _emit(self, "nodeAboutToBeEdited(PyObject)", self._node(self._current_id))

    def _node(self, node_id: str | None) -> object:
        if not node_id or self._scene is None:
            return None
        return self._scene.GetNodeByID(node_id)

    def _accepts(self, node: object) -> bool:
        options = self._options
        if node.GetHideFromEditors() and not options["showHidden"]:
            return False
        if node.GetID() in self._filter.hiddenNodeIDs:
            return False
        if any(node.IsA(hidden) for hidden in options["hideChildNodeTypes"]):
            return False
        for node_type in options["nodeTypes"]:
            if not node.IsA(node_type):
                continue
            if not options["showChildNodeTypes"] and node.GetClassName() != node_type:
                continue
            return all(
                node.GetAttribute(name) is not None and value in (None, node.GetAttribute(name))
                for wanted, name, value in self._attributes
                if node.IsA(wanted)
            )
        return False

    def _nodes(self) -> list:
        if self._scene is None:
            return []
        count = self._scene.GetNumberOfNodes()
        nodes = (self._scene.GetNthNode(index) for index in range(count))
        return [node for node in nodes if self._accepts(node)]

    def _refill(self) -> None:
        """Rebuild the entries, keep the current node where it still is one of them."""
        nodes = self._nodes()
        blocked = self._combo.blockSignals(True)
        self._combo.clear()
        if self._options["noneEnabled"]:
            self._combo.addItem(self._options["noneDisplay"], None)
        for node in nodes:
            self._combo.addItem(node.GetName(), node.GetID())
        if self._options["addEnabled"] and self._options["nodeTypes"]:
            label = self.nodeTypeLabel(self._options["nodeTypes"][0])
            self._combo.addItem(f"Create new {label}", ("create", None))
        if self._options["renameEnabled"]:
            self._combo.addItem("Rename current", ("rename", None))
        if self._options["removeEnabled"]:
            self._combo.addItem("Delete current", ("remove", None))
        self._combo.blockSignals(blocked)
        self._watch_names(nodes)
        ids = [node.GetID() for node in nodes]
        current = self._current_id if self._current_id in ids else None
        if current is None and ids and not self._options["noneEnabled"]:
            current = ids[0]
        self._take(current)

    def _watch_names(self, nodes: list) -> None:
        self._node_observations.clear()
        for node in nodes:
            self._node_observations.watch(node, vtk.vtkCommand.ModifiedEvent, self._on_renamed)

    def _select_id(self, node_id: str | None) -> None:
        node = self._node(node_id)
        if node is not None and not self._accepts(node):
            node_id = None
        self._take(node_id if node is not None else None)

    def _take(self, node_id: str | None) -> None:
        self._show(node_id)
        if node_id == self._current_id:
            return
        self._current_id = node_id
        _emit(self, "currentNodeChanged(PyObject)", self._node(node_id))
        _emit(self, "currentNodeIDChanged(QString)", node_id or "")

    def _show(self, node_id: str | None) -> None:
        blocked = self._combo.blockSignals(True)
        index = -1
        for position in range(self._combo.count()):
            if self._combo.itemData(position) == node_id:
                index = position
                break
        self._combo.setCurrentIndex(index)
        self._combo.blockSignals(blocked)

    def _on_activated(self, index: int) -> None:
        data = self._combo.itemData(index)
        if isinstance(data, tuple | list):
            self._show(self._current_id)
            actions = {
                "create": self.addNode,
                "rename": self.renameCurrentNode,
                "remove": self.removeCurrentNode,
            }
            actions[data[0]]()
            return
        self._take(data)
        _emit(self, "nodeActivated(PyObject)", self._node(data))

    def _on_node_added(self, scene: object, event: str, node: object) -> None:
        if scene.IsBatchProcessing() or node is None or not self._accepts(node):
            return
        self._refill()
        _emit(self, "nodeAdded(PyObject)", node)

    def _on_node_removed(self, scene: object, event: str, node: object) -> None:
        if not scene.IsBatchProcessing():
            self._refill()

    def _on_batch_end(self, scene: object, event: str, node: object) -> None:
        self._refill()

    def _on_renamed(self, node: object, event: str, _data: object) -> None:
        for position in range(self._combo.count()):
            if self._combo.itemData(position) == node.GetID():
                self._combo.setItemText(position, node.GetName())


class CheckableNodeSelector(NodeSelector):
    """qMRMLCheckableNodeComboBox, as far as choosing goes."""
