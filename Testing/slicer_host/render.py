"""Pictures: the slice views and the 3D view as VTK draws them, and the whole window."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import slicer
import vtk
from PySide6 import QtGui, QtWidgets
from vtk.util.numpy_support import vtk_to_numpy

_SLICE_MANAGERS = (
    "vtkMRMLVolumeGlyphSliceDisplayableManager",
    "vtkMRMLModelSliceDisplayableManager",
    "vtkMRMLSegmentationsDisplayableManager2D",
)
_THREE_D_MANAGERS = (
    "vtkMRMLModelDisplayableManager",
    "vtkMRMLSegmentationsDisplayableManager3D",
)


def _window(width: int, height: int) -> tuple[vtk.vtkRenderWindow, vtk.vtkRenderer]:
    window, renderer = vtk.vtkRenderWindow(), vtk.vtkRenderer()
    window.SetOffScreenRendering(1)
    window.SetMultiSamples(0)
    window.SetSize(width, height)
    window.AddRenderer(renderer)
    interactor = vtk.vtkGenericRenderWindowInteractor()
    interactor.SetRenderWindow(window)
    return window, renderer


def _pixels(window: vtk.vtkRenderWindow) -> np.ndarray:
    """Return the window's colours, uint8 (rows, columns, 3), the first row on top."""
    window.Render()
    grab = vtk.vtkWindowToImageFilter()
    grab.SetInput(window)
    grab.ReadFrontBufferOff()
    grab.Update()
    image = grab.GetOutput()
    columns, rows, _ = image.GetDimensions()
    pixels = vtk_to_numpy(image.GetPointData().GetScalars()).reshape(rows, columns, -1)
    return np.ascontiguousarray(pixels[::-1, :, :3])


def _managers(
    world: object, renderer: vtk.vtkRenderer, node: object, names: tuple[str, ...], factory: object
) -> object:
    factory.SetMRMLApplicationLogic(world.application_logic)
    for name in names:
        if not factory.IsDisplayableManagerRegistered(name):
            factory.RegisterDisplayableManager(name)
    group = slicer.vtkMRMLDisplayableManagerGroup()
    group.SetRenderer(renderer)
    group.SetMRMLDisplayableNode(node)
    group.Initialize(factory, renderer)
    return group


def slice_picture(world: object, name: str, width: int = 480, height: int = 400) -> np.ndarray:
    """Draw one slice view ("Red", "Green", "Yellow"): volumes, labels and segmentations.

    Returns uint8 (height, width, 3).
    """
    logic = world.slice_logics[name]
    node = logic.GetSliceNode()
    before = tuple(node.GetDimensions()[:2])
    logic.ResizeSliceNode(width, height)
    if before != (width, height):
        offset = logic.GetSliceOffset()
        logic.FitSliceToBackground()
        logic.SetSliceOffset(offset)
    window, renderer = _window(width, height)
    blend = logic.GetBlend()
    if blend is not None and logic.GetBackgroundLayer().GetVolumeNode() is not None:
        blend.Update()
        mapper, actor = vtk.vtkImageMapper(), vtk.vtkActor2D()
        mapper.SetColorWindow(255)
        mapper.SetColorLevel(127.5)
        mapper.SetInputConnection(logic.GetImageDataConnection())
        actor.SetMapper(mapper)
        actor.GetProperty().SetDisplayLocationToBackground()
        renderer.AddViewProp(actor)
    factory = slicer.vtkMRMLSliceViewDisplayableManagerFactory.GetInstance()
    group = _managers(world, renderer, node, _SLICE_MANAGERS, factory)
    pixels = _pixels(window)
    group.SetMRMLDisplayableNode(None)
    window.Finalize()
    return pixels


def three_d_picture(world: object, width: int = 480, height: int = 400) -> np.ndarray:
    """Draw the 3D view, seen from the front and above; uint8 (height, width, 3)."""
    node = world.scene.GetSingletonNode("1", "vtkMRMLViewNode")
    window, renderer = _window(width, height)
    renderer.SetBackground(0.75, 0.76, 0.91)
    renderer.SetBackground2(0.46, 0.47, 0.75)
    renderer.GradientBackgroundOn()
    factory = slicer.vtkMRMLThreeDViewDisplayableManagerFactory.GetInstance()
    group = _managers(world, renderer, node, _THREE_D_MANAGERS, factory)
    renderer.ResetCamera()
    camera = renderer.GetActiveCamera()
    focus, distance = np.array(camera.GetFocalPoint()), camera.GetDistance()
    camera.SetPosition(*(focus + distance * np.array([0.3, 0.85, 0.45])))
    camera.SetViewUp(0, 0, 1)
    renderer.ResetCamera()
    pixels = _pixels(window)
    group.SetMRMLDisplayableNode(None)
    window.Finalize()
    return pixels


def pixmap(pixels: np.ndarray) -> QtGui.QPixmap:
    """Return a Qt picture of uint8 (rows, columns, 3)."""
    rows, columns, _ = pixels.shape
    image = QtGui.QImage(pixels.data, columns, rows, 3 * columns, QtGui.QImage.Format_RGB888)
    return QtGui.QPixmap.fromImage(image.copy())


def draw_views(host: object) -> None:
    """Draw every view of the layout at its size in the window."""
    manager = host.app._parts.layout_manager
    if manager is None:
        raise RuntimeError("there are no views without a main window")
    for name in manager._slices:
        view = manager._slices[name]._view
        size = QtWidgets.QWidget.size(view)
        view._show_picture(pixmap(slice_picture(host.world, name, size.width(), size.height())))
    view = manager._three_d._view
    size = QtWidgets.QWidget.size(view)
    view._show_picture(pixmap(three_d_picture(host.world, size.width(), size.height())))


def save_widget(widget: QtWidgets.QWidget, path: str | Path, width: int = 0) -> Path:
    """Save one widget, the panel for instance, at its full height as PNG; return the path."""
    QtWidgets.QWidget.ensurePolished(widget)
    if width:
        height = QtWidgets.QWidget.sizeHint(widget).height()
        QtWidgets.QWidget.resize(widget, width, height)
        QtWidgets.QApplication.processEvents()
    _save(QtWidgets.QWidget.grab(widget), path)
    return Path(path)


def save_window(host: object, path: str | Path, width: int = 1400, height: int = 900) -> Path:
    """Save the whole window, panel and views, as PNG; return the path."""
    window = host.main_window
    QtWidgets.QWidget.resize(window, width, height)
    QtWidgets.QApplication.processEvents()
    draw_views(host)
    QtWidgets.QApplication.processEvents()
    _save(QtWidgets.QWidget.grab(window), path)
    return Path(path)


def _save(picture: QtGui.QPixmap, path: str | Path) -> None:
    if not picture.save(str(path), "PNG"):
        raise OSError(f"the picture cannot be written to {path}")


def pixels_of(widget: QtWidgets.QWidget) -> np.ndarray:
    """Return what a widget shows, uint8 (rows, columns, 3)."""
    image = QtWidgets.QWidget.grab(widget).toImage()
    image = image.convertToFormat(QtGui.QImage.Format_RGB888)
    rows, columns, stride = image.height(), image.width(), image.bytesPerLine()
    flat = np.frombuffer(image.constBits(), np.uint8, rows * stride)
    return flat.reshape(rows, stride)[:, : 3 * columns].reshape(rows, columns, 3).copy()
