"""Which models there are, and what their cards say."""

from __future__ import annotations

import html
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from slicer.i18n import tr as _
from wmh_siamese.errors import WMHError, from_exception
from wmh_siamese.model_file import ModelCard, bundled_models, read_card


@dataclass(frozen=True)
class Model:
    """A model file with its card, or the reason why it cannot be used.

    ``shown`` is the name that its user gave it, if any.
    """

    path: Path
    card: ModelCard | None
    problem: str = ""
    shown: str = ""

    @property
    def title(self) -> str:
        if self.shown:
            return self.shown
        return self.card.name if self.card is not None and self.card.name else self.path.stem


def read_model(path: Path) -> Model:
    """Read a card, or find out why it cannot be read."""
    try:
        return Model(path, read_card(path))
    except (WMHError, OSError) as error:
        return Model(path, None, str(from_exception(error)))


def bundled() -> list[Model]:
    """The models that come with the extension, the default first."""
    return [read_model(path) for path in bundled_models()]


def card_html(model: Model) -> str:
    """A model's card as a few lines of rich text."""
    if model.card is None:
        return html.escape(model.problem)
    card = model.card
    rows = [
        (_("Recipe"), str(card.recipe.get("name", ""))),
        (_("Trained on"), _training_text(card.training)),
        (_("Held out"), _metrics_text(card.metrics)),
        (_("SHA-256"), card.sha256[:12]),
        (_("Date"), card.created[:10]),
    ]
    cells = "".join(
        f"<tr><td><b>{html.escape(name)}</b>&nbsp;&nbsp;</td><td>{html.escape(value)}</td></tr>"
        for name, value in rows
        if value
    )
    return f"<table cellspacing='0'>{cells}</table>"


def _training_text(training: dict[str, Any]) -> str:
    cases = training.get("cases")
    if isinstance(cases, dict):
        cases = cases.get("training") or cases.get("train")
    count = len(cases) if isinstance(cases, list | tuple) else cases
    parts = []
    if isinstance(count, int):
        parts.append(_count_text(count))
    if training.get("loss"):
        parts.append(_("{loss} loss").format(loss=_loss_text(training)))
    if training.get("steps"):
        parts.append(_("{steps} steps").format(steps=training["steps"]))
    return ", ".join(parts)


def _count_text(count: int) -> str:
    return _("1 case") if count == 1 else _("{count} cases").format(count=count)


def _loss_text(training: dict[str, Any]) -> str:
    """The loss, and the term beside it where there is one."""
    settings = training.get("settings")
    extra = settings.get("extra_loss") if isinstance(settings, dict) else None
    return f"{training['loss']} + {extra}" if extra else str(training["loss"])


def _metrics_text(metrics: dict[str, Any]) -> str:
    """Figures of the held-out cases, a group of cases at a time."""
    held_out = metrics.get("held_out")
    if not isinstance(held_out, dict):
        return ""
    groups = {name: figures for name, figures in held_out.items() if isinstance(figures, dict)}
    return "; ".join(_group_text(name, figures) for name, figures in groups.items())


def _group_text(name: str, figures: dict[str, Any]) -> str:
    names = {"dice": _("Dice"), "lesion_recall": _("lesion recall"), "lesion_f1": _("lesion F1")}
    parts = [
        f"{shown} {figures[key]:.2f}"
        for key, shown in names.items()
        if isinstance(figures.get(key), int | float)
    ]
    cases = figures.get("cases")
    if isinstance(cases, dict | list):
        parts.append(_count_text(len(cases)))
    return f"{name}: " + ", ".join(parts)
