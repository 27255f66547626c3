"""Where the outputs of several inputs go, and what their names are."""

import csv
from pathlib import Path

import nibabel
import pytest
from wmh_siamese.cli import main
from wmh_siamese.segmenting.output_plan import SegmentRequest, plan


def masks_of(inputs, **places):
    jobs = plan(SegmentRequest(tuple(map(Path, inputs)), masks=(Path("out"),), **places))
    return [str(path.relative_to("out")) for job in jobs for path in job.masks]


@pytest.mark.parametrize(
    ("inputs", "names"),
    [
        (["1/pre/FLAIR.nii.gz", "2/pre/FLAIR.nii.gz"], ["1_FLAIR", "2_FLAIR"]),
        (["s1/a/pre/F.nii", "s2/b/pre/F.nii"], ["s1_a_F", "s2_b_F"]),
        (["s1/a/F.nii", "s2/a/F.nii", "s2/b/F.nii"], ["s1_a_F", "s2_a_F", "s2_b_F"]),
        (["sub-1/anat/x.nii.gz", "sub-1/anat/y.nii.gz"], ["x", "y"]),
        (["F.nii", "deep/down/F.nii"], None),
    ],
)
def test_files_of_one_name_are_told_apart_by_the_folders_that_differ(inputs, names):
    found = masks_of(inputs)
    assert len(set(found)) == len(inputs)
    if names is not None:
        assert found == [f"{name}_wmh.nii.gz" for name in names]


def test_the_places_of_the_challenge_become_one_folder(tmp_path, head, tiny_model, capsys):
    inputs = []
    for number in ("0", "2"):
        inputs.append(tmp_path / number / "pre" / "FLAIR.nii.gz")
        inputs[-1].parent.mkdir(parents=True)
        nibabel.save(nibabel.Nifti1Image(*head), inputs[-1])
    options = ["-o", f"{tmp_path}/out/", "--csv", f"{tmp_path}/t.csv", "--model", str(tiny_model)]
    assert main(["segment", *map(str, inputs), *options, "--device", "cpu"]) == 0
    names = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert names == ["0_FLAIR_wmh.nii.gz", "2_FLAIR_wmh.nii.gz"]
    with (tmp_path / "t.csv").open(newline="") as table:
        assert [row["input"] for row in csv.DictReader(table)] == list(map(str, inputs))


def test_an_output_that_ends_in_a_slash_is_a_folder_also_for_one_input(tmp_path, flair, tiny_model):
    options = ["-o", f"{tmp_path}/new/", "--picture", f"{tmp_path}/pictures/"]
    code = main(["segment", str(flair), *options, "--model", str(tiny_model), "--device", "cpu"])
    assert code == 0
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["flair_wmh.nii.gz"]
    assert [path.name for path in (tmp_path / "pictures").iterdir()] == ["flair_overlay.png"]


def test_a_name_that_begins_like_a_formula_is_text_in_the_table(
    tmp_path, flair, tiny_model, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    flair.rename("=1+1.nii.gz")
    options = ["--csv", "t.csv", "--model", str(tiny_model), "--device", "cpu"]
    assert main(["segment", "=1+1.nii.gz", *options]) == 0
    with Path("t.csv").open(newline="") as table:
        assert next(csv.DictReader(table))["input"] == "'=1+1.nii.gz"
