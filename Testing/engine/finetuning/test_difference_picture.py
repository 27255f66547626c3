"""The picture of where two models differ most, read back pixel by pixel."""

import io

import numpy as np
import pytest
from PIL import Image
from wmh_siamese.finetuning.difference_picture import (
    FALSE_COLOR,
    FOUND_COLOR,
    GAP,
    MISSED_COLOR,
    TILE,
    Slice,
    difference_picture,
)
from wmh_siamese.volumes.volume import Volume


@pytest.fixture
def scan():
    """FLAIR of 100 x 100 x 6 voxels of 1 x 1 x 4 mm, i from the patient's right to the left."""
    flair = np.full((100, 100, 6), 100.0, np.float32)
    labels = np.zeros(flair.shape, np.uint8)
    labels[20:40, 50:70, 3] = 1
    return Volume(flair, np.diag([-1.0, 1.0, 4.0, 1.0])), labels


def masks(labels):
    """The base misses the left half of the lesion, the new one has a false alarm."""
    base, new = labels == 1, labels == 1
    base[20:30, :, 3] = False
    new[60:70, 50:60, 3] = True
    return base, new


def tiles(picture):
    page = np.asarray(Image.open(io.BytesIO(picture.png)).convert("RGB"))
    return [page[:, n * (TILE + GAP) : n * (TILE + GAP) + TILE] for n in range(3)]


def share(tile, color):
    """Of the tile's pixels, how many have this very colour."""
    return float((tile == np.array(color, np.uint8)).all(axis=2).mean())


def test_the_slice_is_the_one_with_the_largest_difference(scan):
    flair, labels = scan
    base, new = masks(labels)
    new[0:3, 0:3, 1] = True
    picture = difference_picture(flair, labels, base, new)
    assert picture.position == "S 12.0 mm"
    assert picture.base == Slice(hits=200, missed=200, false_alarms=0)
    assert picture.new == Slice(hits=400, missed=0, false_alarms=100)


def test_missed_and_false_alarms_are_marked_in_the_tile_of_their_model_alone(scan):
    flair, labels = scan
    drawn, base, new = tiles(difference_picture(flair, labels, *masks(labels)))
    assert share(drawn, MISSED_COLOR) == share(drawn, FALSE_COLOR) == 0
    assert share(base, MISSED_COLOR) > 0.005 and share(base, FALSE_COLOR) == 0
    assert share(new, FALSE_COLOR) > 0.001 and share(new, MISSED_COLOR) == 0
    assert all(share(tile, FOUND_COLOR) > 0.001 for tile in (drawn, base, new))


def test_the_three_kinds_differ_without_their_colours(scan):
    """Inside, a hit is even, a miss changes along diagonals, a false alarm along rows and not."""
    flair, labels = scan
    base, new = masks(labels)
    base[60:70, 50:60, 3], new[60:70, 50:60, 3] = True, False
    _drawn, tile, _new = tiles(difference_picture(flair, labels, base, new))
    grey = np.asarray(Image.fromarray(tile).convert("L")).astype(int)

    def patch(color):
        at = np.argwhere((tile == np.array(color, np.uint8)).all(axis=2))
        row, column = at.mean(axis=0).astype(int)
        return grey[row - 8 : row + 9, column - 8 : column + 9]

    missed, false = patch(MISSED_COLOR), patch(FALSE_COLOR)
    diagonal = [np.ptp(np.diagonal(np.fliplr(missed), k)) for k in range(-4, 5)]
    assert max(diagonal) == 0 and np.ptp(missed[8]) > 0
    steps = (np.diff(false, axis=1) != 0).any(), (np.diff(false, axis=0) != 0).any()
    assert all(steps) and np.ptp(false[0]) + np.ptp(false[-1]) > 0


def test_the_patients_right_is_on_the_left(scan):
    flair, labels = scan
    base = tiles(difference_picture(flair, labels, *masks(labels)))[1]
    missed, hit = (
        np.argwhere((base == np.array(color, np.uint8)).all(axis=2))[:, 1].mean()
        for color in (MISSED_COLOR, FOUND_COLOR)
    )
    assert missed < hit


def test_other_pathology_does_not_count(scan):
    flair, labels = scan
    base, new = masks(labels)
    labels[60:70, 50:60, 3] = 2
    assert difference_picture(flair, labels, base, new).new == Slice(400, 0, 0)


def test_without_a_difference_there_is_no_picture(scan):
    flair, labels = scan
    assert difference_picture(flair, labels, labels == 1, labels == 1) is None


def test_a_difference_at_the_edge_and_of_the_whole_slice_is_drawn(scan):
    flair, labels = scan
    nothing, all_over = np.zeros(labels.shape, bool), np.ones(labels.shape, bool)
    assert difference_picture(flair, labels, nothing, all_over).new.false_alarms == 10_000
    corner = nothing.copy()
    corner[0, 0, 0] = True
    assert difference_picture(flair, labels, nothing, corner).position == "S 0.0 mm"
