"""Whether a model's card can be believed: the file may come from anywhere.

What a card says is shown in a panel and decides what is run, so every field has a type and bounds.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from wmh_siamese.networks.recipe import Recipe, is_number, is_whole

MAX_WIDTH, MAX_DEPTH, MAX_SLICE_SIZE = 128, 6, 1024
LONGEST_NAME, LONGEST_TEXT, MOST_LEVELS, LARGEST_NUMBER = 200, 2000, 8, 2**63

Check = Callable[[Any], bool]

_SHA256 = re.compile(r"[0-9a-f]{64}")


def check_card(card: Mapping[str, Any]) -> None:
    """Refuse a card whose fields are not what :class:`wmh_siamese.models.model_file.ModelCard`
    says.

    Raises:
        ValueError: with a reason that goes on a sentence about the file.
    """
    for name in ("name", "architecture", "recipe"):
        if name not in card:
            raise ValueError(f"its card has no {name}")
    _check_plain(card, 0)
    _check_fields(card, _FIELDS, "its card's")
    _check_fields(card["recipe"], {"name": _name}, "its recipe's")
    _check_fields(card.get("training", {}), _TRAINING, "its training's")
    _check_fields(card.get("training", {}).get("settings", {}), _SETTINGS, "its training's")
    _check_fields(card.get("metrics", {}), _METRICS, "its figures'")
    if not 0 < card.get("threshold", 0.5) < 1:
        raise ValueError(f"its threshold {card['threshold']} is not between 0 and 1")
    _check_shape(card["architecture"], card["recipe"])


def _check_shape(architecture: Mapping[str, Any], recipe: Mapping[str, Any]) -> None:
    width, depth = (architecture.get(name) for name in ("width", "depth"))
    if not (
        set(architecture) == {"width", "depth"}
        and is_whole(width)
        and is_whole(depth)
        and 2 <= width <= MAX_WIDTH
        and width % 2 == 0
        and 1 <= depth <= MAX_DEPTH
    ):
        raise ValueError(f"its architecture {_short(architecture)} is not one of this program's")
    try:
        size = Recipe(**recipe).size
    except (TypeError, ValueError):
        raise ValueError(f"its recipe {_short(recipe)} is not one of this program's") from None
    if "size" not in recipe or not (size <= MAX_SLICE_SIZE and size % 2**depth == 0):
        raise ValueError(f"its slice size {recipe.get('size')} does not fit its depth {depth}")


def _short(data: Mapping[str, Any]) -> str:
    """As a sentence can hold it."""
    written = str(dict(data))
    return written if len(written) <= LONGEST_NAME else written[:LONGEST_NAME] + "…"


def _check_plain(value: object, level: int) -> None:
    """Nothing in a card is longer, larger or deeper than what is shown of it can bear."""
    if level > MOST_LEVELS:
        raise ValueError("its card is nested too deep")
    if isinstance(value, str):
        if len(value) > LONGEST_TEXT:
            raise ValueError(f"its card holds a text of {len(value)} characters")
        if any("\ud800" <= character <= "\udfff" for character in value):
            raise ValueError("its card holds a text that is none")
    elif isinstance(value, int) and abs(value) >= LARGEST_NUMBER:
        raise ValueError("its card holds a number beyond all measure")
    elif isinstance(value, Mapping):
        for name, item in value.items():
            _check_plain(name, level + 1)
            _check_plain(item, level + 1)
    elif isinstance(value, list):
        for item in value:
            _check_plain(item, level + 1)


def _check_fields(data: Mapping[str, Any], checks: Mapping[str, Check], whose: str) -> None:
    for name, check in checks.items():
        if name in data and not check(data[name]):
            raise ValueError(f"{whose} {name.replace('_', ' ')} cannot be understood")


def _text(value: object) -> bool:
    return isinstance(value, str)


def _name(value: object) -> bool:
    return isinstance(value, str) and len(value) <= LONGEST_NAME


def _share(value: object) -> bool:
    return is_number(value) and 0 <= value <= 1


def _object(value: object) -> bool:
    return isinstance(value, dict)


def _texts(value: object) -> bool:
    return isinstance(value, list) and all(_text(item) for item in value)


def _sha256(value: object) -> bool:
    return isinstance(value, str) and _SHA256.fullmatch(value) is not None


def _or_none(check: Check) -> Check:
    return lambda value: value is None or check(value)


def _by_name(check: Check) -> Check:
    return lambda value: isinstance(value, dict) and all(map(check, value.values()))


_figures = _by_name(_or_none(is_number))


def _group(value: object) -> bool:
    """Means of a group of cases, and each case's own figures."""
    if not isinstance(value, dict):
        return False
    means = {name: figure for name, figure in value.items() if name != "cases"}
    return _figures(means) and _by_name(_figures)(value.get("cases", {}))


_FIELDS: Mapping[str, Check] = {
    "name": _name,
    "architecture": _object,
    "recipe": _object,
    "threshold": is_number,
    "training": _object,
    "metrics": _object,
    "versions": _by_name(_or_none(_text)),
    "created": _name,
    "parent": _or_none(_sha256),
    "notes": _text,
}
_TRAINING: Mapping[str, Check] = {
    "cases": _texts,
    "validation_cases": _texts,
    "simulated_cases": _texts,
    "scans": _by_name(_sha256),
    "loss": _name,
    "steps": is_whole,
    "settings": _object,
    "base_share": _share,
}
_SETTINGS: Mapping[str, Check] = {
    "extra_loss": _or_none(_text),
    "learning_rate": is_number,
}
_METRICS: Mapping[str, Check] = {"held_out": _by_name(_group)}
