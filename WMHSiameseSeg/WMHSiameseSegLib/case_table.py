"""The cases of a library as a table with their pictures."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import qt
from slicer.i18n import tr as _

from WMHSiameseSegLib.gradually import Gradually
from WMHSiameseSegLib.library_client import CaseRow

_PICTURE_PIXELS = 44
_ROWS_MEASURED = 30


def role_name(role: str) -> str:
    """A role in words."""
    return {"training": _("training"), "held-out": _("held out")}.get(role, role)


class CaseTable:
    """Shows rows and knows which one is chosen.

    Args:
        table: the widget.
        chosen: called when another row is chosen.
    """

    def __init__(self, table: qt.QTableWidget, chosen: Callable[[], None]) -> None:
        self._table = table
        self._rows: list[CaseRow] = []
        self._filling = Gradually()
        headings = [
            "",
            _("Patient"),
            _("Role"),
            _("Volume (ml)"),
            _("PCD (%)"),
            _("Date"),
            _("Used"),
            _("Note"),
        ]
        table.setColumnCount(len(headings))
        table.setHorizontalHeaderLabels(headings)
        table.setIconSize(qt.QSize(_PICTURE_PIXELS, _PICTURE_PIXELS))
        table.verticalHeader().setDefaultSectionSize(_PICTURE_PIXELS + 4)
        table.verticalHeader().setVisible(False)
        table.resizeColumnsToContents()
        table.horizontalHeader().setStretchLastSection(True)
        table.horizontalHeader().setResizeContentsPrecision(_ROWS_MEASURED)
        table.setColumnWidth(0, _PICTURE_PIXELS + 12)
        table.itemSelectionChanged.connect(chosen)

    @property
    def busy(self) -> bool:
        """Whether rows are still to be shown."""
        return self._filling.busy

    @property
    def chosen(self) -> CaseRow | None:
        items = self._table.selectedItems()
        index = self._table.row(items[0]) if items else -1
        return self._rows[index] if 0 <= index < len(self._rows) else None

    def show(self, rows: Sequence[CaseRow], folder: Path) -> None:
        """Show these rows; the chosen case stays chosen where it is still there.

        Args:
            rows: what to show.
            folder: holds a folder for each case, with its picture.
        """
        before = self.chosen
        self._table.clearContents()
        self._rows = list(rows)
        self._table.setRowCount(len(self._rows))
        self._filling.run(self._fill(folder, before.id if before is not None else ""))

    def choose(self, case_id: str) -> None:
        """Choose a case by its id."""
        identities = [row.id for row in self._rows]
        if case_id in identities:
            self._table.selectRow(identities.index(case_id))

    def close(self) -> None:
        self._filling.stop()

    def _fill(self, folder: Path, chosen: str) -> Iterator[None]:
        for index, row in enumerate(self._rows):
            self._fill_row(index, row, folder)
            yield
        self._table.resizeColumnsToContents()
        self.choose(chosen)
        yield

    def _fill_row(self, index: int, row: CaseRow, folder: Path) -> None:
        picture = qt.QTableWidgetItem("")
        thumbnail = folder / row.id / "thumbnail.png"
        if thumbnail.is_file():
            picture.setIcon(qt.QIcon(str(thumbnail)))
        picture.setToolTip(row.id)
        self._table.setItem(index, 0, picture)
        texts = [
            row.patient,
            role_name(row.role),
            f"{row.volume_ml:.2f}",
            f"{row.pcd_percent:.4f}",
            row.changed[:10],
            _("excluded") if row.excluded else _("yes"),
            row.note,
        ]
        for column, text in enumerate(texts, start=1):
            self._table.setItem(index, column, qt.QTableWidgetItem(text))
