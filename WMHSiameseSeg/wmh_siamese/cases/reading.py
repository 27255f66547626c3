"""Cases on disk: a FLAIR volume, its labels and whose they are."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from wmh_siamese.errors import WMHError
from wmh_siamese.volumes.volume import Volume, check_volume, read_volume

TABLE_NAME = "cases.csv"
LESION, OTHER = 1, 2

# How a case's name says which visit of a patient it is: P14_T2, sub-07_ses-2, anna-visit3.
_VISIT = re.compile(r"[_-](t|tp|time|timepoint|ses|session|visit|v)[_-]?\d+$", re.IGNORECASE)


@dataclass(frozen=True)
class Case:
    """One scan with its labels. ``cohort`` and ``name`` together are unique.

    Args:
        cohort: the centre, scanner or data set.
        name: of the scan within its cohort.
        flair: the volume's file.
        mask: the labels' file.
        patient: whose scan it is, within the cohort; left out, it is the name without a visit at
            its end (``P14_T2`` is a scan of ``P14``).

    Example:
        >>> Case("mslesseg", "P14_T2", Path("f.nii"), Path("m.nii")).patient
        'P14'
    """

    cohort: str
    name: str
    flair: Path
    mask: Path
    patient: str = ""

    def __post_init__(self) -> None:
        if not self.patient:
            object.__setattr__(self, "patient", _VISIT.sub("", self.name))

    @property
    def id(self) -> str:
        return f"{self.cohort}/{self.name}"

    @property
    def patient_id(self) -> str:
        return f"{self.cohort}/{self.patient}"


def find_cases(path: str | Path, cohorts: Sequence[str] | None = None) -> list[Case]:
    """The cases of a table or a folder.

    A folder is a data set in one of three layouts (:mod:`wmh_siamese.cases.folders`), or holds a
    table ``cases.csv``. Scans without a mask are left out.

    Args:
        path: a CSV file, or a folder.
        cohorts: only these cohorts, or all of them.

    Raises:
        WMHError: ``bad-path`` when there is nothing of that name, ``bad-volume`` when it holds no
            case, lacks a cohort, names a case twice, or is part of a correction library.
    """
    from wmh_siamese.cases.folders import cases_in_folder

    path = Path(path)
    if not path.exists():
        raise WMHError(
            "bad-path", f"There is no folder and no case table {path}.", "Check its name."
        )
    if path.is_dir() and not (path / TABLE_NAME).is_file():
        return _chosen(cases_in_folder(path), cohorts, path)
    return read_case_table(path / TABLE_NAME if path.is_dir() else path, cohorts)


def check_ids(cases: Sequence[Case], ids: Sequence[str]) -> None:
    """Refuse the id of a case that is not there (``bad-path``)."""
    unknown = sorted(set(ids) - {case.id for case in cases})
    if unknown:
        raise WMHError("bad-path", f"There is no case {unknown[0]}.", "Name it as cohort/case.")


def read_case_table(path: str | Path, cohorts: Sequence[str] | None = None) -> list[Case]:
    """Cases of a CSV file with the columns ``cohort,case,flair,mask``, perhaps ``patient``.

    Paths are relative to the table's folder; rows without a mask are left out. Scans of one patient
    carry the same ``patient``; without it, names tell (see :class:`Case`).

    Args:
        path: the CSV file.
        cohorts: only these cohorts, or all of them.

    Raises:
        WMHError: as :func:`find_cases`; ``bad-volume`` also when a column is missing.
    """
    path = Path(path)
    if not path.is_file():
        raise WMHError("bad-path", f"There is no case table {path}.", "Check its name.")
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:  # spreadsheets put a mark first
            rows = list(csv.DictReader(file))
    except (UnicodeDecodeError, csv.Error):
        raise WMHError("bad-volume", f"{path.name} is not a CSV table in UTF-8.") from None
    missing = {"cohort", "case", "flair", "mask"} - set(rows[0] if rows else ())
    if missing:
        raise WMHError(
            "bad-volume",
            f"The case table {path.name} lacks the columns {', '.join(sorted(missing))}.",
            "It needs cohort, case, flair and mask.",
        )
    cases = [
        Case(
            row["cohort"],
            row["case"],
            path.parent / row["flair"],
            path.parent / row["mask"],
            (row.get("patient") or "").strip(),
        )
        for row in rows
        if row["mask"]
    ]
    return _chosen(cases, cohorts, path)


def read_case(case: Case) -> tuple[Volume, Volume]:
    """The FLAIR volume and the labels of a case, on one grid.

    Labels are uint8: 0, 1 (white matter hyperintensity) and 2 (other pathology).

    Raises:
        WMHError: ``bad-path`` or ``bad-volume`` when either cannot be used, their grids differ, or
            the labels are others.
    """
    try:
        flair, mask = read_volume(case.flair), read_volume(case.mask)
        check_volume(flair, nonfinite="zero")
        check_same_grid(flair, mask)
        return flair, Volume(labels_of(mask.array, case.mask.name), mask.affine)
    except WMHError as error:
        raise WMHError(error.kind, f"Case {case.id}: {error.sentence}", error.way_out) from None


def check_same_grid(flair: Volume, mask: Volume) -> None:
    """Refuse a mask of another shape or place than its FLAIR (``bad-volume``)."""
    if flair.shape != mask.shape:
        raise WMHError(
            "bad-volume",
            f"the mask's shape {mask.shape} is not the FLAIR's {flair.shape}.",
            "Resample the mask to the FLAIR's grid.",
        )
    if not np.allclose(flair.affine, mask.affine, atol=1e-2):
        raise WMHError(
            "bad-volume",
            "the mask does not lie where the FLAIR lies (their affines differ).",
            "Resample the mask to the FLAIR's grid.",
        )


def labels_of(array: NDArray[np.generic], name: str) -> NDArray[np.uint8]:
    """A mask's voxels as 0, 1 and 2, whatever the type they are stored in."""
    found = np.unique(array)
    strange = found[~np.isin(found, (0, LESION, OTHER))]
    if not strange.size:
        return array.astype(np.uint8)
    if not np.isfinite(strange).all():
        raise WMHError("bad-volume", f"the mask {name} holds NaN or infinite voxels.")
    fraction = strange[strange != np.rint(strange)]
    if fraction.size:
        raise WMHError(
            "bad-volume",
            f"the mask {name} holds fractions ({fraction[0]:g}).",
            "Cut it at a threshold first, so that a voxel is 0 or 1.",
        )
    raise WMHError(
        "bad-volume",
        f"the mask {name} holds the label {strange[-1]:g}; known are 0, 1 (lesion) and "
        "2 (other pathology).",
        "Give lesions the label 1 and everything else 0.",
    )


def _chosen(cases: Sequence[Case], cohorts: Sequence[str] | None, path: Path) -> list[Case]:
    """The cases of these cohorts; refuses none, an unknown cohort and an id that comes twice."""
    twice = [found for found, times in Counter(case.id for case in cases).items() if times > 1]
    if twice:
        raise WMHError(
            "bad-volume", f"{path.name} names case {twice[0]} twice.", "Give each its own name."
        )
    if not cases:
        raise WMHError("bad-volume", f"{path.name} names no case with a mask.")
    known = sorted({case.cohort for case in cases})
    unknown = sorted(set(cohorts or ()) - set(known))
    if unknown:
        raise WMHError(
            "bad-volume",
            f"{path.name} names no case with a mask in the cohort {unknown[0]}.",
            f"Its cohorts are {', '.join(known)}.",
        )
    return [case for case in cases if cohorts is None or case.cohort in cohorts]
