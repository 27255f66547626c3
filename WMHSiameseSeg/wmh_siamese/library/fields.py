"""The fields of a manifest that was read from JSON: each is checked before it is believed."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any

from wmh_siamese.cases.case import CASE_ID
from wmh_siamese.library.words import is_time, patient_words
from wmh_siamese.volumes.volume import MAX_VOXELS_PER_AXIS

Check = Callable[[Any], Any]

SHA256 = re.compile(r"[0-9a-f]{64}")


def checked(data: object, checks: dict[str, Check], beyond: tuple[str, ...] = ()) -> dict[str, Any]:
    """An object with exactly these fields, each as its check returns it; ValueError otherwise.

    Args:
        data: what JSON held.
        checks: by field.
        beyond: fields that are there as well, and left out.
    """
    if not isinstance(data, dict):
        raise ValueError("a row is not an object")
    if strange := set(data) ^ {*checks, *beyond}:
        raise ValueError(f"a field is missing or unknown: {sorted(map(str, strange))[0]!r}")
    return {name: check(data[name]) for name, check in checks.items()}


def matching(pattern: re.Pattern[str], what: str) -> Callable[[Any], str]:
    def check(value: Any) -> str:
        if not isinstance(value, str) or not pattern.fullmatch(value):
            raise ValueError(f"{value!r} is not {what}")
        return value

    return check


def whole_words(kept: Callable[[str], str], least: int) -> Callable[[Any], str]:
    def check(value: Any) -> str:
        if not isinstance(value, str) or kept(value) != value or len(value) < least:
            raise ValueError(f"{value!r} is not a patient's id or a note")
        return value

    return check


def one_of(choices: tuple[str, ...]) -> Callable[[Any], Any]:
    def check(value: Any) -> str:
        if value not in choices:
            raise ValueError(f"{value!r} is none of {', '.join(choices)}")
        return str(value)

    return check


def time(value: Any) -> str:
    if not is_time(value):
        raise ValueError(f"{value!r} is not a time")
    return str(value)


def flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError(f"{value!r} is neither true nor false")
    return value


def amount(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"{value!r} is not a number")
    if not (math.isfinite(value) and value >= 0):
        raise ValueError(f"{value!r} is not an amount")
    return float(value)


def voxels(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError(f"{value!r} is not a number of voxels")
    if not 0 < value <= MAX_VOXELS_PER_AXIS:
        raise ValueError(f"{value!r} is not a number of voxels along an axis")
    return value


def three(check: Callable[[Any], Any]) -> Callable[[Any], tuple[Any, ...]]:
    def checked(value: Any) -> tuple[Any, ...]:
        if not isinstance(value, list) or len(value) != 3:
            raise ValueError(f"{value!r} are not three numbers")
        return tuple(check(one) for one in value)

    return checked


def many(check: Callable[[Any], Any]) -> Callable[[Any], tuple[Any, ...]]:
    def checked(value: Any) -> tuple[Any, ...]:
        if not isinstance(value, list):
            raise ValueError(f"{str(value)[:60]!r} is not a list")
        return tuple(check(one) for one in value)

    return checked


sha256 = matching(SHA256, "a SHA-256")
case_id = matching(CASE_ID, "the id of a case")
patient = whole_words(patient_words, 1)
