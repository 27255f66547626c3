"""Data sets as they lie in folders; the files are empty, only their places matter."""

from pathlib import Path

import pytest
from engine.library_scans import a_flair, a_mask
from wmh_siamese.cases.finding import find_cases
from wmh_siamese.errors import WMHError
from wmh_siamese.library import Library


@pytest.fixture
def lay(tmp_path):
    """Lays out empty files in a folder ``set``, one path a line; returns the folder."""

    def laid(paths):
        root = tmp_path / "set"
        for path in paths.split():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).touch()
        return root

    return laid


def found(root, cohorts=None):
    """Each case's id with its files, relative to the data set."""
    root = Path(root).resolve()
    return {
        case.id: (str(case.flair.relative_to(root)), str(case.mask.relative_to(root)))
        for case in find_cases(root, cohorts)
    }


CHALLENGE = """
Utrecht/0/pre/FLAIR.nii.gz Utrecht/0/pre/T1.nii.gz Utrecht/0/orig/FLAIR.nii.gz Utrecht/0/wmh.nii.gz
Utrecht/11/pre/FLAIR.nii.gz Utrecht/11/wmh.nii.gz
Amsterdam/GE3T/100/pre/FLAIR.nii.gz Amsterdam/GE3T/100/wmh.nii.gz
Amsterdam/GE3T/101/pre/FLAIR.nii.gz
"""


def test_the_challenges_layout(lay):
    assert found(lay(CHALLENGE)) == {
        "Amsterdam-GE3T/100": (
            "Amsterdam/GE3T/100/pre/FLAIR.nii.gz",
            "Amsterdam/GE3T/100/wmh.nii.gz",
        ),
        "Utrecht/0": ("Utrecht/0/pre/FLAIR.nii.gz", "Utrecht/0/wmh.nii.gz"),
        "Utrecht/11": ("Utrecht/11/pre/FLAIR.nii.gz", "Utrecht/11/wmh.nii.gz"),
    }


def test_one_site_and_one_cohort_of_the_challenge(lay):
    root = lay(CHALLENGE)
    assert list(found(root / "Utrecht")) == ["Utrecht/0", "Utrecht/11"]
    assert list(found(root, ["Amsterdam-GE3T"])) == ["Amsterdam-GE3T/100"]
    with pytest.raises(WMHError, match="in the cohort Singapore"):
        find_cases(root, ["Singapore"])


BIDS = """
sub-01/anat/sub-01_FLAIR.nii.gz sub-01/anat/sub-01_T1w.nii.gz
sub-02/ses-1/anat/sub-02_ses-1_FLAIR.nii.gz sub-02/ses-2/anat/sub-02_ses-2_FLAIR.nii.gz
sub-03/anat/sub-03_FLAIR.nii.gz
derivatives/manual/sub-01/anat/sub-01_desc-lesion_mask.nii.gz
derivatives/manual/sub-01/anat/sub-01_desc-brain_mask.nii.gz
derivatives/manual/sub-02/ses-1/anat/sub-02_ses-1_dseg.nii.gz
derivatives/manual/sub-02/ses-2/anat/sub-02_ses-2_dseg.nii.gz
derivatives/other/sub-02/ses-2/anat/sub-02_ses-2_desc-brain_mask.nii.gz
"""


def test_bids_with_derivatives(lay):
    root = lay(BIDS)
    masks = {name: mask for name, (_, mask) in found(root).items()}
    assert masks == {
        "set/sub-01": "derivatives/manual/sub-01/anat/sub-01_desc-lesion_mask.nii.gz",
        "set/sub-02_ses-1": "derivatives/manual/sub-02/ses-1/anat/sub-02_ses-1_dseg.nii.gz",
        "set/sub-02_ses-2": "derivatives/manual/sub-02/ses-2/anat/sub-02_ses-2_dseg.nii.gz",
    }
    assert [case.patient for case in find_cases(root)] == ["sub-01", "sub-02", "sub-02"]


def test_masks_of_bids_that_speak_of_lesions_come_before_others(lay):
    more = "derivatives/nets/sub-02/ses-1/anat/sub-02_ses-1_label-WMH_mask.nii.gz"
    assert found(lay(BIDS + more))["set/sub-02_ses-1"][1] == more


def test_two_lesion_masks_of_one_scan_are_refused(lay):
    root = lay(BIDS + "derivatives/b/sub-01/anat/sub-01_label-lesion_mask.nii.gz")
    with pytest.raises(WMHError, match="Scan sub-01 has 2 lesion masks") as refusal:
        find_cases(root)
    assert "cases.csv" in refusal.value.way_out


def test_runs_of_bids_are_told_apart(lay):
    root = lay(
        "sub-1/anat/sub-1_run-1_FLAIR.nii.gz sub-1/anat/sub-1_run-2_FLAIR.nii.gz "
        "derivatives/m/sub-1/anat/sub-1_run-2_label-lesion_mask.nii.gz"
    )
    assert list(found(root)) == ["set/sub-1_run-2"]


@pytest.mark.parametrize("word", ["mask", "seg", "lesion", "WMH"])
@pytest.mark.parametrize("ending", [".nii", ".nii.gz"])
def test_plain_pairs(lay, word, ending):
    root = lay(f"a{ending} a_{word}{ending} b{ending} c_FLAIR{ending} c_{word}{ending} {word}.nii")
    assert found(root) == {
        "set/a": (f"a{ending}", f"a_{word}{ending}"),
        "set/c": (f"c_FLAIR{ending}", f"c_{word}{ending}"),
    }


def test_a_folder_a_case(lay):
    root = lay(
        "paris/1/FLAIR.nii.gz paris/1/lesion.nii.gz paris/1/ventricles.nii.gz "
        "oslo/3T/2/flair.nii oslo/3T/2/mask.nii.gz oslo/3T/3/flair.nii rome/x.nii rome/x_seg.nii"
    )
    assert found(root) == {
        "oslo-3T/2": ("oslo/3T/2/flair.nii", "oslo/3T/2/mask.nii.gz"),
        "paris/1": ("paris/1/FLAIR.nii.gz", "paris/1/lesion.nii.gz"),
        "rome/x": ("rome/x.nii", "rome/x_seg.nii"),
    }
    assert list(found(root / "paris")) == ["paris/1"]


def test_a_table_in_the_folder_decides(lay):
    root = lay("a.nii a_mask.nii")
    (root / "cases.csv").write_text("cohort,case,flair,mask\nx,y,a.nii,a_mask.nii\n")
    assert [case.id for case in find_cases(root)] == ["x/y"]
    assert find_cases(root) == find_cases(root / "cases.csv")


def test_a_folder_without_pairs_is_refused_with_what_is_known(lay):
    with pytest.raises(WMHError, match="holds no FLAIR volume with a mask") as refusal:
        find_cases(lay("a.nii b/c.nii.gz"))
    assert "WMH challenge" in refusal.value.way_out and "NAME_mask" in refusal.value.way_out


def test_what_is_not_there_is_refused(tmp_path):
    with pytest.raises(WMHError, match="no folder and no case table") as refusal:
        find_cases(tmp_path / "nothing")
    assert refusal.value.kind == "bad-path"


@pytest.mark.parametrize("manifest", [True, False], ids=["whole", "without its manifest"])
def test_a_librarys_cases_are_no_data_set_by_whatever_door(tmp_path, manifest):
    library = Library.create(tmp_path / "library")
    held_out = library.add(a_flair(), a_mask(), role="held-out").case.id
    gone = library.add(a_flair(1), a_mask()).case.id
    library.remove(gone)
    inside = library.folder / "cases"
    if not manifest:
        (library.folder / "library.json").unlink()
        inside = inside.rename(tmp_path / "copied")
    doors = [library.folder, inside, inside / held_out, library.folder / "trash", tmp_path]
    for door in doors if manifest else doors[1:]:
        with pytest.raises(WMHError, match="cases of a correction library") as refusal:
            find_cases(door)
        assert refusal.value.kind == "bad-volume" and "library.json" in refusal.value.way_out
    (tmp_path / "cases.csv").write_text(
        f"cohort,case,flair,mask\na,b,{inside}/{held_out}/flair.nii.gz,{inside}/{held_out}/mask.nii.gz\n"
    )
    assert [case.id for case in find_cases(tmp_path)] == ["a/b"]  # somebody chose it by name
