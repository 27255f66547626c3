"""Between nodes and arrays: voxels as (i, j, k), affines in mm, masks as segments."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from itertools import permutations

import numpy as np
import slicer
import vtk
from numpy.typing import NDArray
from vtk.util.numpy_support import vtk_to_numpy

BoolArray = NDArray[np.bool_]


def volume_array(volume: slicer.vtkMRMLVolumeNode) -> NDArray:
    """The volume's voxels as (i, j, k), Fortran order: a view that keeps the data alive."""
    return slicer.util.arrayFromVolume(volume).T


def volume_affine(volume: slicer.vtkMRMLVolumeNode) -> NDArray[np.float64]:
    """(4, 4), IJK to RAS mm in the volume's own space, without its parent transform."""
    matrix = vtk.vtkMatrix4x4()
    volume.GetIJKToRASMatrix(matrix)
    return slicer.util.arrayFromVTKMatrix(matrix)


@dataclass(frozen=True)
class Grid:
    """The voxel grid that mask, probability and FLAIR share.

    Attributes:
        shape: (i, j, k).
        affine: (4, 4), IJK to RAS mm in the nodes' own space.
    """

    shape: tuple[int, int, int]
    affine: NDArray[np.float64]

    @classmethod
    def of(cls, volume: slicer.vtkMRMLVolumeNode) -> Grid:
        i, j, k = volume.GetImageData().GetDimensions()
        return cls((i, j, k), volume_affine(volume))

    @property
    def voxel_mm3(self) -> float:
        return float(abs(np.linalg.det(self.affine[:3, :3])))

    def same_as(self, other: Grid) -> bool:
        """Whether voxels lie on voxels, within a thousandth of a voxel edge over the grid."""
        if self.shape != other.shape:
            return False
        corner = np.array([*self.shape, 1.0])
        edge = float(np.linalg.norm(self.affine[:3, :3], axis=0).min())
        apart = np.abs((self.affine - other.affine) @ np.diag(corner)).max()
        return bool(apart < 1e-3 * edge)


def write_mask(
    segmentation: slicer.vtkMRMLSegmentationNode, segment_id: str, mask: BoolArray, grid: Grid
) -> None:
    """Make a segment exactly this mask; other segments stay as they are.

    Only the box around the mask is copied, so that the cost follows the lesions, not the volume.

    Raises:
        RuntimeError: when Slicer refuses it.
    """
    logic = slicer.vtkSlicerSegmentationsModuleLogic
    box = _bounding_box(mask)
    if box is None:
        logic.ClearSegment(segmentation, segment_id)
        return
    image = _oriented_image(mask[box], [side.start for side in box], grid.affine)
    if not logic.SetBinaryLabelmapToSegment(
        image, segmentation, segment_id, logic.MODE_REPLACE, image.GetExtent()
    ):
        raise RuntimeError("Slicer did not take the mask into the segmentation.")


def read_mask(
    segmentation: slicer.vtkMRMLSegmentationNode,
    segment_id: str,
    grid: Grid,
    reference: slicer.vtkMRMLVolumeNode,
) -> BoolArray:
    """A segment as bool (i, j, k) on the grid, resampled when it was drawn on another one.

    Args:
        segmentation: holds the segment.
        segment_id: which one.
        grid: where the mask is wanted.
        reference: a volume with that grid.
    """
    mask = np.zeros(grid.shape[::-1], dtype=bool)
    image = slicer.vtkOrientedImageData()
    if not segmentation.GetBinaryLabelmapRepresentation(segment_id, image):
        return mask.T
    extent = image.GetExtent()
    if extent[0] > extent[1] or image.GetPointData().GetScalars() is None:
        return mask.T
    matrix = vtk.vtkMatrix4x4()
    image.GetImageToWorldMatrix(matrix)
    drawn = Grid(grid.shape, slicer.util.arrayFromVTKMatrix(matrix))
    if not drawn.same_as(grid):
        array = slicer.util.arrayFromSegmentBinaryLabelmap(segmentation, segment_id, reference)
        return np.asarray(array > 0).T
    voxels = vtk_to_numpy(image.GetPointData().GetScalars())
    voxels = voxels.reshape(tuple(reversed(image.GetDimensions())))
    lows, highs = extent[4::-2], extent[5::-2]
    inside, source = [], []
    for low, high, length in zip(lows, highs, mask.shape, strict=True):
        first, last = max(low, 0), min(high, length - 1)
        inside.append(slice(first, max(last + 1, first)))
        source.append(slice(first - low, max(last + 1, first) - low))
    mask[tuple(inside)] = voxels[tuple(source)] > 0
    return mask.T


def mask_digest(mask: BoolArray, affine: NDArray[np.float64]) -> str:
    """SHA-256 of a mask's shape and voxels, taken to the right, to the front and upwards.

    So it stays the same when a file brings the scan back in another order of axes, and when the
    scan is moved.

    Args:
        mask: (i, j, k).
        affine: (4, 4) of its grid.
    """
    directions = affine[:3, :3] / np.linalg.norm(affine[:3, :3], axis=0)
    order = max(permutations(range(3)), key=lambda axes: np.abs(np.diag(directions[:, axes])).sum())
    turned = mask.transpose(order)
    for axis, along in enumerate(np.diag(directions[:, order])):
        turned = np.flip(turned, axis) if along < 0 else turned
    digest = hashlib.sha256(repr(tuple(map(int, turned.shape))).encode())
    digest.update(np.packbits(turned.T.ravel()).tobytes())
    return digest.hexdigest()


def _bounding_box(mask: BoolArray) -> tuple[slice, ...] | None:
    if not mask.any():
        return None
    box = []
    for axis in range(3):
        along = np.any(mask, axis=tuple(other for other in range(3) if other != axis))
        first, last = int(along.argmax()), len(along) - int(along[::-1].argmax())
        box.append(slice(first, last))
    return tuple(box)


def _oriented_image(
    mask: BoolArray, first: list[int], affine: NDArray[np.float64]
) -> slicer.vtkOrientedImageData:
    """An image of the cut-out at its place in the grid."""
    image = slicer.vtkOrientedImageData()
    image.SetExtent(
        [bound for low, n in zip(first, mask.shape, strict=True) for bound in (low, low + n - 1)]
    )
    image.AllocateScalars(vtk.VTK_UNSIGNED_CHAR, 1)
    vtk_to_numpy(image.GetPointData().GetScalars())[:] = mask.ravel(order="F")
    image.SetImageToWorldMatrix(slicer.util.vtkMatrixFromArray(affine))
    return image
