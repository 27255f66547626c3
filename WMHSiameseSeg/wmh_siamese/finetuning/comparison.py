"""The base model and the fine-tuned one beside each other on patients that neither learnt from."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wmh_siamese.cases.case import CASE_ID, Case
from wmh_siamese.cases.reading import scan_sha256
from wmh_siamese.errors import WMHError
from wmh_siamese.evaluation.evaluation import FIGURES, METRICS, CaseFigures, spread
from wmh_siamese.evaluation.table import CASE_HEADINGS, figure_text, markdown_table
from wmh_siamese.models.model_file import read_card
from wmh_siamese.training.release import model_figures

NOTICEABLE = 0.005
"""A smaller change of the Dice is called none."""

HELD_OUT, LEFT_OUT = "held-out", "left-out"

HIGHER_IS_BETTER = {"dice", "lesion_recall", "lesion_f1"}
LOWER_IS_BETTER = {"h95_mm", "avd_percent"}
COMPARED = ("dice", "h95_mm", "avd_percent", "lesion_recall", "lesion_f1", "found_ml")
ARROWS = {1: "↑ better", -1: "↓ worse", 0: "= same"}


@dataclass(frozen=True)
class CasePair:
    """Both models on one case.

    Attributes:
        known: whether the base model had learnt from this very scan, so that its figures flatter.
    """

    base: CaseFigures
    new: CaseFigures
    known: bool = False

    @property
    def case(self) -> Case:
        return self.base.case

    @property
    def dice_change(self) -> float:
        return self.new.metrics.dice - self.base.metrics.dice

    @property
    def holds_lesion(self) -> bool:
        return self.base.truth_ml > 0

    def both_have(self, figure: str) -> bool:
        """Whether a figure exists for both; a metric says nothing where there is no lesion."""
        if figure in METRICS and not self.holds_lesion:
            return False
        return not math.isnan(self.base.figures[figure] + self.new.figures[figure])


@dataclass(frozen=True)
class Comparison:
    """All cases that neither model has seen.

    Attributes:
        pairs: both models on each case.
        whose: what the patients are called.
    """

    pairs: Sequence[CasePair]
    whose: str = HELD_OUT

    def sentence(self) -> str:
        """In plain words whether the new model is better.

        Example:
            >>> Comparison([]).sentence()
            'There are no held-out patients, so nothing can be said about better or worse.'
        """
        if not self.pairs:
            return (
                f"There are no {self.whose} patients, so nothing can be said about better or worse."
            )
        told = [self._of_lesions(), self._of_false_alarms(), self._of_known_scans()]
        return " ".join(filter(None, told))

    def _of_lesions(self) -> str:
        """On patients with lesions; empty without any."""
        changes = self._by_patient()
        if not changes:
            return ""
        better = sum(change >= NOTICEABLE for change in changes)
        worse = sum(change <= -NOTICEABLE for change in changes)
        told = f"Better on {better} of {self._patients(len(changes))}"
        if worse:
            told += f", worse on {worse}"
        base, new = self.mean_dice()
        return f"{told}; Dice {base:.2f} → {new:.2f}."

    def _of_false_alarms(self) -> str:
        """On patients without lesions, where a Dice says nothing; empty without any."""
        free = [pair for pair in self.pairs if not pair.holds_lesion]
        if not free:
            return ""
        base = spread([pair.base.found_ml for pair in free]).mean
        new = spread([pair.new.found_ml for pair in free]).mean
        told = [figure_text("found_ml", value) for value in (base, new)]
        word = "the same" if told[0] == told[1] else "fewer" if new < base else "more"
        patients = self._patients(len({pair.case.patient_id for pair in free}))
        return f"On {patients} without lesions, false alarms {' → '.join(told)} ml: {word}."

    def _of_known_scans(self) -> str:
        """On scans that the base model had learnt from before; empty without any."""
        known = [pair.case for pair in self.pairs if pair.known]
        if not known:
            return ""
        scans = "a scan" if len(known) == 1 else f"{len(known)} of these scans"
        named = ", ".join(dict.fromkeys(map(_called, known)))
        return (
            f"The base model had learnt from {scans} before ({named}), so that its figures there "
            "are too good."
        )

    def _patients(self, count: int) -> str:
        return f"{count} {self.whose} {'patient' if count == 1 else 'patients'}"

    def mean_dice(self) -> tuple[float, float]:
        """Base and new, over the cases that hold lesions; NaN without any."""
        means = self.means()
        return means["base"]["dice"], means["new"]["dice"]

    def most_changed(self, count: int) -> list[CasePair]:
        """Those whose Dice changed most, either way, the largest change first."""
        there = [pair for pair in self.pairs if pair.both_have("dice")]
        return sorted(there, key=lambda pair: -abs(pair.dice_change))[:count]

    def rows(self) -> list[dict[str, Any]]:
        """Each case's figures of both models, for programs."""
        return [
            {
                "case": pair.case.id,
                "patient": pair.case.patient,
                "base": pair.base.figures,
                "new": pair.new.figures,
            }
            for pair in self.pairs
        ]

    def means(self) -> dict[str, dict[str, float]]:
        """The mean of each figure over the cases that have it for both models."""
        both = {name: [p for p in self.pairs if p.both_have(name)] for name in FIGURES}
        return {
            "base": {n: spread([p.base.figures[n] for p in both[n]]).mean for n in FIGURES},
            "new": {n: spread([p.new.figures[n] for p in both[n]]).mean for n in FIGURES},
        }

    def report(self) -> str:
        """The sentence, and the table where there is one, as Markdown."""
        return f"{self.sentence()}\n\n{self.markdown()}" if self.pairs else self.sentence()

    def markdown(self) -> str:
        """A line a case, then their mean: base → new with a word for each metric."""
        lines = [
            [_called(pair.case), *(_cell(name, pair.base, pair.new) for name in COMPARED)]
            for pair in self.pairs
        ]
        means = [
            _change(name, self.means()["base"][name], self.means()["new"][name])
            for name in COMPARED
        ]
        headings = ["Case", *(CASE_HEADINGS[name] for name in COMPARED)]
        return markdown_table(headings, [*lines, ["mean", *means]])

    def _by_patient(self) -> list[float]:
        changes: dict[str, list[float]] = {}
        for pair in self.pairs:
            if pair.both_have("dice"):
                changes.setdefault(pair.case.patient_id, []).append(pair.dice_change)
        return [sum(values) / len(values) for values in changes.values()]


def compared(
    base: Path,
    new: Sequence[CaseFigures],
    device: str = "auto",
    on_case: Callable[[CaseFigures], None] = lambda figures: None,
    left_out: Callable[[WMHError], None] | None = None,
) -> Comparison:
    """The base model on the same cases as the new one's figures, each at its own threshold.

    ``left_out`` is as in :func:`wmh_siamese.training.release.model_figures`.
    """
    before = model_figures(base, [figures.case for figures in new], device, on_case, left_out)
    of_case = {figures.case.id: figures for figures in new}
    learnt = set(read_card(base).training.get("scans", {}).values())
    return Comparison(
        [
            CasePair(figures, of_case[figures.case.id], _is_among(learnt, figures.case))
            for figures in before
        ]
    )


def _is_among(learnt: set[str], case: Case) -> bool:
    return bool(learnt) and scan_sha256(case) in learnt


def telling(say: Callable[[str], None]) -> Callable[[WMHError], None]:
    """Says of a held-out case, which may be gone after a long training, that it is left out."""
    return lambda fault: say(f"Left out of the comparison: {fault.sentence}")


def _called(case: Case) -> str:
    """The patient's word for a case of a library, whose own name is made of random letters."""
    return case.patient if CASE_ID.fullmatch(case.name) else case.id


def _cell(name: str, base: CaseFigures, new: CaseFigures) -> str:
    return _change(name, base.figures[name], new.figures[name])


def _change(name: str, base: float, new: float) -> str:
    text = f"{figure_text(name, base)} → {figure_text(name, new)}"
    if name not in HIGHER_IS_BETTER | LOWER_IS_BETTER or math.isnan(new - base):
        return text
    if figure_text(name, base) == figure_text(name, new):
        return f"{text} {ARROWS[0]}"
    better = (new > base) == (name in HIGHER_IS_BETTER)
    return f"{text} {ARROWS[1 if better else -1]}"
