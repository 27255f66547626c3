"""The house: rooms with a purpose, small files, and contracts that a wrong import breaks."""

import ast
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from wmh_siamese.worker.jobs import JOBS

ROOT = Path(__file__).parents[2]
MODULE = ROOT / "WMHSiameseSeg"
ENGINE, SLICER_SIDE = MODULE / "wmh_siamese", MODULE / "WMHSiameseSegLib"
ROOMS = sorted(path.parent for half in (ENGINE, SLICER_SIDE) for path in half.glob("*/__init__.py"))
SOURCES = [MODULE / "WMHSiameseSeg.py", *ENGINE.rglob("*.py"), *SLICER_SIDE.rglob("*.py")]
TESTS = [path for path in (ROOT / "Testing").rglob("*.py") if path.name.startswith("test_")]


@pytest.mark.parametrize("room", ROOMS, ids=lambda room: f"{room.parent.name}/{room.name}")
def test_a_room_says_what_it_is_for(room):
    purpose = ast.get_docstring(ast.parse((room / "__init__.py").read_text(encoding="utf-8")))
    assert purpose and purpose.splitlines()[0].endswith(".")


def test_no_file_is_long():
    lengths = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in SOURCES + TESTS}
    assert len(lengths) > 300
    assert [path.name for path in SOURCES if lengths[path] > 300] == []
    assert [path.name for path in TESTS if lengths[path] > 400] == []


def test_tests_stand_in_the_rooms_of_what_they_test():
    for half, of in (("engine", ENGINE), ("slicer_side", SLICER_SIDE)):
        rooms = {path.parent.name for path in (ROOT / "Testing" / half).glob("*/test_*.py")}
        there = {path.parent.name for path in of.glob("*/__init__.py")}
        assert rooms - there <= {"stand_in"}


@pytest.mark.parametrize(
    ("place", "line", "said"),
    [
        ("wmh_siamese/files/download.py", "import wmh_siamese.networks.recipe", "Engine: a room"),
        (
            "wmh_siamese/networks/recipe.py",
            "import wmh_siamese.networks.preparation",
            "Engine: no circles",
        ),
        (
            "wmh_siamese/errors.py",
            "import WMHSiameseSegLib.panel.finding",
            "The engine knows nothing",
        ),
        (
            "WMHSiameseSegLib/panel/finding.py",
            "import wmh_siamese.cases.case",
            "Slicer side: of the engine",
        ),
        (
            "WMHSiameseSegLib/scene/voxels.py",
            "import WMHSiameseSegLib.segment.run",
            "Slicer side: a room",
        ),
    ],
)
def test_a_wrong_import_breaks_a_contract_that_names_both_files(tmp_path, place, line, said):
    for half in (ENGINE, SLICER_SIDE):
        shutil.copytree(half, tmp_path / half.name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    with (tmp_path / place).open("a", encoding="utf-8") as file:
        file.write(f"\n{line}\n")
    lint = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run(
        [str(lint), "--no-cache"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 1, done.stdout
    names = (Path(place).stem, line.rpartition(".")[2])
    assert all(name in done.stdout for name in names), done.stdout
    assert re.search(rf"^{said}.* BROKEN", done.stdout, re.M), done.stdout


def test_the_developer_guide_lists_every_job_of_the_worker():
    guide = (ROOT / "docs" / "developer.md").read_text(encoding="utf-8")
    requests = re.search(r"Requests: (.*?)\.", guide, re.S)
    assert requests is not None
    assert set(re.findall(r"`(\w+)`", requests[1])) == {*JOBS, "stop", "quit"}
