"""Who cannot see the panel or use a mouse: names to read aloud, the way of the Tab key, keys."""

import re
from xml.etree import ElementTree

import pytest
import slicer
from PySide6 import QtCore, QtGui, QtTest, QtWidgets
from slicer_side.panel import ENGINE
from slicer_side.shown_texts import name_of, own_widgets, settle_layout
from WMHSiameseSegLib.scene.simulated_flair import add_simulated_flair

pytest_plugins = ["slicer_side.panel_fixtures"]

UI = sorted((ENGINE / "Resources" / "UI").glob("*.ui"))
CONTROLS = {
    "ctkPathLineEdit",
    "ctkSliderWidget",
    "qMRMLNodeComboBox",
    "qMRMLSegmentationShow3DButton",
    "QCheckBox",
    "QComboBox",
    "QDoubleSpinBox",
    "QLineEdit",
    "QPlainTextEdit",
    "QProgressBar",
    "QPushButton",
    "QSpinBox",
    "QTableWidget",
    "QTextEdit",
    "QToolButton",
}
UNIT_WORDS = {
    "ml": "millilit",
    "mm": "millimet",
    "mm³": "cubic millimet",
    "%": "%",
    "s": "second",
    "°": "degree",
}


def widgets_of(path):
    for widget in ElementTree.parse(path).iter("widget"):
        texts = {
            prop.get("name"): "".join(prop.itertext()).strip()
            for prop in widget.findall("property")
        }
        yield widget.get("class"), widget.get("name"), texts


def spoken_name(widget):
    return QtGui.QAccessible.queryAccessibleInterface(widget).text(QtGui.QAccessible.Name)


@pytest.mark.parametrize("path", UI, ids=lambda path: path.stem)
def test_every_control_has_a_tooltip_and_a_name_to_read_aloud(path):
    for kind, name, texts in widgets_of(path):
        if kind in CONTROLS:
            assert texts.get("toolTip"), name
            assert texts.get("accessibleName") or texts.get("text"), name


@pytest.mark.parametrize("path", UI, ids=lambda path: path.stem)
def test_a_tooltip_says_the_unit_in_words(path):
    tips, labels = {}, []
    for kind, name, texts in widgets_of(path):
        tips[name] = texts.get("toolTip", "").lower()
        unit = re.search(r"\(([^()]+)\):$", texts.get("text", ""))
        if kind == "QLabel" and unit:
            labels.append((unit.group(1), texts.get("buddy", name)))
    for unit, name in labels:
        assert UNIT_WORDS[unit] in tips[name], f"{name} does not explain {unit}"


def test_labels_are_read_with_what_they_show(bundled_panel):
    """A fixed accessibleName would be read instead of the figure."""
    bundled_panel.segment(add_simulated_flair())
    for name in ("volumeValue", "pcdValue", "lesionValue"):
        assert spoken_name(getattr(bundled_panel.ui, name)) == bundled_panel.figure(
            name.removesuffix("Value")
        )
    bundled_panel.choose(None)
    bundled_panel.start()
    assert "Load a FLAIR volume" in spoken_name(bundled_panel.ui.statusLabel)


def test_a_button_that_changes_its_text_is_read_with_the_new_one(bundled_panel):
    bundled_panel.use_scripted_worker("slow")
    bundled_panel.choose(add_simulated_flair())
    assert spoken_name(bundled_panel.ui.segmentButton) == "Segment"
    bundled_panel.start()
    assert spoken_name(bundled_panel.ui.segmentButton) == "Cancel"
    bundled_panel.click("segmentButton")
    bundled_panel.wait()


@pytest.mark.parametrize("tab", [0, 1])
def test_whatever_takes_the_focus_has_a_name(the_panel, tab):
    the_panel.tabs.setCurrentIndex(tab)
    settle_layout()
    named = 0
    for widget in own_widgets(the_panel.parent):
        if _in_the_way_of_tab(widget) and name_of(widget) != "tabs":
            name = QtWidgets.QWidget.accessibleName(widget) or spoken_name(widget)
            assert name and name != "None", name_of(widget)
            named += 1
    assert named > 15


@pytest.mark.parametrize("tab", [0, 1])
def test_the_tab_key_goes_as_one_reads(a_slicer_host, bundled_panel, tab):
    """Down and to the right past every control that can be used, out of tables and texts, too."""
    panel = bundled_panel.widget.parent
    bundled_panel.segment(add_simulated_flair())
    bundled_panel.widget.tabs.setCurrentIndex(tab)
    bundled_panel.ui.logButton.collapsed = False
    bundled_panel.widget.finetuneUi.trainingLogBox.collapsed = False
    QtWidgets.QWidget.resize(a_slicer_host.main_window, 1400, 2000)
    settle_layout()
    expected = [
        w for w in own_widgets(panel) if _in_the_way_of_tab(w) and QtWidgets.QWidget.isEnabled(w)
    ]
    expected.sort(key=lambda widget: _reading_place(panel, widget))

    a_slicer_host.main_window.activateWindow()
    walked = [_tab_bar(bundled_panel.widget.tabs)]
    QtWidgets.QWidget.setFocus(walked[0])
    while True:
        QtTest.QTest.keyClick(walked[-1], QtCore.Qt.Key_Tab)
        focused = QtWidgets.QApplication.focusWidget()
        if focused in walked:
            break
        walked.append(focused)
    walked = [w for w in walked if QtWidgets.QWidget.isAncestorOf(panel, w)]
    settle_layout()
    places = [_reading_place(panel, widget) for widget in walked]
    back = [
        name_of(w) for w, a, b in zip(walked[1:], places[:-1], places[1:], strict=True) if b < a
    ]
    assert not back, "Tab goes back to these"
    assert {name_of(w) for w in expected} - {name_of(w) for w in walked} <= {"tabs"}


def test_keys_do_what_the_buttons_do(a_slicer_host, bundled_panel):
    a_slicer_host.main_window.activateWindow()
    bundled_panel.choose(add_simulated_flair())
    _press("Ctrl+Return", bundled_panel)
    bundled_panel.wait()
    assert bundled_panel.result is not None
    _press("Ctrl+Shift+C", bundled_panel)
    assert "Volume (ml)" in slicer.app.clipboard().text()
    _press("Ctrl+Shift+M", bundled_panel)
    assert not bundled_panel.result.node.GetDisplayNode().GetVisibility()
    _press("Ctrl+Shift+E", bundled_panel)
    assert slicer.util.moduleSelector().selectedModule == "SegmentEditor"


def test_keys_do_nothing_while_another_module_or_tab_is_shown(a_slicer_host, bundled_panel):
    a_slicer_host.main_window.activateWindow()
    bundled_panel.choose(add_simulated_flair())
    bundled_panel.widget.tabs.setCurrentIndex(1)
    _press("Ctrl+Return", bundled_panel)
    bundled_panel.widget.tabs.setCurrentIndex(0)
    slicer.util.selectModule("Volumes")
    _press("Ctrl+Return", bundled_panel)
    assert bundled_panel.tab.states.idle and not bundled_panel.widget.worker.alive


def test_every_key_stands_in_its_tooltip_and_is_used_once(the_panel):
    from WMHSiameseSegLib.panel.shortcuts import FINETUNE_KEYS, SEGMENT_KEYS

    for ui, keys in ((the_panel.ui, SEGMENT_KEYS), (the_panel.finetuneUi, FINETUNE_KEYS)):
        assert len(set(keys.values())) == len(keys)
        for name, written in keys.items():
            assert f"({written})" in getattr(ui, name).toolTip


def _in_the_way_of_tab(widget):
    return (
        QtWidgets.QWidget.focusPolicy(widget) & QtCore.Qt.TabFocus
        and QtWidgets.QWidget.isVisible(widget)
        and QtWidgets.QWidget.focusProxy(widget) is None
    )


def _tab_bar(tabs):
    return QtWidgets.QTabWidget.tabBar(tabs)


def _reading_place(panel, widget):
    """Row and column of a widget's middle; what opens and closes counts by its head."""
    middle = QtWidgets.QWidget.rect(widget).center()
    heads = QtWidgets.QAbstractButton | QtWidgets.QGroupBox
    if isinstance(widget, heads) and QtWidgets.QWidget.layout(widget):
        middle = QtCore.QPoint(0, 8)
    place = QtWidgets.QWidget.mapTo(widget, panel, middle)
    return place.y() // 12, place.x()


def _press(written, panel):
    sequence = QtGui.QKeySequence(written)[0]
    target = panel.widget.parent
    QtTest.QTest.keyClick(target, sequence.key(), sequence.keyboardModifiers())
    slicer.app.processEvents()
