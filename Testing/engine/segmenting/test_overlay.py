"""The overlay picture: what a viewer sees, measured on the decoded PNG."""

from __future__ import annotations

from itertools import permutations, product
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from wmh_siamese.segmenting import overlay, overlay_page
from wmh_siamese.segmenting.overlay import choose_slices, compose, draw_overlay
from wmh_siamese.segmenting.readouts import read_out
from wmh_siamese.volumes.volume import Volume

HEADER = 150
FOOTER = 64
Pixels = NDArray[np.int16]


def a_head(shape: tuple[int, int, int], spacing: tuple[float, float, float]) -> Volume:
    """An ellipsoid of tissue in air, RAS, with a little texture."""
    grid = np.meshgrid(*(np.linspace(-1, 1, n) for n in shape), indexing="ij")
    inside = sum((c / 0.85) ** 2 for c in grid) < 1
    texture = np.random.default_rng(3).integers(0, 20, shape)
    array = (inside * (100 + texture)).astype(np.int16)
    affine = np.diag([*spacing, 1.0])
    affine[:3, 3] = -np.array(spacing) * (np.array(shape) - 1) / 2
    return Volume(array, affine)


def a_mask(volume: Volume, *box: slice) -> NDArray[np.bool_]:
    mask = np.zeros(volume.shape, dtype=bool)
    mask[box] = True
    return mask


def drawn(volume: Volume, mask: NDArray[np.bool_], title: str = "T", note: str = "") -> Pixels:
    page = compose(volume, mask, read_out(mask, volume.affine), title, note)
    return np.asarray(page, dtype=np.int16)


def orange(pixels: Pixels) -> NDArray[np.bool_]:
    """Pixels of the slices (not the header) that carry the lesion colour."""
    found = pixels[..., 0] - pixels[..., 2] > 60
    found[:HEADER] = False
    return np.asarray(found)


def reoriented(volume: Volume, axes: tuple[int, ...], flips: tuple[int, ...]) -> Volume:
    """The same voxels at the same places, stored in another order of axes."""
    turn = np.zeros((4, 4))
    turn[3, 3] = 1
    for new, (old, flip) in enumerate(zip(axes, flips, strict=True)):
        turn[old, new] = flip
        turn[old, 3] = volume.shape[old] - 1 if flip < 0 else 0
    flipped = tuple(new for new in range(3) if flips[new] < 0)
    return Volume(np.flip(volume.array.transpose(axes), flipped), volume.affine @ turn)


def test_the_file_is_a_png_without_hidden_text(tmp_path: Path) -> None:
    volume = a_head((60, 70, 30), (2.5, 2.5, 5.0))
    mask = a_mask(volume, slice(20, 25), slice(30, 36), slice(14, 17))
    path = tmp_path / "overlay.png"
    draw_overlay(path, volume, mask, read_out(mask, volume.affine), "Simulated", "a model")
    with Image.open(path) as image:
        image.load()
        assert (image.format, image.mode) == ("PNG", "RGB")
        assert image.info == {}
        assert image.width >= 980
    assert [file.name for file in tmp_path.iterdir()] == ["overlay.png"]


def test_patients_right_is_left_and_anterior_is_up() -> None:
    volume = a_head((60, 60, 3), (3.0, 3.0, 30.0))
    right_anterior = a_mask(volume, slice(38, 44), slice(40, 46), slice(1, 2))
    rows, columns = np.nonzero(orange(drawn(volume, right_anterior)))
    page = drawn(volume, right_anterior)
    middle_row = (HEADER + page.shape[0] - FOOTER) / 2
    middle_column = page.shape[1] / 2
    assert rows.size
    assert rows.max() < middle_row
    assert columns.max() < middle_column


@pytest.mark.parametrize("axes", list(permutations(range(3))))
def test_the_picture_does_not_depend_on_how_voxels_are_stored(axes: tuple[int, ...]) -> None:
    volume = a_head((16, 20, 4), (6.0, 6.2, 30.0))
    mask = a_mask(volume, slice(9, 12), slice(11, 15), slice(1, 3))
    reference = drawn(volume, mask)[HEADER:]
    for flips in product((1, -1), repeat=3):
        stored = reoriented(volume, axes, flips)
        stored_mask = reoriented(Volume(mask, volume.affine), axes, flips).array
        assert np.array_equal(drawn(stored, stored_mask)[HEADER:], reference)


def test_pixels_have_square_millimetres() -> None:
    volume = a_head((100, 40, 3), (2.0, 5.0, 40.0))
    square = a_mask(volume, slice(40, 60), slice(16, 24), slice(1, 2))
    rows, columns = np.nonzero(orange(drawn(volume, square)))
    assert np.ptp(rows) == pytest.approx(np.ptp(columns), rel=0.1)


def test_only_lesions_are_coloured() -> None:
    volume = a_head((50, 50, 40), (4.0, 4.0, 4.0))
    assert not orange(drawn(volume, np.zeros(volume.shape, dtype=bool))).any()
    small = orange(drawn(volume, a_mask(volume, slice(20, 22), slice(20, 22), slice(20, 21))))
    large = orange(drawn(volume, a_mask(volume, slice(20, 30), slice(20, 30), slice(20, 21))))
    assert 0 < small.sum() < large.sum()


def test_a_single_voxel_of_a_fine_grid_is_seen() -> None:
    volume = a_head((420, 420, 3), (0.5, 0.5, 60.0))
    assert orange(
        drawn(volume, a_mask(volume, slice(200, 201), slice(200, 201), slice(1, 2)))
    ).any()


@pytest.mark.parametrize("slices", [3, 5, 20, 182])
def test_every_slice_count_gives_a_full_page(slices: int) -> None:
    volume = a_head((40, 40, slices), (5.0, 5.0, 160.0 / slices))
    height, width, _ = drawn(volume, np.zeros(volume.shape, dtype=bool)).shape
    assert width >= 980
    assert height >= HEADER + FOOTER + 380 * (3 if slices > 12 else 1)


@pytest.mark.parametrize(
    "array",
    [
        np.zeros((3, 3, 3)),
        np.full((4, 5, 6), 7.0),
        np.full((4, 4, 4), np.nan),
        np.arange(27.0).reshape(3, 3, 3) - 40,
        np.ones((2, 300, 3), dtype=np.uint8),
    ],
    ids=["zeros", "constant", "nan", "negative", "strip"],
)
def test_odd_volumes_are_drawn_all_the_same(array: NDArray[np.float64]) -> None:
    volume = Volume(array, np.eye(4))
    mask = np.zeros(array.shape, dtype=bool)
    assert drawn(volume, mask).size
    mask[0, 0, 1] = True
    assert orange(drawn(volume, mask)).any()


def test_a_spike_does_not_darken_the_head() -> None:
    volume = a_head((40, 40, 12), (5.0, 5.0, 12.0))
    empty = np.zeros(volume.shape, dtype=bool)
    calm = drawn(volume, empty)
    volume.array[20, 20, 6] = 16383
    assert drawn(volume, empty).mean() > 0.9 * calm.mean()


def test_slices_run_downwards_and_hold_the_most_lesion() -> None:
    lesions = np.zeros((60, 10, 10), dtype=bool)
    lesions[33, :4, :4] = True
    lesions[34, :2, :2] = True
    chosen = choose_slices(lesions, np.ones_like(lesions), thickness_mm=2.0)
    assert len(chosen) == overlay.MAX_TILES
    assert chosen == sorted(set(chosen), reverse=True)
    assert 33 in chosen
    assert max(np.diff(sorted(chosen))) <= 2 * 60 / overlay.MAX_TILES


def test_lesions_far_below_the_crown_are_shown() -> None:
    lesions = np.zeros((200, 10, 10), dtype=bool)
    lesions[3, 4, 4] = True
    assert 3 in choose_slices(lesions, np.ones_like(lesions), thickness_mm=1.0)


def test_header_and_footer_follow_their_texts() -> None:
    volume = a_head((30, 30, 6), (6.0, 6.0, 20.0))
    mask = a_mask(volume, slice(10, 14), slice(10, 14), slice(2, 4))
    plain = drawn(volume, mask, "One", "")
    titled = drawn(volume, mask, "Two", "")
    noted = drawn(volume, mask, "One", "threshold 0.4")
    assert not np.array_equal(plain[:HEADER], titled[:HEADER])
    assert np.array_equal(plain[HEADER:], titled[HEADER:])
    assert not np.array_equal(plain[-FOOTER:], noted[-FOOTER:])


def test_long_and_foreign_titles_stay_on_the_page() -> None:
    volume = a_head((30, 30, 6), (6.0, 6.0, 20.0))
    mask = np.zeros(volume.shape, dtype=bool)
    page = drawn(volume, mask, "\u8133 caf\u00e9 " * 60, "\u2265 0.5 \u00b7 10 mm\u00b3 " * 60)
    background = np.array(overlay_page.PAGE)
    assert (page[:HEADER, -overlay_page.MARGIN :] == background).all()
    assert (page[:HEADER] != background).any()


def test_a_refused_mask_leaves_the_old_file(tmp_path: Path) -> None:
    volume = a_head((20, 20, 6), (8.0, 8.0, 20.0))
    path = tmp_path / "overlay.png"
    path.write_bytes(b"old")
    wrong = np.zeros((20, 20, 5), dtype=bool)
    with pytest.raises(ValueError, match=r"\(20, 20, 5\)"):
        draw_overlay(path, volume, wrong, read_out(wrong, volume.affine), "T")
    assert path.read_bytes() == b"old"


def test_a_failed_write_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Image.Image, "save", full)
    volume = a_head((20, 20, 6), (8.0, 8.0, 20.0))
    mask = np.zeros(volume.shape, dtype=bool)
    with pytest.raises(OSError, match="space"):
        draw_overlay(tmp_path / "o.png", volume, mask, read_out(mask, volume.affine), "T")
    assert list(tmp_path.iterdir()) == []
