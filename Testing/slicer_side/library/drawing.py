"""Segmentations for the library's tests: drawn, and asked for their segment."""

import numpy as np
import slicer
from WMHSiameseSegLib.scene.voxels import Grid, write_mask


def segment(node):
    return node.GetSegmentation().GetNthSegmentID(0)


def drawn_on(flair, name="lesions", where=np.s_[5:8, 10:14, 3:6]):
    """A segmentation with a box drawn on a volume."""
    node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLSegmentationNode", "drawn")
    node.SetReferenceImageGeometryParameterFromVolumeNode(flair)
    identity = node.GetSegmentation().AddEmptySegment("", name)
    mask = np.zeros(Grid.of(flair).shape, bool)
    mask[where] = True
    write_mask(node, identity, mask, Grid.of(flair))
    return node
