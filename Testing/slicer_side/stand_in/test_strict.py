"""The stand-in refuses what Slicer refuses, and does what Slicer does."""

from __future__ import annotations

import pytest
from slicer_host.clicking import wait_until
from slicer_host.host import Host


@pytest.fixture
def any_slicer_host(the_application: Host) -> Host:
    """A Slicer with a main window, perhaps used before: for what leaves nothing behind."""
    if the_application.world is None:
        the_application.open()
    return the_application


def refused(code: str) -> bool:
    """Tell whether Slicer would refuse the code with AttributeError or TypeError."""
    import ctk
    import qt
    import slicer

    names = {
        "qt": qt,
        "ctk": ctk,
        "slicer": slicer,
        "button": qt.QPushButton("Go"),
        "layout": qt.QVBoxLayout(),
        "slider": ctk.ctkSliderWidget(),
        "timer": qt.QTimer(),
        "process": qt.QProcess(),
        "selector": slicer.qMRMLNodeComboBox(),
        "table": qt.QTableWidget(),
        "size": qt.QSize(3, 4),
    }
    try:
        exec(code, names)
    except (AttributeError, TypeError):
        return True
    return False


@pytest.mark.parametrize(
    "code",
    [
        "qt.QFontDatabase",  # not in the record
        "qt.QLabelX",
        "ctk.ctkNothing",
        "slicer.qMRMLNothing",
        "slicer.modules.nothing",
        "slicer.app.nothing",
        "button.text()",  # a property is no method
        "button.textt = 'x'",
        "button.setText = None",
        "button.width = 5",
        "button.clicked.emitted",
        "button.connect('clickd()', print)",
        "layout.margin = 3",  # gone with Qt 6
        "slider.setMinimum(3)",  # a ctkSliderWidget has properties instead
        "slider.setMaximum(3)",
        "slider.value()",
        "timer.singleShott",
        "timer.setFoo(1)",
        "process.state == qt.QProcess.Runing",
        "selector.currentNode.GetName()",
        "selector.clear()",
        "table.horizontalHeader().foo",
        "size.widthh()",
        "qt.Qt.AlignMiddle",
        "slicer.app.desktop()",
    ],
)
def test_what_slicer_refuses_is_refused(any_slicer_host: Host, code: str) -> None:
    assert refused(code)


@pytest.mark.parametrize(
    "code",
    [
        "button.text = 'x'; assert button.text == 'x'",
        "button.enabled = False; assert not button.isEnabled()",
        "button.setText('y'); assert button.text == 'y'",
        "button.text = 5; assert button.text == '5'",
        "button.objectName = 'a'; assert button.name == 'a'",
        "button.setProperty('own', 3); assert button.own == 3 and button.property('own') == 3",
        "assert button.className() == 'QPushButton' and button.inherits('QAbstractButton')",
        "assert isinstance(button, qt.QWidget) and not isinstance(timer, qt.QWidget)",
        "layout.addWidget(button); layout.setContentsMargins(0, 0, 0, 0)",
        "assert qt.Qt.AlignLeft | qt.Qt.AlignTop == 33",
        "assert process.state() == qt.QProcess.NotRunning == 0",
        "slider.minimum, slider.maximum, slider.value = 0, 1, 0.25; assert slider.value == 0.25",
        "table.horizontalHeader().setStretchLastSection(True)",
        "assert size.width() == 3",
        "assert qt.QFile.exists('/') and qt.QFileInfo('/').isDir() and qt.QDir('/').exists()",
        "environment = qt.QProcessEnvironment.systemEnvironment(); environment.insert('A', 'b')",
        "slicer.app.clipboard().setText('c'); assert slicer.app.clipboard().text() == 'c'",
        "assert slicer.app.layoutManager().sliceWidget('Red').sliceLogic().GetSliceNode()",
        "qt.QSettings().setValue('a/b', 'c'); assert qt.QSettings().value('a/b') == 'c'",
    ],
)
def test_what_slicer_accepts_works(any_slicer_host: Host, code: str) -> None:

    names: dict = {}
    exec(
        "import qt, ctk, slicer\nbutton, timer = qt.QPushButton('Go'), qt.QTimer()\n"
        "layout, process, table = qt.QVBoxLayout(), qt.QProcess(), qt.QTableWidget()\n"
        "slider, size = ctk.ctkSliderWidget(), qt.QSize(3, 4)",
        names,
    )
    exec(code, names)


def test_python_subclasses_of_qt_widgets_may_hold_more(a_slicer_host: Host) -> None:
    import qt

    class Painted(qt.QWidget):
        def __init__(self) -> None:
            qt.QWidget.__init__(self)
            self.painted = 0

        def paintEvent(self, event: object) -> None:
            self.painted += 1

    widget = Painted()
    widget.show()
    wait_until(lambda: widget.painted, 5)
