"""The base model and the new one beside each other, with a word beside every arrow."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import qt
from slicer.i18n import tr as _

from WMHSiameseSegLib.panel.message import PanelMessage
from WMHSiameseSegLib.panel.plain_text import unformatted
from WMHSiameseSegLib.worker.client import Event


@dataclass(frozen=True)
class Figure:
    """A figure of a mask: how it is written, and whether more of it is better.

    A figure that is neither better nor worse is shown beside that of the drawn mask.
    """

    name: str
    decimals: int
    better: int = 0
    drawn: str = ""


FIGURES = (
    Figure("dice", 3, 1),
    Figure("h95_mm", 1, -1),
    Figure("avd_percent", 1, -1),
    Figure("lesion_recall", 2, 1),
    Figure("lesion_f1", 2, 1),
    Figure("found_ml", 2, drawn="truth_ml"),
    Figure("found_pcd_percent", 3, drawn="truth_pcd_percent"),
)


def figure_names() -> list[str]:
    """The figures in words, in the order of ``FIGURES``."""
    return [
        _("Dice"),
        _("H95 (mm)"),
        _("AVD (%)"),
        _("Lesion recall"),
        _("Lesion F1"),
        _("Volume (ml)"),
        _("PCD (%)"),
    ]


def headings() -> list[str]:
    """Of the table's columns."""
    return [_("Patient"), _("Figure"), _("Base → new"), _("Change")]


def change_text(figure: Figure, base: Mapping[str, Any], new: Mapping[str, Any]) -> str:
    """As in ``↑ better``, whichever way better is; of a volume, what was drawn."""
    if figure.drawn:
        return _("drawn {truth}").format(truth=_written(figure, base.get(figure.drawn)))
    old, now = base.get(figure.name), new.get(figure.name)
    if old is None or now is None:
        return ""
    if _written(figure, old) == _written(figure, now):
        return "= " + _("same")
    better = (now > old) == (figure.better > 0)
    return "↑ " + _("better") if better else "↓ " + _("worse")


def _written(figure: Figure, value: object) -> str:
    return f"{value:.{figure.decimals}f}" if isinstance(value, int | float) else "—"


class ComparisonView:
    """Sentence and table; the table is as wide as the panel, whatever that is.

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
        header = self._table.horizontalHeader()
        header.setSectionResizeMode(0, qt.QHeaderView.Stretch)
        self._table.setVisible(False)

    def show(self, comparison: Event) -> None:
        """Show the engine's sentence, the cases' mean, and each case; a figure a row."""
        rows = list(comparison.get("rows") or [])
        blocks = [(str(row.get("patient") or row.get("case")), row) for row in rows]
        if rows and isinstance(comparison.get("mean"), dict):
            blocks.insert(0, (_("mean"), comparison["mean"]))
        self._sentence.say(str(comparison.get("sentence", "")))
        self._table.setVisible(bool(rows))
        self._table.clearSpans()
        self._table.setRowCount(len(blocks) * len(FIGURES))
        for number, (patient, row) in enumerate(blocks):
            self._show_block(number * len(FIGURES), patient, row)
        for column in range(1, self._table.columnCount):
            self._table.resizeColumnToContents(column)
        self._table.resizeRowsToContents()

    def _show_block(self, first: int, patient: str, row: Event) -> None:
        base, new = row.get("base") or {}, row.get("new") or {}
        self._table.setSpan(first, 0, len(FIGURES), 1)
        for index, (figure, name) in enumerate(zip(FIGURES, figure_names(), strict=True), first):
            both = (_written(figure, values.get(figure.name)) for values in (base, new))
            texts = [patient, name, " → ".join(both), change_text(figure, base, new)]
            for column, text in enumerate(texts):
                item = qt.QTableWidgetItem(text)
                item.setToolTip(unformatted(text))
                self._table.setItem(index, column, item)
