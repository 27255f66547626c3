"""A patient's role is for life: measured on once, never trained on, and the other way round."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from dataclasses import replace

from wmh_siamese.cases.case import CASE_ID
from wmh_siamese.errors import WMHError
from wmh_siamese.library.fields import SHA256
from wmh_siamese.library.manifest import Known, LibraryCase, Manifest, Training
from wmh_siamese.library.words import patient_key

log = logging.getLogger(__name__)


def knows(known: Known, case: LibraryCase) -> bool:
    """Whether the case's patient or its very scan is among them."""
    return case.flair_sha256 in known.scans or knows_patient(known, case.patient)


def knows_patient(known: Known, patient: str) -> bool:
    """Whether the patient is among them, however its letters are written."""
    return patient_key(patient) in map(patient_key, known.patients)


def as_written(manifest: Manifest, row: LibraryCase) -> LibraryCase:
    """The row with its patient written as that patient's other scans have it."""
    others = [case for case in (*manifest.cases, *manifest.trash) if case.id != row.id]
    return replace(row, patient=spellings(others).get(patient_key(row.patient), row.patient))


def spellings(rows: Iterable[LibraryCase]) -> dict[str, str]:
    """How each patient is written first, by :func:`wmh_siamese.library.words.patient_key`."""
    first: dict[str, str] = {}
    for row in rows:
        first.setdefault(patient_key(row.patient), row.patient)
    return first


def check_role(manifest: Manifest, row: LibraryCase) -> None:
    """Refuse a row whose role its patient, or its scan, cannot have any more (``bad-volume``)."""
    if row.role == "training":
        if knows(manifest.held_out, row):
            raise _refused(
                f"Patient {row.patient!r} is held out for measuring, and stays so for life: "
                "it cannot be trained on.",
                "Give the scan the role held-out.",
            )
        return
    if knows(manifest.trained, row):
        raise _refused(
            f"Patient {row.patient!r} has trained a model already: "
            "figures measured on it would not be held out.",
            "Keep it for training, and hold out a patient that no model has seen.",
        )
    if any(case.role == "training" for case in _others_of(manifest, row)):
        raise _refused(
            f"Patient {row.patient!r} has other scans for training; "
            "all scans of a patient have one role.",
            "Hold the patient out first, by changing the role of one of its scans.",
        )


def placed(manifest: Manifest, row: LibraryCase) -> Manifest:
    """The manifest with this row, which :func:`check_role` let pass, and what follows for life."""
    manifest = manifest.with_row(row)
    if row.role == "held-out":
        manifest = replace(manifest, held_out=manifest.held_out.with_case(row))
    if row.flair_sha256 in manifest.trained.scans:
        manifest = replace(manifest, trained=manifest.trained.with_case(row))
    return manifest


def held_out(manifest: Manifest, row: LibraryCase, changed: str) -> Manifest:
    """The manifest with every scan of the row's patient held out (``bad-volume`` when trained)."""
    rows = [row, *_others_of(manifest, row)]
    others = [case for case in manifest.cases if case.id not in {one.id for one in rows}]
    for one in rows:
        moved = one if one.role == "held-out" else replace(one, role="held-out", changed=changed)
        check_role(replace(manifest, cases=tuple(others)), moved)
        manifest = placed(manifest, moved)
    return manifest


def may_measure(manifest: Manifest, case: LibraryCase) -> bool:
    """Whether figures on a held-out case are held out.

    They are not where its patient was held out while a training on it was under way.
    """
    return case.role == "held-out" and not knows(manifest.trained, case)


def trained(
    manifest: Manifest, case_ids: Sequence[str], scans: Sequence[str], model: str, date: str
) -> Manifest:
    """The manifest that knows which cases trained a model, removed ones too.

    No case is refused: what was trained on was trained on.

    Args:
        manifest: as it was.
        case_ids: of this library's cases among them.
        scans: hashes of everything else that was learnt from, whether or not a case here has it.
        model: SHA-256 of its file.
        date: when, UTC.

    Raises:
        WMHError: ``bad-model`` or ``bad-path`` when these are no hash of a model or ids of cases.
    """
    if not SHA256.fullmatch(model):
        raise WMHError("bad-model", f"{model!r} is not the SHA-256 of a model file.")
    for case_id in case_ids:
        if not CASE_ID.fullmatch(case_id):
            raise WMHError("bad-path", f"{case_id!r} is not the id of a library's case.")
    rows = {row.id: row for row in (*manifest.cases, *manifest.trash)}
    known = manifest.trained.joined(Known((), tuple(scans)))
    for row in rows.values():
        if row.flair_sha256 in scans:
            known = known.with_case(row)
    for case_id in case_ids:
        if case_id not in rows:
            log.warning("%s trained a model, but is not in the library any more", case_id)
            continue
        if rows[case_id].role == "held-out":
            log.warning("%s trained a model, although it is held out now", case_id)
        known = known.with_case(rows[case_id])
    training = Training(model, tuple(dict.fromkeys(case_ids)), date)
    return replace(manifest, trained=known, trainings=(*manifest.trainings, training))


def _others_of(manifest: Manifest, row: LibraryCase) -> list[LibraryCase]:
    key = patient_key(row.patient)
    return [c for c in manifest.cases if c.id != row.id and patient_key(c.patient) == key]


def _refused(sentence: str, way_out: str) -> WMHError:
    return WMHError("bad-volume", sentence, way_out)
