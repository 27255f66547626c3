"""Loading and saving files through MRML's own storage nodes."""

from __future__ import annotations

from pathlib import Path

import slicer
from PySide6 import QtCore

_TYPES = {
    ".mrb": "SceneFile",
    ".mrml": "SceneFile",
    ".seg.nrrd": "SegmentationFile",
    ".nii": "VolumeFile",
    ".nii.gz": "VolumeFile",
    ".nrrd": "VolumeFile",
    ".mha": "VolumeFile",
    ".csv": "TableFile",
    ".tsv": "TableFile",
    ".tfm": "TransformFile",
    ".h5": "TransformFile",
    ".txt": "TextFile",
    ".stl": "ModelFile",
    ".vtk": "ModelFile",
    ".ctbl": "ColorTableFile",
}
_NODES = {
    "TableFile": "vtkMRMLTableNode",
    "TransformFile": "vtkMRMLTransformNode",
    "TextFile": "vtkMRMLTextNode",
    "ModelFile": "vtkMRMLModelNode",
    "ColorTableFile": "vtkMRMLColorTableNode",
}
_FLAGS = {
    "labelmap": 1,
    "center": 2,
    "singleFile": 4,
    "autoWindowLevel": 8,
    "discardOrientation": 16,
}


class CoreIOManager(QtCore.QObject):
    """qSlicerCoreIOManager: which reader or writer a file needs, and their use."""

    newFileLoaded = QtCore.Signal(object)
    fileSaved = QtCore.Signal(object)

    def fileType(self, filename: str) -> str:
        name = Path(filename).name.lower()
        matches = [ending for ending in _TYPES if name.endswith(ending)]
        return _TYPES[max(matches, key=len)] if matches else "NoFile"

    def fileWriterFileType(self, node: object, ending: str = "") -> str:
        return node.GetClassName().removeprefix("vtkMRML").removesuffix("Node") + "File"

    def fileWriterExtensions(self, node: object) -> list[str]:
        formats = _storage(node).GetSupportedFileWriteExtensions()
        return [formats.GetValue(i) for i in range(formats.GetNumberOfValues())]

    def extractKnownExtension(self, filename: str, node: object) -> str:
        name = Path(filename).name.lower()
        known = [e for e in _TYPES if name.endswith(e)]
        return max(known, key=len) if known else Path(filename).suffix

    def loadNodes(
        self, kind: str, properties: dict, loaded: object = None, messages: object = None
    ) -> bool:
        properties = {**properties, "messages": messages}
        if kind == "SceneFile":
            return _load_scene(properties["fileName"], properties.get("clear", False))
        node = _load(kind, properties)
        if node is None:
            return False
        if loaded is not None:
            loaded.AddItem(node)
        return True

    def saveNodes(self, kind: str, properties: dict, messages: object = None) -> bool:
        filename = properties["fileName"]
        if kind == "SceneFile":
            return _save_scene(filename)
        node = slicer.mrmlScene.GetNodeByID(properties["nodeID"])
        storage = node.GetStorageNode()
        if storage is None:
            node.AddDefaultStorageNode(filename)
            storage = node.GetStorageNode()
        storage.SetURI(None)
        storage.SetFileName(filename)
        storage.SetUseCompression(properties.get("useCompression", True))
        return bool(storage.WriteData(node))

    def exportNodes(
        self,
        ids: list[str],
        filenames: list[str],
        properties: dict,
        harden: bool = False,
        messages: object = None,
    ) -> bool:
        for node_id, filename in zip(ids, filenames, strict=True):
            node = slicer.mrmlScene.GetNodeByID(node_id)
            storage = _storage(node)
            storage.SetFileName(filename)
            if not storage.WriteData(node):
                return False
        return True

    def loadScene(self, filename: str, clear: bool = True) -> bool:
        return _load_scene(filename, clear)

    def saveScene(self, filename: str, screenshot: object = None) -> bool:
        return _save_scene(filename)


def _storage(node: object) -> object:
    storage = node.CreateDefaultStorageNode()
    storage.UnRegister(None)
    storage.SetScene(slicer.mrmlScene)
    return storage


def _load(kind: str, properties: dict) -> object:
    filename = properties["fileName"]
    name = properties.get("name") or Path(filename).name.split(".")[0]
    if kind == "VolumeFile":
        flags = sum(flag for key, flag in _FLAGS.items() if properties.get(key))
        logic = slicer.modules.volumes.logic()
        node = logic.AddArchetypeVolume(filename, name, flags)
        if node is not None and properties.get("show", True):
            _show(node)
        return node
    if kind == "SegmentationFile":
        logic = slicer.modules.segmentations.logic()
        return logic.LoadSegmentationFromFile(filename, True, name)
    if kind not in _NODES:
        return None
    node = slicer.mrmlScene.AddNewNodeByClass(_NODES[kind], name)
    node.AddDefaultStorageNode(filename)
    if not node.GetStorageNode().ReadData(node):
        slicer.mrmlScene.RemoveNode(node)
        return None
    return node


def _show(node: object) -> None:
    selection = slicer.app.applicationLogic().GetSelectionNode()
    if node.IsA("vtkMRMLLabelMapVolumeNode"):
        selection.SetActiveLabelVolumeID(node.GetID())
    else:
        selection.SetActiveVolumeID(node.GetID())
    slicer.app.applicationLogic().PropagateVolumeSelection()


def _load_scene(filename: str, clear: bool) -> bool:
    scene = slicer.mrmlScene
    if str(filename).lower().endswith(".mrb"):
        return bool(scene.ReadFromMRB(str(filename), bool(clear)))
    scene.SetURL(str(filename))
    return bool(scene.Connect() if clear else scene.Import())


def _save_scene(filename: str) -> bool:
    scene = slicer.mrmlScene
    if str(filename).lower().endswith(".mrb"):
        return bool(scene.WriteToMRB(str(filename)))
    return bool(scene.Commit(str(filename)))
