"""Whether FLAIR, mask and probability of a result lie in one place; the probability follows."""

from __future__ import annotations

import numpy as np
import slicer
import vtk
from numpy.typing import NDArray

from WMHSiameseSegLib.scene.scene import Result
from WMHSiameseSegLib.scene.voxels import Grid


def bring_together(result: Result) -> bool:
    """Take the probability along where FLAIR and mask have moved alike; False where they have not.

    A transform may have been hardened, which changes a volume's IJK to RAS in place. Segments are
    never moved here: they are the user's.
    """
    mask, kept, anchor = result.node, result.probability_node, result.flair
    if anchor is None or anchor.GetImageData() is None:
        anchor = mask
        there = _drawn_on(result)
    else:
        there = Grid.of(anchor)
    if there.shape != result.grid.shape or not _move_alike(anchor, mask):
        return False
    drawn = _reference_grid(mask)
    if there.same_as(result.grid):
        if drawn is not None and _as_large(drawn, there) and not _same_box(drawn, there):
            return False
    else:
        if drawn is None or not _same_box(drawn, there) or not _on_voxels(result, there):
            return False
        kept.SetIJKToRASMatrix(slicer.util.vtkMatrixFromArray(there.affine))
    if kept.GetTransformNodeID() != anchor.GetTransformNodeID():
        kept.SetAndObserveTransformNodeID(anchor.GetTransformNodeID())
    return True


def _as_large(one: Grid, other: Grid) -> bool:
    """Whether two grids have as many voxels along their axes; files may come back in another order.

    A grid of another size was chosen for drawing, and says nothing of a move.
    """
    return sorted(one.shape) == sorted(other.shape)


def _same_box(one: Grid, other: Grid) -> bool:
    """Whether two grids fill the same box, whatever axis comes first and whichever way it goes."""
    boxes = [_corners(grid) for grid in (one, other)]
    edge = float(np.linalg.norm(other.affine[:3, :3], axis=0).min())
    apart = np.linalg.norm(boxes[0][:, None] - boxes[1][None], axis=2)
    return bool((apart.min(axis=0) < 1e-3 * edge).all() and _as_large(one, other))


def _corners(grid: Grid) -> NDArray[np.float64]:
    indices = np.array(list(np.ndindex(2, 2, 2))) * (np.array(grid.shape) - 1)
    return (grid.affine @ np.c_[indices, np.ones(8)].T)[:3].T


def _on_voxels(result: Result, grid: Grid) -> bool:
    """Whether the segment's voxels are voxels of a grid; an empty segment has none elsewhere."""
    image = slicer.vtkOrientedImageData()
    if not result.node.GetBinaryLabelmapRepresentation(result.segment_id, image):
        return True
    if image.GetExtent()[0] > image.GetExtent()[1]:
        return True
    between = np.linalg.inv(grid.affine) @ _affine(image)
    whole = np.round(between)
    return bool(np.abs(between - whole).max() < 1e-3 and abs(np.linalg.det(whole)) == 1)


def _drawn_on(result: Result) -> Grid:
    """Where the mask is, without a FLAIR that tells."""
    drawn = _reference_grid(result.node)
    if drawn is None or drawn.shape != result.grid.shape or _same_box(drawn, result.grid):
        return result.grid
    return drawn


def _reference_grid(segmentation: slicer.vtkMRMLSegmentationNode) -> Grid | None:
    """The geometry that Slicer keeps with a segmentation; it moves when a transform is hardened."""
    name = slicer.vtkSegmentationConverter.GetReferenceImageGeometryParameterName()
    text = segmentation.GetSegmentation().GetConversionParameter(name)
    image = slicer.vtkOrientedImageData()
    if not text or not slicer.vtkSegmentationConverter.DeserializeImageGeometry(text, image, False):
        return None
    i, j, k = image.GetDimensions()
    return Grid((i, j, k), _affine(image))


def _affine(image: slicer.vtkOrientedImageData) -> NDArray[np.float64]:
    matrix = vtk.vtkMatrix4x4()
    image.GetImageToWorldMatrix(matrix)
    return slicer.util.arrayFromVTKMatrix(matrix)


def _move_alike(one: slicer.vtkMRMLNode, other: slicer.vtkMRMLNode) -> bool:
    """Whether two nodes are under one transform, or under transforms that do the same."""
    above = [node.GetParentTransformNode() for node in (one, other)]
    if above[0] is above[1]:
        return True
    if not all(node is None or node.IsTransformToWorldLinear() for node in above):
        return False
    matrices = [_to_world(node) for node in above]
    return bool(np.allclose(*matrices, atol=1e-6))


def _to_world(transform: slicer.vtkMRMLTransformNode | None) -> NDArray[np.float64]:
    matrix = vtk.vtkMatrix4x4()
    if transform is not None:
        transform.GetMatrixTransformToWorld(matrix)
    return slicer.util.arrayFromVTKMatrix(matrix)
