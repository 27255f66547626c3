"""A trained generator as it ships: small, with the figures of patients it never saw."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from torch import nn

from wmh_siamese.cases.case import Case
from wmh_siamese.cases.reading import read_case, recorded_id
from wmh_siamese.errors import WMHError
from wmh_siamese.evaluation.evaluation import CaseFigures, case_figures
from wmh_siamese.evaluation.methods import TrainedModel
from wmh_siamese.files.workplace import workplace
from wmh_siamese.models.model_file import ModelCard, load_model, save_model
from wmh_siamese.segmenting.inference import Segmenter


@dataclass(frozen=True)
class Released:
    """A model as it ships: its card, and its figures on the held-out cases."""

    card: ModelCard
    figures: list[CaseFigures]


def release(
    model: str | Path,
    held_out: Sequence[Case],
    path: str | Path,
    device: str = "auto",
    left_out: Callable[[WMHError], None] | None = None,
) -> Released:
    """Write the model as it ships.

    Convolution weights are rounded to half precision, which halves the file; batch norm stays as it
    is. The rounded model is then tried on the held-out cases, at its own threshold and without a
    minimum lesion size, and their figures go into its header. ``left_out`` is as in
    :func:`model_figures`.
    """
    generator, card = load_model(model)
    for module in generator.modules():
        if isinstance(module, nn.Conv2d | nn.ConvTranspose2d):
            module.half()
    with workplace(Path(path).parent) as folder:  # no model without its figures has the name
        judged = folder / "judged.safetensors"
        save_model(judged, generator, card)
        figures = model_figures(judged, held_out, device, left_out=left_out)
    card = replace(card, metrics={**card.metrics, "held_out": by_cohort(figures)})
    return Released(replace(card, sha256=save_model(path, generator, card)), figures)


def model_figures(
    model: str | Path,
    cases: Sequence[Case],
    device: str = "auto",
    on_case: Callable[[CaseFigures], None] = lambda figures: None,
    left_out: Callable[[WMHError], None] | None = None,
) -> list[CaseFigures]:
    """A model's figures on each case, at its own threshold and without a minimum lesion size.

    Args:
        model: its file.
        cases: to judge on.
        device: ``"auto"``, ``"cpu"``, ``"cuda"`` or ``"mps"``.
        on_case: told the figures as they come.
        left_out: told why a case cannot be read, which is left out then; None raises it.
    """
    if not cases:
        return []
    method = TrainedModel(Segmenter(model, device))
    figures = []
    for case in cases:
        try:
            scan = read_case(case)
        except WMHError as fault:
            if left_out is None:
                raise
            left_out(fault)
            continue
        figures.append(case_figures(method, case, *scan))
        on_case(figures[-1])
    return figures


def by_cohort(figures: Sequence[CaseFigures]) -> dict[str, Any]:
    """Cases and means of each cohort, as a model file's header keeps them."""
    cohorts: dict[str, Any] = {}
    for figure in figures:
        case_id = recorded_id(figure.case)
        cohort = cohorts.setdefault(case_id.partition("/")[0], {"cases": {}})
        cohort["cases"][case_id] = {
            "dice": rounded(figure.metrics.dice),
            "lesion_recall": rounded(figure.metrics.lesion_recall),
            "truth_ml": rounded(figure.truth_ml),
            "found_ml": rounded(figure.found_ml),
        }
    for cohort in cohorts.values():
        for name in ("dice", "lesion_recall"):
            values = [case[name] for case in cohort["cases"].values() if case[name] is not None]
            cohort[name] = rounded(sum(values) / len(values)) if values else None
    return cohorts


def rounded(value: float) -> float | None:
    """Four decimals; None for a figure that does not exist (NaN)."""
    return None if math.isnan(value) else round(float(value), 4)
