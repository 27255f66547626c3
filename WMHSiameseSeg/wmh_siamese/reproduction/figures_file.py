"""A model's figures as they are kept beside it, so that a repeated run need not measure again."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from wmh_siamese.cases.case import Case
from wmh_siamese.evaluation.evaluation import CaseFigures
from wmh_siamese.evaluation.metrics import Metrics
from wmh_siamese.files.atomic_file import written_whole
from wmh_siamese.files.plain_json import without_nan


@dataclass(frozen=True)
class Judged:
    """What was measured of one model.

    Attributes:
        sha256: of the model.
        figures: one entry a case.
        false_alarms_ml: found in heads without lesions, by file name.
    """

    sha256: str
    figures: list[CaseFigures] = field(default_factory=list)
    false_alarms_ml: dict[str, float] = field(default_factory=dict)

    def of(self, case: Case) -> CaseFigures | None:
        """The figures of a case, where they are known."""
        return next((figures for figures in self.figures if figures.case == case), None)


def write_judged(path: Path, judged: Judged) -> None:
    """Write as JSON, whole or not at all; figures that do not exist are null.

    What the file already holds of the same model on other cases stays.
    """
    known = _kept(path, judged.sha256)
    figures = {one["case"]: one for one in known["figures"]}
    figures |= {one.case.id: {**asdict(one), "case": one.case.id} for one in judged.figures}
    told = {
        "sha256": judged.sha256,
        "figures": list(figures.values()),
        "false_alarms_ml": known["false_alarms_ml"] | judged.false_alarms_ml,
    }
    text = json.dumps(without_nan(told), indent=1)
    with written_whole(path) as partial:
        partial.write_text(text + "\n", encoding="utf-8")


def read_judged(path: Path, sha256: str, cases: Sequence[Case]) -> Judged:
    """What is known of the model with this hash on these cases; nothing when there is no file."""
    kept = _kept(path, sha256)
    by_id = {case.id: case for case in cases}
    figures = [
        CaseFigures(**{**_with_nan(one), "case": by_id[one["case"]], "metrics": _metrics(one)})
        for one in kept["figures"]
        if one["case"] in by_id
    ]
    return Judged(sha256, figures, kept["false_alarms_ml"])


def _kept(path: Path, sha256: str) -> dict[str, Any]:
    """The file as it is, or nothing when it is missing or of another model."""
    if path.is_file():
        kept: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        if kept["sha256"] == sha256:
            return kept
    return {"figures": [], "false_alarms_ml": {}}


def _metrics(one: dict[str, Any]) -> Metrics:
    return Metrics(**_with_nan(one["metrics"]))


def _with_nan(one: dict[str, Any]) -> dict[str, Any]:
    return {key: math.nan if value is None else value for key, value in one.items()}
