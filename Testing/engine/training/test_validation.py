"""Validation's Dice and threshold, with an image that is its own probability."""

import numpy as np
import pytest
import torch
from skimage.transform import resize
from torch import nn
from wmh_siamese.cases.case import Case
from wmh_siamese.networks.preparation import Recipe
from wmh_siamese.training.validation import THRESHOLDS, Validation
from wmh_siamese.volumes.nifti_file import write_volume

CPU = torch.device("cpu")


class Grey(nn.Module):
    """Gives a VGG-prepared slice back in [0, 1]: its blue channel."""

    def forward(self, x):
        assert not self.training
        return (x[:, :1] + 103.939) / 255


def case(folder, name, values, lesion):
    """Tissue, lesion and one brightest voxel in the lesion, of these intensities in thousandths."""
    (tissue, bright), shape = values, (32, 32, 5)
    flair = np.full(shape, tissue, np.int16)
    mask = np.zeros(shape, bool)
    mask[lesion] = True
    flair[mask] = bright
    flair[lesion][:1, :1, :1] = 1000
    if not mask.any():
        flair[0, 0, 0] = 1000
    write_volume(folder / f"{name}-flair.nii", flair, np.diag([1, -1, 3, 1]))
    write_volume(folder / f"{name}-mask.nii", mask, np.diag([1, -1, 3, 1]))
    return Case("here", name, folder / f"{name}-flair.nii", folder / f"{name}-mask.nii")


SPOT = (slice(3, 9), slice(20, 25), slice(1, 3))


def test_the_threshold_of_the_highest_mean_dice_is_chosen(tmp_path):
    cases = [case(tmp_path, "a", (410, 690), SPOT), case(tmp_path, "b", (520, 690), SPOT)]
    validation = Validation(cases[:1], Recipe(size=32))
    assert validation.dice_and_threshold(Grey().train(), CPU) == (1.0, 0.45)
    validation = Validation(cases, Recipe(size=32))
    assert validation.dice_and_threshold(Grey(), CPU) == (1.0, 0.55)


def test_dice_is_counted_on_the_native_grid(tmp_path):
    """Scattered voxels are blurred by resizing; the truth they are compared with is not."""
    mask = np.random.default_rng(0).random((50, 45, 4)) > 0.6
    one = Case("here", "scattered", tmp_path / "flair.nii", tmp_path / "mask.nii")
    write_volume(one.flair, 900 * mask.astype(np.int16), np.eye(4))
    write_volume(one.mask, mask, np.eye(4))
    found = Validation([one], Recipe(size=32)).dice_and_threshold(Grey(), CPU)

    there_and_back = np.stack(
        [resize(resize(part.astype(float), (32, 32)), (50, 45)) for part in mask.transpose(2, 0, 1)]
    )
    truth = mask.transpose(2, 0, 1)
    dice = [
        2 * (truth & (there_and_back >= t)).sum() / (truth.sum() + (there_and_back >= t).sum())
        for t in THRESHOLDS
    ]
    assert found == pytest.approx((max(dice), THRESHOLDS[np.argmax(dice)]), abs=1e-3)
    assert 0.5 < found[0] < 0.95


def test_dice_by_hand(tmp_path):
    """Half of the lesion is as dark as the tissue: 30 of 60 voxels are found."""
    one = case(tmp_path, "a", (100, 690), SPOT)
    write_volume(one.mask, spot_twice(), np.diag([1, -1, 3, 1]))
    dice, threshold = Validation([one], Recipe(size=32)).dice_and_threshold(Grey(), CPU)
    assert dice == pytest.approx(2 * 60 / (60 + 120))
    assert threshold == THRESHOLDS[0]


def test_what_lies_under_other_pathology_does_not_count(tmp_path):
    one = case(tmp_path, "a", (100, 690), SPOT)
    labels = np.zeros((32, 32, 5), np.uint8)
    labels[SPOT] = 2
    labels[SPOT][:3] = 1
    write_volume(one.mask, labels, np.diag([1, -1, 3, 1]))
    dice, _ = Validation([one], Recipe(size=32)).dice_and_threshold(Grey(), CPU)
    assert dice == 1
    write_volume(one.mask, (labels == 1).astype(np.uint8), np.diag([1, -1, 3, 1]))
    dice, _ = Validation([one], Recipe(size=32)).dice_and_threshold(Grey(), CPU)
    assert dice == pytest.approx(2 * 30 / (30 + 60))


def spot_twice():
    mask = np.zeros((32, 32, 5), bool)
    mask[SPOT] = True
    mask[20:26, 3:8, 1:3] = True
    return mask


def test_a_case_without_lesion_where_none_is_found_counts_as_1(tmp_path):
    none = case(tmp_path, "a", (100, 100), (slice(0, 0),) * 3)
    validation = Validation([none], Recipe(size=32))
    assert validation.dice_and_threshold(Grey(), CPU)[0] == 0  # its brightest voxel is found
    blind = nn.Sequential(Grey(), nn.Threshold(2.0, 0.0))
    assert validation.dice_and_threshold(blind, CPU)[0] == 1


def test_at_one_threshold_only_cases_with_lesions_count(tmp_path):
    none = case(tmp_path, "a", (100, 100), (slice(0, 0),) * 3)
    some = case(tmp_path, "b", (100, 690), SPOT)
    write_volume(some.mask, spot_twice(), np.diag([1, -1, 3, 1]))
    alone = Validation([some], Recipe(size=32)).dice_at(Grey(), CPU, 0.5)
    assert alone == pytest.approx(2 * 60 / (60 + 120))
    assert Validation([none, some], Recipe(size=32)).dice_at(Grey(), CPU, 0.5) == alone
    assert np.isnan(Validation([none], Recipe(size=32)).dice_at(Grey(), CPU, 0.5))


def test_without_cases_there_is_no_dice_and_the_threshold_is_a_half():
    dice, threshold = Validation([], Recipe()).dice_and_threshold(Grey(), CPU)
    assert np.isnan(dice) and threshold == 0.5
