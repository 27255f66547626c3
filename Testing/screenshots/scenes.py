"""Each picture as a person would come to it: by choosing, clicking and waiting."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import slicer
from PIL import Image
from PySide6 import QtWidgets
from slicer_host.dialogs import answers
from slicer_host.host import Host
from slicer_host.render import save_widget, save_window
from slicer_side.panel import Panel, wait_for
from slicer_side.shown_texts import settle_layout
from WMHSiameseSegLib.scene.voxels import volume_array, write_mask

from .scans import ROOT, Scan

MODULE = ROOT / "WMHSiameseSeg" / "WMHSiameseSeg.py"
_MINUTES = 60.0
_SECTION_WIDTH = 520
_SLICERS = ("numpy", "scipy")  # of what the worker needs, what a fresh Slicer has


class Scenes:
    """Plays the panel and takes its picture.

    Args:
        host: a Slicer as a person runs it.
        scans: what is shown; the first is segmented and held out, the others are learnt from.
        vgg: the weights for the content loss; without them it is trained with another loss.
        folder: for the pictures.
        work: for what is made on the way; nothing of it stays.
    """

    def __init__(
        self, host: Host, scans: Sequence[Scan], vgg: Path | None, folder: Path, work: Path
    ) -> None:
        self._host, self._scans, self._vgg = host, scans, vgg
        self._folder, self._work = folder, work
        host.load_module(MODULE)
        self._widget = host.select("WMHSiameseSeg")
        self._panel = Panel(self._widget)
        self._result: object = None

    def close(self) -> None:
        """End every worker, and wait until they are gone."""
        workers = (self._widget.worker, self._widget.librarian, self._widget.trainer)
        for worker in workers:
            worker.end()
        wait_for(lambda: not any(worker.ending for worker in workers))

    # The tab Segment

    def segment(self, name: str, size: tuple[int, int] = (1400, 900)) -> None:
        """A run that has brought lesions, in three slices and as surfaces."""
        flair = slicer.util.loadVolume(str(self._scans[0].flair), {"name": "FLAIR"})
        slicer.util.setSliceViewerLayers(background=flair, fit=True)
        self._panel.choose(flair)
        self._panel.start()
        self._panel.wait(10 * _MINUTES)
        if self._panel.result is None:
            raise SystemExit(self._panel.message)
        self._result = self._panel.result
        self._look_at(self._result.mask())
        self._result.node.CreateClosedSurfaceRepresentation()
        self._save_window(name, size)

    def correct(self, name: str) -> None:
        """The same mask after a correction: one slice as somebody drew it."""
        result = self._result
        drawn = slicer.util.loadVolume(
            str(self._scans[0].mask), {"labelmap": True, "show": False, "name": "drawn"}
        )
        mask = result.mask()
        k = int(mask.sum(axis=(0, 1)).argmax())
        mask[:, :, k] = volume_array(drawn)[:, :, k] == 1
        slicer.mrmlScene.RemoveNode(drawn)
        write_mask(result.node, result.segment_id, mask, result.grid)
        self._panel.tab.results.follower.edited()
        self._panel.settle()
        self._save_window(name)

    def refuse(self, name: str) -> None:
        """A complaint: the probability was chosen instead of the scan."""
        before = self._widget.ui.flairSelector.currentNode()
        self._panel.choose(self._result.probability_node)
        self._panel.start()
        self._save_section(name, self._widget.ui.inputsButton, self._widget.ui.statusLabel)
        self._panel.choose(before)

    def install(self, name: str) -> None:
        """The question before anything is installed, in a Slicer as it comes."""

        def look(dialog: QtWidgets.QDialog) -> str:
            QtWidgets.QDialog.resize(dialog, 520, 300)
            QtWidgets.QDialog.show(dialog)
            settle_layout()
            self._save(save_widget(dialog, self._folder / name))
            return "Cancel"

        installation = self._widget.installation
        kept = installation._version_of
        installation._version_of = lambda package: kept(package) if package in _SLICERS else None
        self._widget.worker.end()
        answers.answer(look)
        self._panel.start()
        installation._version_of = kept

    # The tab Fine-tune

    def finetune(self, library: str, running: str, comparison: str, models: str) -> None:
        """Two patients to learn from, one held out, and a short training that is real."""
        ui, tab = self._widget.finetuneUi, self._widget.finetuneTab
        self._widget.tabs.setCurrentIndex(1)
        answers.choose(self._work / "corrections")
        self._click(ui.createLibraryButton, lambda: not tab.library.busy)
        for number, scan, role in ((1, 1, 0), (2, 2, 0), (3, 0, 1)):
            self._add_case(number, self._scans[scan % len(self._scans)], role)
        self._save_section(library, ui.libraryButton)

        ui.newNameEdit.setText("Our scanner")
        if self._vgg is not None:
            self._take_weights(self._vgg)
        else:
            ui.lossSelector.setCurrentIndex(2)  # generalised Dice, which needs no other file
        for spin, value in ((ui.epochsSpin, 4), (ui.batchesSpin, 4), (ui.batchSizeSpin, 2)):
            spin.setValue(value)
        ui.trainButton.click()
        wait_for(lambda: len(tab.training.curve.curve.points) >= 3, 20 * _MINUTES)
        self._save_section(running, ui.trainingButton)
        wait_for(lambda: tab.training.run.idle, 20 * _MINUTES)
        if not ui.comparisonTable.rowCount:
            raise SystemExit(ui.trainingMessage.text)
        self._save_section(comparison, ui.comparisonButton)
        ui.modelTable.selectRow(1)
        self._save_section(models, ui.modelsButton)

    def whole_finetune_tab(self, name: str) -> None:
        """The tab from top to bottom, after a training."""
        self._widget.tabs.setCurrentIndex(1)
        settle_layout()
        self._save(save_widget(self._widget.parent, self._folder / name, 482))

    def _take_weights(self, file: Path) -> None:
        ui, vgg = self._widget.finetuneUi, self._widget.finetuneTab.training.weights
        answers.choose(file)
        self._click(ui.vggFileButton, lambda: not vgg.busy)
        if ui.vggUseButton.visible:  # the file does not tell its input; Caffe's comes first
            self._click(ui.vggUseButton, lambda: not vgg.busy)

    def _add_case(self, number: int, scan: Scan, role: int) -> None:
        ui, tab = self._widget.finetuneUi, self._widget.finetuneTab
        flair = slicer.util.loadVolume(str(scan.flair), {"name": f"FLAIR {number}"})
        if len(self._scans) == 1:  # other scans of the same head: a library takes each scan once
            voxels = slicer.util.arrayFromVolume(flair)
            noise = np.random.default_rng(number).normal(0, 8, voxels.shape)
            voxels[:] = np.clip(voxels + noise, 0, None)
        labels = slicer.util.loadVolume(str(scan.mask), {"labelmap": True, "show": False})
        node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLSegmentationNode", f"Mask {number}")
        node.SetReferenceImageGeometryParameterFromVolumeNode(flair)
        segment = node.GetSegmentation().AddEmptySegment("", "White matter hyperintensities")
        drawn = (slicer.util.arrayFromVolume(labels) == 1).astype(np.uint8)
        slicer.util.updateSegmentBinaryLabelmapFromArray(drawn, node, segment, flair)
        slicer.mrmlScene.RemoveNode(labels)
        ui.caseFlairSelector.setCurrentNode(flair)
        ui.caseSegmentationSelector.setCurrentNode(node)
        ui.patientEdit.setText(f"p{number}")
        ui.roleSelector.setCurrentIndex(role)
        self._click(ui.addCaseButton, lambda: not tab.library.busy)

    def _click(self, button: object, done: Callable[[], bool]) -> None:
        settle_layout()
        button.click()
        wait_for(done, 5 * _MINUTES)

    # Pictures

    def _look_at(self, mask: np.ndarray) -> None:
        """Move the slices to where most of the mask is."""
        k = int(mask.sum(axis=(0, 1)).argmax())
        i, j = (int(np.median(where)) for where in np.nonzero(mask[:, :, k]))
        place = self._result.grid.affine @ [i, j, k, 1]
        for name, axis in (("Yellow", 0), ("Green", 1), ("Red", 2)):
            self._host.world.slice_logics[name].SetSliceOffset(float(place[axis]))

    def _save_window(self, name: str, size: tuple[int, int] = (1400, 900)) -> None:
        settle_layout()
        self._save(save_window(self._host, self._folder / name, *size))

    def _save_section(self, name: str, *widgets: QtWidgets.QWidget) -> None:
        """The widgets one above another, in a panel as wide as in Slicer and as high as needed."""
        window = self._host.main_window
        QtWidgets.QWidget.resize(window, 1400, 2400)
        settle_layout()
        parts = []
        for number, widget in enumerate(widgets):
            path = self._work / f"part-{number}.png"
            save_widget(widget, path)
            parts.append(Image.open(path).convert("RGB"))
        whole = Image.new(
            "RGB",
            (max(p.width for p in parts), sum(p.height for p in parts)),
            parts[0].getpixel((0, 40)),
        )
        top = 0
        for part in parts:
            whole.paste(part, (0, top))
            top += part.height
        whole.save(self._folder / name)
        QtWidgets.QWidget.resize(window, 1400, 900)
        self._save(self._folder / name)

    def _save(self, path: Path) -> None:
        """With 256 colours: a third of the size, and no difference to see."""
        Image.open(path).convert("RGB").quantize(256).save(path, optimize=True)
        sys.stdout.write(f"{path}\n")
        sys.stdout.flush()
