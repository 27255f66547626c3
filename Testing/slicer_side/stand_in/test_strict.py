"""The stand-in itself: as strict and as alive as the application, on a small module of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pytest
from slicer_host import render
from slicer_host.api_check import check_sources, check_ui
from slicer_host.clicking import choose, click, type_text, wait_until
from slicer_host.dialogs import Answers, NobodyAnswers
from slicer_host.heartbeat import Heartbeat
from slicer_host.host import Host
from slicer_host.package_room import Installations, set_pytorch_extension

TESTING = Path(__file__).parents[2]

SAMPLE_MODULE = '''
"""A small scripted module, as a developer of Slicer would write it."""

import sys
from typing import Annotated, Optional

import qt
import slicer
from slicer.i18n import tr as _
from slicer.parameterNodeWrapper import Default, WithinRange, parameterNodeWrapper
from slicer.ScriptedLoadableModule import *
from slicer.util import VTKObservationMixin


class Sample(ScriptedLoadableModule):
    def __init__(self, parent):
        ScriptedLoadableModule.__init__(self, parent)
        self.parent.title = _("Sample")
        self.parent.categories = ["Segmentation"]
        slicer.app.connect("startupCompleted()", registerSampleData)


def registerSampleData():
    import SampleData

    SampleData.SampleDataLogic.registerCustomSampleDataSource(
        category="Sample", sampleName="Head", uris="file:///head.nii", fileNames="head.nii",
        nodeNames="Head",
    )


@parameterNodeWrapper
class SampleParameters:
    volume: slicer.vtkMRMLScalarVolumeNode
    threshold: Annotated[float, WithinRange(0, 1)] = 0.5
    smooth: bool = True
    note: str = "none"
    maximum: Optional[int] = None


class SampleWidget(ScriptedLoadableModuleWidget, VTKObservationMixin):
    def __init__(self, parent=None):
        ScriptedLoadableModuleWidget.__init__(self, parent)
        VTKObservationMixin.__init__(self)
        self.logic = None
        self.process = None
        self.lines = []
        self.calls = []

    def setup(self):
        ScriptedLoadableModuleWidget.setup(self)
        uiWidget = slicer.util.loadUI(self.resourcePath("UI/Sample.ui"))
        self.layout.addWidget(uiWidget)
        self.ui = slicer.util.childWidgetVariables(uiWidget)
        uiWidget.setMRMLScene(slicer.mrmlScene)
        self.logic = SampleLogic()
        self.ui.applyButton.connect("clicked(bool)", self.onApply)
        self.addObserver(slicer.mrmlScene, slicer.mrmlScene.StartCloseEvent, self.onSceneClose)
        self.parameters = SampleParameters(self.logic.getParameterNode())

    def enter(self):
        self.calls.append("enter")
        self.guiTag = self.parameters.connectGui(self.ui)

    def exit(self):
        self.calls.append("exit")
        self.parameters.disconnectGui(self.guiTag)

    def cleanup(self):
        self.calls.append("cleanup")
        self.removeObservers()

    def onSceneClose(self, caller, event):
        self.calls.append("scene closes")

    def onApply(self):
        self.ui.applyButton.enabled = False
        self.process = qt.QProcess()
        self.process.readyReadStandardOutput.connect(self.onOutput)
        self.process.finished.connect(self.onFinished)
        self.process.start(sys.executable, ["-u", "-c", "print('one'); print('two')"])

    def onOutput(self):
        text = self.process.readAllStandardOutput().data().decode()
        self.lines += text.split()

    def onFinished(self, exitCode, exitStatus):
        self.lines.append(exitCode)
        self.ui.applyButton.enabled = True


class SampleLogic(ScriptedLoadableModuleLogic):
    pass


class SampleTest(ScriptedLoadableModuleTest):
    def runTest(self):
        self.test_scene()

    def test_scene(self):
        slicer.mrmlScene.Clear()
        self.assertIsNotNone(slicer.app)
'''

SAMPLE_UI = """<?xml version="1.0" encoding="UTF-8"?>
<ui version="4.0">
 <class>Sample</class>
 <widget class="qMRMLWidget" name="Sample">
  <layout class="QVBoxLayout" name="verticalLayout">
   <item>
    <widget class="ctkCollapsibleButton" name="inputsButton">
     <property name="text"><string>Inputs</string></property>
     <layout class="QFormLayout" name="formLayout">
      <item row="0" column="0">
       <widget class="QLabel" name="label"><property name="text"><string>Volume:</string></property>
       </widget>
      </item>
      <item row="0" column="1">
       <widget class="qMRMLNodeComboBox" name="volumeSelector">
        <property name="nodeTypes"><stringlist><string>vtkMRMLScalarVolumeNode</string></stringlist>
        </property>
        <property name="addEnabled"><bool>false</bool></property>
        <property name="noneEnabled"><bool>true</bool></property>
        <property name="SlicerParameterName" stdset="0"><string>volume</string></property>
       </widget>
      </item>
      <item row="1" column="1">
       <widget class="ctkSliderWidget" name="thresholdSlider">
        <property name="singleStep"><double>0.01</double></property>
        <property name="maximum"><double>1.0</double></property>
        <property name="SlicerParameterName" stdset="0"><string>threshold</string></property>
       </widget>
      </item>
      <item row="2" column="1">
       <widget class="QCheckBox" name="smoothBox">
        <property name="text"><string>Smooth</string></property>
        <property name="SlicerParameterName" stdset="0"><string>smooth</string></property>
       </widget>
      </item>
      <item row="3" column="1">
       <widget class="QLineEdit" name="noteEdit">
        <property name="SlicerParameterName" stdset="0"><string>note</string></property>
       </widget>
      </item>
     </layout>
    </widget>
   </item>
   <item><widget class="QPushButton" name="applyButton">
     <property name="text"><string>Apply</string></property></widget></item>
  </layout>
 </widget>
 <customwidgets>
  <customwidget><class>qMRMLWidget</class><extends>QWidget</extends><container>1</container>
  </customwidget>
  <customwidget><class>qMRMLNodeComboBox</class><extends>QWidget</extends></customwidget>
  <customwidget><class>ctkSliderWidget</class><extends>QWidget</extends></customwidget>
  <customwidget><class>ctkCollapsibleButton</class><extends>QWidget</extends>
   <container>1</container></customwidget>
 </customwidgets>
 <connections>
  <connection><sender>Sample</sender><signal>mrmlSceneChanged(vtkMRMLScene*)</signal>
   <receiver>volumeSelector</receiver><slot>setMRMLScene(vtkMRMLScene*)</slot></connection>
 </connections>
</ui>
"""


@pytest.fixture
def a_sample_file(tmp_path: Path) -> Path:
    """The file of the sample module, its .ui beside it."""
    (tmp_path / "Resources" / "UI").mkdir(parents=True)
    (tmp_path / "Resources" / "UI" / "Sample.ui").write_text(SAMPLE_UI, encoding="utf-8")
    (tmp_path / "Sample.py").write_text(SAMPLE_MODULE, encoding="utf-8")
    return tmp_path / "Sample.py"


@pytest.fixture
def any_slicer_host(the_application: Host) -> Host:
    """A Slicer with a main window, perhaps used before: for what leaves nothing behind."""
    if the_application.world is None:
        the_application.open()
    return the_application


@pytest.fixture
def a_sample_panel(a_slicer_host: Host, a_sample_file: Path) -> object:
    """The panel of the sample module, shown."""
    a_slicer_host.load_module(a_sample_file)
    return a_slicer_host.select("Sample")


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


def test_signals_trim_their_arguments_and_disconnect(a_slicer_host: Host) -> None:
    import qt

    button, heard = qt.QPushButton("Go"), []

    def without() -> None:
        heard.append(())

    def with_state(checked: bool) -> None:
        heard.append(checked)

    button.clicked.connect(without)
    button.connect("clicked(bool)", with_state)
    button.click()
    assert heard == [(), False]
    assert button.clicked.disconnect(without)
    assert not button.clicked.disconnect(without)
    assert button.disconnect("clicked(bool)", with_state)
    button.clicked.emit(True)
    assert heard == [(), False]


def test_signals_keep_their_receivers_alive(a_slicer_host: Host) -> None:
    import qt

    heard = []

    class Ear:
        def hear(self) -> None:
            heard.append("yes")

    timer = qt.QTimer()
    timer.timeout.connect(Ear().hear)
    timer.start(1)
    wait_until(lambda: heard, 5)
    timer.stop()


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


def test_a_panel_is_made_from_its_ui_file(a_sample_panel: object) -> None:
    ui = a_sample_panel.ui
    assert ui.inputsButton.text == "Inputs"
    assert (ui.thresholdSlider.minimum, ui.thresholdSlider.maximum) == (0.0, 1.0)
    assert list(ui.volumeSelector.nodeTypes) == ["vtkMRMLScalarVolumeNode"]
    assert ui.volumeSelector.mrmlScene() is not None
    assert a_sample_panel.calls == ["enter"]


def test_widgets_and_parameters_follow_each_other(
    a_sample_panel: object, a_flair_volume: object
) -> None:
    ui, parameters = a_sample_panel.ui, a_sample_panel.parameters
    assert (ui.thresholdSlider.value, ui.smoothBox.checked) == (0.5, True)
    parameters.threshold = 0.25
    assert ui.thresholdSlider.value == 0.25
    with pytest.raises(ValueError, match="within"):
        parameters.threshold = 2.0
    click(ui.smoothBox)
    assert parameters.smooth is False
    type_text(ui.noteEdit, "left hemisphere")
    assert parameters.note == "left hemisphere"
    assert parameters.volume is None
    choose(ui.volumeSelector, "FLAIR")
    assert parameters.volume is a_flair_volume
    assert parameters.parameterNode.GetParameter("threshold") == "0.25"


def test_node_selectors_follow_the_scene(a_slicer_host: Host) -> None:
    import slicer

    selector, heard = slicer.qMRMLNodeComboBox(), []
    selector.nodeTypes = ["vtkMRMLScalarVolumeNode"]
    selector.showChildNodeTypes = False
    selector.setMRMLScene(slicer.mrmlScene)
    selector.currentNodeChanged.connect(lambda node: heard.append(node and node.GetName()))
    slicer.mrmlScene.AddNewNodeByClass("vtkMRMLLabelMapVolumeNode", "labels")
    assert selector.nodeCount() == 0
    first = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", "first")
    second = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", "second")
    assert selector.currentNode() is first
    selector.setCurrentNode(second)
    slicer.mrmlScene.RemoveNode(second)
    assert heard == ["first", "second", "first"]
    selector.noneEnabled = True
    selector.setCurrentNode(None)
    assert selector.currentNode() is None and selector.currentNodeID == ""
    assert selector.addNode().GetName() == "Volume"
    slicer.mrmlScene.Clear(0)
    assert selector.nodeCount() == 0 and selector.currentNode() is None


def test_a_click_runs_a_child_process_without_blocking(a_sample_panel: object) -> None:
    with Heartbeat() as heartbeat:
        click(a_sample_panel.ui.applyButton)
        wait_until(lambda: 0 in a_sample_panel.lines, 20)
    assert a_sample_panel.lines == ["one", "two", 0]
    assert heartbeat.longest_block_s < 0.5, heartbeat.where


def test_a_heartbeat_tells_where_the_panel_was_blocked(a_slicer_host: Host) -> None:
    import time

    import qt

    with Heartbeat() as heartbeat:
        qt.QTimer.singleShot(0, lambda: time.sleep(0.3))
        wait_until(lambda: heartbeat.longest_block_s > 0.2, 5)
    assert 0.25 < heartbeat.longest_block_s < 5
    assert "time.sleep(0.3)" in heartbeat.where


def test_disabled_and_hidden_widgets_cannot_be_clicked(a_sample_panel: object) -> None:
    a_sample_panel.ui.applyButton.enabled = False
    with pytest.raises(AssertionError, match="disabled"):
        click(a_sample_panel.ui.applyButton)
    click(a_sample_panel.ui.inputsButton)
    assert a_sample_panel.ui.inputsButton.collapsed
    with pytest.raises(AssertionError, match="hidden"):
        click(a_sample_panel.ui.smoothBox)


def test_leaving_reloading_and_unloading_call_the_module(
    a_slicer_host: Host, a_sample_panel: object
) -> None:
    import slicer

    a_slicer_host.close_scene()
    assert a_sample_panel.calls == ["enter", "scene closes"]
    a_slicer_host.select("SegmentEditor")
    assert a_sample_panel.calls[-1] == "exit"
    a_sample_panel.onReload()
    assert a_sample_panel.calls[-1] == "cleanup"
    fresh = slicer.util.getModuleWidget("Sample")
    assert fresh is not a_sample_panel and slicer.modules.SampleWidget is fresh
    a_slicer_host.close()
    assert fresh.calls == ["cleanup"]


def test_errors_that_slicer_swallows_are_collected(a_slicer_host: Host) -> None:
    import qt
    import slicer
    import vtk

    button = qt.QPushButton("Go")
    button.clicked.connect(lambda: 1 / 0)
    button.click()
    slicer.mrmlScene.AddObserver(vtk.vtkCommand.ModifiedEvent, lambda *_: {}["missing"])
    slicer.mrmlScene.Modified()
    with pytest.raises(AssertionError, match=r"(?s)ZeroDivisionError.*KeyError"):
        a_slicer_host.check_errors()


def test_questions_are_recorded_and_answered(a_slicer_host: Host, the_answers: Answers) -> None:
    import slicer

    slicer.util.errorDisplay("No volume is loaded.")
    # In testing Slicer answers True to itself, and compares it with the button: not confirmed.
    assert slicer.util.confirmOkCancelDisplay("Install?") is False
    the_answers.answer(True, False, "no")
    assert slicer.util.confirmOkCancelDisplay("Install?") is True
    assert slicer.util.confirmOkCancelDisplay("Install?") is False
    assert slicer.util.confirmYesNoDisplay("Replace?") is False
    assert the_answers.texts() == ["No volume is loaded.", *["Install?"] * 3, "Replace?"]
    assert the_answers.asked[0].kind == "error"


def test_dialogs_without_an_answer_fail_instead_of_hanging(
    a_user_at_slicer: Host, the_answers: Answers
) -> None:
    import qt
    import slicer

    with pytest.raises(NobodyAnswers, match="Install"):
        slicer.util.confirmOkCancelDisplay("Install?")
    the_answers.answer("ok", "Use a folder")
    assert slicer.util.confirmOkCancelDisplay("Install?") is True
    box = qt.QMessageBox()
    box.text = "What now?"
    box.addButton("Use a folder", qt.QMessageBox.AcceptRole)
    box.exec_()
    assert box.clickedButton().text == "Use a folder"
    with pytest.raises(NobodyAnswers):
        qt.QFileDialog.getExistingDirectory(None, "Wheels", "")
    the_answers.choose("/wheels")
    assert qt.QFileDialog.getExistingDirectory(None, "Wheels", "") == "/wheels"


def test_nothing_is_ever_installed(a_slicer_host: Host, the_installations: Installations) -> None:
    import slicer

    slicer.util.pip_install("torch>=2.6 nibabel")
    the_installations.failure = RuntimeError("no network")
    with pytest.raises(RuntimeError, match="no network"):
        slicer.packaging.pip_install(["nibabel>=5"], requester="Sample")
    asked = [installation.requirements for installation in the_installations.asked]
    assert asked == [("torch>=2.6", "nibabel"), ("nibabel>=5",)]
    the_installations.missing.add("numpy")
    assert not slicer.packaging.pip_check("numpy") and slicer.packaging.pip_check("scipy")


def test_slicer_5_10_has_no_packaging(a_slicer_host: Host) -> None:
    import slicer

    a_slicer_host.become("5.10.0")
    try:
        assert not hasattr(slicer, "packaging")
        with pytest.raises(ImportError):
            import slicer.packaging
        assert (slicer.app.majorVersion, slicer.app.minorVersion) == (5, 10)
        slicer.util.pip_install("nibabel")
    finally:
        a_slicer_host.become("5.12.3")
    assert slicer.packaging.pip_check("numpy")


def test_the_pytorch_extension_comes_and_goes(
    a_slicer_host: Host, the_installations: Installations
) -> None:
    import slicer

    with pytest.raises(ImportError):
        import PyTorchUtils
    set_pytorch_extension(True)
    import PyTorchUtils

    PyTorchUtils.PyTorchUtilsLogic().installTorch(torchVersionRequirement=">=2.6")
    assert the_installations.asked[0].requirements == ("torch>=2.6",)
    assert slicer.modules.pytorchutils


def test_segmentations_are_exact_and_have_surfaces(
    a_segmentation: object, a_flair_volume: object, a_flair_array: np.ndarray
) -> None:
    import slicer

    back = slicer.util.arrayFromSegmentBinaryLabelmap(a_segmentation, "lesions", a_flair_volume)
    assert np.array_equal(back > 0, a_flair_array > 200)
    button = slicer.qMRMLSegmentationShow3DButton()
    button.setSegmentationNode(a_segmentation)
    button.checked = True
    assert a_segmentation.GetSegmentation().ContainsRepresentation("Closed surface")
    hierarchy = slicer.mrmlScene.GetSubjectHierarchyNode()
    assert hierarchy.GetItemByDataNode(a_segmentation)


def test_the_segment_editor_takes_segmentation_and_volume(
    a_slicer_host: Host, a_segmentation: object, a_flair_volume: object
) -> None:
    import slicer

    slicer.util.selectModule("SegmentEditor")
    editor = slicer.modules.segmenteditor.widgetRepresentation().self().editor
    editor.setSegmentationNode(a_segmentation)
    editor.setSourceVolumeNode(a_flair_volume)
    editor.setCurrentSegmentID("lesions")
    assert editor.segmentationNode() is a_segmentation
    assert editor.sourceVolumeNode() is a_flair_volume
    assert editor.currentSegmentID() == "lesions"


def test_scenes_survive_saving_and_closing(
    a_slicer_host: Host, a_segmentation: object, a_flair_array: np.ndarray, tmp_path: Path
) -> None:
    import slicer

    assert slicer.util.saveScene(str(tmp_path / "scene.mrb"))
    heard = []
    slicer.mrmlScene.AddObserver(slicer.mrmlScene.EndCloseEvent, lambda *_: heard.append("closed"))
    a_slicer_host.close_scene()
    assert heard == ["closed"]
    assert slicer.mrmlScene.GetNumberOfNodesByClass("vtkMRMLScalarVolumeNode") == 0
    slicer.util.loadScene(str(tmp_path / "scene.mrb"))
    volume, segmentation = slicer.util.getNode("FLAIR"), slicer.util.getNode("Segmentation")
    assert np.array_equal(slicer.util.arrayFromVolume(volume), a_flair_array)
    back = slicer.util.arrayFromSegmentBinaryLabelmap(segmentation, "lesions", volume)
    assert np.array_equal(back > 0, a_flair_array > 200)


def test_volumes_are_saved_and_loaded_through_their_files(
    a_slicer_host: Host, a_flair_volume: object, a_flair_array: np.ndarray, tmp_path: Path
) -> None:
    import slicer

    assert slicer.util.saveNode(a_flair_volume, str(tmp_path / "flair.nii.gz"))
    loaded = slicer.util.loadVolume(str(tmp_path / "flair.nii.gz"))
    assert np.allclose(slicer.util.arrayFromVolume(loaded), a_flair_array)
    composite = slicer.app.layoutManager().sliceWidget("Red").mrmlSliceCompositeNode()
    assert composite.GetBackgroundVolumeID() == loaded.GetID()
    with pytest.raises(RuntimeError):
        slicer.util.loadVolume(str(tmp_path / "missing.nii.gz"))


def test_the_views_show_volume_and_mask(a_slicer_host: Host, a_segmentation: object) -> None:
    for name in ("Red", "Green", "Yellow"):
        picture = render.slice_picture(a_slicer_host.world, name, 240, 200)
        assert picture.shape == (200, 240, 3)
        assert len(np.unique(picture)) > 3, name
    red, green, blue = (
        render.slice_picture(a_slicer_host.world, "Red", 240, 200)[..., c] for c in range(3)
    )
    mask_coloured = (red > 200) & (green > 170) & (blue < 200)
    assert mask_coloured.sum() > 100
    logic = a_slicer_host.world.slice_logics["Red"]
    logic.SetSliceOffset(-8.0)
    render.slice_picture(a_slicer_host.world, "Red", 300, 200)
    assert logic.GetSliceOffset() == -8.0
    a_segmentation.GetDisplayNode().SetVisibility(False)
    picture = render.slice_picture(a_slicer_host.world, "Red", 240, 200)
    assert np.ptp(picture.astype(int), axis=2).max() == 0


def test_the_window_is_drawn_with_panel_and_views(
    a_slicer_host: Host, a_sample_panel: object, a_segmentation: object, tmp_path: Path
) -> None:
    path = render.save_window(a_slicer_host, tmp_path / "window.png", 1000, 700)
    assert path.stat().st_size > 5000
    panel = render.save_widget(a_sample_panel.parent, tmp_path / "panel.png")
    assert panel.stat().st_size > 1000
    assert len(np.unique(render.pixels_of(a_sample_panel.ui.applyButton))) > 10


def test_without_a_window_there_is_no_layout_manager(
    a_slicer_without_window: Host, a_sample_file: Path
) -> None:
    import slicer

    a_slicer_without_window.load_module(a_sample_file)
    assert slicer.app.layoutManager() is None and slicer.util.mainWindow() is None
    assert slicer.util.getModuleWidget("Sample").ui.applyButton.text == "Apply"
    with pytest.raises(RuntimeError):
        slicer.util.selectModule("Sample")


def test_samples_are_registered_at_startup(a_sample_panel: object) -> None:
    import slicer

    (source,) = slicer.modules.sampleDataSources["Sample"]
    assert (source.sampleName, source.fileNames) == ("Head", ["head.nii"])


def test_sources_are_held_against_the_record(a_slicer_host: Host, tmp_path: Path) -> None:
    import slicer

    source = tmp_path / "panel.py"
    source.write_text(
        textwrap.dedent("""
        import qt, slicer
        qt.QLabel("fine"); qt.QFontDatabase(); qt.QProcess.Runing
        slicer.util.loadUI("x"); slicer.util.loadUi("x"); slicer.app.foo
        slicer.util.getNode(name="FLAIR"); slicer.vtkMRMLNothing
        button.connect("clickd()", None); button.connect("clicked()", None)
    """),
        encoding="utf-8",
    )
    found = {finding.name for finding in check_sources([source], slicer)}
    assert found == {
        "qt.QFontDatabase",
        "qt.QProcess.Runing",
        "slicer.util.loadUi",
        "slicer.app.foo",
        "slicer.util.getNode(name=…)",
        "slicer.vtkMRMLNothing",
        'connect("clickd()")',
    }


def test_the_module_uses_only_what_slicer_has(a_slicer_host: Host) -> None:
    import slicer

    module = TESTING.parent / "WMHSiameseSeg"
    sources = [module / "WMHSiameseSeg.py", *(module / "WMHSiameseSegLib").glob("*.py")]
    assert [str(finding) for finding in check_sources(sources, slicer)] == []
    assert [str(finding) for finding in check_ui((module / "Resources/UI").glob("*.ui"))] == []


def host_process(*arguments: str) -> subprocess.CompletedProcess:
    """Run the host as a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "slicer_host", *arguments],
        cwd=TESTING,
        env={**os.environ, "PYTHONPATH": str(TESTING)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_a_host_process_runs_a_modules_own_test(a_sample_file: Path) -> None:
    done = host_process(str(a_sample_file), "--run-module-test", "Sample")
    assert done.returncode == 0, done.stderr
    assert "OK" in done.stderr


def test_a_host_process_can_hide_torch_from_its_children(a_sample_file: Path) -> None:
    code = "import subprocess, sys\nprint(subprocess.run([sys.executable, '-c', 'import torch'],"
    code += " capture_output=True, text=True).stderr)"
    done = host_process("--no-main-window", "--hide-torch", "--python-code", code)
    assert done.returncode == 0, done.stderr
    assert "No module named 'torch'" in done.stdout


def test_a_host_process_can_be_killed_while_it_stays(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "slicer_host", "--no-main-window", "--stay"],
        cwd=TESTING,
        env={**os.environ, "PYTHONPATH": str(TESTING), "TMPDIR": str(tmp_path)},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout.readline() == "slicer_host: ready\n"
        assert process.poll() is None
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def test_a_host_process_fails_on_swallowed_errors() -> None:
    code = "import qt\nqt.QTimer.singleShot(0, lambda: 1 / 0)\nhost.app.processEvents()"
    done = host_process("--no-main-window", "--python-code", code)
    assert done.returncode == 1
    assert "ZeroDivisionError" in done.stderr
