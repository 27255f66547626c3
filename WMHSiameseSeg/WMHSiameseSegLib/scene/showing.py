"""What the slice views show: one scan, its mask, and no other's."""

from __future__ import annotations

import slicer

from WMHSiameseSegLib.scene.scene import Result, scan_of


def show_scan(
    flair: slicer.vtkMRMLScalarVolumeNode,
    segmentation: slicer.vtkMRMLSegmentationNode | None,
    keep_others: bool,
) -> None:
    """Show a scan in the slice views with one of its masks.

    Segmentations that belong to no scan stay as they are.

    Args:
        flair: the scan.
        segmentation: its mask; None hides those of other scans only.
        keep_others: leave all other masks, and what lies over the scan, as they are.
    """
    if slicer.app.layoutManager() is not None and not _is_background(flair):
        if keep_others:
            slicer.util.setSliceViewerLayers(background=flair, fit=True)
        else:
            slicer.util.setSliceViewerLayers(
                background=flair, foreground=None, label=None, fit=True
            )
    for node in slicer.util.getNodesByClass("vtkMRMLSegmentationNode"):
        display = node.GetDisplayNode()
        if display is None:
            continue
        if node is segmentation:
            display.SetVisibility(True)
        elif not keep_others and _is_another(node, flair, segmentation):
            display.SetVisibility(False)


def show_mask(result: Result) -> None:
    """Show the segment of a result; the user may have hidden it."""
    display = result.node.GetDisplayNode()
    display.SetVisibility(True)
    display.SetSegmentVisibility(result.segment_id, True)


def _is_another(
    node: slicer.vtkMRMLSegmentationNode,
    flair: slicer.vtkMRMLScalarVolumeNode,
    segmentation: slicer.vtkMRMLSegmentationNode | None,
) -> bool:
    """Whether it is a mask of another scan, or another result of this one."""
    scan = scan_of(node)
    if scan is not flair:
        return scan is not None or Result(node).segment is not None
    return segmentation is not None and Result(node).segment is not None


def _is_background(volume: slicer.vtkMRMLScalarVolumeNode) -> bool:
    shown = slicer.util.getNodesByClass("vtkMRMLSliceCompositeNode")
    return bool(shown) and all(view.GetBackgroundVolumeID() == volume.GetID() for view in shown)
