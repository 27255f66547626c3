"""Libraries that travel: exported whole, imported case by case with everything checked."""

from __future__ import annotations

import math
import os
import zipfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from wmh_siamese.cases.case import FLAIR_NAME, MASK_NAME, Case
from wmh_siamese.cases.reading import read_case
from wmh_siamese.errors import WMHError, from_exception
from wmh_siamese.files.atomic_file import written_whole
from wmh_siamese.files.foreign import read_or_refused
from wmh_siamese.files.workplace import workplace
from wmh_siamese.library.changing import Change
from wmh_siamese.library.folders import (
    CASES,
    FILE_NAMES,
    TRASH,
    put_case,
    write_flushed,
)
from wmh_siamese.library.links import is_own_file
from wmh_siamese.library.manifest import (
    MANIFEST_NAME,
    LibraryCase,
    Manifest,
    manifest_bytes,
    manifest_of,
    read_manifest,
)
from wmh_siamese.library.merging import Refused, merged_row, with_past_of
from wmh_siamese.library.roles import placed
from wmh_siamese.library.rows import check_scan, figures_of
from wmh_siamese.library.scan_files import THUMBNAIL_NAME, Scan, scan_of
from wmh_siamese.library.sources import Source, read_limited

MAX_FLAIR_BYTES = 1_000_000_000
MAX_MASK_BYTES = 200_000_000
MAX_VOXELS = 1 << 28

Progress = Callable[[int, int], None]
Changing = Callable[[], AbstractContextManager[Change]]
Write = Callable[[str, bytes], None]


@dataclass(frozen=True)
class Imported:
    """What became of the cases of an import; ids are this library's.

    Attributes:
        added: came as new cases.
        updated: were here already, and the import had changed them later.
        kept: were here already, as new or newer.
        refused: did not come, and why.
    """

    added: tuple[str, ...]
    updated: tuple[str, ...]
    kept: tuple[str, ...]
    refused: tuple[Refused, ...]


def export_cases(folder: Path, manifest: Manifest, target: Path, each: Progress) -> None:
    """Write a library's cases in use to a new folder, or to a zip; whole or not at all.

    Args:
        folder: of the library, which nobody changes meanwhile.
        manifest: what it holds.
        target: ends with ``.zip``, or names a folder that is new or empty.
        each: told how many cases of how many are done; it may end the export by raising.

    Raises:
        WMHError: ``bad-path`` when the target is in use, or a case's files are gone.
        OSError: it cannot be written.
    """
    told = manifest_bytes(replace(manifest, trash=()))
    _check_outside(folder, target)
    put = _in_zip if target.suffix.lower() == ".zip" else _in_folder
    with put(target) as write:
        for done, row in enumerate(manifest.cases):
            each(done, len(manifest.cases))
            for name in FILE_NAMES:
                file = folder / CASES / row.id / name
                if name != THUMBNAIL_NAME or is_own_file(file):
                    write(f"{CASES}/{row.id}/{name}", file.read_bytes())
        write(MANIFEST_NAME, told)
        each(len(manifest.cases), len(manifest.cases))


def scan_from(source: Source, row: LibraryCase) -> Scan:
    """The scan of a row that is to be imported.

    Raises:
        WMHError: ``bad-volume`` when its files are missing, damaged, too large, or not the ones
            that the row tells of.
    """
    with workplace() as private:
        files = {name: private / name for name in (FLAIR_NAME, MASK_NAME)}
        for name, most in ((FLAIR_NAME, MAX_FLAIR_BYTES), (MASK_NAME, MAX_MASK_BYTES)):
            with files[name].open("wb") as target:
                source.copy(f"{CASES}/{row.id}/{name}", target, most)
            _check_header(files[name], row)
        flair, labels = read_case(Case("import", row.id, files[FLAIR_NAME], files[MASK_NAME]))
        scan = scan_of(flair, labels.array)
    check_scan(row, scan, "Export the library again and import that.")
    return scan


def import_cases(folder: Path, changing: Changing, source: Source, each: Progress) -> Imported:
    """Take another library's cases in, one by one; one that is refused keeps no other away.

    Args:
        folder: of this library.
        changing: holds this library for a change.
        source: the other library.
        each: told how many cases of how many are done; it may end the import by raising.

    Raises:
        WMHError: ``bad-path`` when the import's manifest cannot be used.
        OSError: this library cannot be written to; what came so far stays.
    """
    told = manifest_of(read_limited(source))
    outcomes: dict[str, list[str]] = {"added": [], "updated": [], "kept": []}
    ids: dict[str, str] = {}
    refused: list[Refused] = []
    for done, row in enumerate(told.cases):
        each(done, len(told.cases))
        try:
            outcome, ids[row.id] = _take(folder, changing, source, row)
        except (WMHError, MemoryError) as error:
            plain = from_exception(error)
            if plain.kind not in ("bad-volume", "out-of-memory"):
                raise
            refused.append(Refused(row.id, row.patient, str(plain)))
        else:
            outcomes[outcome].append(ids[row.id])
    with changing() as change:
        joined, clashes = with_past_of(change.manifest, told, ids, refused)
        if joined != change.manifest:
            change.save(joined)
    each(len(told.cases), len(told.cases))
    added, updated, kept = map(tuple, outcomes.values())
    return Imported(added, updated, kept, (*refused, *clashes))


def _take(folder: Path, changing: Changing, source: Source, row: LibraryCase) -> tuple[str, str]:
    """Take one row; returns ``added``, ``updated`` or ``kept``, and its id here.

    Its files are read before the library is held, and only where they are wanted.
    """
    scan = None
    if not _is_as_new(_same_scan(read_manifest(folder), row), row):
        scan = scan_from(source, row)
        scan.compress(flair=True)
    with changing() as change:
        manifest = change.manifest
        here = _same_scan(manifest, row)
        merged = merged_row(manifest, here, row)
        if here is not None and _is_as_new(here, row):
            if merged == here:
                return "kept", here.id
            change.save(placed(manifest, merged))
            return "updated", here.id
        scan = scan or scan_from(source, row)
        merged = replace(merged, **figures_of(scan))
        put_case(folder, manifest, merged, scan, change.save)
        return ("added" if here is None else "updated"), merged.id


def _same_scan(manifest: Manifest, row: LibraryCase) -> LibraryCase | None:
    return next((c for c in manifest.cases if c.flair_sha256 == row.flair_sha256), None)


def _is_as_new(here: LibraryCase | None, row: LibraryCase) -> bool:
    return here is not None and here.changed >= row.changed


def _check_header(path: Path, row: LibraryCase) -> None:
    """Refuse a file of another shape than its row's, before its voxels take memory."""
    import nibabel

    refusal = WMHError(
        "bad-volume",
        f"The {path.name} of case {row.id} is damaged, or not the one that its row tells of.",
        "Export the library again and import that.",
    )
    with read_or_refused(refusal):
        image: Any = nibabel.load(path)
        shape = tuple(image.shape)
    if shape != row.shape or math.prod(shape) > MAX_VOXELS:
        raise refusal


def _check_outside(folder: Path, target: Path) -> None:
    if target.resolve().is_relative_to(folder.resolve()):
        raise WMHError(
            "bad-path",
            "A library cannot be exported into itself.",
            "Choose a place outside its folder.",
        )


@contextmanager
def _in_zip(target: Path) -> Iterator[Write]:
    """A zip that appears whole; its entries carry no time and no rights."""
    with written_whole(target) as partial, zipfile.ZipFile(partial, "w") as archive:
        yield lambda name, content: archive.writestr(zipfile.ZipInfo(name), content)


@contextmanager
def _in_folder(target: Path) -> Iterator[Write]:
    """A folder that appears whole."""
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise WMHError(
            "bad-path", f"{target} exists and is not empty.", "Choose a new folder or a .zip."
        )
    with workplace(target.parent) as private:
        whole = private / "whole"  # made with the usual rights, which the workplace does not have

        def write(name: str, content: bytes) -> None:
            (whole / name).parent.mkdir(parents=True, exist_ok=True)
            write_flushed(whole / name, content)

        for name in (CASES, TRASH):
            (whole / name).mkdir(parents=True)
        yield write
        if target.is_dir():
            target.rmdir()
        os.rename(whole, target)
