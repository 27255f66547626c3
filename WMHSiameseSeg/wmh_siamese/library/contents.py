"""What is in a library: cases to train on, cases to measure on, and what it knows of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from wmh_siamese.cases.case import FLAIR_NAME, MASK_NAME, Case
from wmh_siamese.errors import WMHError
from wmh_siamese.library.changing import in_plain_words
from wmh_siamese.library.folders import CASES
from wmh_siamese.library.links import is_own_file
from wmh_siamese.library.manifest import LibraryCase, Manifest, read_manifest
from wmh_siamese.library.roles import check_role, knows_patient, may_measure, spellings
from wmh_siamese.library.rows import check_scan
from wmh_siamese.library.scan_files import THUMBNAIL_NAME, Scan
from wmh_siamese.library.words import patient_key

COHORT = "library"


class Contents:
    """A library as it is read; lists come from the manifest alone.

    Args:
        folder: of an existing library.
    """

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder)

    def cases(self) -> list[LibraryCase]:
        """The cases in use, in the order they came."""
        return list(self.manifest().cases)

    def trash(self) -> list[LibraryCase]:
        """The removed cases, in the order they went."""
        return list(self.manifest().trash)

    def training_cases(self) -> list[Case]:
        """The cases to train on, excluded ones left out.

        Raises:
            WMHError: ``bad-path`` when the files of one are gone; ``bad-volume`` when the library
                knows the patient of one as held out, whatever its row says.
        """
        manifest = self.manifest()
        rows = [row for row in manifest.cases if row.role == "training" and _used(row)]
        for row in rows:
            check_role(manifest, row)
        return self._files_of_all(manifest, rows)

    def held_out_cases(self) -> list[Case]:
        """The cases to measure on, excluded ones and those of patients that trained left out.

        Raises:
            WMHError: ``bad-path`` when the files of one are gone.
        """
        manifest = self.manifest()
        rows = [row for row in manifest.cases if may_measure(manifest, row) and _used(row)]
        return self._files_of_all(manifest, rows)

    def missing(self) -> list[str]:
        """Ids of the cases whose FLAIR or mask is gone from the folder, or a link in its place."""
        return [row.id for row in self.cases() if not self._is_there(row.id)]

    def files_of(self, row: LibraryCase) -> Case:
        """A case as the engine's other parts take it (``bad-path`` when its files are gone)."""
        if not self._is_there(row.id):
            raise WMHError(
                "bad-path",
                f"The files of case {row.id} are gone from the library.",
                "Put its folder back, add the scan again, or remove the case.",
            )
        folder = self.folder / CASES / row.id
        return Case(COHORT, row.id, folder / FLAIR_NAME, folder / MASK_NAME, row.patient)

    def check_files(self, case: Case, scan: Scan) -> None:
        """Refuse a case whose files were changed beside the library (``bad-volume``).

        Args:
            case: of this library.
            scan: what its files hold.
        """
        row = self.manifest().case(case.name)
        check_scan(
            row, scan, "Put its files back, or remove the case and add its scan and mask again."
        )

    def has_had(self, scan_sha256: str) -> bool:
        """Whether a scan is among the cases or in the trash, or was ever held out."""
        manifest = self.manifest()
        rows = (*manifest.cases, *manifest.trash)
        return scan_sha256 in {*manifest.held_out.scans, *(row.flair_sha256 for row in rows)}

    def keeps_held_out(self, case: Case, scan_sha256: str) -> bool:
        """Whether a case of any library or place is held out here, for its scan or its patient."""
        known = self.manifest().held_out
        of_a_library = case.cohort == COHORT
        return scan_sha256 in known.scans or (of_a_library and knows_patient(known, case.patient))

    def thumbnail(self, case_id: str) -> Path:
        """Where a case's picture lies; it may be missing."""
        return self.folder / CASES / case_id / THUMBNAIL_NAME

    def manifest(self) -> Manifest:
        """Everything that the library knows."""
        with in_plain_words():
            return read_manifest(self.folder)

    def _files_of_all(self, manifest: Manifest, rows: Sequence[LibraryCase]) -> list[Case]:
        """Cases in which one patient is one word, however each row writes it."""
        written = spellings((*manifest.cases, *manifest.trash))
        return [
            replace(self.files_of(row), patient=written[patient_key(row.patient)]) for row in rows
        ]

    def _is_there(self, case_id: str) -> bool:
        folder = self.folder / CASES / case_id
        return all(is_own_file(folder / name) for name in (FLAIR_NAME, MASK_NAME))


def _used(row: LibraryCase) -> bool:
    return not row.excluded
