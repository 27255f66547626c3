"""``wmh-siamese evaluate`` as a user types it."""

import csv
import json

import nibabel
import numpy as np
import pytest
from matplotlib.colors import to_rgb
from matplotlib.image import imread
from wmh_siamese.cli import main
from wmh_siamese.evaluation.compared_slice import FALSE_ALARM, HIT, MISS, TINT, compared
from wmh_siamese.models.model_file import bundled_models, read_card
from wmh_siamese.volumes.nifti_file import write_volume


@pytest.fixture
def data(tmp_path, head):
    """A table of three cases of the head, its bright spot the truth."""
    array, affine = head
    rows = ["cohort,case,flair,mask"]
    for cohort, name in (("paris", "a"), ("paris", "b"), ("oslo", "c")):
        folder = tmp_path / "data" / cohort / name
        folder.mkdir(parents=True)
        write_volume(folder / "flair.nii.gz", array, affine)
        write_volume(folder / "mask.nii.gz", array > 800, affine)
        rows.append(f"{cohort},{name},{cohort}/{name}/flair.nii.gz,{cohort}/{name}/mask.nii.gz")
    table = tmp_path / "data" / "cases.csv"
    table.write_text("\n".join(rows))
    return table


@pytest.fixture
def run(capsys):
    """Runs ``evaluate`` on the CPU; returns code, stdout and stderr."""

    def evaluate(*arguments):
        code = main(["evaluate", *map(str, arguments), "--device", "cpu"])
        printed = capsys.readouterr()
        return code, printed.out, printed.err

    return evaluate


def rows_of(path):
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_models_masks_and_baseline_stand_side_by_side(run, data, tiny_model, tmp_path, head):
    masks = tmp_path / "other tool"
    masks.mkdir()
    for name in "abc":
        write_volume(masks / f"{name}.nii.gz", head[0] > 800, head[1])
    out = tmp_path / "new"
    code, printed, err = run(
        *("--cases", data, "--model", tiny_model, "--masks", masks, "--baseline", "threshold"),
        *("--csv", out / "t.csv", "--markdown", out / "t.md"),
    )
    assert code == 0 and err == ""
    rows = rows_of(out / "t.csv")
    methods = ["tiny", "other tool", "intensity threshold"]
    assert [row["method"] for row in rows[:9]] == methods * 3
    perfect = [row for row in rows if row["method"] == "other tool" and row["row"] == "mean"]
    assert [(row["cohort"], float(row["dice"])) for row in perfect] == [("paris", 1), ("oslo", 1)]
    assert printed.count("\n| paris | ") == 3 and "paris/a, other tool: Dice 1.000" in printed
    text = (out / "t.md").read_text(encoding="utf-8")
    assert "SHA-256" in text and str(tmp_path) not in text


def test_other_pathology_in_a_finished_mask_is_no_lesion(run, data, tmp_path, head):
    """As in the truth: label 2 is not white matter hyperintensity."""
    masks = tmp_path / "labels"
    masks.mkdir()
    labels = np.where(head[0] > 800, 1, np.where(head[0] > 300, 2, 0)).astype(np.uint8)
    for name in "abc":
        write_volume(masks / f"{name}.nii.gz", labels, head[1])
    code, _, _ = run("--cases", data, "--masks", masks, "--csv", tmp_path / "t.csv")
    assert code == 0
    assert {row["dice"] for row in rows_of(tmp_path / "t.csv") if row["row"] == "case"} == {"1.0"}


def test_json_lines_are_cases_then_cohorts(run, data):
    code, printed, _ = run("--cases", data, "--baseline", "threshold", "--json")
    assert code == 0
    told = [json.loads(line) for line in printed.splitlines()]
    assert [one.get("case") for one in told] == ["a", "b", "c", None, None]
    assert told[0]["dice"] == 1 and told[3]["dice"] == {"mean": 1, "deviation": 0, "missing": 0}
    assert told[4]["dice"]["deviation"] is None


def test_cases_are_chosen_by_cohort_and_by_id(run, data):
    told = run("--cases", data.parent, "--cohort", "oslo", "--baseline", "threshold", "--json")[1]
    assert [json.loads(line)["cohort"] for line in told.splitlines()] == ["oslo"] * 2
    told = run("--cases", data, "--case", "paris/b", "--baseline", "threshold", "--json")[1]
    assert json.loads(told.splitlines()[0])["case"] == "b"
    code, _, err = run("--cases", data, "--case", "paris/z", "--baseline", "threshold")
    assert code == 2 and "no case paris/z" in err


def test_a_bad_case_is_named_before_anything_runs(run, data, tmp_path):
    (data.parent / "paris/b/flair.nii.gz").write_text("no image")
    arguments = ("--cases", data, "--baseline", "threshold", "--markdown", tmp_path / "t.md")
    code, printed, err = run(*arguments)
    assert code == 2 and printed == "" and not (tmp_path / "t.md").exists()
    assert "Case paris/b" in err and "1 of 3 cases cannot be used" in err and "--skip-bad" in err

    code, printed, err = run(*arguments, "--skip-bad")
    assert code == 0 and "Case paris/b" in err and "paris/a" in printed
    assert "Left out, because they cannot be used: paris/b." in (tmp_path / "t.md").read_text(
        encoding="utf-8"
    )


LONG = "x" * 9000


@pytest.mark.parametrize(
    "row",
    [
        *("oslo", "oslo,d", f"oslo,e,{LONG},m.nii", "oslo,f,,m.nii", "oslo,g\0,f\0.nii,m.nii"),
        f"oslo,h,{'x' * 200_000},m.nii",  # more than the csv module takes of itself
    ],
)
def test_rows_that_are_short_or_long_are_named_or_left_out(run, data, row):
    data.write_text(f"{data.read_text()}\n{row}\n")
    code, printed, err = run("--cases", data, "--baseline", "threshold", "--skip-bad")
    assert code == 0 and "paris/a" in printed
    assert ("Case oslo/" in err) == row.endswith("m.nii") and len(err.splitlines()) <= 1
    assert len(err) < 800 and err.strip().isprintable()


def test_no_usable_case_is_a_refusal_even_when_bad_ones_are_skipped(run, data):
    for flair in data.parent.rglob("flair.nii.gz"):
        flair.unlink()
    code, _, err = run("--cases", data, "--baseline", "threshold", "--skip-bad")
    assert code == 2 and "3 of 3 cases cannot be used" in err


def test_two_models_of_one_name_are_told_apart_by_their_files(run, data, tiny_model, tmp_path):
    copy = tmp_path / "copy.safetensors"
    copy.write_bytes(tiny_model.read_bytes())
    code, printed, _ = run("--cases", data, "--case", "oslo/c", "--model", tiny_model, copy)
    assert code == 0 and f"| {copy} | 1 |" in printed and f"| {tiny_model} | 1 |" in printed
    code, _, err = run("--cases", data, "--model", copy, copy)
    assert code == 2 and "is named twice" in err


def test_threshold_and_minimum_volume_reach_the_mask(run, data, tiny_model):
    common = ("--cases", data, "--case", "oslo/c", "--model", tiny_model, "--json")
    everything = json.loads(run(*common, "--threshold", "0")[1].splitlines()[0])
    assert everything["found_pcd_percent"] == 100
    nothing = run(*common, "--threshold", "0.5", "--min-volume", "1e9")[1]
    assert json.loads(nothing.splitlines()[0])["found_ml"] == 0


def test_without_anything_named_the_bundled_model_is_judged(run, data, head):
    flair, mask = (data.parent / "oslo" / "c" / f"{name}.nii.gz" for name in ("flair", "mask"))
    affine = np.diag([-5.0, 5.0, 5.0, 1.0])  # of the size of a head, which this model asks for
    write_volume(flair, head[0], affine)
    write_volume(mask, head[0] > 800, affine)
    code, printed, _ = run("--cases", data, "--case", "oslo/c")
    assert code == 0 and read_card(bundled_models()[0]).name in printed


def test_places_that_cannot_be_written_are_refused_first(run, data, tmp_path):
    code, printed, err = run("--cases", data, "--baseline", "threshold", "--csv", tmp_path)
    assert code == 2 and printed == "" and "is a folder" in err


def test_segment_and_evaluate_agree(run, data, tiny_model, tmp_path, capsys):
    for name in ("paris/a", "paris/b", "oslo/c"):
        flair = data.parent / name / "flair.nii.gz"
        mask = tmp_path / "masks" / f"{name}.nii.gz"
        mask.parent.mkdir(parents=True, exist_ok=True)
        segment = ["segment", str(flair), "--model", str(tiny_model), "--device", "cpu", "-q"]
        assert main([*segment, "-o", str(mask)]) == 0
        assert nibabel.load(mask).get_data_dtype() == np.uint8
    code, printed, _ = run(
        "--cases", data, "--model", tiny_model, "--masks", tmp_path / "masks", "--json"
    )
    told = [json.loads(line) for line in printed.splitlines()[:6]]
    assert code == 0
    for model, masks in zip(told[::2], told[1::2], strict=True):
        for one in (model, masks):
            del one["method"], one["seconds"]
        assert model == masks


def test_pictures_show_the_slices_that_went_wrong(run, data, tmp_path, head):
    masks = tmp_path / "other tool"
    masks.mkdir()
    for name in "abc":
        write_volume(masks / f"{name}.nii.gz", head[0] > 800, head[1])
    wrong = head[0] > 800
    wrong[..., -2] = True
    write_volume(masks / "c.nii.gz", wrong, head[1])
    code, _, err = run(
        *("--cases", data, "--masks", masks, "--pictures", tmp_path / "seen"),
    )
    assert code == 0 and err == ""
    names = ["oslo-c-other-tool.png", "paris-a-other-tool.png", "paris-b-other-tool.png"]
    assert sorted(path.name for path in (tmp_path / "seen").iterdir()) == names
    alarms = {
        name: np.isclose(imread(tmp_path / "seen" / name)[..., :3], to_rgb(FALSE_ALARM), atol=0.3)
        for name in names
    }
    many, few = (int(alarms[name].all(axis=2).sum()) for name in names[:2])
    assert many > 20 * max(few, 1)  # the legend has the colour too


def test_hits_misses_and_false_alarms_have_their_colours():
    truth, found = np.array([[1, 1, 0, 0]], bool), np.array([[1, 0, 1, 0]], bool)
    shown = compared(np.zeros((1, 4), np.float32), truth, found) / TINT
    for place, colour in enumerate((HIT, MISS, FALSE_ALARM, "#000000")):
        assert shown[0, place] == pytest.approx(to_rgb(colour), abs=1e-6)
