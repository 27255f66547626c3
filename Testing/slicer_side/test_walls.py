"""The Slicer side never imports torch, and importing it starts, loads and installs nothing."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MODULE = ROOT / "WMHSiameseSeg"
SOURCES = [MODULE / "WMHSiameseSeg.py", *sorted((MODULE / "WMHSiameseSegLib").glob("*.py"))]
ENGINE_MODULES = {"errors", "readouts", "model_file"}
FOREIGN = {"torch", "torchvision", "nibabel", "safetensors", "SimpleITK", "requests", "PySide6"}

_IMPORT_ALL = """
import socket, subprocess, sys
def refuse(*arguments, **options):
    raise AssertionError(f"not at import: {arguments}")
subprocess.Popen.__init__ = socket.socket.connect = refuse
sys.path[:0] = [{module!r}, {testing!r}]
{start}
import WMHSiameseSeg
import wmh_siamese.readouts, wmh_siamese.errors, wmh_siamese.model_file
heavy = {foreign!r} - {{"PySide6"}}
found = sorted(heavy & {{name.partition(".")[0] for name in sys.modules}})
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
