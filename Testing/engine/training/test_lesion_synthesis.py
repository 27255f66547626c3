"""Lesions of other patients painted into slices: where they come to lie, and what is left alone."""

import numpy as np
import pytest
import torch
from engine.tiny_training import TINY, run, simulated_cases
from scipy.ndimage import binary_dilation
from wmh_siamese.errors import WMHError
from wmh_siamese.files.hashes import file_sha256
from wmh_siamese.models.model_file import read_card
from wmh_siamese.networks.preparation import Recipe
from wmh_siamese.training.batches import batch_of
from wmh_siamese.training.lesion_atlas import LesionAtlas
from wmh_siamese.training.lesion_synthesis import (
    LEAST_CONTRAST,
    painted_slice,
    with_painted_lesions,
)
from wmh_siamese.training.settings import TrainingSettings
from wmh_siamese.training.slices import TrainingSlices

GRID = (24, 32, 40)
RECIPE = Recipe(size=32, square=True)
AFFINE = np.diag([-1.0, 1.0, 1.0, 1.0])


def packed(path, masks, affine=AFFINE):
    """Masks (i, j, k) in one file, as the atlas wants them."""
    voxels = [np.flatnonzero(mask).astype(np.uint32) for mask in masks]
    offsets = np.cumsum([0, *(len(part) for part in voxels)])
    row = np.concatenate([np.zeros(0, np.uint32), *voxels])
    np.savez(path, offsets=offsets, flat_index_C=row, shape=GRID, affine=affine)
    return path


@pytest.fixture
def atlas(tmp_path):
    """One patient with a lesion of 4 x 6 voxels in the slices from 10 to 29, left and in front."""
    mask = np.zeros(GRID, bool)
    mask[16:20, 22:28, 10:30] = True
    return LesionAtlas(packed(tmp_path / "atlas.npz", [mask]))


def draw(seed=0):
    return np.random.default_rng(seed)


def test_an_atlas_gives_the_slice_at_a_height_in_the_order_of_prepared_slices(atlas):
    assert len(atlas) == 1 and not atlas.slice_near(0.0, RECIPE, draw()).any()
    found = atlas.slice_near(0.5, RECIPE, draw())
    expected = np.zeros((32, 32), bool)
    # i runs right to left here, so columns are turned round; 4 columns of padding on either side
    expected[22:28, 4 + 24 - 20 : 4 + 24 - 16] = True
    assert np.array_equal(found, expected)


def test_heights_at_the_ends_and_patients_without_lesions_do_no_harm(tmp_path):
    empty = LesionAtlas(packed(tmp_path / "atlas.npz", [np.zeros(GRID, bool)] * 3))
    for height in (0.0, 1.0):
        assert not empty.slice_near(height, RECIPE, draw()).any()


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (lambda path: None, "There is no lesion atlas"),
        (lambda path: path.write_bytes(b"PK\x03\x04 cut"), "is not a lesion atlas"),
        (lambda path: np.savez(path, offsets=[0]), "is not a lesion atlas"),
        (lambda path: packed(path, [np.ones(GRID, bool)], np.zeros((4, 4))), ""),
        (lambda path: np.savez(path, **_fields() | {"flat_index_C": [10**6]}), "is not a lesion"),
        (lambda path: np.savez(path, **_fields() | {"offsets": [0, 9]}), "is not a lesion"),
        (lambda path: np.savez(path, **_fields() | {"offsets": []}), "is not a lesion"),
        (lambda path: np.savez(path, **_fields() | {"shape": [2, 2]}), "is not a lesion"),
        (lambda path: np.savez(path, **_fields() | {"offsets": [None]}), "is not a lesion"),
        (lambda path: np.savez(path, **_fields() | {"flat_index_C": [-1]}), "is not a lesion"),
        (lambda path: np.savez(path, **_fields() | {"affine": np.eye(3)}), "is not a lesion"),
        (lambda path: packed(path, []), "is not a lesion"),
        (lambda path: _one_array(path), "is not a lesion"),
    ],
)
def test_a_file_that_is_no_atlas_is_refused_in_a_sentence(tmp_path, made, said):
    path = tmp_path / "atlas.npz"
    made(path)
    with pytest.raises(WMHError) as refused:
        LesionAtlas(path)
    assert said in str(refused.value)


def _one_array(path):
    with path.open("wb") as file:
        np.save(file, np.zeros(3))


def _fields():
    return {"offsets": [0, 1], "flat_index_C": [3], "shape": GRID, "affine": AFFINE}


def head():
    """A slice with air, fluid, tissue and fat in four columns of 16 pixels, and a little noise."""
    columns = np.repeat([0.02, 0.2, 0.6, 0.98], 16)
    noise = draw(3).normal(0, 0.01, (64, 64))
    return (np.tile(columns, (64, 1)) + noise).clip(0, 1).astype(np.float32)


def test_only_tissue_is_painted_and_never_darker():
    image, mask = head(), np.zeros((64, 64), bool)
    mask[20:40, :] = True
    painted, lesion = painted_slice(image, mask, draw())
    assert painted.dtype == np.float32 and painted.max() <= 1
    assert (painted >= image - 1e-6).all()
    assert lesion[25:35, 36:44].all() and not (lesion & ~mask).any()
    for untouched in (slice(0, 28), slice(52, 64)):
        assert not lesion[:, untouched].any()
        np.testing.assert_array_equal(painted[:, untouched], image[:, untouched])
    assert (painted[lesion] - image[lesion]).min() >= LEAST_CONTRAST
    far = ~binary_dilation(mask, iterations=6)
    np.testing.assert_array_equal(painted[far], image[far])


def test_a_share_of_the_slices_is_painted_each_by_its_own_chance(atlas):
    images = torch.full((40, 1, 32, 32), 0.6)
    labels = torch.zeros(40, 1, 32, 32)
    labels[:, :, 24] = 2  # other pathology stays what it is
    draws = [np.random.default_rng([1, place]) for place in range(40)]
    arguments = ([0.5] * 40, atlas, RECIPE, 0.5)
    painted, marked = with_painted_lesions(images, labels, *arguments, draws)
    touched = (painted != images).flatten(1).any(1)
    assert 10 < int(touched.sum()) < 30
    assert torch.equal(touched, (marked == 1).flatten(1).any(1))
    assert (marked[:, :, 24] == 2).all() and (images == 0.6).all() and (labels != 1).all()

    alone, _ = with_painted_lesions(
        images[7:8], labels[7:8], [0.5], *arguments[1:], [np.random.default_rng([1, 7])]
    )
    assert torch.equal(alone, painted[7:8])


def test_heights_are_those_of_each_case():
    parts = [
        (torch.zeros(count, 1, 8, 8).half(), torch.ones(count, 1, 8, 8, dtype=torch.uint8))
        for count in (3, 1, 5)
    ]
    heights = TrainingSlices(parts).heights(np.arange(9))
    assert heights == [0, 0.5, 1, 0, 0, 0.25, 0.5, 0.75, 1]


def test_a_crop_is_part_of_the_slice_and_holds_a_lesion_half_of_the_time():
    images = torch.zeros(1, 1, 64, 64)
    images[..., 8:56, 8:56] = 0.5
    images += torch.arange(64 * 64).view(1, 1, 64, 64) * 1e-6  # every pixel its own value
    labels = torch.zeros(1, 1, 64, 64, dtype=torch.uint8)
    labels[..., 10:12, 10:12] = 1
    slices = TrainingSlices([(images.float(), labels)])
    settings = TrainingSettings(recipe=Recipe(size=64), crop=16, rotation_degrees=0)
    parts, marks = (
        torch.cat(tensors)
        for tensors in zip(*(batch_of(slices, step, settings) for step in range(20)), strict=True)
    )
    assert parts.shape == marks.shape == (160, 1, 16, 16)
    for part in parts[:20, 0]:
        top, left = torch.nonzero((images[0, 0] - part[0, 0]).abs() < 2e-7)[0].tolist()
        torch.testing.assert_close(part, images[0, 0, top : top + 16, left : left + 16])
    holding = (marks == 1).flatten(1).any(1).float().mean()
    assert 0.4 < holding < 0.75


def test_a_training_records_its_atlas_and_wants_one_when_it_is_to_paint(tmp_path, atlas):
    cases = simulated_cases(tmp_path)
    settings = TrainingSettings(**vars(TINY) | {"painted_share": 1.0, "crop": 16, "loss": "dice"})
    with pytest.raises(WMHError, match="from no atlas"):
        run(cases, tmp_path / "none", settings)
    best = run(cases, tmp_path / "painted", settings, atlas=atlas)
    recorded = read_card(best).training
    assert recorded["lesion_atlas"] == {
        "masks": 1,
        "sha256": file_sha256(tmp_path / "atlas.npz"),
    }
    assert recorded["settings"]["painted_share"] == 1.0
