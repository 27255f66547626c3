"""How a case comes into a library, changes and leaves it, so that a sudden end loses nothing.

The manifest tells what is; the folders follow. Whatever is new is first written to a folder
``cases/.partial-*`` and flushed. Renamed to ``cases/.ready-<case id>`` it is decided: whoever finds
it there later, because a process ended in between, finishes it. Everything here runs under the
library's lock.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

from wmh_siamese.cases.case import CASE_ID, FLAIR_NAME, MASK_NAME
from wmh_siamese.library.links import check_own, is_own_file
from wmh_siamese.library.manifest import LibraryCase, Manifest, row_of
from wmh_siamese.library.roles import placed
from wmh_siamese.library.scan_files import THUMBNAIL_NAME, Scan

CASES, TRASH = "cases", "trash"
PARTIAL, READY = ".partial-", ".ready-"
ROW_NAME = "row.json"
FILE_NAMES = (FLAIR_NAME, MASK_NAME, THUMBNAIL_NAME)

Save = Callable[[Manifest], None]


def put_case(
    folder: Path, manifest: Manifest, row: LibraryCase, scan: Scan, save: Save
) -> Manifest:
    """Add a case, or give one that is there its new mask, and save the manifest that says so.

    An update keeps the old mask until the manifest knows of the new one.

    Raises:
        WMHError: ``bad-path`` when the case's folder is a link.
        OSError: it could not be written; the library is as it was.
    """
    cases = folder / CASES
    cases.mkdir(exist_ok=True)
    check_own(folder, f"{CASES}/{row.id}")
    listed = row.id in {case.id for case in manifest.cases}
    new = not (listed and is_own_file(cases / row.id / FLAIR_NAME))
    partial = Path(tempfile.mkdtemp(prefix=PARTIAL, dir=cases))
    ready = cases / f"{READY}{row.id}"
    try:
        if new:
            write_flushed(partial / FLAIR_NAME, scan.flair_file)
        write_flushed(partial / MASK_NAME, scan.mask_file)
        if scan.thumbnail_file is not None:
            write_flushed(partial / THUMBNAIL_NAME, scan.thumbnail_file)
        write_flushed(partial / ROW_NAME, json.dumps(asdict(row)).encode("ascii"))
        flush_folder(partial)
        os.rename(partial, ready)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise
    manifest = placed(manifest, row)
    try:
        if new:
            _move_files(ready, cases / row.id)
        save(manifest)
    except OSError:  # the manifest does not know it, so nothing happened
        if new:
            _move_files(cases / row.id, ready)
            (cases / row.id).rmdir()
        os.rename(ready, partial)
        shutil.rmtree(partial, ignore_errors=True)
        raise
    if not new:
        _move_files(ready, cases / row.id)
    shutil.rmtree(ready, ignore_errors=True)
    return manifest


def move_case(folder: Path, case_id: str, origin: str, target: str) -> None:
    """Move a case's folder between ``cases`` and ``trash``; nothing where it has none."""
    (folder / target).mkdir(exist_ok=True)
    with contextlib.suppress(FileNotFoundError):
        os.rename(folder / origin / case_id, folder / target / case_id)
        flush_folder(folder / target)


def recovered(folder: Path, manifest: Manifest, save: Save) -> Manifest:
    """Finish what a process that ended suddenly left half-done, and clear away its leftovers.

    What is neither the manifest's nor this program's is left alone.
    """
    for file in _names(folder):
        if file.startswith(PARTIAL) and not (folder / file).is_dir():
            (folder / file).unlink(missing_ok=True)
    in_cases = _names(folder / CASES)
    for name in sorted(in_cases):
        if name.startswith(PARTIAL):
            shutil.rmtree(folder / CASES / name, ignore_errors=True)
        elif name.startswith(READY):
            manifest = _finish(folder / CASES, name.removeprefix(READY), manifest, save)
    _follow(folder, manifest, in_cases, _names(folder / TRASH))
    return manifest


def write_flushed(path: Path, content: bytes) -> None:
    """Write a file and wait until the disk has it."""
    with open(path, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def flush_folder(folder: Path) -> None:
    """Wait until the disk has a folder's names, where the system can."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _finish(cases: Path, case_id: str, manifest: Manifest, save: Save) -> Manifest:
    """Take over a case that was ready when its process ended."""
    ready = cases / f"{READY}{case_id}"
    if ready.is_symlink() or (cases / case_id).is_symlink():
        return manifest
    if not (ready / ROW_NAME).exists():  # it was being cleared away
        shutil.rmtree(ready, ignore_errors=True)
        return manifest
    row = _row_in(ready)
    if row is None or row.id != case_id:
        return manifest
    if case_id not in {removed.id for removed in manifest.trash}:
        _move_files(ready, cases / case_id)
        if row not in manifest.cases:
            manifest = placed(manifest, row)
            save(manifest)
    shutil.rmtree(ready, ignore_errors=True)
    return manifest


def _follow(folder: Path, manifest: Manifest, in_cases: set[str], in_trash: set[str]) -> None:
    """Bring every case's folder where the manifest says that it is."""
    for row in manifest.cases:
        if row.id in in_trash and row.id not in in_cases:
            move_case(folder, row.id, TRASH, CASES)
    for row in manifest.trash:
        if row.id in in_cases and row.id not in in_trash:
            move_case(folder, row.id, CASES, TRASH)
    emptied = in_trash - {row.id for row in (*manifest.cases, *manifest.trash)}
    for name in emptied:
        if CASE_ID.fullmatch(name):
            shutil.rmtree(folder / TRASH / name, ignore_errors=True)


def _row_in(ready: Path) -> LibraryCase | None:
    try:
        return row_of(json.loads((ready / ROW_NAME).read_bytes()))
    except Exception:  # a row that cannot be read decides nothing, whatever is wrong with it
        return None


def _move_files(origin: Path, target: Path) -> None:
    """Move those of a case's files that are there."""
    target.mkdir(exist_ok=True)
    for name in FILE_NAMES:
        with contextlib.suppress(FileNotFoundError):
            os.replace(origin / name, target / name)
    flush_folder(target)


def _names(folder: Path) -> set[str]:
    try:
        return set(os.listdir(folder))
    except FileNotFoundError:
        return set()
