"""What the pictures show: scans of a folder that the user names, else the bundled simulated one."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
_SIMULATED = "WMHSiameseSeg/Resources/SampleData/simulated_flair.nii.gz"
_LESIONS = "WMHSiameseSeg/Resources/SampleData/simulated_lesions.nii.gz"


@dataclass(frozen=True)
class Scan:
    """A FLAIR with the mask that somebody drew on it, both NIfTI files."""

    flair: Path
    mask: Path


def scans(data: Path | None, first: str) -> list[Scan]:
    """The scan to segment, then others to learn from.

    Args:
        data: a folder with ``cases.csv`` (columns cohort, case, flair, mask); None: simulated.
        first: ``cohort/case`` of the scan to segment; empty for the table's first.

    Raises:
        SystemExit: when the folder has no such table or case, in one sentence.
    """
    if data is None:
        return [Scan(ROOT / _SIMULATED, ROOT / _LESIONS)]
    table = data / "cases.csv"
    if not table.is_file():
        raise SystemExit(f"{data} has no cases.csv. Name a folder that has one, or none at all.")
    with table.open(newline="", encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["mask"]]
    named = {f"{row['cohort']}/{row['case']}": row for row in rows}
    chosen = named.get(first) if first else next(iter(rows), None)
    if chosen is None:
        raise SystemExit(f"{table} has no case {first!r} with a mask.")
    alike = [row for row in rows if row["cohort"] == chosen["cohort"] and row is not chosen]
    return [Scan(data / row["flair"], data / row["mask"]) for row in (chosen, *alike)]
