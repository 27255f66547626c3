"""The library's manifest: one row a case, and what a patient may be used for, for life."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, get_args

from wmh_siamese.errors import WMHError
from wmh_siamese.files.atomic_file import written_whole
from wmh_siamese.library import fields
from wmh_siamese.library.links import check_own
from wmh_siamese.library.words import note_words

FORMAT = "wmh-siamese-library"
SCHEMA = 1
MANIFEST_NAME = "library.json"
MAX_MANIFEST_BYTES = 64_000_000

Role = Literal["training", "held-out"]
ROLES: tuple[Role, ...] = get_args(Role)


@dataclass(frozen=True)
class LibraryCase:
    """One corrected scan, as the manifest knows it.

    Attributes:
        id: random; the name of its folder.
        patient: the user's word for whose scan it is, or a random one.
        role: ``training``, or ``held-out`` to measure on. It is the patient's, for life.
        added: when it came, UTC.
        changed: when its mask or any word about it last changed, UTC.
        flair_sha256: of the scan's voxels and place; finds the same scan again.
        mask_sha256: of the labels.
        shape: voxels along i, j, k.
        spacing_mm: voxel edge lengths along i, j, k.
        volume_ml: of label 1, white matter hyperintensity.
        pcd_percent: positive class density, 100 x voxels of label 1 / all voxels.
        note: the user's words.
        excluded: kept, but neither trained nor measured on.
        removed: when it went to the trash, UTC; empty while it is in use.
    """

    id: str
    patient: str
    role: Role
    added: str
    changed: str
    flair_sha256: str
    mask_sha256: str
    shape: tuple[int, int, int]
    spacing_mm: tuple[float, float, float]
    volume_ml: float
    pcd_percent: float
    note: str = ""
    excluded: bool = False
    removed: str = ""


@dataclass(frozen=True)
class Known:
    """Patients and scans (by hash) with a past; kept when their cases are gone."""

    patients: tuple[str, ...] = ()
    scans: tuple[str, ...] = ()

    def with_case(self, case: LibraryCase) -> Known:
        """With one case's patient and scan."""
        return self.joined(Known((case.patient,), (case.flair_sha256,)))

    def joined(self, other: Known) -> Known:
        """What either knows."""
        return Known(
            tuple(sorted({*self.patients, *other.patients})),
            tuple(sorted({*self.scans, *other.scans})),
        )


@dataclass(frozen=True)
class Training:
    """Which cases trained which model, and when (UTC)."""

    model_sha256: str
    cases: tuple[str, ...]
    date: str


@dataclass(frozen=True)
class Manifest:
    """Everything that ``library.json`` says."""

    cases: tuple[LibraryCase, ...] = ()
    trash: tuple[LibraryCase, ...] = ()
    held_out: Known = field(default_factory=Known)
    trained: Known = field(default_factory=Known)
    trainings: tuple[Training, ...] = ()

    def case(self, case_id: str) -> LibraryCase:
        """The case in use of this id (``bad-path`` when there is none)."""
        return _found(self.cases, case_id, "The library has no case")

    def in_trash(self, case_id: str) -> LibraryCase:
        """The removed case of this id (``bad-path`` when there is none)."""
        return _found(self.trash, case_id, "The library's trash has no case")

    def with_row(self, row: LibraryCase) -> Manifest:
        """With this row in the place of the one of its id, or after all others."""
        others = [row if case.id == row.id else case for case in self.cases]
        return replace(self, cases=(*others,) if row in others else (*others, row))


def read_manifest(folder: Path) -> Manifest:
    """The manifest of the library in a folder.

    Raises:
        WMHError: ``bad-path`` when there is no library, or its manifest is damaged, of a newer
            program, or a link.
    """
    check_own(folder, MANIFEST_NAME, "cases", "trash")
    path = folder / MANIFEST_NAME
    if not path.is_file():
        raise WMHError(
            "bad-path",
            f"There is no library in {folder} (it holds no {MANIFEST_NAME}).",
            "Choose another folder, or create a library there.",
        )
    if path.stat().st_size > MAX_MANIFEST_BYTES:
        raise damaged("it is too large")
    return manifest_of(path.read_bytes())


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Put the manifest in place, whole or not at all."""
    data = manifest_bytes(manifest)
    if len(data) > MAX_MANIFEST_BYTES:
        raise WMHError(
            "bad-path",
            f"The library's manifest would grow beyond {MAX_MANIFEST_BYTES} bytes.",
            "Begin another library.",
        )
    if manifest_of(data) != manifest:  # what could not be read again is not written
        raise ValueError("the manifest changes by being written")
    with written_whole(folder / MANIFEST_NAME) as partial:
        partial.write_bytes(data)


def manifest_bytes(manifest: Manifest) -> bytes:
    """The manifest as it is written."""
    told = {"format": FORMAT, "schema": SCHEMA, **asdict(manifest)}
    return json.dumps(told, indent=1, allow_nan=False).encode("ascii") + b"\n"


@lru_cache(maxsize=2)  # an import asks again for each case
def manifest_of(data: bytes) -> Manifest:
    """The manifest that these bytes hold, every field of it checked.

    Raises:
        WMHError: ``bad-path`` when they are damaged or of a newer program.
    """
    try:
        told = json.loads(data)
    except (ValueError, RecursionError):
        raise damaged("it is not JSON, or cut short") from None
    if not isinstance(told, dict) or told.get("format") != FORMAT:
        raise damaged("it is not this program's")
    schema = told.get("schema")
    if isinstance(schema, int) and schema > SCHEMA:
        raise WMHError(
            "bad-path",
            f"The library's {MANIFEST_NAME} was written by a newer version of this program "
            f"(schema {schema}; known is {SCHEMA}).",
            "Install the newer version.",
        )
    if schema != SCHEMA:
        raise damaged(f"its schema is {str(schema)[:40]!r}")
    try:
        return _manifest(told)
    except WMHError as error:
        raise damaged(error.sentence.rstrip(".")) from None
    except Exception as error:  # whatever fields of another's making lead to
        raise damaged(" ".join(str(error).split())[:200] or type(error).__name__) from None


def row_of(data: object) -> LibraryCase:
    """A row that was read from JSON, every field of it checked (ValueError, WMHError)."""
    return LibraryCase(**fields.checked(data, _ROW))


def damaged(why: str) -> WMHError:
    """The error of a manifest that cannot be used."""
    return WMHError(
        "bad-path",
        f"The library's {MANIFEST_NAME} cannot be used: {why}.",
        "Its cases are untouched; put back a copy of the file, or import an export.",
    )


def _manifest(told: dict[str, Any]) -> Manifest:
    manifest = Manifest(**fields.checked(told, _MANIFEST, beyond=("format", "schema")))
    _check_unlike((case.id for case in (*manifest.cases, *manifest.trash)), "the case")
    _check_unlike((case.flair_sha256 for case in manifest.cases), "the scan")
    if any(case.removed for case in manifest.cases):
        raise ValueError("a case in use was removed")
    if not all(case.removed for case in manifest.trash):
        raise ValueError("a case in the trash was not removed")
    return manifest


def _check_unlike(names: Iterable[str], what: str) -> None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise ValueError(f"{what} {name} comes twice")
        seen.add(name)


def _found(rows: Iterable[LibraryCase], case_id: str, otherwise: str) -> LibraryCase:
    for row in rows:
        if row.id == case_id:
            return row
    raise WMHError("bad-path", f"{otherwise} {case_id!r}.", "List its cases to see their ids.")


def _known(data: Any) -> Known:
    return Known(
        **fields.checked(
            data, {"patients": fields.many(fields.patient), "scans": fields.many(fields.sha256)}
        )
    )


def _training(data: Any) -> Training:
    return Training(
        **fields.checked(
            data,
            {
                "model_sha256": fields.sha256,
                "cases": fields.many(fields.case_id),
                "date": fields.time,
            },
        )
    )


_ROW: dict[str, fields.Check] = {
    "id": fields.case_id,
    "patient": fields.patient,
    "role": fields.one_of(ROLES),
    "added": fields.time,
    "changed": fields.time,
    "flair_sha256": fields.sha256,
    "mask_sha256": fields.sha256,
    "shape": fields.three(fields.voxels),
    "spacing_mm": fields.three(fields.amount),
    "volume_ml": fields.amount,
    "pcd_percent": fields.amount,
    "note": fields.whole_words(note_words, 0),
    "excluded": fields.flag,
    "removed": lambda value: value if value == "" else fields.time(value),
}
_MANIFEST: dict[str, fields.Check] = {
    "cases": fields.many(row_of),
    "trash": fields.many(row_of),
    "held_out": _known,
    "trained": _known,
    "trainings": fields.many(_training),
}
