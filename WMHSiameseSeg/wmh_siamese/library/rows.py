"""The rows of a scan that comes into a library, for the first time or again."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from wmh_siamese.errors import WMHError
from wmh_siamese.library.manifest import ROLES, LibraryCase, Role
from wmh_siamese.library.scan_files import Scan
from wmh_siamese.library.words import new_case_id, new_patient, now


def row_of_new(scan: Scan, patient: str, note: str, role: Role) -> LibraryCase:
    time = now()
    return LibraryCase(
        id=new_case_id(),
        patient=patient or new_patient(),
        role=role,
        added=time,
        changed=time,
        flair_sha256=scan.flair_sha256,
        note=note,
        **figures_of(scan),
    )


def row_of_again(
    before: LibraryCase, scan: Scan, patient: str, note: str, role: Role
) -> LibraryCase:
    """The row of a scan that came again."""
    return replace(
        before,
        patient=patient or before.patient,
        role="held-out" if role == "held-out" else before.role,
        changed=now(),
        note=note or before.note,
        **figures_of(scan),
    )


def figures_of(scan: Scan) -> dict[str, Any]:
    """The fields of a row that its files give."""
    i, j, k = scan.flair.shape
    return {
        "mask_sha256": scan.mask_sha256,
        "shape": (i, j, k),
        "spacing_mm": scan.flair.spacing,
        "volume_ml": scan.volume_ml,
        "pcd_percent": scan.pcd_percent,
    }


def check_scan(row: LibraryCase, scan: Scan, way_out: str) -> None:
    """Refuse a scan that is not the row's, or has another mask (``bad-volume``)."""
    if (scan.flair_sha256, scan.mask_sha256) != (row.flair_sha256, row.mask_sha256):
        raise WMHError(
            "bad-volume",
            f"The files of case {row.id} are not the ones that its row tells of.",
            way_out,
        )


def check_role_name(role: str) -> None:
    if role not in ROLES:
        raise WMHError(
            "bad-volume", f"{role!r} is not a role.", f"Known are {' and '.join(ROLES)}."
        )
