"""What a change makes of a manifest: a case changed, removed, restored."""

from __future__ import annotations

from dataclasses import replace

from wmh_siamese.errors import WMHError
from wmh_siamese.library.manifest import LibraryCase, Manifest
from wmh_siamese.library.roles import check_role, held_out, knows, placed
from wmh_siamese.library.words import now


def changed(manifest: Manifest, row: LibraryCase) -> Manifest:
    """With a row in the place of the one of its id; all scans of a patient are held out together.

    Raises:
        WMHError: ``bad-volume`` when its patient cannot have its role.
    """
    before = manifest.case(row.id)
    if row.role == "held-out" and before.role != "held-out":
        return held_out(manifest, row, row.changed)
    if (row.role, row.patient) != (before.role, before.patient):
        check_role(manifest, row)
    return placed(manifest, row)


def removed(manifest: Manifest, case_id: str) -> Manifest:
    """With a case in the trash, as its last (``bad-path`` when there is no such case)."""
    row = replace(manifest.case(case_id), removed=now())
    others = tuple(case for case in manifest.cases if case.id != case_id)
    return replace(manifest, cases=others, trash=(*manifest.trash, row))


def restored(manifest: Manifest, case_id: str) -> Manifest:
    """With a removed case in use again, as the last.

    Raises:
        WMHError: ``bad-path`` when it is not in the trash; ``bad-volume`` when its scan is there
            again, or its patient cannot have its role any more.
    """
    row = replace(manifest.in_trash(case_id), removed="")
    again = next((c for c in manifest.cases if c.flair_sha256 == row.flair_sha256), None)
    if again is not None:
        raise WMHError(
            "bad-volume",
            f"The library holds the scan of {case_id} again, as {again.id}.",
            "Remove that one first.",
        )
    if row.role == "training" and knows(manifest.held_out, row):
        row = replace(row, role="held-out", changed=now())
    check_role(manifest, row)
    others = tuple(case for case in manifest.trash if case.id != case_id)
    return placed(replace(manifest, trash=others), row)
