"""The cases of a library as a table with their pictures; only rows in sight are filled."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import qt
from slicer.i18n import tr as _

from WMHSiameseSegLib.library.client import CaseRow
from WMHSiameseSegLib.panel.plain_text import unformatted

_PICTURE_PIXELS = 44
_IN_SIGHT_ONLY = 0
_PATIENT, _NOTE = 1, 6
_NARROW = (2, 3, 4, 5)


def role_name(role: str) -> str:
    """A role in words."""
    return {"training": _("training"), "held-out": _("held out")}.get(role, role)


def headings() -> list[str]:
    """Of the table's columns; the first holds the picture."""
    return [
        "",
        _("Patient"),
        _("Role"),
        _("Volume\n(ml)"),
        _("PCD\n(%)"),
        _("Date"),
        _("Note"),
    ]


def row_texts(row: CaseRow) -> list[str]:
    """The cells of a case after its picture."""
    role = role_name(row.role)
    return [
        row.patient,
        f"{role},\n" + _("excluded") if row.excluded else role,
        f"{row.volume_ml:.2f}",
        f"{row.pcd_percent:.4f}",
        row.changed[:10],
        row.note,
    ]


class CaseTable:
    """Shows rows and knows which one is chosen.

    Args:
        table: the widget.
        chosen: called when another row is chosen.
    """

    def __init__(self, table: qt.QTableWidget, chosen: Callable[[], None]) -> None:
        self._table = table
        self._rows: list[CaseRow] = []
        self._folder = Path()
        self._filled: set[int] = set()
        names = headings()
        table.setColumnCount(len(names))
        table.setHorizontalHeaderLabels(names)
        table.setIconSize(qt.QSize(_PICTURE_PIXELS, _PICTURE_PIXELS))
        table.verticalHeader().setDefaultSectionSize(_PICTURE_PIXELS + 4)
        table.verticalHeader().setVisible(False)
        header = table.horizontalHeader()
        header.setResizeContentsPrecision(_IN_SIGHT_ONLY)
        for column in (_PATIENT, _NOTE):  # what is cut there is in the tooltip
            header.setSectionResizeMode(column, qt.QHeaderView.Stretch)
        header.setSectionResizeMode(0, qt.QHeaderView.Fixed)
        table.setColumnWidth(0, _PICTURE_PIXELS + 12)
        table.itemSelectionChanged.connect(chosen)
        bar = table.verticalScrollBar()
        bar.valueChanged.connect(lambda _value: self._fill())
        bar.rangeChanged.connect(lambda _least, _most: self._fill())

    @property
    def chosen(self) -> CaseRow | None:
        rows = self._table.selectionModel().selectedRows()
        index = rows[0].row() if rows else -1
        return self._rows[index] if 0 <= index < len(self._rows) else None

    @property
    def count(self) -> int:
        """How many cases there are."""
        return len(self._rows)

    def called(self, case: str) -> str:
        """The patient's word for a case of a model's card, else what the card calls it."""
        named = [row.patient for row in self._rows if row.id == case.rpartition("/")[2]]
        return next(iter(named), case)

    def show(self, rows: Sequence[CaseRow], folder: Path) -> None:
        """Show these rows; the chosen case stays chosen where it is still there.

        Args:
            rows: what to show.
            folder: holds a folder for each case, with its picture.
        """
        before = self.chosen
        self._table.clearSelection()
        self._table.clearContents()
        self._rows, self._folder, self._filled = list(rows), folder, set()
        self._table.setRowCount(len(self._rows))
        self._fill()
        if before is not None:
            self.choose(before.id)

    def choose(self, case_id: str) -> None:
        """Choose a case by its id."""
        identities = [row.id for row in self._rows]
        if case_id in identities:
            self._table.selectRow(identities.index(case_id))

    def _fill(self) -> None:
        """Fill the rows that have come into sight."""
        if not self._rows:
            return
        first = max(self._table.rowAt(0), 0)
        last = self._table.rowAt(self._table.viewport().height)
        last = last if last >= 0 else len(self._rows) - 1
        new = [index for index in range(first, last + 1) if index not in self._filled]
        for index in new:
            self._filled.add(index)
            self._fill_row(index, self._rows[index])
        if new:
            for column in _NARROW:
                self._table.resizeColumnToContents(column)

    def _fill_row(self, index: int, row: CaseRow) -> None:
        picture = qt.QTableWidgetItem("")
        thumbnail = self._folder / row.id / "thumbnail.png"
        if thumbnail.is_file():
            picture.setIcon(qt.QIcon(str(thumbnail)))
        picture.setToolTip(row.id)
        self._table.setItem(index, 0, picture)
        for column, text in enumerate(row_texts(row), start=1):
            item = qt.QTableWidgetItem(text)
            item.setToolTip(unformatted(text))
            self._table.setItem(index, column, item)
