"""Slices as other scanners might have given them: every slice by its own chance alone."""

import numpy as np
import pytest
import torch
from wmh_siamese.training.augmentation import LARGEST_ZOOM, random_placement, scanner_varied
from wmh_siamese.training.slices import placed_anew

pytest.importorskip("torchio")


def draws(count, seed=0):
    return [np.random.default_rng([seed, place]) for place in range(count)]


def images(count=4):
    return torch.rand(count, 1, 32, 32, generator=torch.Generator().manual_seed(1))


def test_the_same_chance_gives_the_same_slices_and_another_gives_others():
    first = scanner_varied(images(), draws(4))
    torch.testing.assert_close(first, scanner_varied(images(), draws(4)), rtol=0, atol=0)
    assert not torch.equal(first, scanner_varied(images(), draws(4, seed=1)))


def test_a_slice_does_not_depend_on_the_others_of_its_batch():
    whole = scanner_varied(images(), draws(4))
    alone = scanner_varied(images()[2:3], draws(4)[2:3])
    torch.testing.assert_close(whole[2:3], alone, rtol=0, atol=0)


def test_intensities_stay_between_0_and_1_and_torchs_own_chance_is_untouched():
    torch.manual_seed(5)
    expected = torch.rand(1)
    torch.manual_seed(5)
    varied = torch.stack([scanner_varied(images(), draws(4, seed)) for seed in range(10)])
    assert torch.equal(torch.rand(1), expected)
    assert varied.shape == (10, 4, 1, 32, 32) and varied.dtype == torch.float32
    assert varied.min() >= 0 and varied.max() <= 1


def test_placements_zoom_within_bounds_and_mirror_half_of_the_time():
    maps = np.stack([random_placement(np.random.default_rng(n), 30.0) for n in range(400)])
    determinants = np.linalg.det(maps[:, :, :2])
    zooms = np.abs(determinants) ** -0.5
    assert zooms.min() > 1 / LARGEST_ZOOM - 1e-9 and zooms.max() < LARGEST_ZOOM + 1e-9
    assert 0.4 < (determinants < 0).mean() < 0.6
    assert np.abs(np.rad2deg(np.arctan2(-maps[:, 0, 1], maps[:, 1, 1]))).max() <= 30 + 1e-6


def test_a_mirrored_slice_is_mirrored_with_its_labels():
    picture = images(1)
    labels = torch.zeros(1, 1, 32, 32)
    labels[..., 4:9, 20:27], labels[..., 20:24, 3:7] = 1, 2
    mirror = torch.tensor([[[-1.0, 0, 0], [0, 1, 0]]])
    moved, moved_labels = placed_anew(picture, labels, mirror)
    torch.testing.assert_close(moved, picture.flip(3), atol=1e-5, rtol=0)
    assert torch.equal(moved_labels, labels.flip(3))
