"""``wmh-siamese reproduce`` from the outside, its tables by hand, its figures by their pixels."""

import csv
import json
import math
import os
import re
from pathlib import Path

import numpy as np
import pytest
from engine.random_vgg import random_vgg
from engine.tiny_training import simulated_cases
from PIL import Image
from safetensors.torch import save_file
from wmh_siamese.cases.case import Case
from wmh_siamese.cli import main
from wmh_siamese.evaluation.evaluation import CaseFigures
from wmh_siamese.evaluation.metrics import Metrics
from wmh_siamese.networks.preparation import PAPER, ROBUST
from wmh_siamese.reproduction.density_figure import density_bins
from wmh_siamese.reproduction.experiment import Experiment, Member
from wmh_siamese.reproduction.figures_file import Judged, read_judged, write_judged
from wmh_siamese.reproduction.results import settings_in_words
from wmh_siamese.reproduction.samples_figure import sampled_cases
from wmh_siamese.reproduction.tables import case_sets, cell, markdown_of, model_tables
from wmh_siamese.training.settings import TrainingSettings
from wmh_siamese.volumes.nifti_file import write_volume

TINY = ["--width", "4", "--depth", "1", "--epochs", "1", "--batches", "2", "--batch-size", "2"]
TINY += ["--device", "cpu", "--size", "32"]
MODELS = ("dice", "tversky", "generalised-dice", "content", "min-max")


def tables_rows(path):
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """Two cohorts as a table, VGG19 weights, and a head without lesions."""
    folder = tmp_path_factory.mktemp("data")
    rows = [["cohort", "case", "flair", "mask"]]
    for number, case in enumerate(simulated_cases(folder, ("a", "b", "c", "d", "e"))):
        cohort = "elsewhere" if number > 2 else "here"
        rows.append([cohort, case.name, case.flair.name, case.mask.name])
    with (folder / "cases.csv").open("w", newline="") as file:
        csv.writer(file).writerows(rows)
    save_file(random_vgg().tensors, folder / "vgg.safetensors")
    healthy = np.random.default_rng(0).normal(400, 30, (28, 30, 4)).clip(0).astype(np.int16)
    write_volume(folder / "healthy.nii.gz", healthy, np.eye(4))
    return folder


@pytest.fixture(scope="module")
def command(place, tmp_path_factory):
    """The command with five models and two seeds, and its folder."""
    folder = tmp_path_factory.mktemp("experiment")
    return folder, [
        *("reproduce", str(place / "cases.csv"), str(folder), *TINY, "--learn-from", "here"),
        *("--vgg", str(place / "vgg.safetensors"), "--vgg-convention", "caffe"),
        *("--lesion-free", str(place / "healthy.nii.gz"), "--seeds", "0", "1"),
    ]


@pytest.fixture(scope="module")
def done(command):
    folder, arguments = command
    assert main(arguments) == 0
    return folder


def test_five_models_with_two_seeds_are_trained_alike(done):
    names = sorted(f"{loss}-seed{seed}" for loss in MODELS for seed in (0, 1))
    assert sorted(os.listdir(done / "models")) == names
    assert (done / "split.json").is_file() and len(os.listdir(done / "slices")) == 1


def test_the_tables_hold_both_sets_and_the_papers_figures(done):
    one, two = tables_rows(done / "table1.csv"), tables_rows(done / "table2.csv")
    sets = ["Held out (here)", "Other scanner (elsewhere)"]
    assert list(dict.fromkeys(row["set"] for row in one)) == sets
    losses = ["dice", "tversky", "generalised-dice", "content"]
    assert list(dict.fromkeys(row["loss"] for row in one)) == losses
    assert list(dict.fromkeys(row["loss"] for row in two)) == ["min-max", "content"]
    recall = [row for row in one if (row["loss"], row["metric"]) == ("content", "lesion_recall")]
    assert [row["paper_mean"] for row in recall] == ["0.79", "0.75"]
    assert [row["cases"] for row in recall] == ["1", "2"]
    text = (done / "table1.md").read_text()
    assert "Siamese loss, paper, CAIN | 0.52 | 24.26 | 39.76 | 0.75 | 0.54" in text
    assert "healthy.nii.gz" in (done / "false_alarms.md").read_text()


@pytest.mark.parametrize(("recipe", "told"), [(PAPER, False), (ROBUST, True)])
def test_what_a_recipe_asks_of_a_lesion_is_said_beside_the_paper(recipe, told):
    settings = TrainingSettings(recipe=recipe)
    nothing = ((), (), (), (), ())
    experiment = Experiment(Path(), settings, [0], ["dice"], *nothing, vgg=None)
    assert ("from the threshold to 1" in " ".join(settings_in_words(experiment))) is told


def test_the_page_shows_everything_and_loads_nothing_from_elsewhere(done):
    page = (done / "index.html").read_text()
    for name in re.findall(r'src="([^"]+)"', page):
        assert (done / name).is_file()
    assert "http" not in page
    assert page.count("<table>") == 5 and "not a medical device" in page
    for name in ("figure4.png", "figure5.png"):
        with Image.open(done / name) as picture:
            pixels = np.asarray(picture.convert("RGB"))
        assert min(pixels.shape[:2]) > 300 and pixels.std() > 10


def test_a_second_run_trains_and_judges_nothing_again(done, command, capsys):
    models = sorted((done / "models").rglob("generator.safetensors"))
    before = [path.read_bytes() for path in models]
    assert main(command[1]) == 0
    told = capsys.readouterr().out
    assert "epoch" not in told and "judged" not in told and "index.html" in told
    assert [path.read_bytes() for path in models] == before


def test_without_cases_to_judge_it_says_so_before_it_trains(place, tmp_path, capsys):
    options = ["--validation", "here/a", "--learn-from", "here", "elsewhere", "--losses", "dice"]
    code = main(["reproduce", str(place / "cases.csv"), str(tmp_path), *TINY, *options])
    assert code == 2 and "no case to judge" in capsys.readouterr().err
    assert not (tmp_path / "models").exists()


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--size", "33"], "cannot be halved"),
        (["--lesion-free", "no.nii"], "There is no file no.nii"),
        (["--learn-from", "nowhere"], "nowhere"),
    ],
)
def test_bad_options_get_their_sentence(place, tmp_path, capsys, options, told):
    code = main(["reproduce", str(place / "cases.csv"), str(tmp_path), *TINY, *options])
    assert code == 2 and told in capsys.readouterr().err


def figures(case, dice, avd=10.0, truth_ml=1.0):
    metrics = Metrics(dice, 5.0, avd, 0.5, 0.5)
    return CaseFigures("m", case, "", metrics, truth_ml, 1.0, 0.1, 0.1, 1.0)


@pytest.fixture
def experiment(tmp_path):
    """Three held-out cases; nothing is trained."""
    cases = [Case("here", name, tmp_path / "f", tmp_path / "m") for name in "abc"]
    return Experiment(
        tmp_path, TrainingSettings(), (0, 1), ("dice",), [], [], cases, [], [], None, "cpu"
    )


def test_a_cell_is_the_mean_over_cases_of_each_cases_mean_over_seeds(experiment):
    a, b, c = experiment.held_out
    nan = math.nan
    results = {
        Member("dice", 0): Judged("x", [figures(a, 0.2), figures(b, 0.6), figures(c, nan)]),
        Member("dice", 1): Judged("y", [figures(a, 0.4), figures(b, nan), figures(c, nan)]),
    }
    one = cell(results, "dice", experiment.held_out, "dice")
    assert one.mean == pytest.approx((0.3 + 0.6) / 2)
    assert one.deviation == pytest.approx(np.std([0.3, 0.6], ddof=1))
    assert one.by_seed == pytest.approx((0.4, 0.4)) and one.missing == 1
    text = markdown_of(model_tables(experiment, results, ("dice", "content")))
    assert "| Dice loss | 0.450 ± 0.212 (seeds 0.400, 0.400) [1 NaN] |" in text
    assert "content" not in text and "Siamese" not in text


def test_of_each_set_the_case_with_the_median_lesion_volume_is_shown(experiment):
    a, b, c = experiment.held_out
    volumes = zip((a, b, c), (7.0, 1.0, 3.0), strict=True)
    judged = Judged("x", [figures(case, 0.5, truth_ml=ml) for case, ml in volumes])
    assert sampled_cases(experiment, judged) == [c]
    assert [group.title for group in case_sets(experiment)] == ["Held out (here)"]


def test_figures_come_back_as_they_were_kept_but_not_for_another_model(experiment):
    path = experiment.folder / "figures.json"
    a, b, _ = experiment.held_out
    kept = Judged("x", [figures(a, 0.25), figures(b, math.nan)], {"h.nii": 0.5})
    write_judged(path, kept)
    assert "NaN" not in path.read_text() and json.loads(path.read_text())
    found = read_judged(path, "x", [a, b])
    assert found.of(a) == kept.of(a) and found.false_alarms_ml == {"h.nii": 0.5}
    assert math.isnan(found.of(b).metrics.dice)
    assert read_judged(path, "x", [b]).of(a) is None
    assert read_judged(path, "y", [a, b]) == Judged("y")

    write_judged(path, Judged("x", [figures(b, 0.75)], {"g.nii": 1.0}))  # a was not asked for
    found = read_judged(path, "x", [a, b])
    assert found.of(a) == kept.of(a) and found.of(b).metrics.dice == 0.75
    assert found.false_alarms_ml == {"h.nii": 0.5, "g.nii": 1.0}
    write_judged(path, Judged("y", [figures(b, 0.5)]))
    assert read_judged(path, "x", [a, b]) == Judged("x")
    assert read_judged(path, "y", [a, b]).of(a) is None
    assert read_judged(experiment.folder / "none.json", "y", []) == Judged("y")


@pytest.mark.parametrize(
    ("densities", "count", "width"),
    [([0.01, 0.07], 3, 0.03), ([0.0], 1, 0.03), ([0.359], 12, 0.03), ([0.37], 7, 0.06)],
)
def test_density_bins_are_the_papers_or_a_multiple(densities, count, width):
    edges = density_bins(np.array(densities))
    assert len(edges) == count + 1 and edges[0] == 0 and edges[-1] > max(densities)
    assert np.diff(edges) == pytest.approx(width)
