"""Case tables and the pairs of FLAIR and mask that they name."""

import numpy as np
import pytest
from wmh_siamese.cases import Case, read_case, read_case_table
from wmh_siamese.errors import WMHError
from wmh_siamese.volume import write_volume

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
    with pytest.raises(WMHError, match="names no case with a mask"):
        read_case_table(tmp_path / "cases.csv", ["rome"])


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


def test_a_case_is_a_volume_and_a_boolean_mask_on_one_grid(case):
    flair, mask = read_case(case)
    assert mask.array.dtype == bool
    np.testing.assert_array_equal(mask.array, flair.array > 400)
    np.testing.assert_array_equal(mask.affine, flair.affine)


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
