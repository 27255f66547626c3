"""The scene and the module logics, real ones, set together as the application sets them."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import slicer
import vtk

_LOGIC_CLASSES = {
    "Colors": "vtkSlicerColorLogic",
    "Units": "vtkSlicerUnitsLogic",
    "Terminologies": "vtkSlicerTerminologiesModuleLogic",
    "SubjectHierarchy": "vtkSlicerSubjectHierarchyModuleLogic",
    "Volumes": "vtkSlicerVolumesLogic",
    "Tables": "vtkSlicerTablesLogic",
    "Texts": "vtkSlicerTextsLogic",
    "Models": "vtkSlicerModelsLogic",
    "Transforms": "vtkSlicerTransformLogic",
    "Cameras": "vtkSlicerCamerasModuleLogic",
    "Annotations": "vtkSlicerAnnotationModuleLogic",
    "Markups": "vtkSlicerMarkupsLogic",
    "Plots": "vtkSlicerPlotsLogic",
    "Sequences": "vtkSlicerSequencesLogic",
    "SceneViews": "vtkSlicerSceneViewsModuleLogic",
    "CropVolume": "vtkSlicerCropVolumeLogic",
    "Reformat": "vtkSlicerReformatLogic",
    "ViewControllers": "vtkSlicerViewControllersLogic",
    "VolumeRendering": "vtkSlicerVolumeRenderingLogic",
    "Segmentations": "vtkSlicerSegmentationsModuleLogic",
}

_SLICE_VIEWS = {"Red": "Axial", "Green": "Coronal", "Yellow": "Sagittal"}
_SLICE_COLOURS = {
    "Red": (0.952941, 0.290196, 0.2),
    "Green": (0.431373, 0.690196, 0.294118),
    "Yellow": (0.929412, 0.835294, 0.298039),
}

# The node types for which a plugin of Slicer gives the subject hierarchy an item.
_HIERARCHY_TYPES = (
    "vtkMRMLVolumeNode",
    "vtkMRMLSegmentationNode",
    "vtkMRMLModelNode",
    "vtkMRMLMarkupsNode",
    "vtkMRMLTransformNode",
    "vtkMRMLTableNode",
    "vtkMRMLTextNode",
    "vtkMRMLPlotChartNode",
    "vtkMRMLSequenceNode",
)


@dataclass
class World:
    """One scene with everything that belongs to it."""

    scene: object
    application_logic: object
    logics: dict[str, object] = field(default_factory=dict)
    slice_logics: dict[str, object] = field(default_factory=dict)
    view_logic: object = None
    _kept: list[object] = field(default_factory=list)

    def close(self) -> None:
        """Empty the scene and let it go."""
        self.scene.RemoveAllObservers()
        self.scene.Clear(1)


def new_world(temporary_folder: Path) -> World:
    """Make a fresh scene, its module logics and the three slice views."""
    scene = slicer.vtkMRMLScene()
    application_logic = slicer.vtkSlicerApplicationLogic()
    application_logic.SetTemporaryPath(str(temporary_folder))
    application_logic.SetMRMLScene(scene)
    world = World(scene, application_logic)
    application_logic.SetHomeDirectory(str(temporary_folder))
    _add_data_io(world, temporary_folder)
    # The wheel has none of the colour and terminology files that Slicer installs.
    warned = vtk.vtkObject.GetGlobalWarningDisplay()
    vtk.vtkObject.GlobalWarningDisplayOff()
    for name, class_name in _LOGIC_CLASSES.items():
        logic = getattr(slicer, class_name)()
        logic.SetMRMLApplicationLogic(application_logic)
        application_logic.SetModuleLogic(name, logic)
        if name == "Colors":
            application_logic.SetColorLogic(logic)
        logic.SetMRMLScene(scene)
        world.logics[name] = logic
    vtk.vtkObject.SetGlobalWarningDisplay(warned)
    _add_views(world)
    _keep_hierarchy(world)
    return world


def _add_data_io(world: World, temporary_folder: Path) -> None:
    remote, data_io = slicer.vtkMRMLRemoteIOLogic(), slicer.vtkDataIOManagerLogic()
    remote.SetMRMLScene(world.scene)
    cache = remote.GetCacheManager()
    if cache is not None:
        (temporary_folder / ".slicer-cache").touch()
        cache.SetRemoteCacheDirectory(str(temporary_folder))
    remote.AddDataIOToScene()
    data_io.SetMRMLApplicationLogic(world.application_logic)
    world.application_logic.SetMRMLSceneDataIO(world.scene, remote, data_io)
    world._kept += [remote, data_io]


def _add_views(world: World) -> None:
    logics = vtk.vtkCollection()
    slicer.vtkMRMLSliceNode.AddDefaultSliceOrientationPresets(world.scene)
    for name, orientation in _SLICE_VIEWS.items():
        node = world.scene.CreateNodeByClass("vtkMRMLSliceNode")
        node.UnRegister(None)
        node.SetSingletonTag(name)
        node.SetName(name)
        node.SetLayoutName(name)
        node.SetLayoutLabel(name[0])
        node.SetLayoutColor(*_SLICE_COLOURS[name])
        node = world.scene.AddNode(node)
        node.SetOrientation(orientation)
        logic = slicer.vtkMRMLSliceLogic()
        logic.SetMRMLApplicationLogic(world.application_logic)
        logic.SetMRMLScene(world.scene)
        logic.SetSliceNode(node)
        composite = logic.GetSliceCompositeNode()
        if composite is not None:
            composite.SetLayoutName(name)
        logics.AddItem(logic)
        world.slice_logics[name] = logic
    world.application_logic.SetSliceLogics(logics)
    view = slicer.vtkMRMLViewNode()
    view.SetSingletonTag("1")
    view.SetName("View1")
    view.SetLayoutName("1")
    world.scene.AddNode(view)
    world._kept.append(logics)


def _keep_hierarchy(world: World) -> None:
    """Give data nodes their items, as Slicer's subject hierarchy plugins do."""
    scene = world.scene

    def hierarchy() -> object:
        return slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(scene)

    def add(node: object) -> None:
        if node is None or node.GetHideFromEditors():
            return
        if not any(node.IsA(name) for name in _HIERARCHY_TYPES):
            return
        tree = hierarchy()
        if tree is not None and not tree.GetItemByDataNode(node):
            tree.CreateItem(tree.GetSceneItemID(), node)

    @vtk.calldata_type(vtk.VTK_OBJECT)
    def on_added(_scene: object, _event: str, node: object) -> None:
        if not scene.IsBatchProcessing():
            add(node)

    @vtk.calldata_type(vtk.VTK_OBJECT)
    def on_removed(_scene: object, _event: str, node: object) -> None:
        if scene.IsBatchProcessing() or node is None:
            return
        tree = hierarchy()
        item = tree.GetItemByDataNode(node) if tree is not None else 0
        if item:
            tree.RemoveItem(item, False, False)

    def on_batch_end(_scene: object, _event: str) -> None:
        for index in range(scene.GetNumberOfNodes()):
            add(scene.GetNthNode(index))

    scene.AddObserver(slicer.vtkMRMLScene.NodeAddedEvent, on_added)
    scene.AddObserver(slicer.vtkMRMLScene.NodeAboutToBeRemovedEvent, on_removed)
    scene.AddObserver(slicer.vtkMRMLScene.EndBatchProcessEvent, on_batch_end)
