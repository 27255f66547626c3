"""The head is found alike whatever lies around it and however its intensities are counted."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from wmh_siamese.errors import WMHError
from wmh_siamese.volumes.head import find_head
from wmh_siamese.volumes.volume import Volume

AFFINE = np.diag([-1.0, 1.0, 4.0, 1.0])


def a_head(shape=(60, 72, 8), stripped=False, seed=0):
    """An ellipsoid of two tissues in noisy air, or in zeros where it is stripped; float32."""
    draw = np.random.default_rng(seed)
    i, j, k = np.meshgrid(*(np.linspace(-1.3, 1.3, n) for n in shape), indexing="ij")
    radius = i**2 + j**2 + (k / 1.4) ** 2
    tissue = np.where(radius < 0.5, 600.0, 700.0) + draw.normal(0, 25, shape)
    dark = draw.uniform(size=shape) < 0.08
    tissue[dark] = draw.uniform(40, 500, shape)[dark]
    air = np.zeros(shape) if stripped else np.abs(draw.normal(0, 15, shape))
    return np.where(radius < 1, tissue, air).astype(np.float32)


@pytest.fixture(params=[False, True], ids=["full head", "stripped"])
def scan(request):
    return a_head(stripped=request.param)


def found(array):
    return find_head(Volume(array, AFFINE))


def test_the_level_is_that_of_the_tissue_and_the_box_that_of_the_head(scan):
    head = found(scan)
    assert 600 < head.level < 710
    assert abs(head.zero) < 15 and head.background is None
    filled = np.flatnonzero((scan > 300).any(axis=(0, 2)))  # rows of the axial view are along j
    assert abs(head.rows[0] - filled[0]) <= 2 and abs(head.rows[1] - 1 - filled[-1]) <= 2


@given(
    before=st.tuples(*[st.integers(0, 90)] * 2),
    after=st.tuples(*[st.integers(0, 90)] * 2),
    stripped=st.booleans(),
)
@settings(max_examples=25, deadline=None)
def test_padding_changes_nothing_of_it(before, after, stripped):
    scan = a_head(stripped=stripped)
    head = found(scan)
    margins = [*zip(before, after, strict=True), (0, 0)]
    padded = found(np.pad(scan, margins))
    assert padded.level == pytest.approx(head.level, rel=0.005)
    moved = [tuple(at - start for at in box) for box, start in ((padded.rows, before[1]),)]
    assert np.abs(np.subtract(moved, [head.rows])).max() <= 2
    assert abs(padded.zero - head.zero) < 0.02 * head.level


@given(offset=st.floats(-0.3, 0.5), scale=st.floats(-4, 4), stripped=st.booleans())
@settings(max_examples=25, deadline=None)
def test_an_offset_and_a_scale_are_undone(offset, scale, stripped):
    scan = a_head(stripped=stripped)
    head = found(scan)
    other = found(((scan + offset * head.level) * 10**scale).astype(np.float32))
    seen, wanted = other.above_zero((scan + offset * head.level) * 10**scale), head.above_zero(scan)
    np.testing.assert_allclose(seen / other.level, wanted / head.level, atol=0.01)


def test_a_z_scored_scan_is_seen_as_before(scan):
    inside = scan > 300
    scored = ((scan - scan[inside].mean()) / scan[inside].std()).astype(np.float32)
    head, other = found(scan), found(scored)
    seen, wanted = other.above_zero(scored) / other.level, head.above_zero(scan) / head.level
    np.testing.assert_allclose(seen, wanted, atol=0.03)


def test_a_head_scored_by_itself_in_zeros_is_seen_nearly_as_before():
    """Air stays 0, in the middle of the tissues; how dark the darkest tissue was is a guess."""
    scan = a_head(stripped=True)
    inside = scan > 0
    scored = np.where(inside, (scan - scan[inside].mean()) / scan[inside].std(), 0)
    head, other = found(scan), found(scored.astype(np.float32))
    assert other.background == 0
    seen, wanted = other.above_zero(scored) / other.level, head.above_zero(scan) / head.level
    np.testing.assert_allclose(seen[inside], wanted[inside], atol=0.1)
    assert not seen[~inside].any()


def test_air_as_a_ct_has_it_counts_as_air():
    scan = a_head(stripped=True)
    head = found(np.where(scan > 0, scan, -1024).astype(np.float32))
    assert head.level == pytest.approx(found(scan).level, rel=0.01)
    assert head.above_zero(np.array([-1024.0])) == 0


@pytest.mark.parametrize(("edge_mm", "said"), [(0.1, "5.3 mm"), (20.0, "1.06e+03 mm")])
def test_a_head_of_no_heads_size_is_refused(edge_mm, said):
    """Centimetres or tenths taken for millimetres: the volume in ml would be wrong by thousands."""
    with pytest.raises(WMHError, match="no head is") as caught:
        find_head(Volume(a_head(), np.diag([edge_mm, edge_mm, 4.0, 1.0])))
    assert caught.value.kind == "bad-volume" and "units" in caught.value.way_out


def test_an_inverted_contrast_is_refused(scan):
    with pytest.raises(WMHError, match="inverted"):
        found(scan.max() - scan)


def test_nan_and_infinite_voxels_are_air(scan):
    spoilt = scan.copy()
    spoilt[:3], spoilt[-2:] = np.nan, np.inf
    head = found(spoilt)
    assert head.level == pytest.approx(found(scan).level, rel=0.01)
    assert not head.above_zero(spoilt)[:3].any() and not head.above_zero(spoilt)[-2:].any()


def test_one_spike_rules_nothing(scan):
    spoilt = scan.copy()
    spoilt[30, 30, 4] = 1e6
    assert found(spoilt).level == pytest.approx(found(scan).level, rel=0.005)


def test_whole_numbers_and_unsigned_types_are_taken(scan):
    whole = scan.round().astype(np.uint16)
    assert found(whole).level == pytest.approx(found(scan).level, rel=0.005)


def test_above_zero_leaves_its_input_as_it_is(scan):
    head, before = replace(found(scan), zero=10.0), scan.copy()
    head.above_zero(scan)
    np.testing.assert_array_equal(scan, before)
