"""What the panel says to an answer of the library."""

from __future__ import annotations

from slicer.i18n import tr as _

from WMHSiameseSegLib.library.client import CaseRow, LibraryAnswer
from WMHSiameseSegLib.library.table import role_name
from WMHSiameseSegLib.worker.client import Event


def answer_text(answer: LibraryAnswer) -> str:
    """One or two sentences; empty where the table says it all."""
    said = answer.said
    if answer.what == "create":
        return _("A new library. Add corrected cases to it.")
    if answer.what == "add":
        return _added_text(said)
    if answer.what == "change":
        row = CaseRow.of(said["case"])
        used = _("It is left out of training and figures.") if row.excluded else ""
        text = _("Patient {patient}: {role}.")
        return f"{text.format(patient=row.patient, role=role_name(row.role))} {used}".strip()
    if answer.what == "remove":
        return _("The case is in the library's trash; “Show trash” brings it back.")
    if answer.what == "restore":
        return _("The case is back.")
    if answer.what == "empty-trash":
        return _("Deleted for good: {count} cases.").format(count=said.get("emptied", 0))
    if answer.what == "export":
        return _("Exported: {count} cases.").format(count=said.get("count", len(answer.rows)))
    if answer.what == "import":
        return _imported_text(said)
    missing = said.get("missing") or []
    if missing:
        return _("The files of {count} cases are gone from the library's folder: {ids}.").format(
            count=len(missing), ids=", ".join(map(str, missing))
        )
    return ""


def _added_text(said: Event) -> str:
    row = CaseRow.of(said["case"])
    if said.get("new", True):
        text = _("Added: patient {patient}, {role}, {volume:.2f} ml.")
    else:
        text = _(
            "This scan was in the library already and has its new mask now: patient {patient}, "
            "{role}, {volume:.2f} ml."
        )
    text = text.format(patient=row.patient, role=role_name(row.role), volume=row.volume_ml)
    if said.get("patient_before"):
        moved = _("It was a scan of patient {patient} until now.")
        text += " " + moved.format(patient=said["patient_before"])
    if said.get("resampled"):
        text += " " + _("The mask was drawn on another grid and was resampled to the FLAIR's.")
    if said.get("outside"):
        lost = _("{count} of its drawn voxels lie outside the FLAIR and were left out.")
        text += " " + lost.format(count=said["outside"])
    return text


def _imported_text(said: Event) -> str:
    counts = {name: len(said.get(name) or []) for name in ("added", "updated", "kept")}
    text = _("Imported: {added} new, {updated} updated, {kept} as they were.").format(**counts)
    refused = [one for one in said.get("refused") or [] if isinstance(one, dict)]
    if refused:
        reasons = "\n".join(str(one.get("reason") or "") for one in refused)
        text += "\n" + _("Refused: {count}.").format(count=len(refused)) + f"\n{reasons}"
    return text
