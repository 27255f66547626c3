"""Fixtures of the Slicer side, named as what they are."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from slicer_host.dialogs import Answers, answers
from slicer_host.host import Host, start
from slicer_host.package_room import Installations, installations

MODULE_FILE = Path(__file__).parents[2] / "WMHSiameseSeg" / "WMHSiameseSeg.py"


@pytest.fixture(scope="session")
def the_application() -> Iterator[Host]:
    """The one application of this process."""
    host = start()
    yield host
    host.stop()


def _opened(application: Host, **how: bool) -> Iterator[Host]:
    """The application for one test, which fails by what Slicer would swallow."""
    application.open(**how)
    yield application
    application.close()
    application.check_errors()


@pytest.fixture
def a_slicer_host(the_application: Host) -> Iterator[Host]:
    """A Slicer with a main window and an empty scene; what it would swallow fails the test."""
    yield from _opened(the_application)


@pytest.fixture
def a_slicer_without_window(the_application: Host) -> Iterator[Host]:
    """A Slicer started with --no-main-window: there is no layout manager."""
    yield from _opened(the_application, main_window=False)


@pytest.fixture
def a_user_at_slicer(the_application: Host) -> Iterator[Host]:
    """A Slicer as a person runs it, not in testing mode: every dialog needs an answer."""
    yield from _opened(the_application, testing=False)


@pytest.fixture
def a_scene(a_slicer_host: Host) -> object:
    """The empty scene of the application."""
    return a_slicer_host.world.scene


@pytest.fixture
def the_answers(the_application: Host) -> Answers:
    """What the user was asked, and the answers to come."""
    return answers


@pytest.fixture
def the_installations(the_application: Host) -> Installations:
    """What the module asked to install, and what comes of it."""
    return installations


@pytest.fixture
def a_flair_array() -> np.ndarray:
    """A small head with two bright lesions, float32 (k, j, i) = (12, 48, 40)."""
    k, j, i = np.mgrid[:12, :48, :40]
    head = ((k - 5.5) / 6.5) ** 2 + ((j - 24) / 22) ** 2 + ((i - 20) / 18) ** 2 < 1
    array = np.where(head, 100.0, 0.0).astype(np.float32)
    array[4:8, 14:20, 10:16] = 220.0
    array[5:7, 28:31, 24:27] = 240.0
    return array


@pytest.fixture
def a_flair_volume(a_slicer_host: Host, a_flair_array: np.ndarray) -> object:
    """A FLAIR in the scene, oblique, 1 x 1.2 x 4 mm, shown in the slice views."""
    import slicer
    import vtk

    node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", "FLAIR")
    slicer.util.updateVolumeFromArray(node, a_flair_array)
    angle = np.radians(8)
    turn = np.array(
        [[np.cos(angle), -np.sin(angle), 0], [np.sin(angle), np.cos(angle), 0], [0, 0, 1]]
    )
    ijk_to_ras = np.eye(4)
    ijk_to_ras[:3, :3] = turn @ np.diag([-1.0, -1.2, 4.0])
    ijk_to_ras[:3, 3] = (20.0, 28.0, -22.0)
    matrix = vtk.vtkMatrix4x4()
    slicer.util.updateVTKMatrixFromArray(matrix, ijk_to_ras)
    node.SetIJKToRASMatrix(matrix)
    node.CreateDefaultDisplayNodes()
    slicer.util.setSliceViewerLayers(background=node, fit=True)
    return node


@pytest.fixture
def a_segmentation(a_slicer_host: Host, a_flair_volume: object) -> object:
    """A segmentation of the FLAIR's bright voxels, one segment named "lesions"."""
    import slicer

    node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLSegmentationNode", "Segmentation")
    node.CreateDefaultDisplayNodes()
    node.SetReferenceImageGeometryParameterFromVolumeNode(a_flair_volume)
    segment_id = node.GetSegmentation().AddEmptySegment("lesions", "lesions", [1.0, 0.85, 0.1])
    mask = (slicer.util.arrayFromVolume(a_flair_volume) > 200).astype(np.uint8)
    slicer.util.updateSegmentBinaryLabelmapFromArray(mask, node, segment_id, a_flair_volume)
    return node


@pytest.fixture
def the_module(a_slicer_host: Host) -> object:
    """The module WMHSiameseSeg, loaded from its file as Slicer loads it."""
    return a_slicer_host.load_module(MODULE_FILE)


@pytest.fixture
def the_panel(a_slicer_host: Host, the_module: object) -> object:
    """The panel of WMHSiameseSeg, shown: its Python side, with .ui and .logic."""
    return a_slicer_host.select("WMHSiameseSeg")
