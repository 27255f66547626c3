"""The newcomer's exercise of the developer guide, carried out as it stands there."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
_PLAY = """
import sys
from pathlib import Path
import numpy as np
import nibabel
import torch
from wmh_siamese.cli import main
from wmh_siamese.networks.losses import overlap_loss

draw = np.random.default_rng(5)
truth, prediction = draw.integers(0, 2, (2, 1, 8, 8)), draw.uniform(0.05, 0.95, (2, 1, 8, 8))
shared = (truth * prediction).sum()
alarms, missed = ((1 - truth) * prediction).sum(), (truth * (1 - prediction)).sum()
by_hand = (1 - (shared + 1) / (shared + 0.3 * alarms + 0.7 * missed + 1)) ** 0.75
asked = torch.tensor(prediction, requires_grad=True)
loss = overlap_loss("focal-tversky")(asked, torch.tensor(truth).double())
assert abs(loss.item() - by_hand) < 1e-9, (loss.item(), by_hand)
loss.backward()
assert torch.isfinite(asked.grad).all()

folder = Path(sys.argv[1])
rows = ["cohort,case,flair,mask"]
for number in range(4):
    mask = np.zeros((32, 32, 4), np.uint8)
    mask[8:14, 10 + number : 18, 1:3] = 1
    flair = draw.normal(400, 30, mask.shape) + 500.0 * mask
    for name, array in (("flair", flair.astype(np.int16)), ("mask", mask)):
        nibabel.save(nibabel.Nifti1Image(array, np.eye(4)), folder / f"{number}-{name}.nii")
    rows.append(f"made,{number},{number}-flair.nii,{number}-mask.nii")
(folder / "cases.csv").write_text("\\n".join(rows) + "\\n")
code = main(sys.argv[2:])
assert code == 0, code
assert (folder / "run" / "generator.safetensors").is_file()
"""


def exercise() -> tuple[str, list[str]]:
    """The patch, and the arguments of the command that trains with it."""
    text = (ROOT / "docs" / "developer.md").read_text(encoding="utf-8")
    part = text[text.index("### An exercise") :]
    (diff,) = re.findall(r"^```diff\n(.*?)^```", part, re.M | re.S)
    (command,) = re.findall(r"^wmh-siamese (train .*)$", part, re.M)
    return diff, shlex.split(command)


def test_it_takes_at_most_20_lines() -> None:
    diff, _command = exercise()
    assert 0 < len(re.findall(r"^\+(?!\+\+)", diff, re.M)) <= 20


@pytest.mark.skipif(shutil.which("git") is None, reason="the exercise is applied with git")
def test_the_exercise_works_as_it_stands(tmp_path: Path) -> None:
    diff, command = exercise()
    copy = tmp_path / "WMHSiameseSeg" / "wmh_siamese"
    shutil.copytree(ROOT / "WMHSiameseSeg" / "wmh_siamese", copy)
    (tmp_path / "exercise.diff").write_text(diff, encoding="utf-8")
    alone = {**os.environ, "GIT_CEILING_DIRECTORIES": str(tmp_path.parent)}
    subprocess.run(["git", "apply", "exercise.diff"], cwd=tmp_path, env=alone, check=True)
    assert "focal_tversky" in (copy / "networks" / "losses.py").read_text(encoding="utf-8")

    cases = tmp_path / "cases"
    cases.mkdir()
    places = {"cases.csv": str(cases / "cases.csv"), "FOLDER": str(cases / "run")}
    arguments = [places.get(word, word) for word in command]
    # smaller than in the guide: the same options, other numbers
    arguments += ["--size", "32", "--depth", "2", "--batches", "1", "--batch-size", "2"]
    environment = {**alone, "PYTHONPATH": str(copy.parent), "OMP_NUM_THREADS": "1"}
    subprocess.run(
        [sys.executable, "-c", _PLAY, str(cases), *arguments],
        env=environment,
        cwd=tmp_path,
        check=True,
        timeout=280,
    )
