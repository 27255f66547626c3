"""Cases on disk: a FLAIR volume, its mask and whose it is."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from wmh_siamese.errors import WMHError
from wmh_siamese.volume import Volume, check_volume, read_mask, read_volume


@dataclass(frozen=True)
class Case:
    """One scan with its mask. ``cohort`` and ``name`` together are unique."""

    cohort: str
    name: str
    flair: Path
    mask: Path

    @property
    def id(self) -> str:
        return f"{self.cohort}/{self.name}"


def read_case_table(path: str | Path, cohorts: list[str] | None = None) -> list[Case]:
    """Cases of a CSV file with the columns ``cohort,case,flair,mask``.

    Paths are relative to the table's folder; rows without a mask are left out.

    Args:
        path: the CSV file.
        cohorts: only these cohorts, or all of them.

    Raises:
        WMHError: ``bad-path`` when there is no such file, ``bad-volume`` when a column is missing
            or no row fits.
    """
    path = Path(path)
    if not path.is_file():
        raise WMHError("bad-path", f"There is no case table {path}.", "Check its name.")
    with path.open(newline="", encoding="utf-8-sig") as file:  # spreadsheets put a mark first
        rows = list(csv.DictReader(file))
    missing = {"cohort", "case", "flair", "mask"} - set(rows[0] if rows else ())
    if missing:
        raise WMHError(
            "bad-volume",
            f"The case table {path.name} lacks the columns {', '.join(sorted(missing))}.",
            "It needs cohort, case, flair and mask.",
        )
    cases = [
        Case(row["cohort"], row["case"], path.parent / row["flair"], path.parent / row["mask"])
        for row in rows
        if row["mask"] and (cohorts is None or row["cohort"] in cohorts)
    ]
    if not cases:
        raise WMHError("bad-volume", f"The case table {path.name} names no case with a mask.")
    return cases


def read_case(case: Case) -> tuple[Volume, Volume]:
    """The FLAIR volume and the boolean mask of a case, on one grid.

    Raises:
        WMHError: ``bad-volume`` when either cannot be used or their grids differ.
    """
    flair, mask = read_volume(case.flair), read_mask(case.mask)
    try:
        check_volume(flair, nonfinite="zero")
    except WMHError as error:
        raise WMHError(error.kind, f"Case {case.id}: {error.sentence}", error.way_out) from None
    if flair.shape != mask.shape:
        raise WMHError(
            "bad-volume",
            f"Case {case.id}: the mask's shape {mask.shape} is not the FLAIR's {flair.shape}.",
            "Resample the mask to the FLAIR's grid.",
        )
    if not np.allclose(flair.affine, mask.affine, atol=1e-2):
        raise WMHError(
            "bad-volume",
            f"Case {case.id}: the mask does not lie where the FLAIR lies (their affines differ).",
            "Resample the mask to the FLAIR's grid.",
        )
    return flair, mask
