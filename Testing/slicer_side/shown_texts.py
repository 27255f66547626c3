"""What a person reads on the panel: every text of every widget, and whether it is cut off."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6 import QtCore, QtGui, QtWidgets

_READ = {
    "text": (QtWidgets.QLabel, QtWidgets.QAbstractButton),
    "title": (QtWidgets.QGroupBox,),
    "plainText": (QtWidgets.QTextEdit,),
    "placeholderText": (QtWidgets.QLineEdit,),
    "specialValueText": (QtWidgets.QAbstractSpinBox,),
    "suffix": (QtWidgets.QSpinBox, QtWidgets.QDoubleSpinBox),
    "format": (QtWidgets.QProgressBar,),
    "toolTip": (QtWidgets.QWidget,),
    "accessibleName": (QtWidgets.QWidget,),
    "accessibleDescription": (QtWidgets.QWidget,),
    "windowTitle": (QtWidgets.QDialog,),
}
_QT = "qt_"


def settle_layout() -> None:
    """Let the layouts of the tab that was just shown find their sizes, one inside another."""
    for _turn in range(6):
        QtWidgets.QApplication.processEvents()


def own_widgets(panel: QtWidgets.QWidget) -> list[QtWidgets.QWidget]:
    """The panel's widgets without those that Qt made inside of them."""
    found = QtCore.QObject.findChildren(panel, QtWidgets.QWidget)
    return [w for w in found if not name_of(w).startswith(_QT)]


def name_of(widget: QtWidgets.QWidget) -> str:
    """The widget's own name, else that of the nearest widget around it."""
    while widget is not None:
        name = QtCore.QObject.objectName(widget)
        if name:
            return name
        widget = QtWidgets.QWidget.parentWidget(widget)
    return ""


def texts(panel: QtWidgets.QWidget) -> Iterator[tuple[str, str]]:
    """Name of the widget with the property, and its text; empty ones are left out."""
    for widget in own_widgets(panel):
        for name, kinds in _READ.items():
            if isinstance(widget, kinds):
                yield f"{name_of(widget)}.{name}", str(widget.property(name) or "")
        for what, text in _items(widget):
            yield f"{name_of(widget)}.{what}", text


def _items(widget: QtWidgets.QWidget) -> Iterator[tuple[str, str]]:
    if isinstance(widget, QtWidgets.QTabWidget):
        for n in range(QtWidgets.QTabWidget.count(widget)):
            yield "tab", QtWidgets.QTabWidget.tabText(widget, n)
    if isinstance(widget, QtWidgets.QComboBox):
        for n in range(QtWidgets.QComboBox.count(widget)):
            yield "item", QtWidgets.QComboBox.itemText(widget, n)
    if isinstance(widget, QtWidgets.QTableWidget):
        model = QtWidgets.QTableWidget.model(widget)
        for column in range(model.columnCount()):
            yield "heading", str(model.headerData(column, QtCore.Qt.Horizontal) or "")
            for row in range(model.rowCount()):
                index = model.index(row, column)
                yield f"cell {column}", str(model.data(index) or "")
                yield f"cell {column} tip", str(model.data(index, QtCore.Qt.ToolTipRole) or "")


def clipped(panel: QtWidgets.QWidget) -> list[str]:
    """Visible labels, buttons and headings that are too small for their text."""
    cut = []
    for widget in own_widgets(panel):
        if not QtWidgets.QWidget.isVisible(widget):
            continue
        size = QtWidgets.QWidget.size(widget)
        needed = _needed(widget, size)
        if needed.width() > size.width() or needed.height() > size.height():
            cut.append(f"{name_of(widget)}: {size.toTuple()}, needs {needed.toTuple()}")
    return cut


def _needed(widget: QtWidgets.QWidget, size: QtCore.QSize) -> QtCore.QSize:
    if isinstance(widget, QtWidgets.QLabel):
        if not QtWidgets.QLabel.text(widget):
            return QtCore.QSize(0, 0)
        if QtWidgets.QLabel.wordWrap(widget):
            height = QtWidgets.QLabel.heightForWidth(widget, size.width())
            return QtCore.QSize(_longest_word(widget), height)
        return QtWidgets.QLabel.sizeHint(widget)
    if isinstance(widget, QtWidgets.QPushButton | QtWidgets.QCheckBox | QtWidgets.QToolButton):
        metrics = QtGui.QFontMetrics(QtWidgets.QWidget.font(widget))
        text = QtWidgets.QAbstractButton.text(widget)
        return QtCore.QSize(metrics.horizontalAdvance(text), metrics.height())
    if isinstance(widget, QtWidgets.QAbstractButton):  # ctkCollapsibleButton: its head
        metrics = QtGui.QFontMetrics(QtWidgets.QWidget.font(widget))
        return QtCore.QSize(
            28 + metrics.horizontalAdvance(QtWidgets.QAbstractButton.text(widget)), 0
        )
    if isinstance(widget, QtWidgets.QLineEdit | QtWidgets.QAbstractSpinBox | QtWidgets.QComboBox):
        return QtCore.QSize(0, QtGui.QFontMetrics(QtWidgets.QWidget.font(widget)).height())
    return QtCore.QSize(0, 0)


def _longest_word(label: QtWidgets.QLabel) -> int:
    document = QtGui.QTextDocument()
    document.setHtml(QtWidgets.QLabel.text(label))
    metrics = QtGui.QFontMetrics(QtWidgets.QWidget.font(label))
    words = document.toPlainText().split()
    return max((metrics.horizontalAdvance(word) for word in words), default=0)
