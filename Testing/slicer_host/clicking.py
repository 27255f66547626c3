"""A person's hand: real Qt events on real widgets, and waiting with the event loop running."""

from __future__ import annotations

import time
from collections.abc import Callable

from PySide6 import QtCore, QtTest, QtWidgets

from .wrapping import bare


def _shown(widget: QtWidgets.QWidget) -> QtWidgets.QWidget:
    widget = bare(widget)
    visible, enabled = QtWidgets.QWidget.isVisible(widget), QtWidgets.QWidget.isEnabled(widget)
    if not visible or not enabled:
        name = QtCore.QObject.objectName(widget) or type(widget).__name__
        state = "hidden" if not visible else "disabled"
        raise AssertionError(f"nobody can click {name}: it is {state}")
    return widget


def click(widget: QtWidgets.QWidget) -> None:
    """Press and release the left mouse button where a person would.

    Raises AssertionError for a widget that is hidden or disabled.
    """
    widget, where = _shown(widget), QtCore.QPoint()
    if isinstance(widget, QtWidgets.QCheckBox | QtWidgets.QRadioButton):
        where = QtCore.QPoint(8, QtWidgets.QWidget.rect(widget).center().y())
    elif hasattr(type(widget), "collapsed"):
        where = QtCore.QPoint(12, 8)
    QtTest.QTest.mouseClick(widget, QtCore.Qt.LeftButton, QtCore.Qt.NoModifier, where)


def type_text(widget: QtWidgets.QWidget, text: str) -> None:
    """Replace the text of an input by typing, Enter at the end."""
    target = _shown(widget)
    inside = QtWidgets.QWidget.findChild(target, QtWidgets.QLineEdit)
    target = target if isinstance(target, QtWidgets.QLineEdit) or inside is None else inside
    QtTest.QTest.keyClick(target, QtCore.Qt.Key_A, QtCore.Qt.ControlModifier)
    QtTest.QTest.keyClicks(target, text)
    QtTest.QTest.keyClick(target, QtCore.Qt.Key_Return)


def press_key(widget: QtWidgets.QWidget, key: int) -> None:
    """Press one key on a widget: qt.Qt.Key_Up and the like."""
    QtTest.QTest.keyClick(_shown(widget), QtCore.Qt.Key(key))


def choose(widget: QtWidgets.QWidget, text: str) -> None:
    """Choose an entry of a combo box (or of a node selector) by its text.

    Raises AssertionError with the entries there are when none has this text.
    """
    combo = _shown(widget)
    if not isinstance(combo, QtWidgets.QComboBox):
        combo = QtWidgets.QWidget.findChild(combo, QtWidgets.QComboBox)
    index = QtWidgets.QComboBox.findText(combo, text)
    if index < 0:
        count = QtWidgets.QComboBox.count(combo)
        entries = [QtWidgets.QComboBox.itemText(combo, i) for i in range(count)]
        raise AssertionError(f"there is no entry {text!r} among {entries}")
    QtWidgets.QComboBox.setCurrentIndex(combo, index)
    QtCore.QObject.emit(combo, QtCore.SIGNAL("activated(int)"), index)
    QtWidgets.QApplication.processEvents()


def wait_until(condition: Callable[[], object], timeout: float = 10.0, what: str = "") -> object:
    """Run the event loop until the condition holds; return its value.

    `timeout` is in seconds; AssertionError once it has passed.
    """
    end = time.monotonic() + timeout
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"not within {timeout:g} s: {what or condition}")
        QtWidgets.QApplication.processEvents(QtCore.QEventLoop.AllEvents, 20)
        QtTest.QTest.qWait(2)


def let_pass(seconds: float) -> None:
    """Run the event loop for some time."""
    QtTest.QTest.qWait(round(seconds * 1000))
