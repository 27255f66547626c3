"""Where the brain lies in a full-head FLAIR volume; for training alone.

The MNI152 template is laid onto the head, and its brain mask goes along. A generator that is to
work on scans with and without a skull learns from copies whose skull was taken away.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wmh_siamese.volumes.volume import Volume

TEMPLATE_MM = 2
MARGIN_MM = 8
CLIPPED_ABOVE = 99.5
STRIPPED_FROM = 0.4


def is_stripped(flair: Volume) -> bool:
    """Whether the skull is gone already: so many voxels that are exactly 0 have no scanner's
    noise."""
    return bool(np.mean(flair.array == 0) > STRIPPED_FROM)


def stripped(flair: Volume) -> Volume:
    """The volume with 0 everywhere outside the brain."""
    return Volume(np.where(brain_mask(flair), flair.array, 0), flair.affine)


def brain_mask(flair: Volume) -> NDArray[np.bool_]:
    """The brain of a full head, a boolean array shaped as the volume.

    NaN and infinite voxels count as 0.

    The template is turned and shifted, then sheared and scaled, by the mutual information of the
    voxels near its brain; the same volume always gives the same mask.

    Raises:
        ImportError: without SimpleITK or nilearn.
    """
    sitk, template, mask = _template()
    head = _image(sitk, flair)
    method = sitk.ImageRegistrationMethod()
    method.SetMetricAsMattesMutualInformation(32)
    method.SetMetricSamplingStrategy(method.RANDOM)
    method.SetMetricSamplingPercentage(0.1, 7)
    method.SetInterpolator(sitk.sitkLinear)
    method.SetOptimizerAsGradientDescent(1.0, 150, 1e-6, 10)
    method.SetOptimizerScalesFromPhysicalShift()
    method.SetShrinkFactorsPerLevel([4, 2, 1])
    method.SetSmoothingSigmasPerLevel([4, 2, 0])
    method.SetSmoothingSigmasAreSpecifiedInPhysicalUnits(True)
    # without this the template, which has no skull, grows until it fills the head
    method.SetMetricMovingMask(sitk.BinaryDilate(mask, [MARGIN_MM // TEMPLATE_MM] * 3))

    rigid = sitk.CenteredTransformInitializer(
        head,
        template,
        sitk.Euler3DTransform(),
        sitk.CenteredTransformInitializerFilter.MOMENTS,
    )
    method.SetInitialTransform(rigid, inPlace=True)
    method.Execute(head, template)
    affine = sitk.AffineTransform(3)
    affine.SetMatrix(rigid.GetMatrix())
    affine.SetTranslation(rigid.GetTranslation())
    affine.SetCenter(rigid.GetCenter())
    method.SetInitialTransform(affine, inPlace=True)
    method.Execute(head, template)
    inside = sitk.Resample(sitk.Cast(mask, sitk.sitkFloat32), head, affine, sitk.sitkLinear, 0.0)
    return np.asarray(sitk.GetArrayViewFromImage(inside).T >= 0.5)


def _image(sitk: Any, volume: Volume) -> Any:
    """The volume on its own grid in SimpleITK's world (left, posterior, superior)."""
    array = np.nan_to_num(volume.array.astype(np.float32), nan=0.0, posinf=0.0, neginf=0.0)
    highest = np.percentile(array, CLIPPED_ABOVE)
    image = sitk.GetImageFromArray(array.clip(0, highest).T)
    to_lps = np.diag([-1.0, -1.0, 1.0, 1.0]) @ volume.affine
    image.SetSpacing(volume.spacing)
    image.SetDirection((to_lps[:3, :3] / volume.spacing).ravel().tolist())
    image.SetOrigin(to_lps[:3, 3].tolist())
    return image


@cache
def _template() -> tuple[Any, Any, Any]:
    """SimpleITK, the template and its brain mask as its images."""
    sitk: Any = import_module("SimpleITK")
    datasets: Any = import_module("nilearn.datasets")
    images = [
        datasets.load_mni152_template(resolution=TEMPLATE_MM),
        datasets.load_mni152_brain_mask(resolution=TEMPLATE_MM),
    ]
    template, mask = (
        _image(sitk, Volume(np.asarray(image.dataobj), image.affine)) for image in images
    )
    return sitk, template, sitk.Cast(mask > 0.5, sitk.sitkUInt8)
