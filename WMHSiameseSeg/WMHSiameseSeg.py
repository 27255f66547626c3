"""White matter hyperintensities in FLAIR volumes: the module, its widget and its test."""

import time
from pathlib import Path

import numpy as np
import slicer
from slicer.i18n import tr as _
from slicer.i18n import translate
from slicer.ScriptedLoadableModule import (
    ScriptedLoadableModule,
    ScriptedLoadableModuleLogic,
    ScriptedLoadableModuleTest,
    ScriptedLoadableModuleWidget,
)
from slicer.util import VTKObservationMixin
from WMHSiameseSegLib.finetune.tab import FinetuneTab
from WMHSiameseSegLib.models.model_choice import bundled
from WMHSiameseSegLib.packages.install_dialog import ask_for_folder, ask_to_install
from WMHSiameseSegLib.packages.installation import Installation
from WMHSiameseSegLib.packages.requirement import read_requirements
from WMHSiameseSegLib.panel.accessible_names import name_inner_widgets
from WMHSiameseSegLib.panel.finding import Weight, sentences
from WMHSiameseSegLib.panel.run_log import RunLog
from WMHSiameseSegLib.panel.shortcuts import FINETUNE_KEYS, SEGMENT_KEYS, add_shortcuts
from WMHSiameseSegLib.scene.flair_checks import check_node, check_voxels, look_at_voxels
from WMHSiameseSegLib.scene.parameters import WMHSiameseSegParameters
from WMHSiameseSegLib.scene.provenance import Provenance
from WMHSiameseSegLib.scene.sample_scans import register_sample_scans
from WMHSiameseSegLib.scene.scene import Result, import_result, likely_flair
from WMHSiameseSegLib.scene.simulated_flair import add_simulated_flair, lesion_probability
from WMHSiameseSegLib.scene.terminology import load_terminology
from WMHSiameseSegLib.scene.voxels import volume_array, write_mask
from WMHSiameseSegLib.segment.readout_table import read_table
from WMHSiameseSegLib.segment.result_follower import Cut
from WMHSiameseSegLib.segment.tab import SegmentTab
from WMHSiameseSegLib.worker.background import Background
from WMHSiameseSegLib.worker.client import WorkerClient
from WMHSiameseSegLib.worker.private_folder import sweep_stale_folders
from WMHSiameseSegLib.worker.process import engine_worker_command


class WMHSiameseSeg(ScriptedLoadableModule):
    """What Slicer shows of the module before it is opened."""

    def __init__(self, parent):
        ScriptedLoadableModule.__init__(self, parent)
        parent.title = _("WMH Siamese Segmentation")
        parent.categories = [translate("qSlicerAbstractCoreModule", "Segmentation")]
        parent.dependencies = ["Segmentations", "SegmentEditor", "Terminologies", "Volumes"]
        parent.contributors = ["WMHSiameseSeg contributors"]
        parent.helpText = _(
            "Finds white matter hyperintensities in a FLAIR volume and measures their volume and "
            "positive class density (PCD). For research and teaching; not a medical device."
        )
        parent.acknowledgementText = _(
            "The network is trained with the Siamese content loss on VGG19 features."
        )
        resources = Path(self.resourcePath(""))
        slicer.app.connect("startupCompleted()", lambda: register_sample_scans(resources))


class WMHSiameseSegLogic(ScriptedLoadableModuleLogic):
    """Owns the parameter node."""

    def getParameterNode(self) -> WMHSiameseSegParameters:
        return WMHSiameseSegParameters(super().getParameterNode())


class WMHSiameseSegWidget(ScriptedLoadableModuleWidget, VTKObservationMixin):
    """The shell: loads the panel, owns the parameter node and hands each tab its part."""

    def __init__(self, parent=None):
        ScriptedLoadableModuleWidget.__init__(self, parent)
        VTKObservationMixin.__init__(self)
        self.logic = None
        self.segmentTab = None
        self.finetuneTab = None
        self.worker = None
        self.installation = None
        self._parameters = None
        self._guiTags = []
        self._shown = False

    def setup(self):
        ScriptedLoadableModuleWidget.setup(self)
        self.logic = WMHSiameseSegLogic()
        load_terminology(Path(self.resourcePath("Terminology")))
        sweep_stale_folders()
        shell = slicer.util.loadUI(self.resourcePath("UI/WMHSiameseSeg.ui"))
        self.layout.addWidget(shell)
        self.tabs = slicer.util.childWidgetVariables(shell).tabs
        self.segmentTab = self._makeSegmentTab()
        self.finetuneTab = self._makeFinetuneTab()
        case = self.finetuneUi
        self.segmentTab.scans.show_from(case.caseFlairSelector, case.caseSegmentationSelector)
        self.tabs.currentChanged.connect(self.onTab)
        scene = slicer.mrmlScene
        self.addObserver(scene, scene.StartCloseEvent, self.onSceneStartClose)
        self.addObserver(scene, scene.EndCloseEvent, self.onSceneEnd)
        self.addObserver(scene, scene.EndImportEvent, self.onSceneEnd)
        slicer.app.aboutToQuit.connect(self.onQuit)
        self.connectParameters()

    def _makeSegmentTab(self) -> SegmentTab:
        self.ui = self._addTab("SegmentTab", _("Segment"), SEGMENT_KEYS)
        log = RunLog(self.ui.logView)
        dialog = self.resourcePath("UI/InstallDialog.ui")
        self.worker = self._makeWorker(log)
        self.installation = Installation(
            read_requirements(Path(self.resourcePath("requirements.txt"))),
            lambda missing, why: ask_to_install(dialog, missing, why),
            ask_for_folder,
        )
        return SegmentTab(self.ui, self.worker, self.installation, Background(), log)

    def _makeFinetuneTab(self) -> FinetuneTab:
        self.finetuneUi = self._addTab("FinetuneTab", _("Fine-tune"), FINETUNE_KEYS)
        log = RunLog(self.finetuneUi.trainingLogView)
        self.librarian, self.trainer = self._makeWorker(log), self._makeWorker(log)
        return FinetuneTab(
            *(self.finetuneUi, self.librarian, self.trainer, self.installation, log),
            *(self.onModelsChanged, lambda: self.segmentTab.models.file),
        )

    def _addTab(self, name, title, keys):
        widget = slicer.util.loadUI(self.resourcePath(f"UI/{name}.ui"))
        widget.setMRMLScene(slicer.mrmlScene)
        self.tabs.addTab(widget, title)
        ui = slicer.util.childWidgetVariables(widget)
        name_inner_widgets(ui)
        add_shortcuts(widget, ui, keys)
        return ui

    def _makeWorker(self, log: RunLog) -> WorkerClient:
        folder = Path(self.resourcePath("")).parent
        return WorkerClient(lambda: engine_worker_command(folder), log.add)

    def onModelsChanged(self, default: str):
        self.segmentTab.models.refresh()
        if default:
            self.segmentTab.models.choose(default)

    def onTab(self, _index):
        if self._shown and self.tabs.currentIndex == 1:
            self.finetuneTab.shown()

    def enter(self):
        self._shown = True
        self.connectParameters()
        self.onTab(self.tabs.currentIndex)

    def exit(self):
        self._shown = False
        self.disconnectParameters()

    def cleanup(self):
        """Before the module is reloaded or Slicer ends."""
        self.removeObservers()
        slicer.app.aboutToQuit.disconnect(self.onQuit)
        self.disconnectParameters()
        self.onQuit()

    def onQuit(self):
        for tab in (self.segmentTab, self.finetuneTab):
            if tab is not None:
                tab.close()

    def onSceneStartClose(self, caller, event):
        self.segmentTab.scene_closes()
        self.finetuneTab.scene_closes()
        self.disconnectParameters()
        self._parameters = None

    def onSceneEnd(self, caller, event):
        """A scene was closed or loaded: its choices, and so its result, are the panel's now."""
        if self._shown:
            self.connectParameters()

    def connectParameters(self):
        """Tie the widgets to the scene's parameter node."""
        self.disconnectParameters()
        self._parameters = self.logic.getParameterNode()
        if self._parameters.flair is None:
            self._parameters.flair = likely_flair()
        self.segmentTab.set_parameters(self._parameters)
        self.finetuneTab.set_parameters(self._parameters)
        self._guiTags = [self._parameters.connectGui(ui) for ui in (self.ui, self.finetuneUi)]

    def disconnectParameters(self):
        for tag in self._guiTags:
            self._parameters.disconnectGui(tag)
        self._guiTags = []


class WMHSiameseSegTest(ScriptedLoadableModuleTest):
    """Runs in Slicer (Reload and Test, ctest) and without it; needs no torch for most of it."""

    def setUp(self):
        slicer.mrmlScene.Clear()
        slicer.app.processEvents()

    def runTest(self):
        for test in (
            self.test_bad_volumes_are_refused_in_words,
            self.test_a_probability_becomes_a_segmentation,
            self.test_sliders_and_edits_move_the_figures,
            self.test_a_run_of_the_bundled_model,
        ):
            self.setUp()
            test()
        self.delayDisplay("WMHSiameseSeg: all tests passed")

    def test_bad_volumes_are_refused_in_words(self):
        flair = add_simulated_flair()
        self.assertFalse(sentences(check_node(flair), Weight.STOP))
        facts = look_at_voxels(volume_array(flair))
        self.assertEqual(check_voxels(facts, flair.GetName()), [])
        flat = slicer.util.addVolumeFromArray(np.full((8, 9, 10), 5, np.int16))
        mask = slicer.util.addVolumeFromArray(
            (slicer.util.arrayFromVolume(flair) > 400).astype(np.uint8)
        )
        thin = slicer.util.addVolumeFromArray(slicer.util.arrayFromVolume(flair)[:2])
        empty = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLScalarVolumeNode")
        for volume, word in (
            (flat, "same value"),
            (mask, "mask"),
            (thin, "slices"),
            (empty, "no image data"),
            (None, "No volume"),
        ):
            findings = check_node(volume)
            if not sentences(findings, Weight.STOP):
                findings += check_voxels(look_at_voxels(volume_array(volume)), "FLAIR")
            self.assertIn(word, " ".join(sentences(findings, Weight.STOP)))

    def test_a_probability_becomes_a_segmentation(self):
        result, lesions = self._importedResult()
        self.assertEqual(result.segment.GetName(), "White matter hyperintensities")
        np.testing.assert_array_equal(result.mask(), lesions)
        again = Result.of(result.node)
        self.assertEqual(again.provenance.model_sha256, "ab" * 32)
        self.assertEqual(again.node.GetTransformNodeID(), again.flair.GetTransformNodeID())
        self.assertAlmostEqual(again.threshold, 0.5)

    def test_sliders_and_edits_move_the_figures(self):
        tab = slicer.util.getModuleWidget("WMHSiameseSeg").segmentTab
        result, _lesions = self._importedResult()
        follower = tab.results.follower
        tab.results.follow(result.node)
        self._wait(lambda: follower.figures is not None, 20)
        self.assertEqual(follower.figures.readouts.lesion_count, 3)
        follower.cut(Cut(0.7, 0.0))
        self._wait(lambda: follower.figures.readouts.lesion_count == 2, 20)
        edited = result.mask()
        edited[5:9, 5:9, 5:9] = True
        write_mask(result.node, result.segment_id, edited, result.grid)
        self._wait(lambda: follower.figures.edited, 20)
        self.assertEqual(follower.figures.readouts.lesion_count, 3)
        self.assertEqual(read_table(result.table)[-1]["Edited"], "yes")

    def test_a_run_of_the_bundled_model(self):
        widget = slicer.util.getModuleWidget("WMHSiameseSeg")
        if not bundled() or not self._workerFindsItsPackages(widget):
            self.delayDisplay("Not tested here: the worker's packages or the model are missing")
            return
        flair = add_simulated_flair()
        widget.enter()
        widget.ui.flairSelector.setCurrentNode(flair)
        widget.ui.segmentButton.click()
        self._wait(lambda: widget.segmentTab.states.idle, 300)
        result = Result.of(widget.ui.outputSelector.currentNode())
        self.assertIsNotNone(result, widget.ui.statusLabel.text)
        self.assertEqual(result.probability.shape, volume_array(flair).shape)

    def _workerFindsItsPackages(self, widget):
        if widget.installation.missing():
            return False
        events = []
        widget.worker.ask({"do": "probe"}, events.append)
        self._wait(lambda: events, 120)
        return events[0]["event"] == "result" and not events[0]["missing"]

    def _importedResult(self):
        flair = add_simulated_flair()
        said = {"model": {"name": "made up", "sha256": "ab" * 32, "recipe": {}}, "seconds": 1.0}
        probability = lesion_probability()
        result = import_result(flair, None, probability, Provenance.of_run(said), False)
        lesions = probability >= 0.5
        result.write_mask(lesions, 0.5, 0.0)
        return result, lesions

    def _wait(self, until, seconds):
        end = time.monotonic() + seconds
        while not until():
            self.assertLess(time.monotonic(), end, "it took too long")
            slicer.app.processEvents()
            time.sleep(0.005)
