"""A model's card in a few lines of text, for the terminal."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from wmh_siamese.models.model_file import ModelCard


def card_summary(path: Path, card: ModelCard) -> str:
    """The name, and what somebody who chooses a model asks first; what a card lacks is left out."""
    lines = {
        "network": f"dense U-Net, width {card.architecture['width']}, "
        f"depth {card.architecture['depth']}",
        "recipe": f"{card.recipe.get('name', '')}, slices of {card.preparation_recipe().size}",
        "threshold": _threshold(card),
        "trained": _training(card.training),
        "held out": "; ".join(map(_group, card.metrics.get("held_out", {}).items())),
        "made from": card.parent,
        "created": card.created,
        "notes": card.notes,
        "SHA-256": card.sha256,
    }
    shown = [f"  {what:<10} {text}" for what, text in lines.items() if text]
    return "\n".join([f"{card.name}  ({path.name})", *shown])


def _threshold(card: ModelCard) -> str:
    if card.certain_level == card.threshold:
        return f"{card.threshold:g}"
    return f"{card.threshold:g}; each lesion reaches {card.certain_level:.3g} somewhere"


def _training(training: dict[str, Any]) -> str:
    losses = [training.get("loss"), training.get("settings", {}).get("extra_loss")]
    parts = [" + ".join(name for name in losses if name) + " loss"] if losses[0] else []
    for part, called in (("cases", "case"), ("simulated_cases", "simulated head")):
        count = len(training.get(part, ()))
        parts += [f"{count} {called}{'s' * (count != 1)}"] * bool(count)
    return ", ".join(parts)


def _group(group: tuple[str, dict[str, Any]]) -> str:
    """A cohort with its number of cases and the means of its figures."""
    name, figures = group
    means = [
        f"{called} {figures[key]:.2f}"
        for key, called in (("dice", "Dice"), ("lesion_recall", "lesion recall"))
        if figures.get(key) is not None
    ]
    return f"{name} ({len(figures.get('cases', {}))}): {', '.join(means)}"
