"""qMRMLSortFilterProxyModel, as far as it hides nodes of a selector by their IDs."""

from __future__ import annotations

from collections.abc import Callable

from PySide6 import QtCore


class NodeFilter(QtCore.QSortFilterProxyModel):
    """What a node selector leaves out; the record has no name of it, so only Qt's own are used."""

    def __init__(self, parent: QtCore.QObject, changed: Callable[[], None]) -> None:
        super().__init__(parent)
        self._hidden: list[str] = []
        self._changed = changed

    def _hide(self, ids: list[str]) -> None:
        self._hidden = [str(node_id) for node_id in ids]
        self._changed()

    hiddenNodeIDs = QtCore.Property("QStringList", lambda self: self._hidden, _hide)
