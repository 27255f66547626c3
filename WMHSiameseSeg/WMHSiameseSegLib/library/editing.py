"""The words about a case of the library, changed after it was added."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from WMHSiameseSegLib.library.client import CaseRow


class CaseEditing:
    """Patient and note of the chosen case.

    Whether the patient may have the case's role is the library's to say.

    Args:
        ui: the tab's widgets.
        change: asks the library to change these fields of a case.
    """

    def __init__(self, ui: Any, change: Callable[..., None]) -> None:
        self._ui = ui
        self._change = change
        self._row: CaseRow | None = None
        ui.changeCaseButton.clicked.connect(self._on_change)

    def show(self, row: CaseRow | None, usable: bool) -> None:
        """Offer a case's words; what a person is typing about the same case stays."""
        ui, before = self._ui, self._row
        self._row = row
        if row is None or before is None or _words(row) != _words(before):
            ui.casePatientEdit.setText(row.patient if row is not None else "")
            ui.caseNoteEdit.setText(row.note if row is not None else "")
        for widget in (ui.casePatientEdit, ui.caseNoteEdit, ui.changeCaseButton):
            widget.setEnabled(usable and row is not None)

    def _on_change(self) -> None:
        if self._row is not None:
            patient, note = self._ui.casePatientEdit.text, self._ui.caseNoteEdit.text
            self._change("change", case=self._row.id, patient=patient, note=note)


def _words(row: CaseRow) -> tuple[str, str, str]:
    return row.id, row.patient, row.note
