"""What is wrong with a set of cases: all of it is named, the good ones go on where one says so."""

import numpy as np
import pytest
from wmh_siamese.cases.case import Case
from wmh_siamese.cases.checks import checked_cases
from wmh_siamese.errors import WMHError
from wmh_siamese.volumes.nifti_file import write_volume


@pytest.fixture
def cases(tmp_path):
    """Four small cases, one lesion each."""
    made = []
    for number in range(4):
        flair = np.random.default_rng(number).integers(0, 500, (8, 9, 4)).astype(np.int16)
        one = Case("a", f"p{number}", tmp_path / f"{number}.nii", tmp_path / f"{number}_mask.nii")
        write_volume(one.flair, flair, np.eye(4))
        write_volume(one.mask, flair > 450, np.eye(4))
        made.append(one)
    return made


def test_good_cases_pass(cases):
    checked = checked_cases(cases)
    assert checked.usable == cases and checked.faults == {}


def spoil(cases):
    cases[1].flair.write_bytes(b"")
    write_volume(cases[3].mask, np.ones((8, 9, 5), np.uint8), np.eye(4))


def test_every_bad_case_is_named(cases):
    spoil(cases)
    with pytest.raises(WMHError, match="2 of 4 cases cannot be used") as refusal:
        checked_cases(cases)
    assert "Case a/p1: 1.nii is empty" in refusal.value.sentence
    assert "Case a/p3: the mask's shape (8, 9, 5)" in refusal.value.sentence
    assert "--skip-bad" in refusal.value.way_out


def test_one_bad_case_keeps_its_own_way_out(cases):
    cases[1].flair.write_bytes(b"")
    with pytest.raises(WMHError, match=r"Case a/p1: 1.nii is empty") as refusal:
        checked_cases(cases)
    assert "Copy or export it again" in refusal.value.way_out
    assert "--skip-bad" in refusal.value.way_out


def test_the_good_ones_go_on_where_one_says_so(cases):
    spoil(cases)
    checked = checked_cases(cases, skip_bad=True)
    assert checked.usable == [cases[0], cases[2]]
    assert list(checked.faults) == ["a/p1", "a/p3"]


def test_nothing_left_is_refused_all_the_same(cases):
    for case in cases:
        case.mask.unlink()
    with pytest.raises(WMHError, match="4 of 4 cases cannot be used"):
        checked_cases(cases, skip_bad=True)


def test_empty_masks_everywhere_are_said(cases):
    for case in cases:
        write_volume(case.mask, np.full((8, 9, 4), 2 * (case is cases[0]), np.uint8), np.eye(4))
    with pytest.raises(WMHError, match="The masks of all 4 cases are empty"):
        checked_cases(cases)
    write_volume(cases[3].mask, np.ones((8, 9, 4), np.uint8), np.eye(4))
    assert len(checked_cases(cases).usable) == 4  # an empty mask among others is no fault


@pytest.mark.parametrize("stored", [np.int16, np.float32, np.float64])
def test_a_scan_of_two_patients_is_found_by_its_voxels(cases, stored):
    import nibabel

    flair = np.asarray(nibabel.load(cases[0].flair).dataobj)
    write_volume(cases[2].flair, flair.astype(stored), np.eye(4))
    with pytest.raises(WMHError, match="Cases a/p0 and a/p2 hold the same scan"):
        checked_cases(cases)
    assert checked_cases(cases, skip_bad=True).usable == [cases[0], cases[1], cases[3]]


def test_a_scan_that_one_patient_has_twice_is_no_leak(cases, caplog):
    cases[2].flair.write_bytes(cases[0].flair.read_bytes())
    twice = [Case(c.cohort, c.name, c.flair, c.mask, "same") for c in cases]
    assert checked_cases(twice).usable == twice
    assert "a/p0 and a/p2 hold the same scan" in caplog.text
