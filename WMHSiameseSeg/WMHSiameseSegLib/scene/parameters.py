"""The choices that are saved with the scene."""

from typing import Annotated

from slicer import vtkMRMLScalarVolumeNode, vtkMRMLSegmentationNode
from slicer.parameterNodeWrapper import Choice, WithinRange, parameterNodeWrapper


@parameterNodeWrapper
class WMHSiameseSegParameters:
    """What both tabs have chosen; no path of the user is among it.

    Attributes:
        flair: the volume to segment.
        output: where the mask goes; none makes a new segmentation.
        model: file name of the model, without its folder.
        device: where the network runs.
        keepEarlier: leave an earlier result as a segment of its own.
        keepOthers: leave the masks of other scans visible.
        threshold: probability from which a voxel is a lesion.
        minVolumeMm3: lesions smaller than this (mm3) are left out.
        caseFlair: the volume of the next corrected case.
        caseSegmentation: its mask.
        library: name of the correction library's folder, without the folders above it, and a hash
            of where it lies.
    """

    flair: vtkMRMLScalarVolumeNode
    output: vtkMRMLSegmentationNode
    model: str = ""
    device: Annotated[str, Choice(["auto", "cpu", "cuda", "mps"])] = "auto"
    keepEarlier: bool = False
    keepOthers: bool = False
    threshold: Annotated[float, WithinRange(0.01, 0.99)] = 0.5
    minVolumeMm3: Annotated[float, WithinRange(0.0, 200.0)] = 0.0
    caseFlair: vtkMRMLScalarVolumeNode
    caseSegmentation: vtkMRMLSegmentationNode
    library: str = ""
