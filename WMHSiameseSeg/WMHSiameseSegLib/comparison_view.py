"""The base model and the new one beside each other, with a word beside every arrow."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import qt
from slicer.i18n import tr as _

from WMHSiameseSegLib.panel_message import PanelMessage
from WMHSiameseSegLib.worker_client import Event


@dataclass(frozen=True)
class Figure:
    """A figure of a mask: how it is written, and whether more of it is better."""

    name: str
    decimals: int
    better: int


FIGURES = (
    Figure("dice", 3, 1),
    Figure("h95_mm", 1, -1),
    Figure("avd_percent", 1, -1),
    Figure("lesion_recall", 2, 1),
    Figure("lesion_f1", 2, 1),
    Figure("found_ml", 2, 0),
)


def headings() -> list[str]:
    """Of the table's columns."""
    return [
        _("Patient"),
        _("Dice"),
        _("H95 (mm)"),
        _("AVD (%)"),
        _("Lesion recall"),
        _("Lesion F1"),
        _("Volume (ml)"),
    ]


def cell_text(figure: Figure, base: Mapping[str, Any], new: Mapping[str, Any]) -> str:
    """As in ``0.712 → 0.748 ↑ better``, whichever way better is; a volume gets no such word."""
    before, after = (_written(figure, values.get(figure.name)) for values in (base, new))
    text = f"{before} → {after}"
    if not figure.better:
        truth = _written(figure, base.get("truth_ml"))
        return _("{change} (drawn {truth})").format(change=text, truth=truth)
    old, now = base.get(figure.name), new.get(figure.name)
    if old is None or now is None:
        return text
    if before == after:
        return f"{text} = " + _("same")
    better = (now > old) == (figure.better > 0)
    return f"{text} ↑ " + _("better") if better else f"{text} ↓ " + _("worse")


def _written(figure: Figure, value: object) -> str:
    return f"{value:.{figure.decimals}f}" if isinstance(value, int | float) else "—"


class ComparisonView:
    """Sentence and table.

    Args:
        ui: the tab's widgets.
    """

    def __init__(self, ui: Any) -> None:
        self._table: qt.QTableWidget = ui.comparisonTable
        self._sentence = PanelMessage(ui.comparisonSentence)
        names = headings()
        self._table.setColumnCount(len(names))
        self._table.setHorizontalHeaderLabels(names)
        self._table.verticalHeader().setVisible(False)
        self._table.setVisible(False)

    def show(self, comparison: Event) -> None:
        """Show the engine's sentence, a row a case, and their mean."""
        rows = list(comparison.get("rows") or [])
        lines = [(str(row.get("patient") or row.get("case")), row) for row in rows]
        if rows and isinstance(comparison.get("mean"), dict):
            lines.append((_("mean"), comparison["mean"]))
        self._sentence.say(str(comparison.get("sentence", "")))
        self._table.setVisible(bool(rows))
        self._table.setRowCount(len(lines))
        for index, (patient, row) in enumerate(lines):
            base, new = row.get("base") or {}, row.get("new") or {}
            texts = [patient, *(cell_text(figure, base, new) for figure in FIGURES)]
            for column, text in enumerate(texts):
                self._table.setItem(index, column, qt.QTableWidgetItem(text))
        self._table.resizeColumnsToContents()
