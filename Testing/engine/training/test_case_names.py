"""A model that goes out carries no names of folders and files, and still knows what it has seen."""

import csv
import re

import pytest
from engine.tiny_training import simulated_cases
from wmh_siamese.cases.finding import find_cases
from wmh_siamese.cases.reading import recorded_id, scan_sha256
from wmh_siamese.cli import main
from wmh_siamese.models.model_file import read_card

TINY = ["--width", "4", "--depth", "1", "--size", "32", "--epochs", "2", "--batches", "2"]
TINY += ["--batch-size", "2", "--device", "cpu", "--loss", "dice"]
PATIENTS = ("mueller_anna", "smith_john", "rossi_ugo", "garcia_luz")
SITE = "StElsewhere"


@pytest.fixture(scope="module")
def scans(tmp_path_factory):
    """A data set whose files are named after people, and one training on it."""
    root = tmp_path_factory.mktemp("data") / "Ward7"
    (root / SITE).mkdir(parents=True)
    for case in simulated_cases(tmp_path_factory.mktemp("cases"), PATIENTS):
        case.flair.rename(root / SITE / f"{case.name}.nii")
        case.mask.rename(root / SITE / f"{case.name}_mask.nii")
    return root


def train(scans, folder, *options):
    parts = ["--validation", f"{SITE}/{PATIENTS[1]}", "--held-out", f"{SITE}/{PATIENTS[2]}"]
    assert main(["train", str(scans), str(folder), *TINY, *parts, *options]) == 0
    return folder


@pytest.fixture(scope="module")
def nameless(scans, tmp_path_factory):
    return train(scans, tmp_path_factory.mktemp("nameless"))


def header(path):
    content = path.read_bytes()
    return content[8 : 8 + int.from_bytes(content[:8], "little")].decode()


NAMES = re.compile("|".join((*PATIENTS, SITE, "Ward7")))


def test_no_name_of_a_folder_or_file_is_in_any_model(nameless):
    for name in ("generator", "best", "last"):
        assert not NAMES.search(header(nameless / f"{name}.safetensors"))
    for path in (nameless / "slices").iterdir():
        assert not NAMES.search(header(path))


def test_the_card_counts_and_knows_them_by_their_scans(scans, nameless):
    card = read_card(nameless / "generator.safetensors")
    by_name = {case.name: case for case in find_cases(scans)}
    learnt = [by_name[PATIENTS[n]] for n in (3, 0)]
    assert sorted(card.training["cases"]) == sorted(map(recorded_id, learnt))
    assert set(card.training["scans"].values()) == set(map(scan_sha256, learnt))
    assert card.training["validation_cases"] == [recorded_id(by_name[PATIENTS[1]])]
    held_out = card.metrics["held_out"]["nameless"]["cases"]
    assert list(held_out) == [recorded_id(by_name[PATIENTS[2]])]


@pytest.mark.parametrize("known_as", ["the folder's names", "other names in a table"])
def test_what_it_has_seen_is_told_when_it_is_judged(scans, nameless, tmp_path, known_as):
    place = scans
    if known_as == "other names in a table":
        place = tmp_path / "cases.csv"
        with place.open("w", newline="") as file:
            rows = csv.writer(file)
            rows.writerow(["cohort", "case", "flair", "mask"])
            rows.writerows(
                ["x", number, case.flair, case.mask]
                for number, case in enumerate(find_cases(scans))
            )
    table = tmp_path / "table.csv"
    model = ["--model", str(nameless / "generator.safetensors"), "--device", "cpu"]
    assert main(["evaluate", "--cases", str(place), *model, "--csv", str(table)]) == 0
    with table.open(newline="") as file:
        roles = [row["role"] for row in csv.DictReader(file) if row["row"] == "case"]
    # garcia, mueller, rossi, smith
    assert roles == ["learnt", "learnt", "", "validation"]


def test_nobody_is_held_out_of_a_mean_who_was_learnt(scans, nameless, tmp_path, capsys):
    models = [str(nameless / f"{name}.safetensors") for name in ("best", "last")]
    mean = [*models, "--output", str(tmp_path / "mean.safetensors"), "--cases", str(scans)]
    assert main(["average", *mean, "--held-out", f"{SITE}/{PATIENTS[0]}"]) == 2
    assert f"has learnt from {SITE}/{PATIENTS[0]}" in capsys.readouterr().err
    assert main(["average", *mean, "--held-out", f"{SITE}/{PATIENTS[2]}"]) == 0
    assert not NAMES.search(header(tmp_path / "mean.safetensors"))


def test_names_stay_where_they_are_asked_for(scans, tmp_path):
    card = read_card(train(scans, tmp_path, "--case-names") / "generator.safetensors")
    assert sorted(card.training["cases"]) == [f"{SITE}/{PATIENTS[n]}" for n in (3, 0)]
    assert list(card.metrics["held_out"]) == [SITE]


@pytest.mark.parametrize("asked", [False, True])
def test_a_fine_tuned_model_does_alike(scans, nameless, tmp_path, asked):
    new = tmp_path / "new.safetensors"
    options = ["--base", str(nameless / "generator.safetensors"), "--unguarded", "--loss", "dice"]
    options += ["--epochs", "1", "--batches", "1", "--batch-size", "2", "--device", "cpu"]
    options += ["--held-out", f"{SITE}/{PATIENTS[2]}", *(["--case-names"] if asked else [])]
    assert main(["finetune", str(scans), str(new), *options]) == 0
    assert bool(NAMES.search(header(new))) is asked
