"""Cases to learn from, to validate with, to hold out: by patient, evenly over cohorts, stored."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import combinations
from pathlib import Path

import numpy as np

from wmh_siamese.cases.case import Case
from wmh_siamese.cases.finding import check_ids
from wmh_siamese.errors import WMHError
from wmh_siamese.files.atomic_file import written_whole
from wmh_siamese.files.foreign import read_or_refused

PARTS = ("learning", "validation", "held_out")
SHARES = (0.8, 0.1, 0.1)


@dataclass(frozen=True)
class Split:
    """The ids of the cases of each part, and the seed that drew them; None when they were named.

    Args:
        learning: cases to learn from.
        validation: cases that choose the epoch and the threshold.
        held_out: cases for the figures alone.
        seed: of the draw.
    """

    learning: tuple[str, ...]
    validation: tuple[str, ...]
    held_out: tuple[str, ...]
    seed: int | None = None


def drawn_split(cases: Sequence[Case], seed: int) -> Split:
    """Patients in 80, 10 and 10 per cent (paper, 3.2.2), as evenly over cohorts as they divide.

    A patient's scans stay together. Small cohorts share what is left of their tenths, so that the
    parts have the right size over all; no part is empty. The draw depends on the seed and the
    patients' names alone, not on the order of the cases.

    Raises:
        WMHError: ``bad-volume`` when there are fewer than three patients.
    """
    patients = sorted({(case.cohort, case.patient) for case in cases})
    if len(patients) < len(PARTS):
        count = "is one patient" if len(patients) == 1 else f"are {len(patients)} patients"
        raise WMHError(
            "bad-volume",
            f"There {count} ({', '.join('/'.join(patient) for patient in patients)}), too few to "
            "learn from, validate with and hold out: one part would be empty.",
            "Add patients, or name the parts with --validation and --held-out.",
        )
    part_of = _drawn(patients, np.random.default_rng(seed))
    ids: dict[str, list[str]] = {part: [] for part in PARTS}
    for case in sorted(cases, key=lambda case: case.id):
        ids[part_of[case.cohort, case.patient]].append(case.id)
    learning, validation, held_out = (tuple(ids[part]) for part in PARTS)
    return Split(learning, validation, held_out, seed)


def named_split(cases: Sequence[Case], validation: Sequence[str], held_out: Sequence[str]) -> Split:
    """The cases of these ids to validate with and to hold out, all others to learn from.

    Raises:
        WMHError: ``bad-path`` when an id is unknown, named twice, or nothing is left to learn from.
    """
    named = [*validation, *held_out]
    check_ids(cases, named)
    twice = sorted(set(validation) & set(held_out))
    if twice:
        raise WMHError("bad-path", f"Case {twice[0]} has two uses.", "Name it once.")
    learning = [case.id for case in cases if case.id not in named]
    if not learning:
        raise WMHError("bad-path", "No case is left to learn from.", "Name fewer others.")
    return Split(tuple(learning), tuple(dict.fromkeys(validation)), tuple(dict.fromkeys(held_out)))


def parted(cases: Sequence[Case], split: Split) -> tuple[list[Case], list[Case], list[Case]]:
    """The cases of each part, in the split's order.

    Raises:
        WMHError: ``bad-volume`` when a case is in no part or the split names one that is not there,
            or when scans of one patient lie in two parts.
    """
    by_id = {case.id: case for case in cases}
    named = [found for part in PARTS for found in getattr(split, part)]
    missing, left = sorted(set(named) - set(by_id)), sorted(set(by_id) - set(named))
    if missing or left:
        told = f"names case {missing[0]}, which is not" if missing else f"leaves out {left[0]}, one"
        raise WMHError(
            "bad-volume",
            f"The split {told} of the {len(by_id)} cases found.",
            "Give it the cases it was made for (the same table and --cohort), or draw a new one.",
        )
    learning, validation, held_out = (
        [by_id[found] for found in getattr(split, part)] for part in PARTS
    )
    _check_patients(dict(zip(PARTS, (learning, validation, held_out), strict=True)))
    return learning, validation, held_out


def of_same_patient(cases: Sequence[Case], others: Sequence[Case]) -> Case | None:
    """The first of the others that is a scan of a patient among the cases."""
    patients = {case.patient_id for case in cases}
    return next((case for case in others if case.patient_id in patients), None)


def write_split(path: str | Path, split: Split) -> None:
    """Write a split as JSON, whole or not at all."""
    with written_whole(path) as partial:
        partial.write_text(json.dumps(asdict(split), indent=1) + "\n", encoding="utf-8")


def read_split(path: str | Path) -> Split:
    """A split from its file.

    Raises:
        WMHError: ``bad-path`` when there is none, ``bad-volume`` when it is not a split, has an
            empty part or names a case twice.
    """
    path = Path(path)
    if not path.is_file():
        raise WMHError("bad-path", f"There is no split file {path}.", "Check its name.")
    no_split = WMHError(
        "bad-volume",
        f"{path.name} is not a split.",
        f"It is a JSON object with the lists of ids {', '.join(PARTS)} and a seed.",
    )
    with read_or_refused(no_split):
        found = json.loads(path.read_text(encoding="utf-8"))
        learning, validation, held_out = (_ids(found[part]) for part in PARTS)
        split = Split(learning, validation, held_out, found.get("seed"))
    empty = [part for part in PARTS if not getattr(split, part)]
    if empty:
        raise WMHError(
            "bad-volume",
            f"The part {empty[0]} of the split {path.name} is empty.",
            "Name at least one case in each part, or draw a new one with --split-seed.",
        )
    for one, other in combinations(PARTS, 2):
        for both in sorted(set(getattr(split, one)) & set(getattr(split, other))):
            raise WMHError("bad-volume", f"{path.name} has case {both} in {one} and in {other}.")
    return split


def _drawn(
    patients: Sequence[tuple[str, str]], draw: np.random.Generator
) -> Mapping[tuple[str, str], str]:
    """Each patient's part. Cohort after cohort, a part is filled up to its share of all so far."""
    part_of = {patient: PARTS[0] for patient in patients}
    so_far = dict.fromkeys(PARTS[1:], 0)
    total = 0
    cohorts = sorted({cohort for cohort, _ in patients})
    for cohort in draw.permutation(cohorts).tolist():
        members = [patient for patient in patients if patient[0] == cohort]
        waiting = [members[index] for index in draw.permutation(len(members))]
        total += len(members)
        for part, share in zip(PARTS[1:], SHARES[1:], strict=True):
            while waiting and so_far[part] < int(share * total + 0.5):
                part_of[waiting.pop()] = part
                so_far[part] += 1
    for part in PARTS[1:]:
        if not so_far[part]:
            rest = [patient for patient in patients if part_of[patient] == PARTS[0]]
            part_of[rest[int(draw.integers(len(rest)))]] = part
    return part_of


def _check_patients(parts: Mapping[str, Sequence[Case]]) -> None:
    for one, other in combinations(parts, 2):
        at_home = {case.patient_id: case for case in parts[one]}
        for case in parts[other]:
            if case.patient_id in at_home:
                first = at_home[case.patient_id]
                raise WMHError(
                    "bad-volume",
                    f"Patient {case.patient_id} is on two sides of the split: scan {first.id} in "
                    f"{one}, scan {case.id} in {other}.",
                    "Put all scans of a patient on one side; if they are two patients, say so in "
                    "the column patient of the case table.",
                )


def _ids(found: object) -> tuple[str, ...]:
    if not isinstance(found, list) or not all(isinstance(name, str) for name in found):
        raise TypeError("ids are a list of texts")
    return tuple(found)
