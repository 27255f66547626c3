"""What a process finds around it: PythonSlicer on PATH, packages that are or are not there."""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path


def hide_from_children(folder: Path, packages: tuple[str, ...], hidden: bool) -> None:
    """Make importing the packages fail in child processes, or let them be found again.

    `folder` is the host's own; a room in it goes to the front of PYTHONPATH.
    """
    room = folder / "without_packages"
    room.mkdir(exist_ok=True)
    for name in packages:
        text = f"raise ModuleNotFoundError(\"No module named '{name}'\", name='{name}')\n"
        (room / f"{name}.py").write_text(text)
    paths = [p for p in os.environ.get("PYTHONPATH", "").split(os.pathsep) if p]
    paths = [p for p in paths if p != str(room)]
    os.environ["PYTHONPATH"] = os.pathsep.join([str(room), *paths] if hidden else paths)


def add_python_slicer(folder: Path) -> Path:
    """Write a PythonSlicer that runs this Python and put it on PATH; return its path."""
    programs = folder / "bin"
    programs.mkdir(exist_ok=True)
    program = programs / "PythonSlicer"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    if str(programs) not in os.environ["PATH"].split(os.pathsep):
        os.environ["PATH"] = os.pathsep.join([str(programs), os.environ["PATH"]])
    return program
