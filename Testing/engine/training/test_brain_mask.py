"""The brain of a full head, found on the simulated sample in any axis order."""

from pathlib import Path

import numpy as np
import pytest
from wmh_siamese.training.brain_mask import brain_mask, is_stripped, stripped
from wmh_siamese.volumes.nifti_file import read_mask, read_volume
from wmh_siamese.volumes.volume import Volume

pytest.importorskip("SimpleITK")
pytest.importorskip("nilearn")

ROOT = Path(__file__).parents[3]
SAMPLE = ROOT / "WMHSiameseSeg" / "Resources" / "SampleData"
FLAIR = SAMPLE / "simulated_flair.nii.gz"
COARSER = np.diag([2.0, 2.0, 1.0, 1.0])


@pytest.fixture(scope="module")
def head():
    """Every second pixel of the sample: quicker to lay a template on."""
    whole = read_volume(FLAIR)
    return Volume(whole.array[::2, ::2], whole.affine @ COARSER)


def check(head, found, lesions):
    assert found.shape == head.shape and found.dtype == bool
    assert (found & lesions).sum() > 0.98 * lesions.sum()
    litres = found.sum() * head.voxel_volume_mm3 / 1e6
    assert 1.2 < litres < 2.1, "template brain: 1.9 litres; the head: 3.7"
    # the scalp's fat is the brightest tissue by far
    brightest = head.array > np.percentile(head.array, 99.5)
    assert (found & brightest & ~lesions).sum() < 0.1 * brightest.sum()


def test_the_skull_goes_and_the_lesions_stay(head):
    lesions = read_mask(SAMPLE / "simulated_lesions.nii.gz").array[::2, ::2]
    found = brain_mask(head)
    check(head, found, lesions)
    holed = head.array.astype(np.float32)
    holed[:4], holed[4:8] = np.nan, np.inf
    check(head, brain_mask(Volume(holed, head.affine)), lesions)
    turned = Volume(head.array.transpose(2, 0, 1), head.affine[:, [2, 0, 1, 3]])
    check(turned, brain_mask(turned), lesions.transpose(2, 0, 1))


def test_outside_the_brain_all_is_0_and_inside_nothing_changes(head, monkeypatch):
    inside = np.zeros(head.shape, dtype=bool)
    inside[40:80, 40:80] = True
    monkeypatch.setattr("wmh_siamese.training.brain_mask.brain_mask", lambda flair: inside)
    without = stripped(head)
    assert (without.array[~inside] == 0).all()
    np.testing.assert_array_equal(without.array[inside], head.array[inside])
    assert is_stripped(without) and not is_stripped(head)
