"""One scan with its labels: what a case is, and how its labels and files are called."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

LESION, OTHER = 1, 2
"""The labels of a mask: white matter hyperintensity, and other pathology."""

FLAIR_NAME, MASK_NAME = "flair.nii.gz", "mask.nii.gz"
CASE_ID = re.compile(r"case-[0-9a-f]{12}")
"""A correction library's folder of a case, which holds the files above."""

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
        named: whether somebody chose its name, in a table; a data set's folders and files may be
            named after people, and their names go into no model file.

    Example:
        >>> Case("mslesseg", "P14_T2", Path("f.nii"), Path("m.nii")).patient
        'P14'
    """

    cohort: str
    name: str
    flair: Path
    mask: Path
    patient: str = ""
    named: bool = field(default=True, compare=False)

    def __post_init__(self) -> None:
        if not self.patient:
            object.__setattr__(self, "patient", _VISIT.sub("", self.name))

    @property
    def id(self) -> str:
        return f"{self.cohort}/{self.name}"

    @property
    def patient_id(self) -> str:
        return f"{self.cohort}/{self.patient}"
