"""CTK's collapsible containers and buttons, drawn with plain Qt."""

from __future__ import annotations

from PySide6 import QtCore, QtGui, QtWidgets

_LEAST_HEADER_HEIGHT = 24


def _header_height(widget: QtWidgets.QWidget) -> int:
    return max(_LEAST_HEADER_HEIGHT, QtWidgets.QWidget.fontMetrics(widget).height() + 8)


class CollapsibleButton(QtWidgets.QAbstractButton):
    """ctkCollapsibleButton: a header that shows or hides what lies under it."""

    contentsCollapsed = QtCore.Signal(bool)
    _is_collapsed = False

    def __init__(self, *arguments: object) -> None:
        texts = [a for a in arguments if isinstance(a, str)]
        parents = [a for a in arguments if isinstance(a, QtWidgets.QWidget)]
        super().__init__(*parents)
        super().setCheckable(True)
        super().setChecked(True)
        super().setSizePolicy(QtWidgets.QSizePolicy.Preferred, QtWidgets.QSizePolicy.Minimum)
        super().setContentsMargins(0, _header_height(self), 0, 0)
        QtCore.QObject.connect(self, QtCore.SIGNAL("toggled(bool)"), self._on_toggled)
        if texts:
            super().setText(texts[0])

    def _on_toggled(self, checked: bool) -> None:
        self._set_collapsed(not checked)

    def _set_collapsed(self, collapsed: bool) -> None:
        if collapsed == self._is_collapsed:
            return
        self._is_collapsed = collapsed
        super().setChecked(not collapsed)
        for child in QtCore.QObject.children(self):
            if isinstance(child, QtWidgets.QWidget):
                QtWidgets.QWidget.setVisible(child, not collapsed)
        super().setMaximumHeight(_header_height(self) if collapsed else 16777215)
        super().updateGeometry()
        QtCore.QObject.emit(self, QtCore.SIGNAL("contentsCollapsed(bool)"), collapsed)

    collapsed = QtCore.Property(bool, lambda self: self._is_collapsed, _set_collapsed)
    collapsedHeight = QtCore.Property(int, lambda self: 10, lambda self, value: None)

    def childEvent(self, event: QtCore.QChildEvent) -> None:
        child = event.child()
        if self._is_collapsed and event.added() and isinstance(child, QtWidgets.QWidget):
            QtWidgets.QWidget.setVisible(child, False)
        super().childEvent(event)

    def hitButton(self, position: QtCore.QPoint) -> bool:
        return position.y() <= _header_height(self)

    def changeEvent(self, event: QtCore.QEvent) -> None:
        if event.type() in (QtCore.QEvent.FontChange, QtCore.QEvent.ApplicationFontChange):
            super().setContentsMargins(0, _header_height(self), 0, 0)
        super().changeEvent(event)

    def paintEvent(self, event: QtGui.QPaintEvent) -> None:
        painter = QtWidgets.QStylePainter(self)
        palette = super().palette()
        header = QtCore.QRect(0, 0, super().width(), _header_height(self))
        painter.fillRect(header, palette.color(QtGui.QPalette.Midlight))
        option = QtWidgets.QStyleOption()
        option.initFrom(self)
        option.rect = QtCore.QRect(6, 6, 12, 12)
        arrow = QtWidgets.QStyle.PE_IndicatorArrowDown
        if self._is_collapsed:
            arrow = QtWidgets.QStyle.PE_IndicatorArrowRight
        painter.drawPrimitive(arrow, option)
        painter.setPen(palette.color(QtGui.QPalette.ButtonText))
        where = header.adjusted(24, 0, -4, 0)
        painter.drawText(where, QtCore.Qt.AlignVCenter | QtCore.Qt.AlignLeft, super().text())


class CollapsibleGroupBox(QtWidgets.QGroupBox):
    """ctkCollapsibleGroupBox: a group box whose check mark shows or hides its content."""

    def __init__(self, *arguments: object) -> None:
        super().__init__(*arguments)
        super().setCheckable(True)
        super().setChecked(True)
        QtCore.QObject.connect(self, QtCore.SIGNAL("toggled(bool)"), self._show_content)

    def _show_content(self, shown: bool) -> None:
        for child in QtCore.QObject.children(self):
            if isinstance(child, QtWidgets.QWidget):
                QtWidgets.QWidget.setVisible(child, shown)
        super().setMaximumHeight(16777215 if shown else _header_height(self))

    def _set_collapsed(self, collapsed: bool) -> None:
        super().setChecked(not collapsed)

    def childEvent(self, event: QtCore.QChildEvent) -> None:
        child = event.child()
        if not super().isChecked() and event.added() and isinstance(child, QtWidgets.QWidget):
            QtWidgets.QWidget.setVisible(child, False)
        super().childEvent(event)

    collapsed = QtCore.Property(
        bool, lambda self: not QtWidgets.QGroupBox.isChecked(self), _set_collapsed
    )
    collapsedHeight = QtCore.Property(int, lambda self: 14, lambda self, value: None)


class CheckBox(QtWidgets.QCheckBox):
    """ctkCheckBox: a check box with an optional icon."""

    indicatorIcon = QtCore.Property(
        QtGui.QIcon, lambda self: QtGui.QIcon(), lambda self, icon: None
    )
    indicatorIconSize = QtCore.Property(
        QtCore.QSize, lambda self: QtCore.QSize(), lambda self, size: None
    )


class PushButton(QtWidgets.QPushButton):
    """ctkPushButton: a push button whose text can be elided or aligned."""

    def _set_alignment(self, alignment: int) -> None:
        self._alignment = alignment

    buttonTextAlignment = QtCore.Property(
        int, lambda self: getattr(self, "_alignment", int(QtCore.Qt.AlignCenter)), _set_alignment
    )
    elideMode = QtCore.Property(int, lambda self: 3, lambda self, mode: None)


class MenuButton(QtWidgets.QPushButton):
    """ctkMenuButton: a push button with a drop-down menu beside its action."""


class ExpandButton(QtWidgets.QToolButton):
    """ctkExpandButton: an arrow that turns when it is pressed."""

    def __init__(self, parent: QtWidgets.QWidget | None = None) -> None:
        super().__init__(parent)
        super().setCheckable(True)
        super().setArrowType(QtCore.Qt.DownArrow)

    mirrorOnExpand = QtCore.Property(bool, lambda self: False, lambda self, value: None)
    orientation = QtCore.Property(int, lambda self: 1, lambda self, value: None)


class FittedTextBrowser(QtWidgets.QTextBrowser):
    """ctkFittedTextBrowser: a text browser as high as its text."""


class MessageBox(QtWidgets.QMessageBox):
    """ctkMessageBox: a message box with "don't show again"."""

    def _set_key(self, key: str) -> None:
        self._key = key

    def _set_again_visible(self, visible: bool) -> None:
        self._again_visible = visible

    dontShowAgainSettingsKey = QtCore.Property(
        str, lambda self: getattr(self, "_key", ""), _set_key
    )
    dontShowAgainVisible = QtCore.Property(
        bool, lambda self: getattr(self, "_again_visible", False), _set_again_visible
    )
