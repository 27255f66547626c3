"""White matter hyperintensities in FLAIR volumes: the module, its widget and its test."""

from pathlib import Path
from typing import Annotated

import qt
import slicer
import vtk
from slicer import vtkMRMLScalarVolumeNode, vtkMRMLSegmentationNode
from slicer.i18n import tr as _
from slicer.i18n import translate
from slicer.parameterNodeWrapper import Choice, WithinRange, parameterNodeWrapper
from slicer.ScriptedLoadableModule import (
    ScriptedLoadableModule,
    ScriptedLoadableModuleLogic,
    ScriptedLoadableModuleTest,
    ScriptedLoadableModuleWidget,
)
from slicer.util import VTKObservationMixin

from WMHSiameseSegLib.background import Background
from WMHSiameseSegLib.install_dialog import ask_for_folder, ask_to_install
from WMHSiameseSegLib.installation import Installation, read_requirements
from WMHSiameseSegLib.private_folder import sweep_stale_folders
from WMHSiameseSegLib.run_log import RunLog
from WMHSiameseSegLib.scene import likely_flair
from WMHSiameseSegLib.segment_tab import SegmentTab
from WMHSiameseSegLib.terminology import load_terminology
from WMHSiameseSegLib.worker_client import WorkerClient
from WMHSiameseSegLib.worker_process import engine_worker_command


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


@parameterNodeWrapper
class WMHSiameseSegParameters:
    """The choices that are saved with the scene.

    Attributes:
        flair: the volume to segment.
        output: where the mask goes; none makes a new segmentation.
        model: file name of the model, without its folder.
        device: where the network runs.
        keepEarlier: leave an earlier result as a segment of its own.
        threshold: probability from which a voxel is a lesion.
        minVolumeMm3: lesions smaller than this (mm3) are left out.
    """

    flair: vtkMRMLScalarVolumeNode
    output: vtkMRMLSegmentationNode
    model: str = ""
    device: Annotated[str, Choice(["auto", "cpu", "cuda", "mps"])] = "auto"
    keepEarlier: bool = False
    threshold: Annotated[float, WithinRange(0.01, 0.99)] = 0.5
    minVolumeMm3: Annotated[float, WithinRange(0.0, 200.0)] = 0.0


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
        self._parameters = None
        self._guiTag = None

    def setup(self):
        ScriptedLoadableModuleWidget.setup(self)
        self.logic = WMHSiameseSegLogic()
        load_terminology(Path(self.resourcePath("Terminology")))
        sweep_stale_folders()
        shell = slicer.util.loadUI(self.resourcePath("UI/WMHSiameseSeg.ui"))
        self.layout.addWidget(shell)
        self.tabs = slicer.util.childWidgetVariables(shell).tabs
        self.segmentTab = self._makeSegmentTab()
        scene = slicer.mrmlScene
        self.addObserver(scene, scene.StartCloseEvent, self.onSceneStartClose)
        self.addObserver(scene, scene.EndCloseEvent, self.onSceneEndClose)
        self.addObserver(scene, scene.EndImportEvent, self.onSceneEndImport)
        slicer.app.aboutToQuit.connect(self.onQuit)
        self.connectParameters()

    def _makeSegmentTab(self) -> SegmentTab:
        widget = slicer.util.loadUI(self.resourcePath("UI/SegmentTab.ui"))
        widget.setMRMLScene(slicer.mrmlScene)
        self.tabs.addTab(widget, _("Segment"))
        self.ui = slicer.util.childWidgetVariables(widget)
        log = RunLog(self.ui.logView)
        dialog = self.resourcePath("UI/InstallDialog.ui")
        moduleFolder = Path(self.resourcePath("")).parent
        return SegmentTab(
            self.ui,
            WorkerClient(lambda: engine_worker_command(moduleFolder), log.add),
            Installation(
                read_requirements(Path(self.resourcePath("requirements.txt"))),
                lambda missing: ask_to_install(dialog, missing),
                ask_for_folder,
            ),
            Background(),
            log,
        )

    def enter(self):
        self.connectParameters()

    def exit(self):
        self.disconnectParameters()

    def cleanup(self):
        """Before the module is reloaded or Slicer ends."""
        self.removeObservers()
        slicer.app.aboutToQuit.disconnect(self.onQuit)
        self.disconnectParameters()
        if self.segmentTab is not None:
            self.segmentTab.close()

    def onQuit(self):
        if self.segmentTab is not None:
            self.segmentTab.close()

    def onSceneStartClose(self, caller, event):
        self.segmentTab.scene_closes()
        self.disconnectParameters()
        self._parameters = None

    def onSceneEndClose(self, caller, event):
        if self.parent.isEntered:
            self.connectParameters()

    def onSceneEndImport(self, caller, event):
        """A scene was loaded: its choices, and with them its result, are the panel's now."""
        if self.parent.isEntered:
            self.connectParameters()

    def connectParameters(self):
        """Tie the widgets to the scene's parameter node."""
        self.disconnectParameters()
        self._parameters = self.logic.getParameterNode()
        if self._parameters.flair is None:
            self._parameters.flair = likely_flair()
        self.segmentTab.set_parameters(self._parameters)
        self._guiTag = self._parameters.connectGui(self.ui)

    def disconnectParameters(self):
        if self._parameters is not None and self._guiTag is not None:
            self._parameters.disconnectGui(self._guiTag)
            self._guiTag = None
