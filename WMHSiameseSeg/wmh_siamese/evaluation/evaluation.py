"""Figures of methods on cases whose truth is known: one case, then the spread over a cohort."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from wmh_siamese.cases.case import LESION, OTHER, Case
from wmh_siamese.cases.reading import read_case
from wmh_siamese.errors import WMHError
from wmh_siamese.evaluation.methods import FinishedMasks, Mask, Method
from wmh_siamese.evaluation.metrics import Metrics, evaluate
from wmh_siamese.segmenting.readouts import read_out
from wmh_siamese.volumes.volume import Volume, axial_view

METRICS = ("dice", "h95_mm", "avd_percent", "lesion_recall", "lesion_f1")
READOUTS = ("truth_ml", "found_ml", "truth_pcd_percent", "found_pcd_percent")
FIGURES = METRICS + READOUTS


@dataclass(frozen=True)
class CaseFigures:
    """One method on one case.

    Attributes:
        method: its name.
        case: whose figures these are.
        role: ``"learnt"`` or ``"validation"`` where the method has seen the case.
        metrics: the five of the challenge.
        truth_ml: volume of the truth (label 1).
        found_ml: volume of the result outside other pathology (label 2).
        truth_pcd_percent: positive class density of the truth; depends on the field of view.
        found_pcd_percent: the same of the result.
        seconds: how long the method took.
    """

    method: str
    case: Case
    role: str
    metrics: Metrics
    truth_ml: float
    found_ml: float
    truth_pcd_percent: float
    found_pcd_percent: float
    seconds: float

    @property
    def figures(self) -> dict[str, float]:
        """A value for each of ``FIGURES``."""
        m = self.metrics
        metrics = (m.dice, m.h95, m.avd, m.lesion_recall, m.lesion_f1)
        readouts = (getattr(self, name) for name in READOUTS)
        return dict(zip(FIGURES, (*metrics, *readouts), strict=True))

    def as_json(self) -> dict[str, Any]:
        """Flat, for a line of JSON."""
        return {
            "method": self.method,
            "cohort": self.case.cohort,
            "case": self.case.name,
            "role": self.role,
            **self.figures,
            "seconds": round(self.seconds, 3),
        }


@dataclass(frozen=True)
class Spread:
    """Of one figure over cases: those that exist, and how many do not.

    Attributes:
        mean: of the cases that are not NaN; NaN when all are.
        deviation: standard deviation of those (n - 1); NaN for fewer than two.
        missing: number of NaN cases.
    """

    mean: float
    deviation: float
    missing: int


@dataclass(frozen=True)
class CohortFigures:
    """One method on one cohort: the number of cases and the spread of each of ``FIGURES``."""

    method: str
    cohort: str
    cases: int
    spreads: dict[str, Spread]

    def as_json(self) -> dict[str, Any]:
        """Nested, for a line of JSON."""
        spreads = {name: vars(spread) for name, spread in self.spreads.items()}
        return {"method": self.method, "cohort": self.cohort, "cases": self.cases, **spreads}


def case_figures(
    method: Method,
    case: Case,
    flair: Volume,
    labels: Volume,
    on_masks: Callable[[Mask, Mask], None] = lambda truth, found: None,
) -> CaseFigures:
    """A method's figures on a case as :func:`wmh_siamese.cases.reading.read_case` gives it.

    Boundaries (H95) are drawn in axial slices, however the volume is stored.

    Args:
        method: to judge.
        case: whose scan it is.
        flair: the scan.
        labels: on the same grid.
        on_masks: shown truth and result, both without other pathology (label 2).
    """
    began = time.perf_counter()
    mask = method.mask(case, flair)
    seconds = time.perf_counter() - began
    axial_axis = axial_view(flair.affine).axes[0]
    truth, found = labels.array == LESION, mask & (labels.array != OTHER)
    on_masks(truth, found)
    wanted, got = read_out(truth, flair.affine), read_out(found, flair.affine)
    return CaseFigures(
        method=method.name,
        case=case,
        role=method.role(case),
        metrics=evaluate(labels.array, mask, flair.spacing, axial_axis),
        truth_ml=wanted.volume_ml,
        found_ml=got.volume_ml,
        truth_pcd_percent=wanted.pcd_percent,
        found_pcd_percent=got.pcd_percent,
        seconds=seconds,
    )


def cohort_figures(cases: Sequence[CaseFigures]) -> list[CohortFigures]:
    """The spread over each cohort, cohort by cohort and in it method by method."""
    groups: dict[str, dict[str, list[CaseFigures]]] = {}
    for one in cases:
        groups.setdefault(one.case.cohort, {}).setdefault(one.method, []).append(one)
    return [
        CohortFigures(
            method,
            cohort,
            len(members),
            {name: spread([one.figures[name] for one in members]) for name in FIGURES},
        )
        for cohort, methods in groups.items()
        for method, members in methods.items()
    ]


def spread(values: Sequence[float]) -> Spread:
    """Mean, standard deviation and NaN cases.

    Example:
        >>> spread([1.0, 3.0, float("nan")])
        Spread(mean=2.0, deviation=1.4142135623730951, missing=1)
    """
    there = [value for value in values if not np.isnan(value)]
    return Spread(
        mean=float(np.mean(there)) if there else float("nan"),
        deviation=float(np.std(there, ddof=1)) if len(there) > 1 else float("nan"),
        missing=len(values) - len(there),
    )


def usable_cases(
    cases: Sequence[Case], methods: Sequence[Method]
) -> tuple[list[Case], dict[str, WMHError]]:
    """The cases that can be judged, and why the others cannot, by their id.

    Every file is read once before any network runs: a bad case is better known at the start. Of the
    methods, those with masks of their own are asked for them.
    """
    usable, faults = [], {}
    for case in cases:
        try:
            flair, _ = read_case(case)
            for method in methods:
                if isinstance(method, FinishedMasks):
                    method.mask(case, flair)
            usable.append(case)
        except WMHError as error:
            faults[case.id] = error
    return usable, faults
