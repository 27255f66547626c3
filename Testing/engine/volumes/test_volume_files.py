"""NIfTI files: what is read and written, and the sentence for each that cannot be used."""

import gzip
import struct

import nibabel
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from wmh_siamese.errors import WMHError
from wmh_siamese.volumes.nifti_file import read_mask, read_volume, write_volume

AFFINE = np.array([[-0.9, 0, 0, 80], [0, 1.1, 0.2, -60], [0, -0.3, 4.9, 10], [0, 0, 0, 1.0]])


@pytest.fixture(scope="module")
def noise():
    """Incompressible int16 voxels (7, 6, 5)."""
    return np.random.default_rng(0).integers(-500, 4000, (7, 6, 5)).astype(np.int16)


@pytest.fixture(scope="module")
def whole(tmp_path_factory, noise):
    """The noise as bytes of a .nii and of a .nii.gz file, and a folder for damaged ones."""
    folder = tmp_path_factory.mktemp("whole")
    nibabel.save(nibabel.Nifti1Image(noise, AFFINE), folder / "whole.nii")
    plain = (folder / "whole.nii").read_bytes()
    return {".nii": plain, ".nii.gz": gzip.compress(plain, mtime=0)}, folder


def saved(path, array, affine=AFFINE, slope=None, intercept=0.0):
    image = nibabel.Nifti1Image(array, affine)
    if slope is not None:
        image.header.set_slope_inter(slope, intercept)
    nibabel.save(image, path)
    return path


@pytest.mark.parametrize("ending", [".nii", ".nii.gz"])
@pytest.mark.parametrize("dtype", ["uint8", "int16", "uint16", "int32", "int64", "f4", "f8"])
def test_what_is_written_is_read_again(tmp_path, ending, dtype):
    array = np.arange(24).reshape(2, 3, 4).astype(dtype)
    write_volume(tmp_path / f"a{ending}", array, AFFINE)
    volume = read_volume(str(tmp_path / f"a{ending}"))
    assert volume.array.dtype == array.dtype
    np.testing.assert_array_equal(volume.array, array)
    np.testing.assert_allclose(volume.affine, AFFINE, atol=1e-6)
    assert volume.affine.dtype == np.float64
    assert nibabel.load(tmp_path / f"a{ending}").header.get_xyzt_units()[0] == "mm"


def test_a_mask_is_stored_as_bytes_and_read_as_booleans(tmp_path):
    mask = np.random.default_rng(0).random((3, 4, 5)) > 0.5
    write_volume(tmp_path / "mask.nii.gz", mask, AFFINE)
    assert nibabel.load(tmp_path / "mask.nii.gz").get_data_dtype() == np.uint8
    read = read_mask(tmp_path / "mask.nii.gz")
    assert read.array.dtype == bool
    np.testing.assert_array_equal(read.array, mask)


def test_a_label_map_of_floats_is_cut_at_one_half(tmp_path):
    saved(tmp_path / "soft.nii", np.float32([0, 0.49, 0.5, 1, 2, np.nan]).reshape(1, 2, 3))
    with np.errstate(invalid="ignore"):
        mask = read_mask(tmp_path / "soft.nii")
    assert mask.array.ravel().tolist() == [False, False, True, True, True, False]


def test_scale_factors_are_applied(tmp_path, noise):
    path = saved(tmp_path / "scaled.nii.gz", noise, slope=0.25, intercept=-7.0)
    stored = nibabel.load(path).dataobj.get_unscaled()
    np.testing.assert_allclose(read_volume(path).array, stored * 0.25 - 7.0)


def test_integers_without_scale_keep_their_type(tmp_path, noise):
    assert read_volume(saved(tmp_path / "plain.nii.gz", noise)).array.dtype == np.int16


def test_big_endian_files_are_read(tmp_path, noise):
    header = nibabel.Nifti1Header(endianness=">")
    nibabel.save(nibabel.Nifti1Image(noise, AFFINE, header), tmp_path / "big.nii")
    np.testing.assert_array_equal(read_volume(tmp_path / "big.nii").array, noise)


@pytest.mark.parametrize("ending", [".nii", ".nii.gz"])
def test_a_trailing_axis_of_one_is_dropped(tmp_path, noise, ending):
    volume = read_volume(saved(tmp_path / f"one{ending}", noise[..., None]))
    np.testing.assert_array_equal(volume.array, noise)


def test_a_pair_of_header_and_image_is_read(tmp_path, noise):
    nibabel.save(nibabel.Nifti1Pair(noise, AFFINE), tmp_path / "pair.hdr")
    for ending in (".hdr", ".img"):
        np.testing.assert_array_equal(read_volume(tmp_path / f"pair{ending}").array, noise)


def test_the_most_compressible_volume_is_no_damaged_file(tmp_path):
    flat = np.zeros((256, 256, 200), np.int16)
    flat[1, 2, 3] = 1
    np.testing.assert_array_equal(read_volume(saved(tmp_path / "flat.nii.gz", flat)).array, flat)


def test_writing_changes_neither_array_nor_affine(tmp_path, noise):
    array, affine = noise.copy(), AFFINE.copy()
    write_volume(tmp_path / "a.nii", array, affine)
    np.testing.assert_array_equal(array, noise)
    np.testing.assert_array_equal(affine, AFFINE)


def test_only_nifti_names_are_written(tmp_path, noise):
    with pytest.raises(WMHError, match="is not a NIfTI name") as refusal:
        write_volume(tmp_path / "mask.mha", noise, AFFINE)
    assert refusal.value.kind == "bad-path"
    assert list(tmp_path.iterdir()) == []


def colours(path):
    array = np.zeros((4, 4, 4), dtype=[("R", "u1"), ("G", "u1"), ("B", "u1")])
    return saved(path.with_suffix(".nii"), array)


def text(path):
    path.write_text("patient,volume\n1,2\n" * 40)
    return path


def empty(path):
    path.write_bytes(b"")
    return path


def zipped_text(path):
    path.write_bytes(gzip.compress(b"no image at all " * 100))
    return path


def freesurfer(path):
    path = path.with_name("brain.mgz")
    nibabel.save(nibabel.MGHImage(np.ones((4, 4, 4), np.float32), np.eye(4)), path)
    return path


def analyze(path):
    path = path.with_name("brain.img")
    nibabel.save(nibabel.Spm2AnalyzeImage(np.ones((4, 4, 4), np.float32), np.eye(4)), path)
    return path


def gifti(path):
    path = path.with_name("surface.gii")
    path.write_text("not XML either")
    return path


def folder(path):
    path.mkdir()
    return path


@pytest.mark.parametrize(
    ("make", "kind", "said"),
    [
        (lambda path: path, "bad-path", "There is no file"),
        (folder, "bad-path", "is not a file"),
        (empty, "bad-volume", "is empty (0 bytes)"),
        (text, "bad-volume", "not a NIfTI image"),
        (zipped_text, "bad-volume", "not a NIfTI image"),
        (freesurfer, "bad-volume", "not a NIfTI image"),
        (analyze, "bad-volume", "not a NIfTI image"),
        (gifti, "bad-volume", "not a NIfTI image"),
        (colours, "bad-volume", "holds colour voxels"),
        (lambda path: saved(path, np.zeros((4, 4, 4), np.complex64)), "bad-volume", "complex"),
        (lambda path: saved(path, np.zeros((4, 4, 4, 2), np.int16)), "bad-volume", "4 dimensions"),
        (lambda path: saved(path, np.zeros((4, 4), np.int16)), "bad-volume", "2 dimensions"),
    ],
)
def test_a_file_that_is_no_flair_is_refused_with_its_reason(tmp_path, make, kind, said):
    path = make(tmp_path / "flair.nii.gz")
    with pytest.raises(WMHError) as refusal:
        read_volume(path)
    assert refusal.value.kind == kind
    assert said in refusal.value.sentence
    assert path.name in refusal.value.sentence
    assert refusal.value.way_out


def refused_or(damaged, noise):
    """Reading either refuses with a sentence or gives this array."""
    try:
        volume = read_volume(damaged)
    except WMHError as refusal:
        assert refusal.kind == "bad-volume"
        assert damaged.name in refusal.sentence
        return True
    np.testing.assert_array_equal(volume.array, noise)
    return False


@pytest.mark.parametrize("ending", [".nii", ".nii.gz"])
@given(data=st.data())
@settings(deadline=None, max_examples=60)
def test_a_file_cut_short_is_refused(whole, noise, ending, data):
    whole_bytes, folder = whole
    raw = whole_bytes[ending]
    cut = data.draw(st.integers(0, len(raw) - 1))
    damaged = folder / f"cut{ending}"
    damaged.write_bytes(raw[:cut])
    refused = refused_or(damaged, noise)
    # gzip's last 8 bytes are a checksum and a length: all voxels stand before them
    assert refused or (ending == ".nii.gz" and cut >= len(raw) - 8)


@pytest.mark.filterwarnings("ignore:invalid value encountered in cast")  # a damaged affine
@given(at=st.integers(0, 10_000), value=st.integers(0, 255))
@settings(deadline=None, max_examples=150)
def test_a_damaged_header_is_refused_or_read_but_never_a_fault(whole, at, value):
    raw = bytearray(whole[0][".nii"])
    raw[at % 352] = value
    damaged = whole[1] / "damaged.nii.gz"
    damaged.write_bytes(gzip.compress(bytes(raw), 1))
    try:
        read_volume(damaged)
    except WMHError as refusal:
        assert refusal.kind == "bad-volume"
        assert refusal.sentence.startswith("damaged.nii.gz")


def test_a_header_that_claims_terabytes_is_refused_before_memory_is_asked_for(whole):
    raw = bytearray(whole[0][".nii"])
    raw[40:56] = struct.pack("<8h", 3, 30000, 30000, 30000, 1, 1, 1, 1)
    for ending, content in ((".nii", bytes(raw)), (".nii.gz", gzip.compress(bytes(raw)))):
        claims = whole[1] / f"claims{ending}"
        claims.write_bytes(content)
        with pytest.raises(WMHError, match="damaged or cut short") as refusal:
            read_volume(claims)
        assert refusal.value.kind == "bad-volume"
