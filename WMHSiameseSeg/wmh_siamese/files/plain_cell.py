"""Texts in tables that spreadsheet programs open."""

from __future__ import annotations

from typing import TypeVar

Value = TypeVar("Value")

FORMULA_BEGINS = ("=", "+", "-", "@", "\t", "\r")


def plain_cell(value: Value) -> Value | str:
    """A value as a cell that a spreadsheet shows and does not compute; numbers stay as they are.

    A text that a spreadsheet would take for a formula gets an apostrophe in front, its own sign for
    "this is text".
    """
    if isinstance(value, str) and value.startswith(FORMULA_BEGINS):
        return f"'{value}"
    return value
