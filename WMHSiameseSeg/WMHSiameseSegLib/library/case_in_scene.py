"""A case of the library brought back into the scene, to look at it or to correct it again."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import slicer
from slicer.i18n import tr as _

from WMHSiameseSegLib.library.client import CaseRow
from WMHSiameseSegLib.library.corrected_case import LESION, OTHER
from WMHSiameseSegLib.scene.scene import new_node, place_beside
from WMHSiameseSegLib.scene.terminology import OTHER_NAME, SEGMENT_NAME, describe_segment
from WMHSiameseSegLib.scene.voxels import Grid, volume_array, write_mask

_OTHER_COLOR = (0.35, 0.67, 1.0)


def open_case(
    folder: Path, row: CaseRow
) -> tuple[slicer.vtkMRMLScalarVolumeNode, slicer.vtkMRMLSegmentationNode]:
    """Load a case's FLAIR and mask.

    Args:
        folder: of the case, with ``flair.nii.gz`` and ``mask.nii.gz``.
        row: what the library says about it.

    Raises:
        RuntimeError: when Slicer cannot read one of the files.
    """
    name = _("{patient} FLAIR").format(patient=row.patient)
    flair = slicer.util.loadVolume(str(folder / "flair.nii.gz"), {"name": name})
    labels = slicer.util.loadVolume(str(folder / "mask.nii.gz"), {"labelmap": True, "show": False})
    segmentation = new_node(
        "vtkMRMLSegmentationNode", _("{patient} WMH").format(patient=row.patient)
    )
    segmentation.CreateDefaultDisplayNodes()
    segmentation.SetReferenceImageGeometryParameterFromVolumeNode(flair)
    place_beside(segmentation, flair)
    _add_segments(segmentation, volume_array(labels), Grid.of(flair))
    slicer.mrmlScene.RemoveNode(labels)
    for node in (flair, segmentation):  # saving the scene must not write into the library
        storage = node.GetStorageNode()
        if storage is not None:
            slicer.mrmlScene.RemoveNode(storage)
    return flair, segmentation


def _add_segments(
    segmentation: slicer.vtkMRMLSegmentationNode, labels: np.ndarray, grid: Grid
) -> None:
    segments = segmentation.GetSegmentation()
    lesions = segments.AddEmptySegment("", SEGMENT_NAME)
    describe_segment(segments.GetSegment(lesions))
    write_mask(segmentation, lesions, labels == LESION, grid)
    if np.any(labels == OTHER):
        other = segments.AddEmptySegment("", OTHER_NAME, _OTHER_COLOR)
        write_mask(segmentation, other, labels == OTHER, grid)
