"""How another library's rows and past join this one's: the newer change wins, roles stay."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from wmh_siamese.library.manifest import Known, LibraryCase, Manifest, Training
from wmh_siamese.library.roles import as_written, check_role
from wmh_siamese.library.words import new_case_id, now, patient_key


@dataclass(frozen=True)
class Refused:
    """What an import did not bring.

    Attributes:
        case: its id in the import; empty where it is about a patient alone.
        patient: whose.
        reason: a sentence and the way out.
    """

    case: str
    patient: str
    reason: str


def merged_row(manifest: Manifest, here: LibraryCase | None, row: LibraryCase) -> LibraryCase:
    """The row that a scan has after the import.

    Args:
        manifest: this library's.
        here: this library's row of the same scan, if it has it.
        row: the import's.

    Raises:
        WMHError: ``bad-volume`` when its patient cannot have its role here.
    """
    row = replace(row, changed=min(row.changed, now()), removed="")
    if here is None:
        taken = {case.id for case in (*manifest.cases, *manifest.trash)}
        row = replace(row, id=new_case_id()) if row.id in taken else row
        row = as_written(manifest, row)
        check_role(manifest, row)
        return row
    merged = here
    if row.changed > here.changed:
        merged = replace(row, id=here.id, role=here.role, added=min(row.added, here.added))
    if row.role != here.role:
        merged = replace(merged, role=row.role)
    if merged.patient != here.patient:
        merged = as_written(manifest, merged)
    if (merged.role, merged.patient) != (here.role, here.patient):
        check_role(manifest, merged)
    return merged


def with_past_of(
    manifest: Manifest, source: Manifest, ids: Mapping[str, str], refused: Sequence[Refused]
) -> tuple[Manifest, list[Refused]]:
    """The manifest that knows also what the import's patients were used for.

    Args:
        manifest: this library's, with the import's cases.
        source: the import's.
        ids: this library's ids by the import's, of the cases that came or were here.
        refused: the cases that did not come: their patients are not told of again.

    Returns:
        the manifest, and the patients that were used one way here and the other way there.
    """
    told = {patient_key(one.patient) for one in refused}
    training = [case for case in manifest.cases if case.role == "training"]
    used = manifest.trained.joined(
        Known(
            tuple(case.patient for case in training), tuple(case.flair_sha256 for case in training)
        )
    )
    trained, clash = _joined(manifest.trained, source.trained, manifest.held_out)
    held_out, other_clash = _joined(manifest.held_out, source.held_out, used)
    scans = set(trained.scans)
    again = tuple(case.patient for case in training if case.flair_sha256 in scans)
    trained = trained.joined(Known(again))
    manifest = replace(
        manifest,
        trained=trained,
        held_out=held_out,
        trainings=_joined_trainings(manifest, source, ids),
    )
    clashes = [
        Refused("", patient, f"Patient {patient!r} {how} here, but {other} in the import.")
        for patients, how, other in (
            (clash, "is held out", "has trained a model"),
            (other_clash, "is for training", "was held out"),
        )
        for patient in patients
        if patient_key(patient) not in told
    ]
    return manifest, clashes


def _joined(known: Known, more: Known, against: Known) -> tuple[Known, list[str]]:
    """Both, without what stands against it; and the patients that do."""
    here, other = (set(map(patient_key, one.patients)) for one in (known, against))
    new = [patient for patient in more.patients if patient_key(patient) not in here]
    clash = [patient for patient in new if patient_key(patient) in other]
    scans = set(more.scans) - set(against.scans)
    return known.joined(Known(tuple(set(new) - set(clash)), tuple(scans))), clash


def _joined_trainings(
    manifest: Manifest, source: Manifest, ids: Mapping[str, str]
) -> tuple[Training, ...]:
    trainings = dict.fromkeys(manifest.trainings)
    for training in source.trainings:
        here = tuple(ids[case] for case in training.cases if case in ids)
        training = replace(training, cases=here)
        if here:
            trainings.setdefault(training)
    return tuple(trainings)
