"""Writes every text of the panel to the translation file: `make translations`.

Qt's own lupdate reads the sources and keeps what translators have written already. It does not know
under which name Slicer looks up a Python file's texts, so it is given copies that say so.
"""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[2]
MODULE = ROOT / "WMHSiameseSeg"
TEMPLATE = Path(__file__).with_name("WMHSiameseSeg_en-US.ts")
_CALL = re.compile(r"(?<![\w.])_\(")
_SLICERS_OWN = re.compile(r"(?<![\w.])translate\(")


def sources() -> list[Path]:
    """The files that hold texts of the panel."""
    return [
        MODULE / "WMHSiameseSeg.py",
        *sorted((MODULE / "WMHSiameseSegLib").rglob("*.py")),
        *sorted((MODULE / "Resources" / "UI").glob("*.ui")),
    ]


def context(source: Path) -> str:
    """The name under which slicer.i18n looks up the texts of a Python file."""
    in_package = (source.parent / "__init__.py").is_file()
    return f"{source.parent.name}.{source.stem}" if in_package else source.stem


def update(ts_file: Path) -> None:
    """Add the texts that a .ts file lacks and drop those that are gone; translations stay.

    Raises:
        FileNotFoundError: where PySide6 is not installed in this Python.
        subprocess.CalledProcessError: when lupdate refuses a source.
    """
    with tempfile.TemporaryDirectory() as folder:
        copies = [_copy(source, Path(folder)) for source in sources()]
        options = ["-no-obsolete", "-locations", "none", "-silent", "-ts", str(ts_file)]
        subprocess.run([_tool("lupdate"), *map(str, copies), *options], check=True)


def release(ts_file: Path, qm_file: Path) -> None:
    """Compile a .ts file to the .qm file that Qt loads."""
    command = [_tool("lrelease"), "-silent", str(ts_file), "-qm", str(qm_file)]
    subprocess.run(command, check=True)


def _copy(source: Path, folder: Path) -> Path:
    if source.suffix == ".ui":
        return source
    text = _SLICERS_OWN.sub("of_slicer(", source.read_text(encoding="utf-8"))
    copy = folder / f"{context(source)}.py"
    copy.write_text(_CALL.sub(f'translate("{context(source)}", ', text), encoding="utf-8")
    return copy


def _tool(name: str) -> str:
    found = shutil.which(f"pyside6-{name}", path=Path(sys.executable).parent)
    if found is None:
        raise FileNotFoundError(f"pyside6-{name} is missing: pip install PySide6-Essentials")
    return found


def main() -> None:
    """Update the template, or a translation of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "ts", nargs="?", type=Path, default=TEMPLATE, help="(default: the template)"
    )
    update(parser.parse_args().ts)


if __name__ == "__main__":
    main()
