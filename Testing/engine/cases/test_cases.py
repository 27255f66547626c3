"""Case tables and the pairs of FLAIR and mask that they name."""

import numpy as np
import pytest
from wmh_siamese.cases.case import Case
from wmh_siamese.cases.finding import read_case_table
from wmh_siamese.cases.reading import read_case
from wmh_siamese.errors import WMHError
from wmh_siamese.volumes.nifti_file import write_volume

AFFINE = np.diag([1.0, 1.0, 3.0, 1.0])
TABLE = """cohort,case,flair,mask,scanner
paris,p1,p1/flair.nii.gz,p1/mask.nii.gz,A
paris,p2,p2/flair.nii.gz,,A
oslo,p1,o1/flair.nii.gz,o1/mask.nii.gz,"B, C"
"""


def test_a_table_names_cases_relative_to_its_folder(tmp_path):
    (tmp_path / "cases.csv").write_text(TABLE)
    cases = read_case_table(str(tmp_path / "cases.csv"))
    assert [case.id for case in cases] == ["paris/p1", "oslo/p1"]  # p2 has no mask
    assert cases[1] == Case("oslo", "p1", tmp_path / "o1/flair.nii.gz", tmp_path / "o1/mask.nii.gz")


def test_cohorts_are_chosen(tmp_path):
    (tmp_path / "cases.csv").write_text(TABLE)
    assert [c.cohort for c in read_case_table(tmp_path / "cases.csv", ["oslo"])] == ["oslo"]
    with pytest.raises(WMHError, match="no case with a mask in the cohort rome") as refusal:
        read_case_table(tmp_path / "cases.csv", ["oslo", "rome"])
    assert refusal.value.way_out == "Its cohorts are oslo, paris."


def test_scans_of_one_patient_are_told_by_a_column_or_by_their_names(tmp_path):
    rows = ["a,P14_T1,,", "a,P14_T2,,", "a,P15,,Q", "a,sub-07_ses-2,,", "a,old,,Q", "b,P14_T1,,"]
    lines = [",".join([*row.split(",")[:2], "f.nii", "m.nii", row.split(",")[3]]) for row in rows]
    (tmp_path / "cases.csv").write_text("\n".join(["cohort,case,flair,mask,patient", *lines]))
    patients = [case.patient_id for case in read_case_table(tmp_path / "cases.csv")]
    assert patients == ["a/P14", "a/P14", "a/Q", "a/sub-07", "a/Q", "b/P14"]


def test_a_case_named_twice_is_refused(tmp_path):
    (tmp_path / "cases.csv").write_text("cohort,case,flair,mask\n" + "a,b,c,d\n" * 2)
    with pytest.raises(WMHError, match=r"names case a/b twice"):
        read_case_table(tmp_path / "cases.csv")


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-8"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_a_table_saved_by_a_spreadsheet_is_read(tmp_path, encoding, newline):
    (tmp_path / "cases.csv").write_bytes(TABLE.replace("\n", newline).encode(encoding))
    assert len(read_case_table(tmp_path / "cases.csv")) == 2


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ("", "lacks the columns"),
        ("cohort,case,flair,mask\n", "lacks the columns|names no case"),
        ("cohort,case,flair\na,b,c\n", "lacks the columns mask"),
        ("cohort;case;flair;mask\na;b;c;d\n", "lacks the columns case, cohort, flair, mask"),
        ("cohort,case,flair,mask\na,b,c\n", "names no case with a mask"),
    ],
)
def test_a_table_without_cases_is_refused(tmp_path, table, said):
    (tmp_path / "cases.csv").write_text(table)
    with pytest.raises(WMHError, match=said) as refusal:
        read_case_table(tmp_path / "cases.csv")
    assert "cases.csv" in refusal.value.sentence


def test_a_table_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(WMHError, match="no case table") as refusal:
        read_case_table(tmp_path / "cases.csv")
    assert refusal.value.kind == "bad-path"


@pytest.fixture
def case(tmp_path):
    draw = np.random.default_rng(0)
    flair = draw.integers(0, 500, (8, 9, 4)).astype(np.int16)
    write_volume(tmp_path / "flair.nii.gz", flair, AFFINE)
    write_volume(tmp_path / "mask.nii.gz", flair > 400, AFFINE)
    return Case("paris", "p1", tmp_path / "flair.nii.gz", tmp_path / "mask.nii.gz")


def test_a_case_is_a_volume_and_its_labels_on_one_grid(case):
    flair, labels = read_case(case)
    assert labels.array.dtype == np.uint8
    np.testing.assert_array_equal(labels.array, flair.array > 400)
    np.testing.assert_array_equal(labels.affine, flair.affine)


@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.float32, np.float64])
def test_labels_are_0_1_and_2_in_any_type(case, dtype):
    labels = np.random.default_rng(1).integers(0, 3, (8, 9, 4))
    write_volume(case.mask, labels.astype(dtype), AFFINE)
    found = read_case(case)[1].array
    assert found.dtype == np.uint8
    np.testing.assert_array_equal(found, labels)


@pytest.mark.parametrize(
    ("value", "said", "way_out"),
    [
        (3, r"holds the label 3; known are 0, 1 \(lesion\) and 2", "Give lesions the label 1"),
        (255, "holds the label 255", "Give lesions the label 1"),
        (-1, "holds the label -1", "Give lesions the label 1"),
        (0.37, r"holds fractions \(0.37\)", "Cut it at a threshold"),
        (np.nan, "holds NaN", ""),
    ],
)
def test_other_values_of_a_mask_are_named(case, value, said, way_out):
    mask = np.zeros((8, 9, 4), np.float32)
    mask[2, 3, 1], mask[4, 4, 2] = 1, value
    write_volume(case.mask, mask, AFFINE)
    with pytest.raises(WMHError, match=f"Case paris/p1: the mask mask.nii.gz {said}") as refusal:
        read_case(case)
    assert way_out in refusal.value.way_out


def test_a_file_that_is_missing_or_damaged_is_named_with_its_case(case):
    case.mask.write_bytes(case.mask.read_bytes()[:60])
    with pytest.raises(WMHError, match=r"Case paris/p1: mask.nii.gz is (damaged|not a NIfTI)"):
        read_case(case)
    case.flair.unlink()
    with pytest.raises(WMHError, match="Case paris/p1: There is no file"):
        read_case(case)


def test_a_mask_on_another_grid_is_refused(case):
    write_volume(case.mask, np.ones((8, 9, 5), bool), AFFINE)
    with pytest.raises(WMHError, match=r"paris/p1: the mask's shape \(8, 9, 5\)"):
        read_case(case)
    moved = AFFINE.copy()
    moved[2, 3] = 3.0
    write_volume(case.mask, np.ones((8, 9, 4), bool), moved)
    with pytest.raises(WMHError, match="paris/p1: the mask does not lie where"):
        read_case(case)


def test_a_rounded_affine_of_the_mask_is_no_fault(case):
    write_volume(case.mask, np.ones((8, 9, 4), bool), AFFINE + 1e-4 * np.eye(4))
    read_case(case)


def test_a_flair_that_cannot_be_used_is_named(case):
    write_volume(case.flair, np.zeros((8, 9, 4), np.int16), AFFINE)
    with pytest.raises(WMHError, match="paris/p1: Every voxel has the same value") as refusal:
        read_case(case)
    assert refusal.value.kind == "bad-volume"
