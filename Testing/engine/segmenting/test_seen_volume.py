"""A recipe with a pixel size sees a head alike, however much air lies around it."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from wmh_siamese.models.model_file import ModelCard, save_model
from wmh_siamese.networks.generator import DenseUNet
from wmh_siamese.networks.recipe import PAPER, ROBUST, ROBUST_1, Recipe
from wmh_siamese.segmenting.inference import Segmenter
from wmh_siamese.segmenting.seen_volume import seen_volume
from wmh_siamese.volumes.volume import Volume

SMALL = replace(ROBUST, size=64, pixel_mm=2.0)
AFFINE = np.diag([-1.5, 1.2, 5.0, 1.0])


def a_head(shape=(80, 100, 5)):
    """An ellipsoid of 110 by 110 mm with a bright spot, in zeros."""
    i, j, _ = np.meshgrid(*(np.arange(n) - (n - 1) / 2 for n in shape), indexing="ij")
    noise = np.random.default_rng(0).normal(600, 30, shape)
    array = np.where((i * 1.5 / 55) ** 2 + (j * 1.2 / 55) ** 2 < 1, noise, 0)
    array[30:34, 50:56, 1:4] = 1100
    return array.astype(np.float32)


@pytest.fixture(scope="module")
def segmenter(tmp_path_factory):
    """An untrained generator that sees a head of 64 pixels of 2 mm."""
    torch.manual_seed(3)
    path = tmp_path_factory.mktemp("model") / "seen.safetensors"
    card = ModelCard("seen", {"width": 4, "depth": 2}, SMALL.to_dict())
    save_model(path, DenseUNet(4, 2), card)
    return Segmenter(path, "cpu")


@given(before=st.tuples(*[st.integers(0, 60)] * 2), after=st.tuples(*[st.integers(0, 60)] * 2))
@settings(max_examples=15, deadline=None)
def test_padding_moves_nothing_that_is_seen(before, after):
    head = Volume(a_head(), AFFINE)
    margins = [*zip(before, after, strict=True), (0, 0)]
    padded = Volume(np.pad(head.array, margins), AFFINE)
    one, other = (seen_volume(volume, SMALL) for volume in (head, padded))
    assert other.level == pytest.approx(one.level, rel=1e-3)
    slices = [
        seen.prepared(seen.unit(seen.view.forward(volume.array)))
        for seen, volume in ((one, head), (other, padded))
    ]
    np.testing.assert_array_equal(
        np.subtract(other.box, one.box), [[before[1]] * 2, [after[0]] * 2]
    )
    torch.testing.assert_close(slices[0], slices[1], atol=2e-3, rtol=0)


def test_the_probability_of_a_padded_scan_is_that_of_the_scan(segmenter):
    array = a_head()
    own = segmenter.probability(Volume(array, AFFINE))
    padded = segmenter.probability(Volume(np.pad(array, [(40, 30), (7, 80), (0, 0)]), AFFINE))
    inside = padded[40:-30, 7:-80]
    np.testing.assert_allclose(inside, own, atol=0.02)
    assert inside.shape == own.shape


def test_what_is_cut_off_the_field_of_view_has_no_probability(segmenter):
    wide = np.pad(a_head(), [(60, 60), (0, 0), (0, 0)])
    found = segmenter.probability(Volume(wide, AFFINE))
    assert found.shape == wide.shape
    assert not found[:20].any() and not found[-20:].any()
    assert found[90:110].any()


def test_a_pixel_is_as_large_as_the_recipe_says():
    seen = seen_volume(Volume(a_head(), AFFINE), SMALL)
    prepared = seen.prepared(seen.unit(seen.view.forward(a_head())))
    filled = prepared[2, 0] > 0.3
    rows, columns = (np.flatnonzero(filled.any(dim=axis)) for axis in (1, 0))
    for at in (rows, columns):
        assert (at[-1] - at[0] + 1) * 2.0 == pytest.approx(110, abs=4)
        assert (at[-1] + at[0]) / 2 == pytest.approx(31.5, abs=1.5)


def test_a_head_larger_than_the_field_of_view_is_seen_whole():
    seen = seen_volume(Volume(a_head(), AFFINE), replace(SMALL, pixel_mm=1.0))
    prepared = seen.prepared(seen.unit(seen.view.forward(a_head())))
    filled = (prepared[2, 0] > 0.3).float()
    assert filled.any(dim=1).sum() > 55
    back = seen.native((prepared > 0.3).float(), (100, 80))
    assert (back[2] > 0.5).float().mean() == pytest.approx(
        float((seen.view.forward(a_head())[2] > 0).mean()), rel=0.05
    )


@pytest.mark.parametrize("recipe", [PAPER, ROBUST_1])
def test_older_recipes_look_for_no_head(recipe):
    seen = seen_volume(Volume(a_head(), AFFINE), replace(recipe, size=64))
    assert seen.head is None and seen.box is None


@pytest.mark.parametrize("pixel", [0, -1.0, 0.01, 50, True, "1", float("nan")])
def test_a_pixel_size_that_means_nothing_is_refused(pixel):
    with pytest.raises(ValueError, match="pixel_mm"):
        Recipe(scale="head", square=True, pixel_mm=pixel)


def test_a_pixel_size_wants_a_square_field_of_view():
    with pytest.raises(ValueError, match="square"):
        Recipe(scale="head", square=False, pixel_mm=1.0)
