"""What models' cards say, as rich text: one in short, one with its lineage, two beside each other.

The engine has checked every field (:mod:`wmh_siamese.models.card_checks`); older cards lack some.
"""

from __future__ import annotations

import html
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from slicer.i18n import tr as _
from wmh_siamese.models.model_file import ModelCard

from WMHSiameseSegLib.models.model_choice import Model

_BUNDLED = "bundled/"  # the cohort of the head that is rehearsed against forgetting
_MOST_SHOWN = 40
_NO_FIGURE = "—"

Rows = list[tuple[str, str]]
Called = Callable[[str], str]


def card_html(model: Model) -> str:
    """A model's card as a few lines."""
    if model.card is None:
        return html.escape(model.problem)
    card = model.card
    return _table(
        [
            (_("Recipe"), str(card.recipe.get("name", ""))),
            (_("Trained on"), _training_text(card.training)),
            (_("Held out"), _metrics_text(card.metrics)),
            (_("SHA-256"), card.sha256[:12]),
            (_("Date"), card.created[:10]),
        ]
    )


def lineage_html(model: Model, parent: str, called: Called = str) -> str:
    """All that a model's card says of where it came from.

    Args:
        model: the model.
        parent: what the model that it was made from is called here; empty for none.
        called: gives what a case of the card is called here.
    """
    if model.card is None:
        return html.escape(model.problem)
    card = model.card
    made_from = card.parent or ""
    if not made_from.startswith(parent):  # it has a name here, not only its hash
        made_from = f"{parent} ({made_from})"
    return _table(
        [
            (_("Its own name"), card.name if model.title != card.name else ""),
            (_("SHA-256"), card.sha256),
            (_("Made from"), made_from),
            (_("Trained on"), _training_text(card.training)),
            (_("Settings"), _settings_text(card.training)),
            (_("Held out"), _metrics_text(card.metrics) or _("no case, so no figures")),
            (_("Recipe"), str(card.recipe.get("name", ""))),
            (_("Threshold"), _threshold_text(card)),
            (_("Date"), card.created[:10]),
            (_("Cases"), _cases_text(card.training, called)),
            (_("Notes"), card.notes),
        ]
    )


def _threshold_text(card: ModelCard) -> str:
    threshold, reached = f"{card.threshold:.2f}", f"{card.certain_level:.2f}"
    if card.certain_level == card.threshold:
        return threshold
    text = _("{threshold}; each lesion reaches {reached} somewhere")
    return text.format(threshold=threshold, reached=reached)


def compared_html(one: Model, other: Model, called: Called = str) -> str:
    """Two models' figures on the held-out cases that both cards name.

    ``called`` is as in :func:`lineage_html`.
    """
    if one.card is None or other.card is None:
        return html.escape(one.problem or other.problem)
    figures = [_case_figures(model.card) for model in (one, other)]
    shared = [case for case in figures[0] if case in figures[1]]
    if not shared:
        return html.escape(
            _(
                "The cards of these models name no held-out case in common, so their figures do "
                "not tell which is better."
            )
        )
    rows = [[_("mean"), *(_pair([of[case] for case in shared]) for of in figures)]]
    rows += [
        [called(case), *(_pair([of[case]]) for of in figures)] for case in shared[:_MOST_SHOWN]
    ]
    if len(shared) > _MOST_SHOWN:
        rows.append(["…", "", ""])
    said = _("Dice / lesion recall on the held-out cases that both cards name ({count}):")
    head = "".join(f"<th align='left'>{html.escape(t)}</th>" for t in ("", one.title, other.title))
    body = "".join(f"<tr>{_cells(row)}</tr>" for row in rows)
    table = f"<table cellspacing='0' cellpadding='2'><tr>{head}</tr>{body}</table>"
    return f"<p>{html.escape(said.format(count=len(shared)))}</p>{table}"


def _table(rows: Rows) -> str:
    lines = "".join(
        f"<tr><td><b>{html.escape(name)}</b>&nbsp;&nbsp;</td><td>{html.escape(value)}</td></tr>"
        for name, value in rows
        if value
    )
    return f"<table cellspacing='0'>{lines}</table>"


def _cells(texts: Iterable[str]) -> str:
    return "".join(f"<td>{html.escape(text)}&nbsp;&nbsp;</td>" for text in texts)


# What was learnt


def _training_text(training: dict[str, Any]) -> str:
    parts = []
    if "cases" in training:
        parts.append(_learnt_text(training["cases"]))
    if training.get("simulated_cases"):
        count = len(training["simulated_cases"])
        parts.append(_("{count} simulated heads").format(count=count))
    if training.get("loss"):
        parts.append(_("{loss} loss").format(loss=_loss_text(training)))
    if training.get("steps"):
        parts.append(_("{steps} steps").format(steps=training["steps"]))
    return ", ".join(parts)


def _learnt_text(cases: Sequence[str]) -> str:
    """How many; what was only rehearsed is told apart."""
    rehearsed = any(case.startswith(_BUNDLED) for case in cases)
    own = _count_text(sum(not case.startswith(_BUNDLED) for case in cases))
    return _("{cases} + bundled head").format(cases=own) if rehearsed else own


def _count_text(count: int) -> str:
    return _("1 case") if count == 1 else _("{count} cases").format(count=count)


def _loss_text(training: dict[str, Any]) -> str:
    """The loss, and the term beside it where there is one."""
    extra = training.get("settings", {}).get("extra_loss")
    return f"{training['loss']} + {extra}" if extra else str(training["loss"])


def _settings_text(training: dict[str, Any]) -> str:
    parts = []
    if "learning_rate" in training.get("settings", {}):
        rate = training["settings"]["learning_rate"]
        parts.append(_("learning rate {rate}").format(rate=f"{rate:g}"))
    if training.get("base_share"):
        share = _("drawn {percent} % of the way back to the base model")
        parts.append(share.format(percent=round(100 * training["base_share"])))
    return ", ".join(parts)


def _cases_text(training: dict[str, Any], called: Called) -> str:
    """Each case with the first digits of its scan's hash, where the card has it."""
    cases, scans = training.get("cases", []), training.get("scans", {})
    shown = [
        f"{called(c)} ({scans[c][:12]})" if c in scans else called(c) for c in cases[:_MOST_SHOWN]
    ]
    return ", ".join(shown + ["…"] * (len(cases) > _MOST_SHOWN))


# What was measured


def _metrics_text(metrics: dict[str, Any]) -> str:
    """Figures of the held-out cases, a group of cases at a time."""
    groups = list(metrics.get("held_out", {}).items())
    shown = [_group_text(name, figures) for name, figures in groups[:_MOST_SHOWN]]
    return "; ".join(shown + ["…"] * (len(groups) > _MOST_SHOWN))


def _group_text(name: str, figures: dict[str, Any]) -> str:
    names = {"dice": _("Dice"), "lesion_recall": _("lesion recall"), "lesion_f1": _("lesion F1")}
    parts = [
        f"{shown} {figures[key]:.2f}"
        for key, shown in names.items()
        if figures.get(key) is not None
    ]
    if "cases" in figures:
        parts.append(_count_text(len(figures["cases"])))
    return f"{name}: " + ", ".join(parts)


def _case_figures(card: ModelCard) -> dict[str, dict[str, Any]]:
    """Each held-out case's figures, by its id."""
    groups = card.metrics.get("held_out", {}).values()
    return {case: figures for group in groups for case, figures in group.get("cases", {}).items()}


def _pair(cases: Sequence[dict[str, Any]]) -> str:
    """Dice and lesion recall, each the mean over the cases that have it."""
    return " / ".join(
        _mean([case.get(name) for case in cases]) for name in ("dice", "lesion_recall")
    )


def _mean(figures: Sequence[float | None]) -> str:
    there = [figure for figure in figures if figure is not None]
    return f"{sum(there) / len(there):.2f}" if there else _NO_FIGURE
