"""``library``: add, list, change, remove, export and import the cases of a correction library."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wmh_siamese.worker.asker import Asker, stopped
from wmh_siamese.worker.lines import (
    LONGEST_ECHO,
    Affine,
    affine_of,
    path_of,
    private_folder_of,
    unusable,
)
from wmh_siamese.worker.workshop import Workshop

if TYPE_CHECKING:
    from wmh_siamese.library import Library, LibraryCase

PAGE_BYTES = 700_000
"""Rows of one result, so that its line stays below what a reader takes."""


@dataclass(frozen=True)
class Arrays:
    """A FLAIR and its mask as array files (i, j, k); the mask may lie on another grid."""

    volume: Path
    affine: Affine
    mask: Path
    mask_affine: Affine


@dataclass(frozen=True)
class InLibrary:
    """One thing to do with a library.

    Attributes:
        what: one of ``KNOWN``.
        library: its folder.
        first: the rows are told from this one on.
        arrays: of the scan to add.
        private: the folder of the arrays; it goes when whoever asked is gone.
        case: the id of the case that is meant.
        words: what is told of a case: patient, role, note, excluded.
        path: where an export goes, or an import comes from.
    """

    what: str
    library: Path
    first: int = 0
    arrays: Arrays | None = None
    private: Path | None = None
    case: str = ""
    words: Mapping[str, Any] | None = None
    path: Path | None = None


def library_request(line: Mapping[str, Any]) -> InLibrary:
    """The typed request of a line.

    Raises:
        WMHError: ``internal``, with the field that is missing or wrong.
    """
    what = line.get("what")
    if not isinstance(what, str) or what not in KNOWN:
        raise unusable(f"'what' must be one of {', '.join(KNOWN)}, got {what!r}")
    allowed = _WORDS.get(what)
    return InLibrary(
        what=what,
        library=path_of(line, "library"),
        first=_count(line, "first"),
        arrays=_arrays(line) if what == "add" else None,
        private=private_folder_of(line),
        case=_text(line, "case") if what in _ON_ONE_CASE else "",
        words=None if allowed is None else _words(line, allowed),
        path=path_of(line, "path") if what in ("export", "import") else None,
    )


def run_in_library(work: InLibrary, asker: Asker, workshop: Workshop) -> dict[str, Any]:
    """Do it; the fields of the result event.

    They are what the work itself tells, and ``rows`` of the library as it is now (of its trash for
    ``trash``) from ``first`` on, with ``count`` of all and ``next`` where more are to be asked for.
    """
    from wmh_siamese.library import Library

    workshop.private_folder = work.private
    library = (Library.create if work.what == "create" else Library.open)(work.library)
    told = KNOWN[work.what](library, work, asker)
    rows = library.trash() if work.what == "trash" else library.cases()
    return {"what": work.what, **told, **_page(rows, work.first)}


def _add(library: Library, work: InLibrary, asker: Asker) -> dict[str, Any]:
    from wmh_siamese.library import on_grid_of
    from wmh_siamese.worker.array_file import volume_in

    arrays = work.arrays
    assert arrays is not None
    flair = volume_in(arrays.volume, arrays.affine)
    mask = on_grid_of(volume_in(arrays.mask, arrays.mask_affine), flair)
    if mask.resampled:
        asker.say("The mask was drawn on another grid and was resampled onto the FLAIR's.")
    added = library.add(flair, mask.labels, **(work.words or {}))
    return {**asdict(added), "resampled": mask.resampled, "outside": mask.outside}


def _list(library: Library, work: InLibrary, asker: Asker) -> dict[str, Any]:
    return {"missing": library.missing()}


def _change(library: Library, work: InLibrary, asker: Asker) -> dict[str, Any]:
    return {"case": asdict(library.change(work.case, **(work.words or {})))}


def _remove(library: Library, work: InLibrary, asker: Asker) -> dict[str, Any]:
    return {"case": asdict(library.remove(work.case))}


def _restore(library: Library, work: InLibrary, asker: Asker) -> dict[str, Any]:
    return {"case": asdict(library.restore(work.case))}


def _empty_trash(library: Library, work: InLibrary, asker: Asker) -> dict[str, Any]:
    return {"emptied": library.empty_trash()}


def _export(library: Library, work: InLibrary, asker: Asker) -> dict[str, Any]:
    assert work.path is not None
    library.export(work.path, _told(asker, "exporting"))
    return {"path": str(work.path)}


def _import(library: Library, work: InLibrary, asker: Asker) -> dict[str, Any]:
    assert work.path is not None
    return asdict(library.import_from(work.path, _told(asker, "importing")))


def _nothing(library: Library, work: InLibrary, asker: Asker) -> dict[str, Any]:
    return {}


Answer = Callable[["Library", InLibrary, Asker], dict[str, Any]]

KNOWN: dict[str, Answer] = {
    "create": _nothing,
    "add": _add,
    "list": _list,
    "change": _change,
    "remove": _remove,
    "restore": _restore,
    "trash": _nothing,
    "empty-trash": _empty_trash,
    "export": _export,
    "import": _import,
}
_ON_ONE_CASE = ("change", "remove", "restore")
_WORDS: dict[str, dict[str, type]] = {
    "add": {"patient": str, "role": str, "note": str},
    "change": {"patient": str, "role": str, "note": str, "excluded": bool},
}


def _told(asker: Asker, stage: str) -> Callable[[int, int], None]:
    """Progress that also hears a stop."""

    def each(done: int, of: int) -> None:
        if asker.stopped():
            raise stopped()
        asker.progress(stage, done, of)

    return each


def _page(rows: Sequence[LibraryCase], first: int) -> dict[str, Any]:
    """Rows from the first on, as many as one line takes."""
    page: list[dict[str, Any]] = []
    room = PAGE_BYTES
    for row in rows[first:]:
        page.append(asdict(row))
        room -= len(json.dumps(page[-1]))
        if room < 0:
            break
    after = first + len(page)
    return {"rows": page, "count": len(rows), "next": after if after < len(rows) else None}


def _arrays(line: Mapping[str, Any]) -> Arrays:
    affine = affine_of(line)
    return Arrays(
        volume=path_of(line, "volume"),
        affine=affine,
        mask=path_of(line, "mask"),
        mask_affine=affine if line.get("mask_affine") is None else affine_of(line, "mask_affine"),
    )


def _words(line: Mapping[str, Any], allowed: Mapping[str, type]) -> dict[str, Any]:
    """The fields that are given; null is as good as none."""
    words = {name: line[name] for name in allowed if line.get(name) is not None}
    for name, value in words.items():
        if type(value) is not allowed[name]:
            raise unusable(f"{name!r} must be a {allowed[name].__name__}, got {value!r}")
    if len(words.get("role", "")) > LONGEST_ECHO:
        raise unusable("'role' must be a short text")
    return words


def _text(line: Mapping[str, Any], field: str) -> str:
    value = line.get(field)
    if not isinstance(value, str) or not 0 < len(value) <= LONGEST_ECHO:
        raise unusable(f"{field!r} must be a short text, got {value!r}")
    return value


def _count(line: Mapping[str, Any], field: str) -> int:
    value = line.get(field, 0)
    if type(value) is not int or value < 0:
        raise unusable(f"{field!r} must be a number from 0 on, got {value!r}")
    return value
