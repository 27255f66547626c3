"""A library of corrected scans: adding, changing, removing and exchanging its cases."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from wmh_siamese.errors import WMHError
from wmh_siamese.library.changing import Change, changing, in_plain_words
from wmh_siamese.library.contents import Contents
from wmh_siamese.library.folders import CASES, PARTIAL, TRASH, move_case, put_case, recovered
from wmh_siamese.library.links import check_own
from wmh_siamese.library.lock import LOCK_NAME, WAIT_SECONDS, locked
from wmh_siamese.library.manifest import (
    MANIFEST_NAME,
    LibraryCase,
    Manifest,
    Role,
    read_manifest,
    write_manifest,
)
from wmh_siamese.library.roles import as_written, check_role, trained
from wmh_siamese.library.rows import check_role_name, row_of_again, row_of_new
from wmh_siamese.library.scan_files import scan_of
from wmh_siamese.library.transitions import changed, removed, restored
from wmh_siamese.library.words import note_words, now, patient_key, patient_words
from wmh_siamese.volumes.volume import Volume

if TYPE_CHECKING:
    from wmh_siamese.library.exchange import Imported, Progress


@dataclass(frozen=True)
class Added:
    """What became of a scan that was added.

    Attributes:
        case: its row.
        new: whether it came as a case of its own; else the library had the very scan already, and
            has its new mask now.
        patient_before: whose scan it was until now, where that is another one; else empty.
    """

    case: LibraryCase
    new: bool
    patient_before: str = ""


class Library(Contents):
    """The correction library in a folder.

    Every change holds the library's lock, reads the manifest anew and appears whole or not at all;
    it raises ``WMHError`` when it cannot.

    Args:
        folder: of an existing library; see :meth:`create` and :meth:`open`.
        wait: seconds to wait for another process that changes the library.
    """

    def __init__(self, folder: str | Path, wait: float = WAIT_SECONDS) -> None:
        super().__init__(folder)
        self._wait = wait

    @classmethod
    def create(cls, folder: str | Path) -> Library:
        """Begin a library in a new or empty folder (``bad-path`` elsewhere)."""
        library = cls(folder)
        with in_plain_words():
            library.folder.mkdir(exist_ok=True)
            check_own(library.folder, MANIFEST_NAME, CASES, TRASH)
            library._check_empty()
            with locked(library.folder, library._wait):
                library._check_empty()
                for name in (CASES, TRASH):
                    (library.folder / name).mkdir(exist_ok=True)
                write_manifest(library.folder, Manifest())
        return library

    @classmethod
    def open(cls, folder: str | Path) -> Library:
        """The library in a folder; what a sudden end left half-done is finished first.

        That is left for later where the folder is read-only or another process is at work.

        Raises:
            WMHError: ``bad-path`` when there is no library or its manifest cannot be used.
        """
        library = cls(folder)
        with in_plain_words():
            read_manifest(library.folder)
        with contextlib.suppress(WMHError), changing(library.folder, wait=0.0):
            pass
        return library

    # Changes

    def add(
        self,
        flair: Volume,
        labels: NDArray[np.uint8],
        *,
        patient: str | None = None,
        role: Role = "training",
        note: str = "",
    ) -> Added:
        """Keep a scan with its corrected mask.

        A scan that the library holds already gets the new mask. Its patient and note change where
        they are given; its role changes to ``held-out`` alone, and a held-out scan stays so. A
        patient is written as the library writes it already: ``p1`` and ``P1`` are one.

        Args:
            flair: (i, j, k); only its voxels and affine are kept.
            labels: uint8 0, 1 (white matter hyperintensity) and 2 (other pathology), on the FLAIR's
                grid; see :func:`wmh_siamese.library.on_grid_of`.
            patient: whose scan it is, the same word for all scans of one; a random one otherwise.
            role: ``training``, or ``held-out`` to measure on.
            note: the user's words.

        Raises:
            WMHError: ``bad-volume`` when the scan or the words cannot be kept or the patient cannot
                have this role; ``bad-path`` or ``disk-full`` when the folder refuses.
        """
        scan = scan_of(flair, labels)
        words = patient_words(patient or ""), note_words(note)
        check_role_name(role)
        scan.compress(flair=all(c.flair_sha256 != scan.flair_sha256 for c in self.cases()))
        with self._changing() as change:
            before = next(
                (c for c in change.manifest.cases if c.flair_sha256 == scan.flair_sha256), None
            )
            if before is None:
                row = row_of_new(scan, *words, role)
            else:
                row = row_of_again(before, scan, *words, role)
            if words[0]:
                row = as_written(change.manifest, row)
            if before is None or (row.patient, row.role) != (before.patient, before.role):
                check_role(change.manifest, row)
            put_case(self.folder, change.manifest, row, scan, change.save)
        earlier = before.patient if before is not None else row.patient
        moved = patient_key(earlier) != patient_key(row.patient)
        return Added(row, before is None, earlier if moved else "")

    def change(
        self,
        case_id: str,
        *,
        role: Role | None = None,
        patient: str | None = None,
        note: str | None = None,
        excluded: bool | None = None,
    ) -> LibraryCase:
        """Change what is given of a case; returns its row.

        A role is the patient's: with one scan all others of the patient become held-out.

        Raises:
            WMHError: ``bad-path`` when there is no such case; otherwise as :meth:`add`.
        """
        if role is not None:
            check_role_name(role)
        with self._changing() as change:
            before = change.manifest.case(case_id)
            row = replace(
                before,
                role=role or before.role,
                patient=patient_words(patient or "") or before.patient,
                note=before.note if note is None else note_words(note),
                excluded=before.excluded if excluded is None else bool(excluded),
            )
            if patient:
                row = as_written(change.manifest, row)
            if row != before:
                row = replace(row, changed=now())
                change.save(changed(change.manifest, row))
        return row

    def remove(self, case_id: str) -> LibraryCase:
        """Move a case to the trash; returns its row, with the time (``bad-path`` if unknown)."""
        with self._changing() as change:
            manifest = removed(change.manifest, case_id)
            change.save(manifest)
            move_case(self.folder, case_id, CASES, TRASH)
        return manifest.in_trash(case_id)

    def restore(self, case_id: str) -> LibraryCase:
        """Bring a removed case back; returns its row.

        A patient that was held out in the meantime stays so, and the case with it.

        Raises:
            WMHError: ``bad-path`` when it is not in the trash, ``bad-volume`` when the library has
                the scan again or its patient cannot have its role any more.
        """
        with self._changing() as change:
            manifest = restored(change.manifest, case_id)
            change.save(manifest)
            move_case(self.folder, case_id, TRASH, CASES)
        return manifest.case(case_id)

    def empty_trash(self) -> int:
        """Delete the removed cases for good; returns how many.

        What role their patients had stays known.
        """
        with self._changing() as change:
            emptied = replace(change.manifest, trash=())
            change.save(emptied)
            recovered(self.folder, emptied, change.save)
        return len(change.manifest.trash)

    def note_trained(
        self, case_ids: Sequence[str], model_sha256: str, scans: Sequence[str] = ()
    ) -> None:
        """Record what trained a model: patients of these cases cannot be held out any more.

        Args:
            case_ids: of this library's cases.
            model_sha256: of the model's file.
            scans: hashes of scans from elsewhere that it learnt from as well; they cannot be held
                out either (:attr:`wmh_siamese.library.scan_files.Scan.flair_sha256`).
        """
        with self._changing() as change:
            change.save(trained(change.manifest, case_ids, scans, model_sha256, now()))

    # Exchange

    def export(self, target: str | Path, progress: Progress | None = None) -> None:
        """Write the cases in use to a new folder, or to a zip; whole or not at all.

        Args:
            target: ends with ``.zip``, or names a folder that is new or empty.
            progress: told how many cases of how many are done; it may end the export by raising.

        Raises:
            WMHError: ``bad-path`` or ``disk-full`` when it cannot be written, or the files of a
                case are gone.
        """
        from wmh_siamese.library.exchange import export_cases

        with self._changing() as change:

            def each(done: int, of: int) -> None:
                change.held.renew()
                (progress or _say_nothing)(done, of)

            for row in change.manifest.cases:
                self.files_of(row)
            export_cases(self.folder, change.manifest, Path(target), each)

    def import_from(self, origin: str | Path, progress: Progress | None = None) -> Imported:
        """Take in the cases of an exported library, a folder or a zip.

        Every file is checked and written afresh. Of a scan that is here already, the newer change
        stays. A case whose patient has another role here is refused, and told of.

        Args:
            origin: the folder or the zip.
            progress: told how many cases of how many are done; it may end the import by raising:
                the cases so far stay.

        Raises:
            WMHError: ``bad-path`` or ``bad-volume`` when it is no library, ``disk-full``.
        """
        from wmh_siamese.library.exchange import import_cases
        from wmh_siamese.library.sources import source_at

        with in_plain_words(), source_at(origin) as source:
            return import_cases(self.folder, self._changing, source, progress or _say_nothing)

    # The house

    def _changing(self) -> AbstractContextManager[Change]:
        return changing(self.folder, self._wait)

    def _check_empty(self) -> None:
        names = {file.name for file in self.folder.iterdir()}
        if MANIFEST_NAME in names:
            raise WMHError("bad-path", f"There is a library in {self.folder} already.", "Open it.")
        ours = {CASES, TRASH, LOCK_NAME}
        if any(name not in ours and not name.startswith(PARTIAL) for name in names):
            raise WMHError(
                "bad-path",
                f"{self.folder} is not empty, so no library can begin there.",
                "Choose a new or an empty folder.",
            )


def _say_nothing(done: int, of: int) -> None:
    """The progress of whoever does not ask."""
