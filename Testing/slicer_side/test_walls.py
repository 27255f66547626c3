"""The Slicer side never imports torch, and importing it starts, loads and installs nothing."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest
import slicer
from slicer_host.api_check import check_sources, check_ui
from slicer_side import started_host  # noqa: F401

ROOT = Path(__file__).parents[2]
MODULE = ROOT / "WMHSiameseSeg"
SOURCES = [MODULE / "WMHSiameseSeg.py", *sorted((MODULE / "WMHSiameseSegLib").rglob("*.py"))]
ENGINE_MODULES = {"errors", "segmenting.readouts", "models.model_file", "files.workplace"}
ENGINE_MODULES |= {"files.plain_cell", "files.safetensors_header", "volumes.flair_doubts"}
FOREIGN = {"torch", "torchvision", "nibabel", "safetensors", "SimpleITK", "requests", "PySide6"}

_IMPORT_ALL = f"""
import socket, subprocess, sys
sys.path[:0] = [{str(MODULE)!r}, {str(ROOT / "Testing")!r}]
import slicer_side.started_host
from PySide6.QtCore import QProcess
def refuse(*arguments, **options):
    raise AssertionError(f"not at import: {{arguments}}")
subprocess.Popen.__init__ = socket.socket.connect = QProcess.start = refuse
import importlib, pathlib
import WMHSiameseSeg
for path in pathlib.Path({str(MODULE)!r}, "WMHSiameseSegLib").rglob("*.py"):
    parts = path.relative_to({str(MODULE)!r}).with_suffix("").parts
    importlib.import_module(".".join(parts).removesuffix(".__init__"))
found = {FOREIGN - {"PySide6"}!r} & {{name.partition(".")[0] for name in sys.modules}}
assert not found, found
"""


def imports_of(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.name)
def test_sources_import_only_what_slicer_has(path):
    for name in imports_of(path):
        package, _, rest = name.partition(".")
        assert package not in FOREIGN, name
        if package == "wmh_siamese":
            assert rest in ENGINE_MODULES, name


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.name)
def test_files_stay_small_and_log_instead_of_printing(path):
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 300
    called = [
        n.func.id
        for n in ast.walk(ast.parse(text))
        if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)
    ]
    assert "print" not in called


def test_no_message_box_of_qt_is_used():
    for path in SOURCES:
        text = path.read_text(encoding="utf-8")
        assert "QMessageBox" not in text
        assert "waitForFinished" not in text


def test_importing_starts_nothing_and_loads_no_torch():
    subprocess.run([sys.executable, "-c", _IMPORT_ALL], check=True, timeout=120)


def test_every_name_exists_in_a_real_slicer():
    assert check_sources(SOURCES, slicer) == []
    assert check_ui((MODULE / "Resources" / "UI").glob("*.ui")) == []


def test_cmake_lists_every_file():
    text = (MODULE / "CMakeLists.txt").read_text(encoding="utf-8")
    listed = set(re.findall(r"^  ((?:WMHSiameseSegLib|Resources|wmh_siamese)/\S+)$", text, re.M))
    for folder in ("WMHSiameseSegLib", "Resources"):
        there = {
            path.relative_to(MODULE).as_posix()
            for path in (MODULE / folder).rglob("*")
            if path.is_file() and path.suffix != ".pyc"
        }
        assert there == {name for name in listed if name.startswith(folder)}
