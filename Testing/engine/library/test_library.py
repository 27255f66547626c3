"""The correction library: what comes in, what is kept of it, and lists to train on."""

import gzip
import hashlib
import os
import re
import sys

import nibabel
import numpy as np
import pytest
from engine.library_scans import a_flair, a_mask, names
from PIL import Image
from wmh_siamese.cases.case import Case
from wmh_siamese.cases.reading import read_case
from wmh_siamese.errors import WMHError
from wmh_siamese.library import Library
from wmh_siamese.volumes.volume import Volume


def case_folder(library, added):
    return library.folder / "cases" / added.case.id


def sha256_of_mask(labels):
    return hashlib.sha256(str(labels.shape).encode() + labels.tobytes(order="F")).hexdigest()


def sha256_of_flair(flair):
    place = np.floor(flair.affine.astype("f4").astype("f8") * 100 + 0.37).astype("<i8").tobytes()
    voxels = flair.array.astype("<f4").tobytes(order="F")
    return hashlib.sha256(str(flair.shape).encode() + place + voxels).hexdigest()


def test_a_case_is_kept_as_it_came_and_its_row_tells_of_it(library):
    flair, labels = a_flair(), a_mask()
    added = library.add(flair, labels, patient=" P 7 ", note="left, second look")
    row = added.case
    assert added.new and library.cases() == [row]
    assert re.fullmatch(r"case-[0-9a-f]{12}", row.id)
    assert (row.patient, row.role, row.note, row.excluded) == (
        "P 7",
        "training",
        "left, second look",
        False,
    )
    assert row.shape == flair.shape and row.spacing_mm == pytest.approx((1, 1, 4), abs=1e-6)
    assert row.volume_ml == pytest.approx((labels == 1).sum() * 4 / 1000, rel=1e-6)
    assert row.pcd_percent == pytest.approx(100 * (labels == 1).mean())
    assert row.flair_sha256 == sha256_of_flair(flair)
    assert row.mask_sha256 == sha256_of_mask(labels)
    assert row.added == row.changed and row.added.endswith("Z")

    folder = case_folder(library, added)
    assert names(folder) == ["flair.nii.gz", "mask.nii.gz", "thumbnail.png"]
    image, mask = (nibabel.load(folder / f"{name}.nii.gz") for name in ("flair", "mask"))
    np.testing.assert_array_equal(np.asarray(image.dataobj), flair.array)
    np.testing.assert_array_equal(np.asarray(mask.dataobj), labels)
    assert image.get_data_dtype() == np.int16 and mask.get_data_dtype() == np.uint8
    for affine in (image.affine, mask.affine):
        np.testing.assert_allclose(affine, flair.affine, atol=1e-5)
    assert names(library.folder)[:3] == ["cases", f"cases/{row.id}", f"cases/{row.id}/flair.nii.gz"]
    assert sorted(os.listdir(library.folder)) == ["cases", "library.json", "trash"]


def test_nothing_in_the_files_tells_of_anybody(library):
    added = library.add(a_flair(), a_mask())
    for name in ("flair", "mask"):
        path = case_folder(library, added) / f"{name}.nii.gz"
        image = nibabel.load(path)
        for field in ("descrip", "aux_file", "db_name", "intent_name", "data_type"):
            assert image.header[field].item() == b"", field
        assert len(image.header.extensions) == 0
        raw = path.read_bytes()
        assert raw[3] == 0 and raw[4:8] == bytes(4)  # no name and no time in the gzip header
        assert len(gzip.decompress(raw)) == 352 + image.header.get_data_dtype().itemsize * np.prod(
            image.shape
        )
    assert not Image.open(case_folder(library, added) / "thumbnail.png").info
    assert str(library.folder) not in (library.folder / "library.json").read_text()


@pytest.mark.parametrize(
    ("dtype", "kept"),
    [
        (bool, np.uint8),
        (np.uint8, np.uint8),
        (np.int8, np.int8),
        (np.uint16, np.uint16),
        (np.int32, np.int32),
        (np.int64, np.int32),
        (np.float16, np.float32),
        (np.float32, np.float32),
        (np.float64, np.float32),
        (">i2", np.int16),
    ],
)
def test_every_number_type_is_kept(library, dtype, kept):
    flair = a_flair()
    flair = Volume((flair.array % 100).astype(dtype), flair.affine)
    added = library.add(flair, a_mask())
    (case,) = library.training_cases()
    read, labels = read_case(case)
    assert read.array.dtype.newbyteorder("=") == kept
    np.testing.assert_array_equal(read.array.astype("f8"), flair.array.astype("f8"))
    np.testing.assert_array_equal(labels.array, a_mask())
    assert not library.add(read, labels.array).new
    assert added.case.flair_sha256 == sha256_of_flair(flair)


def test_the_same_scan_again_gets_its_new_mask(library):
    flair, other_pathology = a_flair(), np.uint8(2) * (a_mask(5) > 0)
    first = library.add(flair, a_mask(0), patient="P1", note="first")
    other = library.add(a_flair(1), a_mask(0))
    thumbnail = (case_folder(library, first) / "thumbnail.png").read_bytes()
    jitter = flair.affine.copy()
    jitter[:3] += 1e-6 * np.random.default_rng(0).normal(size=(3, 4))
    again = library.add(Volume(flair.array.astype(np.float64), jitter), other_pathology)
    assert other.new and not again.new
    assert again.case.id == first.case.id and again.case.added == first.case.added
    assert (again.case.patient, again.case.note) == ("P1", "first")
    assert again.case.changed >= first.case.changed and again.case.volume_ml == 0
    mask = nibabel.load(case_folder(library, first) / "mask.nii.gz")
    np.testing.assert_array_equal(np.asarray(mask.dataobj), other_pathology)
    assert (case_folder(library, first) / "thumbnail.png").read_bytes() != thumbnail
    assert len(library.cases()) == 2


@pytest.mark.parametrize("spacing", [0.9375, 0.46875, 0.859375, 0.4297, 1.0, 0.5, 1.2])
def test_a_scan_is_known_whatever_the_last_digits_of_its_affine(library, spacing):
    flair = a_flair(spacing=(spacing, spacing, 3.0))
    library.add(flair, a_mask())
    for digit in (-1e-6, 1e-6):
        assert not library.add(Volume(flair.array, flair.affine * (1 + digit)), a_mask()).new


def test_another_place_or_another_voxel_is_another_scan(library):
    flair = a_flair()
    library.add(flair, a_mask())
    moved, brighter = flair.affine.copy(), flair.array.copy()
    moved[0, 3] += 5
    brighter[0, 0, 0] += 1
    assert library.add(Volume(flair.array, moved), a_mask()).new
    assert library.add(Volume(brighter, flair.affine), a_mask()).new


def test_the_thumbnail_shows_the_richest_slice_outlined(library):
    flair = a_flair(shape=(40, 50, 5))
    labels = np.zeros(flair.shape, np.uint8)
    labels[10:20, 10:20, 3] = 1
    labels[5:8, 5:8, 1] = 1
    labels[:, :, 0] = 2
    picture = Image.open(case_folder(library, library.add(flair, labels)) / "thumbnail.png")
    assert picture.size == (154, 192)  # 40 mm x 50 mm, the longer side 192 pixels
    pixels = np.asarray(picture).astype(int)
    orange = (pixels == (255, 150, 0)).all(axis=2)
    rows, columns = np.nonzero(orange)
    # column and row axes run towards the patient's right and back, as radiologists see them
    assert rows.min() == pytest.approx(192 * 30 / 50, abs=3)
    assert columns.min() == pytest.approx(154 * 20 / 40, abs=3)
    assert not orange[rows.min() + 4 : rows.max() - 4, columns.min() + 4 : columns.max() - 4].any()
    grey = pixels[~orange]
    assert (grey.max(axis=1) - grey.min(axis=1) == 0).all()


@pytest.mark.parametrize("label", [0, 2])
def test_a_case_without_lesion_has_a_thumbnail_too(library, label):
    added = library.add(a_flair(), np.full(a_flair().shape, label, np.uint8))
    assert Image.open(case_folder(library, added) / "thumbnail.png").size
    assert added.case.volume_ml == added.case.pcd_percent == 0


def test_a_case_is_kept_where_pillow_is_not_installed(library, monkeypatch):
    monkeypatch.setitem(sys.modules, "wmh_siamese.library.thumbnail", None)
    added = library.add(a_flair(), a_mask())
    assert names(case_folder(library, added)) == ["flair.nii.gz", "mask.nii.gz"]


@pytest.mark.parametrize(
    ("flair", "labels", "said"),
    [
        (a_flair(), a_mask()[1:], "shape"),
        (a_flair(), a_mask().astype(np.int16), "int16"),
        (a_flair(), a_mask() * 2, "up to 4"),
        (Volume(np.zeros((8, 8, 8)), np.eye(4)), np.zeros((8, 8, 8), np.uint8), "same value"),
        (Volume(a_flair().array, np.zeros((4, 4))), a_mask(), "singular"),
        (Volume(a_flair().array[..., None], np.eye(4)), a_mask()[..., None], "4 dimensions"),
    ],
)
def test_a_scan_that_cannot_be_used_is_refused(library, flair, labels, said):
    with pytest.raises(WMHError, match=said) as caught:
        library.add(flair, labels)
    assert caught.value.kind == "bad-volume"
    assert library.cases() == [] and names(library.folder / "cases") == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ({"patient": "../P1"}, "path"),
        ({"patient": "C:\\P1"}, "path"),
        ({"patient": "P\n1"}, "control"),
        ({"patient": "P\u202e1"}, "U\\+202E"),
        ({"patient": "x" * 65}, "64"),
        ({"note": "x" * 501}, "500"),
        ({"note": "see /home"}, "path"),
        ({"note": "bell \x07"}, "U\\+0007"),
        ({"role": "validation"}, "not a role"),
    ],
)
def test_words_that_are_not_kept(library, words, said):
    with pytest.raises(WMHError, match=said):
        library.add(a_flair(), a_mask(), **words)
    added = library.add(a_flair(), a_mask())
    with pytest.raises(WMHError, match=said):
        library.change(added.case.id, **words)
    assert library.cases() == [added.case]


def test_a_patient_without_a_name_gets_one(library):
    patients = {library.add(a_flair(seed), a_mask()).case.patient for seed in range(3)}
    assert len(patients) == 3
    assert all(re.fullmatch(r"patient-[0-9a-f]{8}", patient) for patient in patients)


def test_words_and_flags_change(library):
    row = library.add(a_flair(), a_mask(), patient="P1").case
    changed = library.change(row.id, note="größer µ", patient="P2", excluded=True)
    assert (changed.note, changed.patient, changed.excluded) == ("größer µ", "P2", True)
    assert library.cases() == [changed] and changed.changed >= row.changed
    assert library.training_cases() == []
    assert library.change(row.id, note="").note == ""
    with pytest.raises(WMHError, match="no case 'case-0'"):
        library.change("case-0", note="x")


def test_the_lists_to_learn_from(library):
    training = library.add(a_flair(0), a_mask(), patient="P1").case
    measuring = library.add(a_flair(1), a_mask(), patient="P2", role="held-out").case
    library.change(library.add(a_flair(2), a_mask(), patient="P1").case.id, excluded=True)
    folder = library.folder / "cases" / training.id
    assert library.training_cases() == [
        Case("library", training.id, folder / "flair.nii.gz", folder / "mask.nii.gz", "P1")
    ]
    (held_out,) = library.held_out_cases()
    assert held_out.id == f"library/{measuring.id}" and held_out.patient_id == "library/P2"
    flair, labels = read_case(held_out)
    np.testing.assert_array_equal(flair.array, a_flair(1).array)
    np.testing.assert_array_equal(labels.array, a_mask())


def test_a_removed_case_waits_in_the_trash(library):
    row = library.add(a_flair(), a_mask()).case
    removed = library.remove(row.id)
    assert library.cases() == [] and library.trash() == [removed] and removed.removed
    assert names(library.folder / "cases") == []
    assert (library.folder / "trash" / row.id / "mask.nii.gz").is_file()
    with pytest.raises(WMHError, match="no case"):
        library.remove(row.id)
    assert library.restore(row.id) == row
    assert library.cases() == [row] and library.trash() == []
    assert len(library.training_cases()) == 1
    with pytest.raises(WMHError, match="trash has no case"):
        library.restore(row.id)


def test_a_scan_that_came_again_keeps_its_removed_self_in_the_trash(library):
    first = library.add(a_flair(), a_mask()).case
    library.remove(first.id)
    assert library.add(a_flair(), a_mask(3)).new
    with pytest.raises(WMHError, match="again"):
        library.restore(first.id)
    assert library.empty_trash() == 1
    assert library.trash() == [] and names(library.folder / "trash") == []
    assert len(library.training_cases()) == 1


def test_listing_reads_no_volume(library, monkeypatch):
    library.add(a_flair(), a_mask())
    for path in library.folder.rglob("*.nii.gz"):
        path.write_bytes(b"")
    again = Library.open(library.folder)
    assert len(again.cases()) == 1 and len(again.training_cases()) == 1


def test_files_that_are_gone_are_named(library):
    row = library.add(a_flair(), a_mask()).case
    (library.folder / "cases" / row.id / "mask.nii.gz").unlink()
    assert library.missing() == [row.id] and library.cases() == [row]
    with pytest.raises(WMHError, match=f"{row.id} are gone"):
        library.training_cases()
    assert not library.add(a_flair(), a_mask()).new  # and the same scan brings them back
    assert library.missing() == [] and len(library.training_cases()) == 1
    (library.folder / "cases" / row.id / "flair.nii.gz").unlink()
    library.add(a_flair(), a_mask())
    assert len(library.training_cases()) == 1
