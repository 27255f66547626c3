"""What a generator learns from: prepared slices, their rotation, the batch of a step, the rate."""

import sys

import numpy as np
import pytest
import torch
from skimage.transform import resize as skimage_resize
from wmh_siamese.cases.case import Case
from wmh_siamese.errors import WMHError
from wmh_siamese.networks.preparation import PAPER, Recipe
from wmh_siamese.training.batches import Batches, batch_makers, batch_of
from wmh_siamese.training.settings import TrainingSettings
from wmh_siamese.training.slice_cache import prepared_cases
from wmh_siamese.training.slices import TrainingSlices, prepare_case, rotated
from wmh_siamese.volumes.nifti_file import write_volume
from wmh_siamese.volumes.volume import Volume

SIZE = Recipe(size=32)


@pytest.fixture(scope="module")
def slices():
    """Twelve slices, (1, 32, 32); every third holds a lesion, each image its own number."""
    images = torch.arange(12).view(12, 1, 1, 1).expand(12, 1, 32, 32) / 16
    labels = torch.zeros(12, 1, 32, 32, dtype=torch.uint8)
    labels[::3, :, 10:20, 12:18] = 1
    parts = zip(images.half().split((4, 1, 7)), labels.split((4, 1, 7)), strict=True)
    return TrainingSlices(list(parts))


def drawn(slices, step, settings):
    """Which slices a batch holds, told by their brightness."""
    images, _ = batch_of(slices, step, settings)
    return (images.amax(dim=(1, 2, 3)) * 16).round().int().tolist()


def test_a_batch_depends_on_seed_and_step_alone(slices):
    settings = TrainingSettings(recipe=SIZE)
    expected = batch_of(slices, 7, settings)
    torch.manual_seed(99)
    np.random.seed(99)
    batch_of(slices, 3, settings)
    again = batch_of(slices, 7, settings)
    assert all(torch.equal(a, b) for a, b in zip(expected, again, strict=True))
    others = [drawn(slices, 8, settings), drawn(slices, 7, TrainingSettings(seed=1))]
    assert drawn(slices, 7, settings) not in others


def test_shares_of_a_batch_make_up_the_whole(slices):
    settings = TrainingSettings(recipe=SIZE, lesion_slices=3)
    whole = batch_of(slices, 7, settings)
    parts = [batch_of(slices, 7, settings, slice(a, b)) for a, b in ((0, 3), (3, 6), (6, 8))]
    for found, expected in zip(zip(*parts, strict=True), whole, strict=True):
        assert torch.equal(torch.cat(found), expected)


@pytest.mark.parametrize("makers", [0, 2])
def test_batches_made_ahead_are_those_of_their_steps(slices, makers):
    settings = TrainingSettings(recipe=SIZE)
    batches = Batches(slices, settings, makers=makers)
    for step in (0, 1, 2, 7, 8, 2):  # also after a jump
        expected = batch_of(slices, step, settings)
        assert all(torch.equal(a, b) for a, b in zip(batches.of(step), expected, strict=True))
    batches.close()


def test_processes_make_batches_only_for_a_gpu_that_waits_for_torchio():
    slow = TrainingSettings(scanner_variation=True)
    assert batch_makers(slow, torch.device("cpu")) == 0
    assert batch_makers(TrainingSettings(), torch.device("cuda")) == 0
    expected = sys.platform == "linux"
    assert (batch_makers(slow, torch.device("cuda")) > 0) is expected


def test_all_slices_are_drawn_alike(slices):
    settings = TrainingSettings(recipe=SIZE)
    counts = np.bincount(np.ravel([drawn(slices, step, settings) for step in range(60)]))
    assert len(counts) == 12 and counts.sum() == 480
    assert (counts > 20).all() and (counts < 65).all()  # 40 each, by chance


@pytest.mark.parametrize("wanted", [1, 5, 8, 100])
def test_a_part_of_each_batch_may_be_drawn_from_slices_with_lesions(slices, wanted):
    settings = TrainingSettings(recipe=SIZE, lesion_slices=wanted)
    for step in range(10):
        images, labels = batch_of(slices, step, settings)
        assert images.shape == labels.shape == (8, 1, 32, 32)
        assert labels.flatten(1).any(dim=1)[:wanted].all()
        assert all(number % 3 == 0 for number in drawn(slices, step, settings)[:wanted])


@pytest.mark.parametrize("share", [0.25, 0.5, 0.9])
def test_the_last_places_of_a_batch_are_for_simulated_heads(slices, share):
    heads = TrainingSlices([(torch.full((5, 1, 32, 32), 0.9), torch.ones(5, 1, 32, 32))])
    settings = TrainingSettings(recipe=SIZE, simulated_share=share, lesion_slices=2)
    images, labels = batch_of(slices, 3, settings, simulated=heads)
    real = 8 - settings.simulated_count
    assert settings.simulated_count == min(round(8 * share), 7)
    assert [bool((image > 0.85).all()) for image in images] == [False] * real + [True] * (8 - real)

    parts = [
        batch_of(slices, 3, settings, slice(start, start + 2), simulated=heads)
        for start in range(0, 8, 2)
    ]
    for whole, several in zip((images, labels), zip(*parts, strict=True), strict=True):
        torch.testing.assert_close(torch.cat(several), whole)


def test_slices_with_lesion_are_found(slices):
    assert slices.with_lesion.tolist() == [0, 3, 6, 9]


@pytest.fixture
def pictures():
    """Two smooth images with a label each, (2, 1, 40, 40)."""
    draw = np.random.default_rng(0)
    images = np.stack([skimage_resize(draw.random((6, 6)), (40, 40), order=3) for _ in range(2)])
    labels = np.stack([skimage_resize(draw.random((6, 6)), (40, 40)) > 0.6 for _ in range(2)])
    return torch.from_numpy(images)[:, None].float(), torch.from_numpy(labels)[:, None].float()


def test_no_rotation_changes_nothing(pictures):
    images, labels = rotated(*pictures, torch.zeros(2))
    torch.testing.assert_close(images, pictures[0], atol=1e-5, rtol=0)
    assert torch.equal(labels, pictures[1])


@pytest.mark.parametrize("quarters", [1, 2, 3])
def test_quarter_turns_are_numpys(pictures, quarters):
    images, labels = rotated(*pictures, torch.tensor([90.0 * quarters, 0.0]))
    for found, given in ((images, pictures[0]), (labels, pictures[1])):
        turned = np.rot90(given[0, 0].numpy(), quarters)
        np.testing.assert_allclose(found[0, 0], turned, atol=1e-4)
        np.testing.assert_allclose(found[1], given[1], atol=1e-5)  # each by its own angle


@pytest.mark.parametrize("degrees", [-30.0, -11.5, 5.0, 30.0])
def test_labels_stay_binary_and_turn_with_the_image(degrees):
    i, j = np.meshgrid(np.arange(40), np.arange(40), indexing="ij")
    disc = torch.from_numpy(np.hypot(i - 12, j - 25) < 5).float()[None, None]
    images, labels = rotated(disc, disc, torch.tensor([degrees]))
    assert set(labels.unique().tolist()) == {0.0, 1.0}
    assert torch.equal(labels, (images >= 0.5).float())
    # the disc's centre by hand, turned about the picture's centre
    angle = np.deg2rad(degrees)
    y, x = 12 - 19.5, 25 - 19.5
    place = np.argwhere(labels[0, 0].numpy()).mean(axis=0) - 19.5
    expected = [y * np.cos(angle) - x * np.sin(angle), x * np.cos(angle) + y * np.sin(angle)]
    assert place == pytest.approx(expected, abs=0.3)


def test_what_turns_in_from_outside_is_the_borders_value():
    images, _ = rotated(
        torch.full((1, 1, 16, 16), 0.7), torch.zeros(1, 1, 16, 16), torch.ones(1) * 30
    )
    torch.testing.assert_close(images, torch.full_like(images, 0.7))


def test_angles_stay_within_the_settings(slices, monkeypatch):
    seen = []

    def unturned(images, labels, degrees):
        seen.extend(degrees.tolist())
        return images, labels

    monkeypatch.setattr("wmh_siamese.training.batches.rotated", unturned)
    for step in range(50):
        batch_of(slices, step, TrainingSettings(rotation_degrees=12.0))
    assert max(seen) <= 12 and min(seen) >= -12
    assert max(seen) > 11 and min(seen) < -11
    assert abs(np.mean(seen)) < 1.5


def test_a_case_becomes_axial_slices_resized_as_floats_and_cut_at_a_half():
    draw = np.random.default_rng(0)
    flair = draw.integers(0, 900, (40, 5, 48)).astype(np.int16)  # coronal: j is superior
    mask = skimage_resize(draw.random((6, 5, 6)), (40, 5, 48)) > 0.6
    affine = np.array([[1.0, 0, 0, 0], [0, 0, 1, 0], [0, 4, 0, 0], [0, 0, 0, 1]])
    images, labels = prepare_case(Volume(flair, affine), Volume(mask, affine), SIZE)
    assert images.shape == labels.shape == (5, 1, 32, 32) and labels.dtype == torch.uint8
    for number in range(5):
        unit = flair[:, number].T / flair.max()
        np.testing.assert_allclose(images[number, 0], skimage_resize(unit, (32, 32)), atol=1e-4)
        soft = skimage_resize(mask[:, number].T.astype(float), (32, 32))
        clear = np.abs(soft - 0.5) > 1e-4
        np.testing.assert_array_equal(labels[number, 0].numpy()[clear], (soft >= 0.5)[clear])


def test_other_pathology_is_resized_and_turned_as_a_mask_of_its_own():
    labels = np.zeros((40, 40, 3), np.uint8)
    labels[4:14, 6:16, 1], labels[22:34, 20:36, 1] = 1, 2
    flair = Volume(np.random.default_rng(0).random((40, 40, 3)), np.eye(4))
    images, found = prepare_case(flair, Volume(labels, np.eye(4)), SIZE)
    for label in (1, 2):
        alone = Volume((labels == label).astype(np.uint8), np.eye(4))
        expected = prepare_case(flair, alone, SIZE)[1] == 1
        assert torch.equal(found == label, expected) and expected.any()
        turn = torch.tensor([-20.0, 20.0, 5.0])
        turned = rotated(images, found.float(), turn)[1]
        assert torch.equal(turned == label, rotated(images, expected.float(), turn)[1] == 1)
        assert set(turned.unique().tolist()) == {0.0, 1.0, 2.0}


def write_case(folder, name, lesion=True):
    flair = np.random.default_rng(1).integers(0, 900, (20, 20, 4)).astype(np.int16)
    mask = np.zeros(flair.shape, bool)
    mask[8:14, 8:14, 2] = lesion
    for part, array in (("flair", flair), ("mask", mask)):
        write_volume(folder / f"{name}-{part}.nii", array, np.eye(4))
    return Case("here", name, folder / f"{name}-flair.nii", folder / f"{name}-mask.nii")


def test_cases_follow_each_other(tmp_path):
    cases = [write_case(tmp_path, "a"), write_case(tmp_path, "b", lesion=False)]
    slices = prepared_cases(cases, SIZE)
    assert len(slices) == 8
    assert slices.with_lesion.tolist() == [2]
    assert {images.dtype for images, _ in slices.parts} == {torch.float16}


def test_nothing_to_learn_from_is_refused(tmp_path):
    with pytest.raises(WMHError, match="There are no cases"):
        prepared_cases([], SIZE)
    with pytest.raises(WMHError, match="No case holds a lesion"):
        prepared_cases([write_case(tmp_path, "a", lesion=False)], SIZE)


def test_the_papers_rate_is_constant():
    settings = TrainingSettings()
    assert (settings.epochs, settings.batches, settings.batch_size) == (100, 100, 8)
    assert (settings.learning_rate, settings.rotation_degrees) == (1e-3, 30.0)
    assert (settings.width, settings.depth, settings.recipe) == (32, 4, PAPER)
    assert (settings.label_values, settings.lesion_slices) == ((0.1, 0.9), None)
    assert (settings.loss, settings.extra_loss) == ("content", None)
    assert settings.mask_order == "center_first"
    assert {settings.learning_rate_at(step) for step in (0, 5_000, 9_999)} == {1e-3}


def test_a_cosine_rate_falls_from_all_to_nothing():
    settings = TrainingSettings(epochs=10, batches=10, cosine=True)
    rates = [settings.learning_rate_at(step) for step in range(100)]
    assert rates[0] == 1e-3
    assert rates[50] == pytest.approx(0.5e-3)
    assert 0 < rates[-1] < 1e-6
    assert rates == sorted(rates, reverse=True)


def unequal_cases():
    """A scan of 2 slices and one of 30, each with one slice that holds a lesion."""
    parts = []
    for count in (2, 30):
        labels = torch.zeros(count, 1, 16, 16, dtype=torch.uint8)
        labels[1, :, 3:6, 3:6] = 1
        parts.append((torch.zeros(count, 1, 16, 16).half(), labels))
    return TrainingSlices(parts)


@pytest.mark.parametrize(("cases_alike", "expected"), [(True, 1 / 2), (False, 2 / 32)])
def test_cases_or_slices_are_drawn_alike(cases_alike, expected):
    drawn = unequal_cases().drawn(np.random.default_rng(0), 4000, cases_alike)
    assert (drawn < 2).mean() == pytest.approx(expected, abs=0.03)
    assert set(drawn) == set(range(32))


@pytest.mark.parametrize("cases_alike", [True, False])
def test_lesion_slices_hold_lesions(cases_alike):
    slices = unequal_cases()
    drawn = slices.drawn_with_lesion(np.random.default_rng(0), 100, cases_alike)
    assert set(drawn) == {1, 3}
