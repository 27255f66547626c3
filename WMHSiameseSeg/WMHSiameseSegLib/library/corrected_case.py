"""A volume and its corrected segments as the arrays that a library keeps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import slicer
import vtk
from numpy.typing import NDArray
from slicer.i18n import tr as _
from vtk.util.numpy_support import vtk_to_numpy

from WMHSiameseSegLib.panel.finding import Finding, Weight
from WMHSiameseSegLib.scene.flair_checks import check_node
from WMHSiameseSegLib.scene.provenance import read_attribute
from WMHSiameseSegLib.scene.terminology import OTHER_NAME, SEGMENT_NAME
from WMHSiameseSegLib.scene.voxels import Grid, volume_affine, volume_array

LESION, OTHER = 1, 2
Labels = NDArray[np.uint8]


@dataclass(frozen=True)
class Drawn:
    """What was drawn of a segment: the box around it.

    Attributes:
        voxels: (i, j, k), not 0 where it was drawn.
        first: index of the box's first voxel on the grid.
        affine: (4, 4), the grid's IJK to RAS mm.
    """

    voxels: NDArray[Any]
    first: tuple[int, int, int]
    affine: NDArray[np.float64]


@dataclass(frozen=True)
class CorrectedCase:
    """What goes into a library: a scan and what was drawn on it, by label."""

    flair: NDArray[Any]
    grid: Grid
    drawn: Sequence[tuple[int, Drawn]]

    @property
    def empty(self) -> bool:
        """Whether nothing was drawn as a lesion; a scan without lesions is a case, too."""
        return not any(label == LESION for label, _drawn in self.drawn)

    def labels(self) -> tuple[Labels, NDArray[np.float64]]:
        """uint8 0, 1 and 2 with their affine: on the FLAIR's grid where they were drawn on it.

        What was drawn on another grid stays there; the engine resamples it. Lesions win over
        other pathology where both were drawn.

        Raises:
            ValueError: when the segments were drawn on different grids.
        """
        affines = [drawn.affine for _label, drawn in self.drawn] or [self.grid.affine]
        on_flair = Grid(self.grid.shape, affines[0]).same_as(self.grid)
        if not all(np.allclose(affine, affines[0], atol=1e-4) for affine in affines):
            raise ValueError(
                _("The two segments were drawn on different grids. Draw both on the FLAIR volume.")
            )
        low, high = (np.zeros(3, int), np.array(self.grid.shape)) if on_flair else self._box()
        labels = np.zeros(high - low, dtype=np.uint8, order="F")
        for label, drawn in sorted(self.drawn, key=lambda one: -one[0]):
            _paint(labels, drawn, np.array(drawn.first) - low, label)
        affine = self.grid.affine if on_flair else affines[0].copy()
        if not on_flair:
            affine[:3, 3] += affine[:3, :3] @ low
        return labels, affine

    def _box(self) -> tuple[NDArray[np.int_], NDArray[np.int_]]:
        lows = np.array([drawn.first for _label, drawn in self.drawn])
        highs = lows + np.array([drawn.voxels.shape for _label, drawn in self.drawn])
        return lows.min(axis=0), highs.max(axis=0)


def check_case(
    flair: slicer.vtkMRMLScalarVolumeNode | None,
    segmentation: slicer.vtkMRMLSegmentationNode | None,
) -> list[Finding]:
    """Why these two make no case."""
    findings = [finding for finding in check_node(flair) if finding.weight is Weight.STOP]
    if findings:
        return findings
    if segmentation is None or segmentation.GetSegmentation().GetNumberOfSegments() == 0:
        said = _("Choose the segmentation that holds the corrected mask.")
        return [Finding(Weight.STOP, said)]
    if segmentation.GetTransformNodeID() != flair.GetTransformNodeID():
        said = _(
            "FLAIR and segmentation are under different transforms, so that they do not match. "
            "Put both under the same one."
        )
        return [Finding(Weight.STOP, said)]
    return []


def lesion_segment(segmentation: slicer.vtkMRMLSegmentationNode) -> str:
    """The segment to offer first: a result's, else by its name, else the first that fits."""
    named = segment_names(segmentation)
    result = read_attribute(segmentation, "SegmentID")
    if result in named:
        return result
    others = [identity for identity, name in named.items() if not is_other(name)]
    by_name = [identity for identity in others if named[identity] == SEGMENT_NAME]
    return next(iter([*by_name, *others, *named]), "")


def segment_names(segmentation: slicer.vtkMRMLSegmentationNode) -> dict[str, str]:
    """Segment id -> name, in their order."""
    segments = segmentation.GetSegmentation()
    identities = [segments.GetNthSegmentID(n) for n in range(segments.GetNumberOfSegments())]
    return {identity: segments.GetSegment(identity).GetName() for identity in identities}


def is_other(name: str) -> bool:
    """Whether a segment of this name holds other pathology."""
    return name.strip().lower() == OTHER_NAME.lower()


def corrected_case(
    flair: slicer.vtkMRMLScalarVolumeNode,
    segmentation: slicer.vtkMRMLSegmentationNode,
    segment_id: str,
) -> CorrectedCase:
    """A case of this volume: the segment is label 1, the one of other pathology label 2."""
    found = [(segment_id, LESION)] + [
        (identity, OTHER)
        for identity, name in segment_names(segmentation).items()
        if identity != segment_id and is_other(name)
    ]
    drawn = [(label, _drawn(segmentation, identity)) for identity, label in found]
    return CorrectedCase(
        flair=volume_array(flair),
        grid=Grid(tuple(flair.GetImageData().GetDimensions()), volume_affine(flair)),
        drawn=[(label, there) for label, there in drawn if there is not None],
    )


def _drawn(segmentation: slicer.vtkMRMLSegmentationNode, segment_id: str) -> Drawn | None:
    """A segment's own voxels; None where nothing was drawn."""
    image = slicer.vtkOrientedImageData()
    if not segmentation.GetBinaryLabelmapRepresentation(segment_id, image):
        return None
    extent, scalars = image.GetExtent(), image.GetPointData().GetScalars()
    if extent[0] > extent[1] or scalars is None:
        return None
    voxels = vtk_to_numpy(scalars).reshape(tuple(reversed(image.GetDimensions()))).T
    if not voxels.any():
        return None
    matrix = vtk.vtkMatrix4x4()
    image.GetImageToWorldMatrix(matrix)
    affine = slicer.util.arrayFromVTKMatrix(matrix)
    return Drawn(voxels, (extent[0], extent[2], extent[4]), affine)


def _paint(labels: Labels, drawn: Drawn, at: NDArray[np.int_], label: int) -> None:
    """Set a label where the segment was drawn; what lies outside is left out."""
    inside, source = [], []
    for first, length, there in zip(at, drawn.voxels.shape, labels.shape, strict=True):
        low, high = max(int(first), 0), min(int(first) + length, there)
        inside.append(slice(low, max(high, low)))
        source.append(slice(low - int(first), max(high, low) - int(first)))
    labels[tuple(inside)][drawn.voxels[tuple(source)] > 0] = label
