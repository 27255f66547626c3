"""The base model and the fine-tuned one beside each other on patients that neither learnt from."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wmh_siamese.cases import Case
from wmh_siamese.evaluation import FIGURES, CaseFigures, spread
from wmh_siamese.evaluation_table import CASE_HEADINGS, figure_text, markdown_table
from wmh_siamese.release import model_figures

NOTICEABLE = 0.005
"""A smaller change of the Dice is called none."""

HIGHER_IS_BETTER = {"dice", "lesion_recall", "lesion_f1"}
LOWER_IS_BETTER = {"h95_mm", "avd_percent"}
COMPARED = ("dice", "h95_mm", "avd_percent", "lesion_recall", "lesion_f1", "found_ml")
ARROWS = {1: "↑ better", -1: "↓ worse", 0: "= same"}


@dataclass(frozen=True)
class CasePair:
    """Both models on one case."""

    base: CaseFigures
    new: CaseFigures

    @property
    def case(self) -> Case:
        return self.base.case

    @property
    def dice_change(self) -> float:
        return self.new.metrics.dice - self.base.metrics.dice


@dataclass(frozen=True)
class Comparison:
    """All held-out cases."""

    pairs: Sequence[CasePair]

    def sentence(self) -> str:
        """In plain words whether the new model is better.

        Example:
            >>> Comparison([]).sentence()
            'There are no held-out patients, so nothing can be said about better or worse.'
        """
        changes = self._by_patient()
        if not changes:
            return "There are no held-out patients, so nothing can be said about better or worse."
        better = sum(change >= NOTICEABLE for change in changes)
        worse = sum(change <= -NOTICEABLE for change in changes)
        patients = "patient" if len(changes) == 1 else "patients"
        told = f"Better on {better} of {len(changes)} held-out {patients}"
        if worse:
            told += f", worse on {worse}"
        base, new = self.mean_dice()
        return f"{told}; Dice {base:.2f} → {new:.2f}."

    def mean_dice(self) -> tuple[float, float]:
        """Base and new, over the cases that have a Dice for both; NaN without any."""
        there = [pair for pair in self.pairs if not math.isnan(pair.dice_change)]
        return (
            spread([pair.base.metrics.dice for pair in there]).mean,
            spread([pair.new.metrics.dice for pair in there]).mean,
        )

    def most_changed(self, count: int) -> list[CasePair]:
        """Those whose Dice changed most, either way, the largest change first."""
        there = [pair for pair in self.pairs if not math.isnan(pair.dice_change)]
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
        """The mean of each figure over the cases that have it, of both models."""
        return {
            "base": _means([pair.base for pair in self.pairs]),
            "new": _means([pair.new for pair in self.pairs]),
        }

    def report(self) -> str:
        """The sentence, and the table where there is one, as Markdown."""
        return f"{self.sentence()}\n\n{self.markdown()}" if self.pairs else self.sentence()

    def markdown(self) -> str:
        """A line a case, then their mean: base → new with a word for each metric."""
        lines = [
            [pair.case.id, *(_cell(name, pair.base, pair.new) for name in COMPARED)]
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
            if not math.isnan(pair.dice_change):
                changes.setdefault(pair.case.patient_id, []).append(pair.dice_change)
        return [sum(values) / len(values) for values in changes.values()]


def compared(
    base: Path,
    new: Sequence[CaseFigures],
    device: str = "auto",
    on_case: Callable[[CaseFigures], None] = lambda figures: None,
) -> Comparison:
    """The base model on the same cases as the new one's figures, each at its own threshold."""
    before = model_figures(base, [figures.case for figures in new], device, on_case)
    return Comparison([CasePair(*pair) for pair in zip(before, new, strict=True)])


def _means(figures: Sequence[CaseFigures]) -> dict[str, float]:
    return {name: spread([one.figures[name] for one in figures]).mean for name in FIGURES}


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
