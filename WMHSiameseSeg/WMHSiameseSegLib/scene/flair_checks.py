"""What is wrong or remarkable about a volume, in plain words, before a run."""

from __future__ import annotations

import numpy as np
import slicer
from numpy.typing import NDArray
from slicer.i18n import tr as _
from wmh_siamese.volumes.flair_doubts import Doubt, VoxelFacts, doubts_of
from wmh_siamese.volumes.flair_doubts import look_at_voxels as look_at_voxels

from WMHSiameseSegLib.panel.finding import Finding, Weight
from WMHSiameseSegLib.scene.scene import foreign_output, is_probability
from WMHSiameseSegLib.scene.voxels import volume_affine

MIN_SLICES = 3
MAX_VOXELS_PER_AXIS = 1024
STRONG_ANISOTROPY = 3.0


def check_node(volume: slicer.vtkMRMLNode | None) -> list[Finding]:
    """What the node alone tells; nothing more can be said when one of these stops the run."""
    if volume is None:
        return [_stop(_("No volume is chosen. Load a FLAIR volume, then choose it here."))]
    if not volume.IsA("vtkMRMLScalarVolumeNode"):
        return [_stop(_("This is not a scalar volume. Choose a greyscale FLAIR volume."))]
    image = volume.GetImageData()
    if image is not None and volume.IsA("vtkMRMLTensorVolumeNode"):  # of vectors, too
        return [_stop(_more_than_one_value(max(2, image.GetNumberOfScalarComponents())))]
    if image is None or image.GetNumberOfPoints() == 0 or image.GetPointData().GetScalars() is None:
        return [_stop(_("This volume has no image data. Load it again or choose another one."))]
    if image.GetNumberOfScalarComponents() != 1:
        return [_stop(_more_than_one_value(image.GetNumberOfScalarComponents()))]
    if volume.IsA("vtkMRMLLabelMapVolumeNode"):
        return [_stop(_already_a_mask())]
    if is_probability(volume):
        sentence = _("This is the lesion probability of an earlier run. Choose the FLAIR volume.")
        return [_stop(sentence)]
    return [*_check_grid(image.GetDimensions(), volume_affine(volume)), *_check_place(volume)]


def check_output(
    output: slicer.vtkMRMLSegmentationNode | None, flair: slicer.vtkMRMLScalarVolumeNode
) -> list[Finding]:
    """Whether the chosen segmentation can take the mask of this volume."""
    if not foreign_output(output, flair):
        return []
    said = _(
        "The chosen segmentation belongs to another volume or transform, and its segments must "
        "stay where they are. Choose “Create a new segmentation”."
    )
    return [_stop(said)]


def check_voxels(facts: VoxelFacts, name: str) -> list[Finding]:
    """What the voxels and the volume's name tell."""
    if facts.nonfinite == facts.voxels:
        return [_stop(_("Every voxel of this volume is NaN or infinite."))]
    if facts.low == facts.high:
        said = _("Every voxel of this volume has the same value ({value:g}).")
        return [_stop(said.format(value=facts.low))]
    doubts = doubts_of(facts, name)
    if any(doubt.kind == "mask" for doubt in doubts):
        return [_stop(_already_a_mask())]
    if facts.high <= 0:
        said = _("No voxel is above 0 (the highest is {high:g}), so this is not a FLAIR volume.")
        return [_stop(said.format(high=facts.high))]
    findings = []
    if facts.nonfinite:
        said = _("{count} of {voxels} voxels are NaN or infinite. They will be treated as 0.")
        findings.append(_ask(said.format(count=facts.nonfinite, voxels=facts.voxels)))
    return [*findings, *(_ask(_unlike_flair(doubt)) for doubt in doubts)]


def _check_grid(dimensions: tuple[int, int, int], affine: NDArray) -> list[Finding]:
    edges = np.linalg.norm(affine[:3, :3], axis=0)
    if not np.isfinite(affine).all() or not edges.all():
        return [_stop(_("The volume's voxels have no size. Load it again or choose another one."))]
    directions = affine[:3, :3] / edges
    if abs(np.linalg.det(directions)) < 1e-3:
        return [_stop(_("The volume's axes lie in one plane, so its voxels have no volume."))]
    up = int(np.abs(directions[2]).argmax())
    if dimensions[up] < MIN_SLICES:
        said = _("This volume has {slices} axial slices; at least 3 are needed.")
        return [_stop(said.format(slices=dimensions[up]))]
    if max(dimensions) > MAX_VOXELS_PER_AXIS:
        said = _(
            "This volume has {size} voxels along one axis; more than 1024 is not a single FLAIR "
            "scan of a head. Crop it, or choose one time point."
        )
        return [_stop(said.format(size=max(dimensions)))]
    return _check_acquisition(edges, directions)


def _check_acquisition(edges: NDArray, directions: NDArray) -> list[Finding]:
    findings = []
    across = int(edges.argmax())
    plane = int(np.abs(directions[:, across]).argmax())
    anisotropy = float(edges.max() / edges.min())
    if anisotropy > 1.01 and plane < 2:
        name = (_("sagittal"), _("coronal"))[plane]
        said = _("The scan is {plane}; it is segmented in axial slices of its own voxels.")
        findings.append(_say(said.format(plane=name)))
    if anisotropy > STRONG_ANISOTROPY:
        said = _("Voxels are {long:.1f} mm by {short:.1f} mm; they are used as they are.")
        findings.append(_say(said.format(long=edges.max(), short=edges.min())))
    return findings


def _check_place(volume: slicer.vtkMRMLScalarVolumeNode) -> list[Finding]:
    transform = volume.GetParentTransformNode()
    if transform is None:
        return []
    if transform.IsTransformToWorldLinear():
        said = _("The volume is under a transform: the mask is put under the same one.")
        return [_say(said)]
    said = _(
        "The volume is under a non-linear transform. The mask is made in the volume's own "
        "undeformed voxels and put under the same transform; its ml are those of the undeformed "
        "voxels."
    )
    return [_ask(said)]


def _unlike_flair(doubt: Doubt) -> str:
    """The engine's doubt in the user's language."""
    if doubt.kind == "sequence":
        said = _("The volume's name says {sequence}, not FLAIR. The model knows FLAIR only.")
        return said.format(sequence=doubt.value)
    if doubt.kind == "ct":
        said = _("Air is far below zero (down to {low:g}), as in CT. The model knows FLAIR only.")
        return said.format(low=doubt.value)
    said = _(
        "{share:.0%} of the volume is bright, much more than in a FLAIR of a head. The model "
        "knows FLAIR only."
    )
    return said.format(share=doubt.value)


def _already_a_mask() -> str:
    return _("This volume is already a mask or label map. Choose the FLAIR volume itself.")


def _more_than_one_value(components: int) -> str:
    said = _("This volume has {components} values in each voxel (colour, vector or 4D).")
    return said.format(components=components) + " " + _("Choose a single greyscale FLAIR volume.")


def _stop(sentence: str) -> Finding:
    return Finding(Weight.STOP, sentence)


def _ask(sentence: str) -> Finding:
    return Finding(Weight.ASK, sentence)


def _say(sentence: str) -> Finding:
    return Finding(Weight.SAY, sentence)
