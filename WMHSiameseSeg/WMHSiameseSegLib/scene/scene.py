"""A result in the scene: one segmentation, its probability volume, its table, their place."""

from __future__ import annotations

import numpy as np
import slicer
import vtk
from numpy.typing import NDArray
from slicer.i18n import tr as _

from WMHSiameseSegLib.scene.provenance import (
    PREFIX,
    Provenance,
    read_attribute,
    read_number,
    write_attribute,
)
from WMHSiameseSegLib.scene.terminology import SEGMENT_NAME, describe_segment
from WMHSiameseSegLib.scene.voxels import (
    BoolArray,
    Grid,
    mask_digest,
    read_mask,
    volume_array,
    write_mask,
)

_FLAIR, _PROBABILITY, _TABLE = f"{PREFIX}FLAIR", f"{PREFIX}Probability", f"{PREFIX}Table"
PROBABILITY_ROLE = f"{PREFIX}IsProbability"


class Result:
    """A segmentation node that holds a mask made here.

    Everything is read from the node and its references, so that a result is found again after
    the scene was saved and loaded.
    """

    def __init__(self, node: slicer.vtkMRMLSegmentationNode) -> None:
        self.node = node

    @classmethod
    def of(cls, node: slicer.vtkMRMLSegmentationNode | None) -> Result | None:
        """The result of a segmentation; None when it holds none of ours."""
        if node is None:
            return None
        result = cls(node)
        return result if result.complete else None

    @property
    def complete(self) -> bool:
        """Whether segment and probability are still there, and the node in the scene."""
        return (
            self.node.GetScene() is not None
            and self.segment is not None
            and self.probability_node is not None
        )

    @property
    def segment_id(self) -> str:
        return read_attribute(self.node, "SegmentID")

    @property
    def segment(self) -> slicer.vtkSegment | None:
        identity = self.segment_id
        return self.node.GetSegmentation().GetSegment(identity) if identity else None

    @property
    def flair(self) -> slicer.vtkMRMLScalarVolumeNode | None:
        return self.node.GetNodeReference(_FLAIR)

    @property
    def probability_node(self) -> slicer.vtkMRMLScalarVolumeNode | None:
        node = self.node.GetNodeReference(_PROBABILITY)
        return node if node is not None and node.GetImageData() is not None else None

    @property
    def table(self) -> slicer.vtkMRMLTableNode | None:
        return self.node.GetNodeReference(_TABLE)

    @table.setter
    def table(self, table: slicer.vtkMRMLTableNode) -> None:
        self.node.SetNodeReferenceID(_TABLE, table.GetID())

    @property
    def probability(self) -> NDArray[np.float32]:
        """(i, j, k) in [0, 1], a view on the kept volume."""
        return volume_array(self.probability_node)

    @property
    def grid(self) -> Grid:
        return Grid.of(self.probability_node)

    @property
    def provenance(self) -> Provenance:
        return Provenance.of_node(self.node)

    @property
    def threshold(self) -> float:
        return read_number(self.node, "Threshold", 0.5)

    @property
    def min_volume_mm3(self) -> float:
        return read_number(self.node, "MinimumVolumeMm3", 0.0)

    @property
    def model_threshold(self) -> float:
        """The threshold that the model asks for; 0 in scenes saved without it."""
        return read_number(self.node, "ModelThreshold", 0.0)

    @model_threshold.setter
    def model_threshold(self, threshold: float) -> None:
        write_attribute(self.node, "ModelThreshold", f"{threshold:.4f}")

    @property
    def computed_digest(self) -> str:
        """Hash of the mask as it was computed last; empty in scenes saved without it."""
        return read_attribute(self.node, "MaskSHA256")

    @property
    def edited(self) -> bool:
        """Whether the mask is another than the computed one, found out anew each time."""
        return self.differs(mask_digest(self.mask(), self.grid.affine))

    def differs(self, digest: str) -> bool:
        """Whether a mask of this hash is another than the computed one; the answer is kept.

        A scene saved by a version that kept no hash is believed what it says of edits, and gets
        the hash where it says that there are none.
        """
        computed = self.computed_digest
        if computed:
            differs = digest != computed
        else:
            differs = read_attribute(self.node, "Edited") == "true"
            if not differs:
                write_attribute(self.node, "MaskSHA256", digest)
        if (read_attribute(self.node, "Edited") == "true") != differs:
            write_attribute(self.node, "Edited", "true" if differs else "false")
        return differs

    def mask(self) -> BoolArray:
        """The segment as it is now, bool (i, j, k)."""
        return self.segment_mask(self.segment_id)

    def segment_mask(self, segment_id: str) -> BoolArray:
        """Another segment of the same segmentation, as ``mask``."""
        return read_mask(self.node, segment_id, self.grid, self.probability_node)

    def write_mask(self, mask: BoolArray, threshold: float, min_volume_mm3: float) -> None:
        """Make the segment this mask, and remember how it was cut from the probability."""
        write_mask(self.node, self.segment_id, mask, self.grid)
        write_attribute(self.node, "Threshold", f"{threshold:.4f}")
        write_attribute(self.node, "MinimumVolumeMm3", f"{min_volume_mm3:.3f}")
        write_attribute(self.node, "MaskSHA256", mask_digest(mask, self.grid.affine))
        write_attribute(self.node, "Edited", "false")


def results_of(flair: slicer.vtkMRMLScalarVolumeNode) -> list[Result]:
    """The results in the scene that were made from this volume, oldest first."""
    found = []
    for node in slicer.util.getNodesByClass("vtkMRMLSegmentationNode"):
        result = Result.of(node)
        if result is not None and result.flair is flair:
            found.append(result)
    return found


def likely_flair() -> slicer.vtkMRMLScalarVolumeNode | None:
    """The volume to offer first: one that is called FLAIR, else the first greyscale one."""
    volumes = [
        node
        for node in slicer.util.getNodesByClass("vtkMRMLScalarVolumeNode")
        if node.GetClassName() == "vtkMRMLScalarVolumeNode"
        and not node.GetHideFromEditors()
        and not is_probability(node)
    ]
    named = [node for node in volumes if "flair" in (node.GetName() or "").lower()]
    return next(iter([*named, *volumes]), None)


def is_probability(volume: slicer.vtkMRMLNode) -> bool:
    """Whether a volume is the kept probability of some result."""
    return volume.GetAttribute(PROBABILITY_ROLE) == "true"


def foreign_output(
    node: slicer.vtkMRMLSegmentationNode | None, flair: slicer.vtkMRMLScalarVolumeNode
) -> bool:
    """Whether a segmentation has segments of another volume, which must stay where they are."""
    if node is None or node.GetSegmentation().GetNumberOfSegments() == 0:
        return False
    moved = node.GetTransformNodeID() != flair.GetTransformNodeID()
    return moved or _drawn_over(node) is not flair


def scan_of(
    node: slicer.vtkMRMLSegmentationNode,
) -> slicer.vtkMRMLScalarVolumeNode | None:
    """The volume that a segmentation was made from or drawn over; None where nothing says so."""
    return Result(node).flair or _drawn_over(node)


def _drawn_over(node: slicer.vtkMRMLSegmentationNode) -> slicer.vtkMRMLVolumeNode | None:
    return node.GetNodeReference(node.GetReferenceImageGeometryReferenceRole())


def import_result(
    flair: slicer.vtkMRMLScalarVolumeNode,
    output: slicer.vtkMRMLSegmentationNode | None,
    probability: NDArray[np.float32],
    provenance: Provenance,
    keep_earlier: bool,
) -> Result:
    """Put a probability into the scene with an empty segment for its mask.

    Args:
        flair: what was segmented.
        output: the segmentation to use; None makes a new one.
        probability: (i, j, k), Fortran order.
        provenance: kept with the segmentation.
        keep_earlier: leave an earlier mask as a segment of its own beside the new one.
    """
    if output is None:
        name = _("{flair} WMH").format(flair=flair.GetName())
        output = new_node("vtkMRMLSegmentationNode", name)
    if output.GetDisplayNode() is None:
        output.CreateDefaultDisplayNodes()
    # first: the geometry is kept as seen from under the segmentation's own transform
    output.SetAndObserveTransformNodeID(flair.GetTransformNodeID())
    output.SetReferenceImageGeometryParameterFromVolumeNode(flair)
    place_beside(output, flair)
    result = Result(output)
    if result.segment is None or keep_earlier:
        write_attribute(output, "SegmentID", _add_segment(output))
    output.SetNodeReferenceID(_FLAIR, flair.GetID())
    kept = _keep_probability(result, flair, probability)
    output.SetNodeReferenceID(_PROBABILITY, kept.GetID())
    provenance.write(output)
    return result


def _add_segment(node: slicer.vtkMRMLSegmentationNode) -> str:
    segmentation = node.GetSegmentation()
    names = {
        segmentation.GetNthSegment(n).GetName() for n in range(segmentation.GetNumberOfSegments())
    }
    name, number = SEGMENT_NAME, 1
    while name in names:
        number += 1
        name = f"{SEGMENT_NAME} {number}"
    identity = segmentation.AddEmptySegment("", name)
    describe_segment(segmentation.GetSegment(identity))
    return identity


def _keep_probability(
    result: Result, flair: slicer.vtkMRMLScalarVolumeNode, probability: NDArray[np.float32]
) -> slicer.vtkMRMLScalarVolumeNode:
    """A visible node, because Slicer's Save dialog leaves hidden ones out of the scene."""
    node = result.node.GetNodeReference(_PROBABILITY)
    if node is None:
        name = _("{name} probability").format(name=result.node.GetName())
        node = new_node("vtkMRMLScalarVolumeNode", name)
        node.SetAttribute(PROBABILITY_ROLE, "true")
        _add_display(node)
    node.CopyOrientation(flair)
    # new image data each time: a thread may still read the voxels of the old one
    node.SetAndObserveImageData(vtk.vtkImageData())
    slicer.util.updateVolumeFromArray(node, probability.T)
    node.SetAndObserveTransformNodeID(flair.GetTransformNodeID())
    place_beside(node, flair)
    return node


def _add_display(node: slicer.vtkMRMLScalarVolumeNode) -> None:
    """A fixed window, because finding one would go over every voxel."""
    display = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLScalarVolumeDisplayNode")
    display.SetAutoWindowLevel(False)
    display.SetWindowLevel(1.0, 0.5)
    display.SetAndObserveColorNodeID("vtkMRMLColorTableNodeGrey")
    node.SetAndObserveDisplayNodeID(display.GetID())


def new_node(class_name: str, name: str) -> slicer.vtkMRMLNode:
    unique = slicer.mrmlScene.GenerateUniqueName(name)
    return slicer.mrmlScene.AddNewNodeByClass(class_name, unique)


def place_beside(node: slicer.vtkMRMLNode, flair: slicer.vtkMRMLNode) -> None:
    """The same folder or study of the subject hierarchy as the FLAIR's."""
    hierarchy = slicer.mrmlScene.GetSubjectHierarchyNode()
    if hierarchy is None:
        return
    item, beside = hierarchy.GetItemByDataNode(node), hierarchy.GetItemByDataNode(flair)
    if item and beside:
        hierarchy.SetItemParent(item, hierarchy.GetItemParent(beside))
