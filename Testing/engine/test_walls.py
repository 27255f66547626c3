"""What each module may import, and that importing starts nothing."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

ENGINE = Path(__file__).resolve().parents[2] / "WMHSiameseSeg"
SOURCES = sorted((ENGINE / "wmh_siamese").rglob("*.py"))
SLICERS = {"slicer", "qt", "vtk", "ctk", "PythonQt", "SampleData", "WMHSiameseSegLib"}
HEAVY = {"torch", "monai", "nibabel", "safetensors", "PIL", "nrrd"}

# The Slicer side imports these into Slicer's own Python.
LIGHT = [
    "wmh_siamese",
    "wmh_siamese.errors",
    "wmh_siamese.segmenting.readouts",
    "wmh_siamese.volumes.volume",
]
LIGHT += ["wmh_siamese.models.model_file", "wmh_siamese.files.workplace"]
LIGHT += ["wmh_siamese.files.plain_cell", "wmh_siamese.files.safetensors_header"]
LIGHT += ["wmh_siamese.volumes.flair_doubts"]


def run(program, *arguments):
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments],
        env={**os.environ, "PYTHONPATH": str(ENGINE)},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


@pytest.mark.parametrize("module", LIGHT)
def test_light_modules_load_neither_torch_nor_nibabel(module):
    loaded = run(f"import sys, {module}; print(*sys.modules)")
    assert not HEAVY & {name.split(".")[0] for name in loaded}


def imported(source):
    """First names of everything a source file imports, anywhere in it."""
    for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield (node.module or "").split(".")[0]


def test_the_engine_knows_nothing_of_slicer():
    assert len(SOURCES) > 20
    for source in SOURCES:
        assert not SLICERS & set(imported(source)), source.name


IMPORT_ALL = """
import importlib, os, sys
seen = []
STARTS = ("subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.fork", "os.forkpty",
          "os.startfile", "socket.__new__", "socket.connect", "socket.bind", "urllib.Request")

def watch(event, arguments):
    if event in STARTS:
        seen.append(f"{event}{arguments!r}".replace(" ", ""))

sys.addaudithook(watch)
before = set(os.listdir())
for name in sys.argv[1:]:
    importlib.import_module(f"wmh_siamese.{name}")
seen += sorted(set(os.listdir()) - before)
print(*seen)
"""


def test_importing_starts_no_process_opens_no_socket_and_writes_no_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    named = [source for source in SOURCES if source.stem not in ("__init__", "__main__")]
    paths = [source.relative_to(ENGINE / "wmh_siamese").with_suffix("") for source in named]
    assert run(IMPORT_ALL, *(".".join(path.parts) for path in paths)) == []
