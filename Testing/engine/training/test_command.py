"""``wmh-siamese train`` from the outside: splits, bad cases, Ctrl-C, and going on."""

import csv
import json
import os
import re
import shlex
import signal
import subprocess
import sys

import numpy as np
import pytest
import torch
from engine.tiny_training import simulated_cases
from safetensors.torch import load_file
from wmh_siamese.cases.splits import read_split
from wmh_siamese.cli import main
from wmh_siamese.models.model_file import read_card
from wmh_siamese.volumes.nifti_file import write_volume

TINY = ["--width", "4", "--depth", "1", "--epochs", "2", "--batches", "2", "--batch-size", "2"]
TINY += ["--device", "cpu", "--loss", "dice"]


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    """Five patients, one of them twice, as a table."""
    folder = tmp_path_factory.mktemp("cases")
    names = ("a", "b_T1", "b_T2", "c", "d", "e")
    with (folder / "cases.csv").open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["cohort", "case", "flair", "mask"])
        for case in simulated_cases(folder, names):
            rows.writerow([case.cohort, case.name, case.flair.name, case.mask.name])
    return folder / "cases.csv"


def trained(folder):
    """The weights and moments of a training."""
    return load_file(folder / "checkpoint.safetensors")


def same(one, other):
    return one.keys() == other.keys() and all(torch.equal(one[n], other[n]) for n in one)


def test_the_papers_split_is_drawn_kept_and_used(table, tmp_path, capsys):
    assert main(["train", str(table), str(tmp_path), *TINY, "--split-seed", "3"]) == 0
    told = capsys.readouterr().out
    assert "epoch 2 of 2: loss 0." in told and "generator.safetensors" in told
    assert re.search(r"validation Dice \d\.\d{3} at threshold 0\.\d\d, \d+ s", told)
    split = read_split(tmp_path / "split.json")
    assert split.seed == 3
    named = [*split.learning, *split.validation, *split.held_out]
    assert sorted(name.split("/")[1] for name in named) == ["a", "b_T1", "b_T2", "c", "d", "e"]
    card = read_card(tmp_path / "generator.safetensors")
    assert card.training["cases"] == list(split.learning)
    assert card.training["validation_cases"] == list(split.validation)
    held_out = card.metrics["held_out"]["simulated"]["cases"]
    assert list(held_out) == list(split.held_out)
    assert len(os.listdir(tmp_path / "slices")) == len(split.learning)

    again = tmp_path / "again"
    options = ["--split", str(tmp_path / "split.json"), "--cache", str(tmp_path / "slices")]
    assert main(["train", str(table), str(again), *TINY, *options]) == 0
    assert same(trained(tmp_path), trained(again)) and not (again / "slices").exists()

    assert main(["train", str(table), str(tmp_path), *TINY, "--split-seed", "4"]) == 2
    assert "another seed" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--validation", "simulated/b_T1"], "Patient simulated/b is on two sides of the split"),
        (["--validation", "simulated/x"], "There is no case simulated/x"),
        (["--split", "no.json"], "no split file no.json"),
        (["--split", "no.json", "--no-split"], "named twice"),
        (["--cohort", "simulated", "rome"], "no case with a mask in the cohort rome"),
        (["--batch-size", "0"], "--batch-size is 0"),
        (["--painted-share", "2"], "--painted-share is 2.0, not 0 to 1"),
        (["--lesion-atlas", "masks.npz"], "no share of the slices to paint in"),
        (["--painted-share", "0.5"], "Lesions are to be painted, from no atlas"),
        (["--simulated-share", "1"], "--simulated-share is 1.0"),
        (["--simulated-share", "0.5"], "to be learnt from, and there are none"),
        (["--simulated", "heads"], "no share of the batch that comes from them"),
        (["--simulated", "heads", "--simulated-share", "0.5"], "no folder and no case table heads"),
    ],
)
def test_parts_that_cannot_be_are_said(table, tmp_path, capsys, options, said):
    assert main(["train", str(table), str(tmp_path / "out"), *TINY, *options]) == 2
    assert said in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_simulated_heads_are_learnt_from_beside_the_cases_and_recorded(table, tmp_path, capsys):
    (tmp_path / "heads").mkdir()
    heads = simulated_cases(tmp_path / "heads", ("h1", "h2", "h3", "h4", "h5", "h6", "h7", "h8"))

    def named(cases, cohort):
        rows = [f"{cohort},{c.name},{c.flair.name},{c.mask.name}" for c in cases]
        text = "\n".join(["cohort,case,flair,mask", *rows]) + "\n"
        (tmp_path / "heads" / "cases.csv").write_text(text)

    def train(folder):
        ask = ["--simulated", str(tmp_path / "heads"), "--simulated-share", "0.5"]
        parts = ["--validation", "simulated/d", "--held-out", "simulated/e"]
        return main(["train", str(table), str(tmp_path / folder), *TINY, *parts, *ask])

    named(heads[6:], "heads")  # the first six are the cases themselves
    assert train("out") == 0
    card = read_card(tmp_path / "out" / "generator.safetensors")
    assert card.training["simulated_cases"] == ["heads/h7", "heads/h8"]
    assert card.training["settings"]["simulated_share"] == 0.5
    assert not {"heads/h7", "heads/h8"} & set(card.training["cases"])
    assert {"heads/h7", "heads/h8"} < set(card.training["scans"])

    capsys.readouterr()
    named(heads, "heads")
    assert train("other") == 2
    assert "simulated/d is among the simulated heads as well" in capsys.readouterr().err
    (tmp_path / "heads" / "cases.csv").write_text(
        "cohort,case,flair,mask\nsimulated,a_T3,h7-flair.nii,h7-mask.nii\n"
    )
    assert train("third") == 2
    assert "simulated/a is among the simulated heads as well" in capsys.readouterr().err

    heads[7].flair.write_bytes(b"cut")
    named(heads[6:], "heads")
    assert train("fourth") == 2
    said = capsys.readouterr().err
    assert "h8-flair.nii" in said and "Or leave it out." in said


def test_one_patient_cannot_be_split_but_learnt_from(tmp_path, capsys):
    simulated_cases(tmp_path, ("p_T1-x", "p_T2-x"))
    for file in tmp_path.glob("*.nii"):  # as plain pairs: NAME.nii beside NAME_mask.nii
        name, part = file.name.rsplit("-", 1)
        visit = name.removesuffix("-x")
        file.rename(tmp_path / (f"{visit}.nii" if part == "flair.nii" else f"{visit}_mask.nii"))
    arguments = ["train", str(tmp_path), str(tmp_path / "out"), *TINY, "--epochs", "1"]
    assert main(arguments) == 2
    assert "is one patient" in capsys.readouterr().err
    assert main([*arguments, "--no-split"]) == 0
    assert "validation" not in capsys.readouterr().out, "nobody is there to validate with"
    assert len(read_card(tmp_path / "out" / "last.safetensors").training["cases"]) == 2


def test_bad_cases_are_named_and_left_out_where_one_says_so(table, tmp_path, capsys):
    raw = table.read_text().replace("a-mask.nii", "missing.nii")
    (table.parent / "bad.csv").write_text(raw)
    arguments = ["train", str(table.parent / "bad.csv"), str(tmp_path), *TINY, "--epochs", "1"]
    assert main(arguments) == 2
    told = capsys.readouterr().err
    assert "Case simulated/a: There is no file" in told and "--skip-bad" in told
    assert main([*arguments, "--skip-bad"]) == 0
    assert "Left out: Case simulated/a" in capsys.readouterr().err
    split = read_split(tmp_path / "split.json")
    assert "simulated/a" not in [*split.learning, *split.validation, *split.held_out]

    options = ["--validation", "simulated/a", "--held-out", "simulated/c", "--skip-bad"]
    assert main([*arguments, *options]) == 2
    assert "a part of the split is empty" in capsys.readouterr().err


def test_empty_masks_everywhere_are_said(table, tmp_path, capsys):
    for mask in simulated_cases(tmp_path):
        write_volume(mask.mask, np.zeros((28, 30, 4), np.uint8), np.eye(4))
        mask.mask.rename(mask.mask.with_name(f"{mask.name}_mask.nii"))
        mask.flair.rename(mask.flair.with_name(f"{mask.name}.nii"))
    assert main(["train", str(tmp_path), str(tmp_path / "out"), *TINY]) == 2
    assert "The masks of all 3 cases are empty" in capsys.readouterr().err


@pytest.fixture
def start(table, engine_environment, monkeypatch):
    """Starts the command in a process of its own."""
    monkeypatch.chdir(table.parent)
    options = [*TINY, "--epochs", "6", "--json"]

    def started(folder):
        return subprocess.Popen(
            [sys.executable, "-m", "wmh_siamese", "train", "cases.csv", str(folder), *options],
            env=engine_environment | {"OMP_NUM_THREADS": str(torch.get_num_threads())},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            # a suite that runs in the background passes on that Ctrl-C is to be ignored
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )

    return started


def after_epoch(process, number):
    """Wait until the process has told of that epoch."""
    for line in process.stdout:
        if json.loads(line).get("number") == number:
            return
    raise AssertionError(process.stderr.read())


@pytest.mark.skipif(os.name == "nt", reason="needs SIGINT")
def test_ctrl_c_prints_the_command_that_goes_on_to_the_same_weights(start, tmp_path):
    stopped = tmp_path / "a folder"
    with start(stopped) as process:
        after_epoch(process, 2)
        process.send_signal(signal.SIGINT)
        rest, told = process.communicate(timeout=60)
    assert process.returncode == 130 and "Traceback" not in told
    (line,) = told.splitlines()
    done = 3 + len([told for told in rest.splitlines() if "number" in told])
    assert f"Stopped. {done} of 6 epochs are kept in {stopped}. Go on with: wmh-siamese" in line
    again = shlex.split(line.split("Go on with: ")[1])
    assert again[0] == "wmh-siamese" and str(stopped) in again
    assert main(again[1:]) == 0  # the very command that was printed
    assert main([*(str(tmp_path / "whole") if a == str(stopped) else a for a in again[1:])]) == 0
    assert same(trained(stopped), trained(tmp_path / "whole"))
    for name in ("best", "last", "generator"):
        weights = [load_file(f / f"{name}.safetensors") for f in (stopped, tmp_path / "whole")]
        assert same(*weights)
