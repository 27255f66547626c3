"""Figures as JSON knows them: one that does not exist is null."""

from __future__ import annotations

import math
from typing import Any


def without_nan(value: Any) -> Any:
    """The same value with every NaN or infinite number in it replaced by None; tuples are lists.

    Example:
        >>> without_nan({"dice": float("nan"), "ml": [1.5]})
        {'dice': None, 'ml': [1.5]}
    """
    if isinstance(value, dict):
        return {key: without_nan(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [without_nan(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
