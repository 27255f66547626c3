"""A release: whether version, changelog and citation agree, its notes, and its files.

    python Packaging/release.py check 1.2.3
    python Packaging/release.py files build/release

The version stands in one place, WMHSiameseSeg/wmh_siamese/__init__.py.
"""

from __future__ import annotations

import re
import sys
import tempfile
import zipfile
from collections.abc import Sequence
from pathlib import Path

from offline_bundle import ROOT, copy_module, files, sha256, version

TIMELESS = (1980, 1, 1, 0, 0, 0)  # the same sources make the same archive


def notes(changelog: str, release: str) -> str:
    """What the changelog says of a release.

    Raises:
        ValueError: when it says nothing.
    """
    heading = re.compile(r"^## (\S+)", re.MULTILINE)
    parts = heading.split(changelog)[1:]
    told = dict(zip(parts[::2], parts[1::2], strict=True))
    text = told.get(release, "").partition("\n")[2].strip()
    if not text:
        raise ValueError(f"CHANGELOG.md says nothing of {release}")
    return text


def faults(release: str) -> list[str]:
    """What keeps the sources from being this release, in sentences."""
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    found = []
    if version() != release:
        found.append(f"The version is {version()}, not {release}.")
    if f"\nversion: {release}\n" not in citation:
        found.append(f"CITATION.cff does not say version: {release}.")
    if f"## {release} (unreleased)" in changelog:
        found.append(f"CHANGELOG.md calls {release} unreleased: write its date there.")
    try:
        notes(changelog, release)
    except ValueError as error:
        found.append(f"{error}.")
    return found


def write_files(folder: Path) -> None:
    """The module as an archive, the notes, and a checksum of everything in the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    (folder / "NOTES.md").write_text(notes(changelog, version()) + "\n", encoding="utf-8")
    archive_module(folder / f"WMHSiameseSeg-{version()}.zip")
    (folder / "SHA256SUMS").unlink(missing_ok=True)
    sums = [f"{sha256(path)}  {path.name}" for path in files(folder)]
    (folder / "SHA256SUMS").write_text("\n".join(sums) + "\n", encoding="utf-8", newline="\n")


def archive_module(path: Path) -> None:
    """The module's folder, to be added to Slicer's module paths, with the licence."""
    with (
        tempfile.TemporaryDirectory() as place,
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive,
    ):
        copy_module(Path(place))
        for file in files(Path(place)):
            name = zipfile.ZipInfo(file.relative_to(place).as_posix(), TIMELESS)
            archive.writestr(name, file.read_bytes(), zipfile.ZIP_DEFLATED)


def main(arguments: Sequence[str]) -> int:
    """Check or write, as the command line asks; returns an exit code."""
    if len(arguments) != 2 or arguments[0] not in ("check", "files"):
        print(__doc__, file=sys.stderr)
        return 2
    what, value = arguments
    if what == "files":
        write_files(Path(value))
        return 0
    found = faults(value)
    print("\n".join(found) or f"{value} can be released.")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
