"""The scene: segmentations are exact, and volumes and whole scenes survive their files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from slicer_host.host import Host


def test_segmentations_are_exact_and_have_surfaces(
    a_segmentation: object, a_flair_volume: object, a_flair_array: np.ndarray
) -> None:
    import slicer

    back = slicer.util.arrayFromSegmentBinaryLabelmap(a_segmentation, "lesions", a_flair_volume)
    assert np.array_equal(back > 0, a_flair_array > 200)
    button = slicer.qMRMLSegmentationShow3DButton()
    button.setSegmentationNode(a_segmentation)
    button.checked = True
    assert a_segmentation.GetSegmentation().ContainsRepresentation("Closed surface")
    hierarchy = slicer.mrmlScene.GetSubjectHierarchyNode()
    assert hierarchy.GetItemByDataNode(a_segmentation)


def test_the_segment_editor_takes_segmentation_and_volume(
    a_slicer_host: Host, a_segmentation: object, a_flair_volume: object
) -> None:
    import slicer

    slicer.util.selectModule("SegmentEditor")
    editor = slicer.modules.segmenteditor.widgetRepresentation().self().editor
    editor.setSegmentationNode(a_segmentation)
    editor.setSourceVolumeNode(a_flair_volume)
    editor.setCurrentSegmentID("lesions")
    assert editor.segmentationNode() is a_segmentation
    assert editor.sourceVolumeNode() is a_flair_volume
    assert editor.currentSegmentID() == "lesions"


def test_scenes_survive_saving_and_closing(
    a_slicer_host: Host, a_segmentation: object, a_flair_array: np.ndarray, tmp_path: Path
) -> None:
    import slicer

    assert slicer.util.saveScene(str(tmp_path / "scene.mrb"))
    heard = []
    slicer.mrmlScene.AddObserver(slicer.mrmlScene.EndCloseEvent, lambda *_: heard.append("closed"))
    a_slicer_host.close_scene()
    assert heard == ["closed"]
    assert slicer.mrmlScene.GetNumberOfNodesByClass("vtkMRMLScalarVolumeNode") == 0
    slicer.util.loadScene(str(tmp_path / "scene.mrb"))
    volume, segmentation = slicer.util.getNode("FLAIR"), slicer.util.getNode("Segmentation")
    assert np.array_equal(slicer.util.arrayFromVolume(volume), a_flair_array)
    back = slicer.util.arrayFromSegmentBinaryLabelmap(segmentation, "lesions", volume)
    assert np.array_equal(back > 0, a_flair_array > 200)


def test_volumes_are_saved_and_loaded_through_their_files(
    a_slicer_host: Host, a_flair_volume: object, a_flair_array: np.ndarray, tmp_path: Path
) -> None:
    import slicer

    assert slicer.util.saveNode(a_flair_volume, str(tmp_path / "flair.nii.gz"))
    loaded = slicer.util.loadVolume(str(tmp_path / "flair.nii.gz"))
    assert np.allclose(slicer.util.arrayFromVolume(loaded), a_flair_array)
    composite = slicer.app.layoutManager().sliceWidget("Red").mrmlSliceCompositeNode()
    assert composite.GetBackgroundVolumeID() == loaded.GetID()
    with pytest.raises(RuntimeError):
        slicer.util.loadVolume(str(tmp_path / "missing.nii.gz"))
