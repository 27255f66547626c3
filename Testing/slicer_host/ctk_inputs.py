"""CTK's inputs of paths and choices."""

from __future__ import annotations

from pathlib import Path

from PySide6 import QtCore, QtWidgets

from . import dialogs
from .wrapping import inner


def _emit(obj: QtCore.QObject, signature: str, *arguments: object) -> None:
    QtCore.QObject.emit(obj, QtCore.SIGNAL(signature), *arguments)


class PathLineEdit(QtWidgets.QWidget):
    """ctkPathLineEdit: a path typed, chosen from the history, or browsed for."""

    currentPathChanged = QtCore.Signal(str)
    validInputChanged = QtCore.Signal(bool)

    def __init__(self, *arguments: object) -> None:
        super().__init__(*[a for a in arguments if isinstance(a, QtWidgets.QWidget)])
        self._options = {"label": "", "settingKey": "", "nameFilters": [], "filters": 0}
        self._combo = inner(QtWidgets.QComboBox(self))
        self._combo.setEditable(True)
        self._browse = inner(QtWidgets.QToolButton(self))
        self._browse.setText("…")
        layout = inner(QtWidgets.QHBoxLayout(self))
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._combo, 1)
        layout.addWidget(self._browse)
        self._combo.editTextChanged.connect(
            lambda text: _emit(self, "currentPathChanged(QString)", text)
        )
        self._browse.clicked.connect(self.browse)

    def _set_path(self, path: str) -> None:
        self._combo.setEditText(path)

    def _set_option(self, name: str, value: object) -> None:
        self._options[name] = value

    currentPath = QtCore.Property(str, lambda self: self._combo.currentText(), _set_path)
    label = QtCore.Property(
        str, lambda self: self._options["label"], lambda self, v: self._set_option("label", v)
    )
    settingKey = QtCore.Property(
        str,
        lambda self: self._options["settingKey"],
        lambda self, v: self._set_option("settingKey", v),
    )
    nameFilters = QtCore.Property(
        "QStringList",
        lambda self: self._options["nameFilters"],
        lambda self, v: self._set_option("nameFilters", list(v)),
    )
    filters = QtCore.Property(
        int, lambda self: self._options["filters"], lambda self, v: self._set_option("filters", v)
    )
    showBrowseButton = QtCore.Property(
        bool,
        lambda self: not self._browse.isHidden(),
        lambda self, shown: self._browse.setVisible(shown),
    )
    showHistoryButton = QtCore.Property(bool, lambda self: True, lambda self, shown: None)

    Dirs, Files, Drives, NoSymLinks, Readable, Writable, Executable = 1, 2, 4, 8, 16, 32, 64
    NoDot, NoDotDot, NoDotAndDotDot, AllEntries = 0x2000, 0x4000, 0x6000, 7

    def setCurrentPath(self, path: str) -> None:
        self._set_path(str(path))

    def comboBox(self) -> QtWidgets.QComboBox:
        return self._combo

    def addCurrentPathToHistory(self) -> None:
        if self._combo.findText(self._combo.currentText()) < 0:
            self._combo.addItem(self._combo.currentText())

    def retrieveHistory(self) -> None:
        """Leave the history empty: no setting outlives a test."""

    def browse(self) -> None:
        chosen = dialogs.chosen_path("browse", self._combo.currentText())
        if chosen:
            self._set_path(chosen)


class DirectoryButton(QtWidgets.QPushButton):
    """ctkDirectoryButton: a button that shows and chooses a folder."""

    directoryChanged = QtCore.Signal(str)
    directorySelected = QtCore.Signal(str)

    def __init__(self, *arguments: object) -> None:
        super().__init__(*[a for a in arguments if isinstance(a, QtWidgets.QWidget)])
        self._folder, self._caption = str(Path.cwd()), ""
        super().setText(self._folder)
        QtCore.QObject.connect(self, QtCore.SIGNAL("clicked()"), self._browse)

    def _set_folder(self, folder: str) -> None:
        if folder != self._folder:
            self._folder = folder
            super().setText(folder)
            _emit(self, "directoryChanged(QString)", folder)

    def _set_caption(self, caption: str) -> None:
        self._caption = caption

    directory = QtCore.Property(str, lambda self: self._folder, _set_folder)
    caption = QtCore.Property(str, lambda self: self._caption, _set_caption)

    def _browse(self) -> None:
        chosen = dialogs.chosen_path(self._caption, self._folder)
        if chosen:
            self._set_folder(chosen)
            _emit(self, "directorySelected(QString)", chosen)

    def browse(self) -> None:
        self._browse()


class ComboBox(QtWidgets.QComboBox):
    """ctkComboBox: a combo box with a default text and the user data of an item as text."""

    def _set_default_text(self, text: str) -> None:
        super().setPlaceholderText(text)

    def _set_current_data(self, text: str) -> None:
        super().setCurrentIndex(super().findData(text))

    defaultText = QtCore.Property(
        str, lambda self: QtWidgets.QComboBox.placeholderText(self), _set_default_text
    )
    currentUserDataAsString = QtCore.Property(
        str,
        lambda self: str(QtWidgets.QComboBox.currentData(self) or ""),
        _set_current_data,
    )

    def setCurrentUserDataAsString(self, text: str) -> None:
        self._set_current_data(text)
