"""A volume's probability against a plain reference: nibabel, scikit-image, the unfolded network."""

import nibabel
import numpy as np
import pytest
import torch
from nibabel.orientations import apply_orientation, axcodes2ornt, io_orientation, ornt_transform
from skimage.transform import resize as skimage_resize
from torch import nn
from wmh_siamese.errors import WMHError
from wmh_siamese.models.model_file import ModelCard, load_model, save_model
from wmh_siamese.networks.generator import DenseUNet
from wmh_siamese.networks.preparation import Recipe, vgg_prepared
from wmh_siamese.segmenting import inference
from wmh_siamese.segmenting.inference import Segmenter
from wmh_siamese.volumes.volume import Volume

PAPER = Recipe(size=32)
ROBUST = Recipe(name="robust", size=32, scale="foreground", square=True)
CODES = ["RAS", "LPS", "LAI", "PIR", "ASL", "IRP", "SPL"]


def random_model(path, recipe):
    """A seeded generator whose batch norms look trained, so that its answers differ by place."""
    torch.manual_seed(0)
    generator = DenseUNet(4, 2)
    images = torch.rand(8, 1, 32, 32) * torch.linspace(0, 1, 8).view(8, 1, 1, 1)
    for module in generator.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.normal_(module.bias, std=0.3)
            module.momentum = 1.0
    with torch.no_grad():
        generator.head.weight *= 4
        generator(vgg_prepared(images))  # batch norm takes these images' statistics
    card = ModelCard("random", {"width": 4, "depth": 2}, recipe.to_dict(), threshold=0.4)
    save_model(path, generator, card)
    return path


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    folder = tmp_path_factory.mktemp("models")
    return {r.name: random_model(folder / f"{r.name}.safetensors", r) for r in (PAPER, ROBUST)}


@pytest.fixture
def segmenter(models):
    return Segmenter(models["robust"], "cpu", say=[].append)


def head():
    """An ellipsoid of tissue in noisy air, (26, 35, 9), voxels of 1.2 x 0.9 x 4 mm, tilted."""
    i, j, k = np.meshgrid(*(np.linspace(-1, 1, n) for n in (26, 35, 9)), indexing="ij")
    draw = np.random.default_rng(0)
    tissue = i**2 + j**2 + k**2 < 0.9
    array = np.where(tissue, draw.normal(400, 60, i.shape), draw.uniform(0, 20, i.shape))
    array[8:11, 20:24, 3:6] = 800
    affine = nibabel.affines.from_matvec(np.diag([1.2, 0.9, 4.0]), [-15, 20, 3])
    affine[:3, :3] = nibabel.eulerangles.euler2mat(0.1, -0.2, 0.15) @ affine[:3, :3]
    return Volume(array.clip(0).astype(np.int16), affine)


def oriented(volume, codes):
    """The same head with its voxels stored along other axes."""
    image = nibabel.Nifti1Image(volume.array, volume.affine)
    turn = ornt_transform(io_orientation(volume.affine), axcodes2ornt(codes))
    turned = image.as_reoriented(turn)
    return Volume(np.asarray(turned.dataobj), turned.affine), turn


def reference(volume, model):
    """Slice by slice: canonical axes, resized by scikit-image, the unfolded network, and back."""
    generator, card = load_model(model)
    recipe = card.preparation_recipe()
    canonical = nibabel.as_closest_canonical(nibabel.Nifti1Image(volume.array, volume.affine))
    array = np.asarray(canonical.dataobj).astype(np.float64)
    level = array.max()
    if recipe.scale == "foreground":
        level = recipe.foreground_gain * np.median(array[array > array.mean()])
    rows_mm, columns_mm = np.array(canonical.header.get_zooms())[[1, 0]]
    probability = np.zeros(array.shape)
    for number in range(array.shape[2]):
        unit = np.clip(array[:, :, number].T / level, 0, 1)
        rows, columns = unit.shape
        pad = [(0, 0), (0, 0)]
        if recipe.square:
            side = max(rows * rows_mm, columns * columns_mm)
            extra = [round(side / rows_mm) - rows, round(side / columns_mm) - columns]
            pad = [(e // 2, e - e // 2) for e in extra]
        padded = np.pad(unit, pad)
        small = skimage_resize(padded, (recipe.size, recipe.size))
        images = np.stack([small * 255 - mean for mean in (103.939, 116.779, 123.68)])
        with torch.no_grad():
            found = generator(torch.from_numpy(images).float()[None])[0, 0].double().numpy()
        back = skimage_resize(found, padded.shape)
        probability[:, :, number] = back[pad[0][0] :, pad[1][0] :][:rows, :columns].T
    to_native = ornt_transform(axcodes2ornt("RAS"), io_orientation(volume.affine))
    return apply_orientation(probability, to_native)


@pytest.mark.parametrize("recipe", ["paper", "robust"])
@pytest.mark.parametrize("codes", CODES)
def test_the_probability_is_the_references(models, recipe, codes):
    volume, _ = oriented(head(), codes)
    found = Segmenter(models[recipe], "cpu").probability(volume)
    assert found.dtype == np.float32 and found.shape == volume.shape
    assert found.flags.f_contiguous
    expected = reference(volume, models[recipe])
    assert expected.std() > 0.05  # it says something
    np.testing.assert_allclose(found, expected, atol=1e-4)


@pytest.mark.parametrize("codes", CODES[1:])
def test_the_probability_follows_the_voxels(segmenter, codes):
    volume, turn = oriented(head(), codes)
    straight = segmenter.probability(head())
    turned = segmenter.probability(volume)
    np.testing.assert_allclose(turned, apply_orientation(straight, turn), atol=1e-5)


@pytest.mark.parametrize("dtype", ["uint16", ">i2", "int32", "float32", "float64"])
def test_the_type_of_the_voxels_does_not_matter(segmenter, dtype):
    volume = head()
    same = Volume(np.asfortranarray(volume.array.astype(dtype)), volume.affine)
    np.testing.assert_allclose(
        segmenter.probability(same), segmenter.probability(volume), atol=1e-6
    )


def test_the_same_input_gives_the_same_bytes(models):
    first = Segmenter(models["robust"], "cpu")
    expected = first.probability(head()).tobytes()
    assert first.probability(head()).tobytes() == expected
    assert Segmenter(models["robust"], "cpu").probability(head()).tobytes() == expected


def test_a_mapped_file_is_read_and_the_result_written_to_another(segmenter, tmp_path):
    volume = head()
    expected = segmenter.probability(volume)
    np.save(tmp_path / "flair.npy", volume.array)
    mapped = Volume(np.load(tmp_path / "flair.npy", mmap_mode="r"), volume.affine)
    out = np.lib.format.open_memmap(
        tmp_path / "p.npy", "w+", np.float32, volume.shape, fortran_order=True
    )
    assert segmenter.probability(mapped, out=out) is out
    out.flush()
    np.testing.assert_array_equal(np.load(tmp_path / "p.npy"), expected)


def test_the_volume_is_left_as_it_is(segmenter):
    volume = head()
    volume.array.flags.writeable = False
    segmenter.probability(volume)
    np.testing.assert_array_equal(volume.array, head().array)


@pytest.fixture
def batches(monkeypatch):
    """How many slices each run of the network got."""
    sizes, logits = [], DenseUNet.logits

    def counted(self, x):
        sizes.append(len(x))
        return logits(self, x)

    monkeypatch.setattr(DenseUNet, "logits", counted)
    return sizes


def test_empty_slices_are_0_and_never_reach_the_network(segmenter, batches):
    volume = head()
    volume.array[:, :, [0, 1, 4, 8]] = 3  # below a fiftieth of white
    found = segmenter.probability(volume)
    assert sum(batches) == 5
    assert not found[:, :, [0, 1, 4, 8]].any()
    assert all(found[:, :, k].all() for k in (2, 3, 5, 6, 7))


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_voxels_that_are_no_number_are_refused_or_count_as_0(segmenter, value):
    volume = head()
    array = volume.array.astype(np.float32)
    array[10:14, 10:14, 5] = value
    broken = Volume(array, volume.affine)
    with pytest.raises(WMHError, match="16 of 8190 voxels are NaN or infinite"):
        segmenter.probability(broken)
    found = segmenter.probability(broken, nonfinite="zero")
    assert np.isfinite(found).all()
    array = array.copy()
    array[10:14, 10:14, 5] = 0
    expected = segmenter.probability(Volume(array, volume.affine))
    np.testing.assert_allclose(found, expected, atol=0.02)  # white is taken from 16 voxels less


def test_progress_ends_with_all_slices(segmenter):
    told = []
    segmenter.probability(head(), progress=lambda *said: told.append(said))
    assert {(stage, of) for stage, _, of in told} == {("network", 9)}
    done = [number for _, number, _ in told]
    assert done[0] == 0 and done[-1] == 9 and done == sorted(done)


def test_a_run_stops_at_the_next_batch(segmenter, batches):
    with pytest.raises(WMHError) as end:
        segmenter.probability(head(), stopped=lambda: len(batches) == 2)
    assert end.value.kind == "stopped"
    assert len(batches) == 2
    segmenter.probability(head())  # and works again


GPU_IS_FULL = torch.OutOfMemoryError("CUDA out of memory.")


def short_of_memory(monkeypatch, fits, error=GPU_IS_FULL):
    logits = DenseUNet.logits

    def limited(self, x):
        if not fits(x):
            raise type(error)(*error.args)
        return logits(self, x)

    monkeypatch.setattr(DenseUNet, "logits", limited)


@pytest.mark.parametrize(
    "error",
    [
        GPU_IS_FULL,
        RuntimeError("MPS backend out of memory"),
        RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes."),
        MemoryError(),
    ],
)
def test_short_memory_shrinks_the_batch_and_says_so(models, monkeypatch, error):
    said = []
    segmenter = Segmenter(models["robust"], "cpu", say=said.append)
    expected = segmenter.probability(head())
    short_of_memory(monkeypatch, lambda x: len(x) <= 1, error)
    np.testing.assert_allclose(segmenter.probability(head()), expected, atol=1e-5)
    sizes = [int(sentence.split()[-5]) for sentence in said]
    assert sizes == [inference.CPU_BATCH // 2 ** (n + 1) for n in range(len(said))]
    assert said
    assert all("Memory is short" in sentence for sentence in said)


def test_memory_that_is_free_again_is_used_again(segmenter, batches, monkeypatch):
    with monkeypatch.context() as short:
        short_of_memory(short, lambda x: len(x) <= 1)
        segmenter.probability(head())
    batches.clear()
    segmenter.probability(head())
    assert max(batches) > 1


def test_a_gpu_too_small_for_one_slice_hands_over_to_the_cpu(segmenter, monkeypatch):
    """A device without memory stands in for the GPU."""
    said = []
    expected = segmenter.probability(head())
    segmenter._device = segmenter._chosen_device = torch.device("meta")
    segmenter._say = said.append
    short_of_memory(monkeypatch, lambda x: not x.is_meta)
    np.testing.assert_array_equal(segmenter.probability(head()), expected)
    assert segmenter.device_name == "cpu"
    assert "going on with the CPU" in said[-1]


def test_a_computer_too_small_for_one_slice_is_told_so(segmenter, monkeypatch):
    short_of_memory(monkeypatch, lambda x: False)
    with pytest.raises(WMHError) as refusal:
        segmenter.probability(head())
    assert refusal.value.kind == "out-of-memory"


def test_other_faults_are_not_taken_for_short_memory(segmenter, monkeypatch):
    short_of_memory(monkeypatch, lambda x: False, RuntimeError("shapes do not match"))
    with pytest.raises(RuntimeError, match="shapes do not match"):
        segmenter.probability(head())


def test_what_cannot_be_segmented_is_refused_before_the_network_runs(segmenter, batches):
    with pytest.raises(WMHError, match="same value"):
        segmenter.probability(Volume(np.ones((8, 8, 8)), np.eye(4)))
    assert batches == []


@pytest.mark.parametrize(("weight", "said"), [(0.0, "same probability"), (np.inf, "no numbers")])
def test_a_network_that_says_nothing_is_refused(models, weight, said):
    """A last convolution of zeros, and one that overflows: both are in no file that is checked."""
    segmenter = Segmenter(models["robust"], "cpu")
    with torch.no_grad():
        for parameter in segmenter._generator.parameters():
            parameter.mul_(0.0)
        if weight:
            for parameter in segmenter._generator.parameters():
                parameter.add_(weight)
    with pytest.raises(WMHError, match=said) as caught:
        segmenter.probability(head())
    assert caught.value.kind == "bad-model"
