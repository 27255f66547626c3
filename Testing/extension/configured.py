"""The extension as real CMake sees it, beside a stand-in for Slicer."""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
STAND_IN = Path(__file__).parent / "slicer_stand_in"
MODULES = Path("lib", "Slicer", "qt-scripted-modules")


def cmake() -> str:
    """The program: the one beside this Python (``pip install cmake``), else the system's."""
    beside = shutil.which("cmake", path=str(Path(sys.executable).parent))
    found = beside or shutil.which("cmake")
    assert found, "CMake is missing: pip install cmake"
    return found


@dataclass(frozen=True)
class Configured:
    """What came of configuring: exit code, words, and what the macros were asked by name."""

    code: int
    words: str
    build: Path

    @property
    def requests(self) -> dict[str, list[str]]:
        lines = (self.build / "requests.txt").read_text(encoding="utf-8").splitlines()
        pairs = [line.split(": ", 1) for line in lines]
        assert len(dict(pairs)) == len(pairs), "asked twice"
        return {name: values.split() for name, values in pairs}


def configure(source: Path, build: Path) -> Configured:
    """Configure the extension at ``source``; no compiler is looked for."""
    forced = [
        f"-DCMAKE_{language}_COMPILER{what}"
        for language in ("C", "CXX")
        for what in (f"={sys.executable}", "_FORCED=ON")
    ]
    given = [f"-DSlicer_DIR={STAND_IN}", "-DBUILD_TESTING=ON", *forced]
    done = subprocess.run(
        [cmake(), "--warn-uninitialized", *given, "-S", str(source), "-B", str(build)],
        capture_output=True,
        text=True,
        timeout=120,
    )
    return Configured(done.returncode, done.stdout + done.stderr, build)


def install(build: Path, prefix: Path) -> Path:
    """Lay the install tree out; returns the folder with the module."""
    subprocess.run(
        [cmake(), "--install", str(build), "--prefix", str(prefix)],
        check=True,
        capture_output=True,
        timeout=120,
    )
    return prefix / MODULES
