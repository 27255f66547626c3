"""Where a scan lies: contradicting headers, units; its mask lies on it whoever opens both."""

import gzip

import nibabel
import numpy as np
import pytest
import SimpleITK as sitk
from hypothesis import given, settings
from hypothesis import strategies as st
from wmh_siamese.errors import WMHError
from wmh_siamese.volumes.nifti_file import read_volume, write_volume
from wmh_siamese.volumes.volume import Volume, check_volume

RIGHT = np.array([[-0.9, 0, 0, 110], [0, 0.9, 0, -90], [0, 0, 3, -60], [0, 0, 0, 1.0]])
TURNED = np.array(
    [[-0.88, 0.1, 0.2, 100], [0.11, 0.89, 0.3, -95], [0.07, -0.1, 2.97, -40], [0, 0, 0, 1]]
)
UNSCALED = np.diag([-1.0, 1.0, 1.0, 1.0])
TEMPLATE = np.diag([-1.1, 1.2, 3.4, 1.0])
SHEARED = RIGHT + np.array([[0, 0, 0.01, 0], [0, 0, 0.02, 0], [0] * 4, [0] * 4])


def written(path, qform=None, sform=None, codes=(1, 1), units="mm", kind=nibabel.Nifti1Image):
    """A scan of 8 x 9 x 5 voxels whose header says what is asked for."""
    array = np.random.default_rng(0).integers(0, 900, (8, 9, 5)).astype(np.int16)
    image = kind(array, None)
    header = image.header
    header.set_qform(RIGHT if qform is None else qform, codes[0], strip_shears=True)
    header.set_sform(RIGHT if sform is None else sform, codes[1])
    header.set_xyzt_units(units)
    nibabel.save(kind(array, None, header), path)
    return path


def test_an_ordinary_scan_lies_where_nibabel_says(tmp_path):
    volume = read_volume(written(tmp_path / "a.nii.gz", TURNED, TURNED))
    np.testing.assert_array_equal(volume.affine, nibabel.load(tmp_path / "a.nii.gz").affine)
    assert volume.placement.source == "sform" and volume.placement.doubts == ()


@pytest.mark.parametrize(
    ("sform", "codes", "source", "doubted"),
    [
        (UNSCALED, (1, 1), "qform", True),
        (UNSCALED, (1, 2), "qform", True),
        (TEMPLATE, (1, 4), "qform", True),
        (TEMPLATE, (4, 1), "sform", True),
        (RIGHT, (1, 2), "sform", False),
        (RIGHT, (0, 2), "sform", False),
        (UNSCALED, (1, 0), "qform", False),
    ],
)
def test_the_transform_that_is_believed(tmp_path, sform, codes, source, doubted):
    volume = read_volume(written(tmp_path / "a.nii.gz", sform=sform, codes=codes))
    assert volume.placement.source == source
    assert bool(volume.placement.doubts) is doubted
    wanted = {"qform": RIGHT, "sform": sform}[source]
    np.testing.assert_allclose(volume.affine, wanted, atol=1e-4)


def test_voxel_sizes_of_zero_are_refused_or_taken_from_the_sform(tmp_path):
    path = written(tmp_path / "a.nii")
    data = bytearray(path.read_bytes())
    data[80:92] = np.zeros(3, "<f4").tobytes()  # pixdim[1:4]
    path.write_bytes(data)
    volume = read_volume(path)
    np.testing.assert_allclose(volume.affine, RIGHT, atol=1e-5)
    assert "voxel sizes are 0" in volume.placement.doubts[0]
    data[252:256] = np.array([1, 0], "<i2").tobytes()  # the qform alone
    path.write_bytes(data)
    with pytest.raises(WMHError, match="no size"):
        read_volume(path)


@pytest.mark.parametrize(("units", "scale"), [("meter", 1e-3), ("micron", 1e3), ("unknown", 1.0)])
def test_units_are_applied(tmp_path, units, scale):
    in_units = RIGHT * np.array([[scale]] * 3 + [[1]])
    volume = read_volume(written(tmp_path / "a.nii.gz", in_units, in_units, units=units))
    np.testing.assert_allclose(volume.affine, RIGHT, rtol=1e-5)
    assert volume.voxel_volume_mm3 == pytest.approx(0.9 * 0.9 * 3, rel=1e-5)


def test_a_unit_that_cannot_be_is_refused(tmp_path):
    volume = read_volume(written(tmp_path / "a.nii.gz", units="meter"))
    with pytest.raises(WMHError, match="mm long"):
        check_volume(volume)


def test_uneven_pixels_are_refused_before_anything_is_computed(tmp_path):
    uneven = np.diag([1.0, 40.0, 3.0, 1.0])
    with pytest.raises(WMHError, match="pixels of an axial slice are 40 by 1 mm"):
        check_volume(read_volume(written(tmp_path / "a.nii.gz", uneven, uneven)))


@pytest.mark.parametrize(
    "header",
    [
        {"codes": (0, 0)},
        {"codes": (1, 0)},
        {"codes": (0, 2)},
        {"codes": (1, 2), "qform": TURNED, "sform": TURNED},
        {"codes": (1, 4), "sform": TEMPLATE},
        {"codes": (1, 1), "qform": np.diag([1, -1, 2, 1.0]), "sform": np.diag([1, -1, 2, 1.0])},
        {"codes": (1, 1), "qform": SHEARED, "sform": SHEARED},
        {"codes": (1, 1), "units": "micron"},
    ],
    ids=lambda header: str(header["codes"]) + "-".join(sorted(header.keys() - {"codes"})),
)
def test_the_mask_lies_on_its_scan_for_nibabel_and_itk(tmp_path, header):
    scan = written(tmp_path / "scan.nii.gz", **header)
    volume = read_volume(scan)
    mask = tmp_path / "mask.nii.gz"
    write_volume(mask, volume.array > 400, volume.affine, volume.placement)
    one, other = nibabel.load(scan), nibabel.load(mask)
    np.testing.assert_array_equal(one.affine, other.affine)
    for field in ("qform_code", "sform_code", "xyzt_units", "srow_x", "quatern_b", "qoffset_x"):
        np.testing.assert_array_equal(one.header[field], other.header[field])
    np.testing.assert_array_equal(one.header["pixdim"][:4], other.header["pixdim"][:4])
    try:
        seen = sitk.ReadImage(str(scan))
    except RuntimeError:  # ITK takes no sheared scan; the mask is no worse
        return
    found = sitk.ReadImage(str(mask))
    assert seen.GetSpacing() == found.GetSpacing() and seen.GetOrigin() == found.GetOrigin()
    assert seen.GetDirection() == found.GetDirection()


def test_nothing_else_of_the_header_is_carried_over(tmp_path):
    path = written(tmp_path / "scan.nii")
    image = nibabel.load(path)
    image.header["descrip"], image.header["db_name"] = b"John Doe 1.1.1950", b"ward 7"
    image.header["intent_name"], image.header["toffset"] = b"somebody", 12.5
    image.header.extensions.append(nibabel.nifti1.Nifti1Extension("comment", b"John Doe"))
    nibabel.save(image, path)
    volume = read_volume(path)
    write_volume(tmp_path / "mask.nii", volume.array > 400, volume.affine, volume.placement)
    raw = (tmp_path / "mask.nii").read_bytes()
    assert b"John" not in raw and b"ward" not in raw and b"somebody" not in raw


@given(
    angles=st.tuples(*[st.floats(-3, 3)] * 3),
    sizes=st.tuples(*[st.floats(0.4, 8)] * 3),
    codes=st.tuples(st.integers(0, 4), st.integers(0, 4)),
    flip=st.booleans(),
)
@settings(max_examples=40, deadline=None)
def test_any_placement_comes_back(tmp_path_factory, angles, sizes, codes, flip):
    turn = np.eye(3)
    for axis, angle in enumerate(angles):
        a, b = [k for k in range(3) if k != axis]
        step = np.eye(3)
        cosine, sine = np.cos(angle), np.sin(angle)
        step[[a, a, b, b], [a, b, a, b]] = [cosine, -sine, sine, cosine]
        turn = turn @ step
    affine = np.eye(4)
    affine[:3, :3] = turn @ np.diag([-sizes[0] if flip else sizes[0], *sizes[1:]])
    folder = tmp_path_factory.mktemp("placed")
    scan = written(folder / "scan.nii", affine, affine, codes)
    volume = read_volume(scan)
    write_volume(folder / "mask.nii", volume.array > 400, volume.affine, volume.placement)
    again = read_volume(folder / "mask.nii")
    np.testing.assert_array_equal(again.affine, volume.affine)
    assert again.placement.source == volume.placement.source


@pytest.mark.parametrize("kind", [nibabel.Nifti1Pair, nibabel.Nifti2Image])
def test_pairs_and_the_second_version_are_read(tmp_path, kind):
    name = "scan.hdr" if kind is nibabel.Nifti1Pair else "scan.nii"
    volume = read_volume(written(tmp_path / name, kind=kind))
    np.testing.assert_allclose(volume.affine, RIGHT, atol=1e-4)


def test_a_big_endian_header_is_read_and_carried_over(tmp_path):
    array = np.arange(8 * 9 * 5, dtype=">i2").reshape(8, 9, 5)
    header = nibabel.Nifti1Header(endianness=">")
    header.set_data_dtype(np.dtype(">i2"))
    image = nibabel.Nifti1Image(array, TURNED, header)
    image.set_qform(TURNED, 1)
    nibabel.save(image, tmp_path / "big.nii")
    volume = read_volume(tmp_path / "big.nii")
    write_volume(tmp_path / "mask.nii", volume.array > 90, volume.affine, volume.placement)
    one, other = (nibabel.load(tmp_path / name) for name in ("big.nii", "mask.nii"))
    np.testing.assert_allclose(other.affine, one.affine, atol=1e-6)
    np.testing.assert_allclose(other.get_qform(), one.get_qform(), atol=1e-6)
    assert int(other.header["qform_code"]) == 1
    np.testing.assert_array_equal(read_volume(tmp_path / "mask.nii").affine, volume.affine)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.nii", gzip.compress(b"x" * 400, mtime=0), "gzip file"),
        ("a.nii.gz", (348).to_bytes(4, "little") + b"\0" * 400, "not compressed"),
        ("a.nii.gz", b"<!DOCTYPE html><html>", "web page"),
        ("a.nii", b"  <html><body>Sign in", "web page"),
        ("a.nii.gz", b"version https://git-lfs.github.com/spec/v1\noid sha256:0", "LFS pointer"),
        ("a.nii.gz", b"PK\x03\x04" + b"\0" * 100, "zip file"),
    ],
    ids=["gzip", "plain", "page", "second page", "pointer", "zip"],
)
def test_a_file_under_a_wrong_name_is_told_apart(tmp_path, name, content, said):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(WMHError, match=said) as caught:
        read_volume(tmp_path / name)
    assert caught.value.kind == "bad-volume" and name in caught.value.sentence


def test_a_scan_too_large_is_refused_from_its_header(tmp_path):
    header = nibabel.Nifti1Header()
    header.set_data_shape((1000, 1000, 900))
    header.set_data_dtype(np.uint8)
    header["vox_offset"], header["magic"] = 352, b"n+1"
    path = tmp_path / "large.nii.gz"
    with gzip.open(path, "wb", compresslevel=1) as file:
        file.write(header.binaryblock + b"\0" * 4)
        for _ in range(9):
            file.write(b"\0" * 100_000_000)
    with pytest.raises(WMHError, match="200 million in all"):
        read_volume(path)


def test_a_qform_without_sizes_is_not_handed_on(tmp_path):
    """nibabel makes sizes of 1 of it, so that the mask would lie elsewhere by its qform."""
    image = nibabel.Nifti1Image(np.arange(60, dtype=np.int16).reshape(3, 4, 5), np.diag([9] * 4))
    image.affine[3, 3] = 1
    image.set_qform(np.diag([9.0, 9, 9, 1]), 1)
    image.set_sform(np.diag([9.0, 9, 9, 1]), 2)
    path, mask = tmp_path / "scan.nii", tmp_path / "mask.nii"
    nibabel.save(image, path)
    content = bytearray(path.read_bytes())
    content[80:84] = bytes(4)  # pixdim[1]
    path.write_bytes(content)
    volume = read_volume(path)
    write_volume(mask, volume.array > 9, volume.affine, volume.placement)
    for affine in (read_volume(mask).affine, nibabel.load(mask).affine):
        np.testing.assert_allclose(affine, np.diag([9.0, 9, 9, 1]))
    assert sitk.ReadImage(str(mask)).GetSpacing() == pytest.approx((9, 9, 9))


def test_a_place_beyond_any_scanner_is_refused():
    volume = np.diag([60.0, 60, 60, 1])
    volume[0, 3] = 1e30
    with pytest.raises(WMHError, match="from the origin"):
        check_volume(Volume(np.arange(60.0).reshape(3, 4, 5), volume))
