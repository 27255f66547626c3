"""Where cases are found: tables in CSV, and data sets in folders."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from wmh_siamese.cases.case import Case
from wmh_siamese.cases.folders import cases_in_folder
from wmh_siamese.errors import WMHError
from wmh_siamese.files.foreign import read_or_refused

TABLE_NAME = "cases.csv"
MAX_TABLE_BYTES = 64_000_000


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
    rows = _rows_of(path)
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


def _rows_of(path: Path) -> list[dict[str, str]]:
    if path.stat().st_size > MAX_TABLE_BYTES:
        raise WMHError("bad-volume", f"{path.name} is larger than any case table.")
    usual = csv.field_size_limit(MAX_TABLE_BYTES)  # one long field would spoil the other rows
    try:
        with (
            read_or_refused(WMHError("bad-volume", f"{path.name} is not a CSV table in UTF-8.")),
            path.open(newline="", encoding="utf-8-sig") as file,  # spreadsheets put a mark first
        ):
            return list(csv.DictReader(file, restval=""))
    finally:
        csv.field_size_limit(usual)


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
