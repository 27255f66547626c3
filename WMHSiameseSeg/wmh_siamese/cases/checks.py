"""What is wrong with a set of cases before anything is learnt from it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from wmh_siamese.cases.case import LESION, Case
from wmh_siamese.cases.reading import read_case
from wmh_siamese.errors import WMHError
from wmh_siamese.volumes.hashes import voxels_sha256
from wmh_siamese.volumes.volume import Volume

log = logging.getLogger(__name__)

NAMED_AT_ONCE = 5


@dataclass(frozen=True)
class CheckedCases:
    """Cases that can be used, and why the others cannot.

    Attributes:
        usable: to learn from or to judge on.
        faults: by case id.
        scans: SHA-256 of each FLAIR's voxels (:func:`voxels_sha256`).
    """

    usable: list[Case]
    faults: dict[str, WMHError]
    scans: frozenset[str]


def checked_cases(
    cases: Sequence[Case],
    skip_bad: bool = False,
    complain: Callable[[str], None] = lambda sentence: None,
    option: str = " (--skip-bad)",
    check: Callable[[Case, Volume, Volume], None] = lambda case, flair, labels: None,
) -> CheckedCases:
    """Read every case once and leave out what cannot be used.

    A fault is: a file that cannot be read, a FLAIR or mask that cannot be used
    (:func:`wmh_siamese.cases.reading.read_case`), or a scan that another patient has as well.

    Args:
        cases: to check.
        skip_bad: go on without the faulty ones instead of refusing.
        complain: told of each case that is left out.
        option: how whoever asked is told to skip them; empty where there is no such option.
        check: whatever else is asked of a case, its FLAIR and its labels; its ``WMHError`` is a
            fault.

    Raises:
        WMHError: ``bad-volume`` when a case is faulty (all are named) and must not be skipped, when
            none is left, or when all masks are empty.
    """
    usable: list[Case] = []
    faults: dict[str, WMHError] = {}
    seen: dict[str, Case] = {}
    lesions = 0
    for case in cases:
        try:
            flair, labels = read_case(case)
            check(case, flair, labels)
            _check_unseen(case, seen.setdefault(voxels_sha256(flair.array), case))
        except WMHError as error:
            faults[case.id] = error
            continue
        lesions += int((labels.array == LESION).any())
        usable.append(case)
    if faults and not (skip_bad and usable):
        raise _named(list(faults.values()), len(cases), option)
    if not lesions:
        raise WMHError(
            "bad-volume",
            f"The masks of all {len(usable)} cases are empty, so there is nothing to learn.",
            "Check that lesions have the label 1.",
        )
    for fault in faults.values():
        complain(f"Left out: {fault.sentence}")
    return CheckedCases(usable, faults, frozenset(seen))


def _check_unseen(case: Case, first: Case) -> None:
    if first is case:
        return
    if first.patient_id == case.patient_id:
        log.warning("cases %s and %s hold the same scan", first.id, case.id)
        return
    raise WMHError(
        "bad-volume",
        f"Cases {first.id} and {case.id} hold the same scan, but are two patients.",
        "Remove one of them, or give both the same patient.",
    )


def _named(faults: Sequence[WMHError], count: int, option: str) -> WMHError:
    """One fault as it is; of several, the first few sentences."""
    them = "it" if len(faults) == 1 else "them"
    without = f"go on without {them}{option}" if option else f"leave {them} out"
    if len(faults) == 1:
        first = faults[0]
        return WMHError("bad-volume", first.sentence, f"{first.way_out} Or {without}.")
    told = " ".join(fault.sentence for fault in faults[:NAMED_AT_ONCE])
    more = len(faults) - NAMED_AT_ONCE
    rest = f" And {more} more." if more > 0 else ""
    return WMHError(
        "bad-volume",
        f"{len(faults)} of {count} cases cannot be used. {told}{rest}",
        f"Repair or remove them, or {without}.",
    )
