"""What was measured, as a plain table, as Markdown and as JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True)
class Figure:
    """One measured figure beside its target.

    Attributes:
        group: which measurement it belongs to.
        name: what was measured.
        value: as measured; None when it could not be.
        unit: of ``value`` and of the target.
        at_least: the target, when more is better.
        at_most: the target, when less is better.
        note: how it was measured, or why it was not.
        digits: significant digits to show.
    """

    group: str
    name: str
    value: float | None
    unit: str = ""
    at_least: float | None = None
    at_most: float | None = None
    note: str = ""
    digits: int = 3

    @property
    def verdict(self) -> str:
        """PASS, FAIL, or nothing for a figure without target or without value."""
        if self.value is None or (self.at_least is None and self.at_most is None):
            return ""
        low = float("-inf") if self.at_least is None else self.at_least
        high = float("inf") if self.at_most is None else self.at_most
        return "PASS" if low <= self.value <= high else "FAIL"

    @property
    def target(self) -> str:
        """As in ``<= 6 s``."""
        bounds = [("<=", self.at_most), (">=", self.at_least)]
        return " and ".join(f"{s} {b:g} {self.unit}".rstrip() for s, b in bounds if b is not None)

    @property
    def measured(self) -> str:
        """Value and unit."""
        if self.value is None:
            return "not measured"
        return f"{rounded(self.value, self.digits)} {self.unit}".rstrip()


def rounded(value: float, digits: int = 3) -> str:
    """So many significant digits, and all those before the point."""
    return f"{value:.0f}" if abs(value) >= 10 ** (digits - 1) else f"{value:.{digits}g}"


HEADINGS = ("group", "figure", "measured", "target", "verdict", "note")


def rows_of(figures: Sequence[Figure]) -> list[tuple[str, ...]]:
    """The table's cells, headings first."""
    cells = [(f.group, f.name, f.measured, f.target, f.verdict, f.note) for f in figures]
    return [HEADINGS, *cells]


def plain_table(figures: Sequence[Figure]) -> str:
    """Columns in line; each note indented below its figure."""
    rows = [row[1:-1] for row in rows_of(figures)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = []
    group = ""
    for row, figure in zip(rows, [None, *figures], strict=True):
        if figure and figure.group != group:
            group = figure.group
            lines += ["", group]
        lines.append("  ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)).rstrip())
        if figure and figure.note:
            lines.append(f"    {figure.note}")
    return "\n".join(lines)


def markdown(figures: Sequence[Figure], described: dict[str, str]) -> str:
    """Machine and setting as a list, figures as a table."""
    lines = ["# Bench", "", *(f"- {name}: {value}" for name, value in described.items()), ""]
    for number, row in enumerate(rows_of(figures)):
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |")
        if number == 0:
            lines.append("|---" * len(row) + "|")
    return "\n".join(lines) + "\n"


def write_report(folder: Path, figures: Sequence[Figure], described: dict[str, str]) -> None:
    """Leave ``bench.md`` and ``bench.json`` in a folder, made when missing."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "bench.md").write_text(markdown(figures, described), encoding="utf-8")
    found = [{**asdict(figure), "verdict": figure.verdict} for figure in figures]
    whole = {"setting": described, "figures": found}
    (folder / "bench.json").write_text(json.dumps(whole, indent=2) + "\n", encoding="utf-8")
