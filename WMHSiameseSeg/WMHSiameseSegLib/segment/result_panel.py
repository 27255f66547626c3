"""The lower half of the tab: figures, sliders, display, and the ways out of the panel."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import qt
import slicer
import vtk
from slicer.i18n import tr as _
from wmh_siamese.errors import from_exception

from WMHSiameseSegLib.panel.plain_text import unformatted
from WMHSiameseSegLib.scene.scene import Result
from WMHSiameseSegLib.scene.showing import show_mask
from WMHSiameseSegLib.segment.readout_table import (
    Figures,
    as_text,
    export_csv,
    read_table,
    spacing_text,
)
from WMHSiameseSegLib.segment.result_follower import Cut, ResultFollower
from WMHSiameseSegLib.segment.run import RunResult
from WMHSiameseSegLib.worker.background import Background

_NOTHING = "—"
LET_GO_MS = 50


class ResultPanel:
    """Shows one result and lets a person change how it is cut and seen.

    Args:
        ui: the tab's widgets.
        background: where masks are computed.
        set_cut: puts threshold and least volume into the parameter node, and so the sliders.
    """

    def __init__(self, ui: Any, background: Background, set_cut: Callable[[Cut], None]) -> None:
        self._ui = ui
        self._set_cut = set_cut
        self.follower = ResultFollower(background, self._show_figures, self._may_lose_edits)
        self._display: tuple[Any, int] | None = None
        self._restoring = False
        self._let_go = qt.QTimer()
        self._let_go.setSingleShot(True)
        self._let_go.setInterval(LET_GO_MS)
        self._let_go.timeout.connect(self._on_slider)
        ui.thresholdSlider.valueChanged.connect(self._on_slider)
        ui.minVolumeSlider.valueChanged.connect(self._on_slider)
        ui.opacitySlider.valueChanged.connect(self._on_opacity)
        ui.visibleCheckBox.toggled.connect(self._on_visible)
        ui.editButton.clicked.connect(self._on_edit)
        ui.copyButton.clicked.connect(self._on_copy)
        ui.exportButton.clicked.connect(self._on_export)
        self.follow(None)

    @property
    def result(self) -> Result | None:
        return self.follower.result

    def cut(self) -> Cut:
        """What the sliders say now."""
        ui = self._ui
        return Cut(round(ui.thresholdSlider.value, 4), round(ui.minVolumeSlider.value, 3))

    def follow(self, node: slicer.vtkMRMLSegmentationNode | None) -> None:
        """Show the result in a segmentation, or nothing when it holds none."""
        result = Result.of(node)
        if result is not None:
            self._restore(Cut(result.threshold, result.min_volume_mm3))
        self.follower.follow(result)
        self._watch_display(result)

    def adopt(self, result: Result, made: RunResult, cut: Cut) -> None:
        """Show a result that a run has just brought."""
        self._restore(cut)
        self.follower.adopt(result, made.lesions, made.mask, made.readouts, cut)
        self._watch_display(result)
        show_mask(result)

    def close(self) -> None:
        """Follow nothing any more."""
        self._let_go.stop()
        self.follower.close()
        self._watch_display(None)

    def may_replace(self, node: slicer.vtkMRMLSegmentationNode | None) -> bool:
        """Whether a run may replace the result of a segmentation; asks when it was edited."""
        result = Result.of(node)
        if result is None:
            return True
        followed = self.result is not None and self.result.node is node
        edited = self.follower.edited() if followed else result.edited
        return not edited or self._may_lose_edits()

    def cut_as(self, cut: Cut) -> None:
        """Set the sliders, and cut the mask of the result that is shown."""
        self._restore(cut)
        self._on_slider()

    def _on_slider(self, _value: float = 0.0) -> None:
        if self._restoring or self.result is None:
            return
        if self.follower.edited() and slicer.app.mouseButtons():
            self._let_go.start()  # a question would break into the drag
        elif not self.follower.cut(self.cut()) and self.result is not None:
            self._restore(Cut(self.result.threshold, self.result.min_volume_mm3))

    def _restore(self, cut: Cut) -> None:
        self._restoring = True
        try:
            self._set_cut(cut)
        finally:
            self._restoring = False

    def _may_lose_edits(self) -> bool:
        return slicer.util.confirmOkCancelDisplay(
            _(
                "This mask was edited by hand. Computing it again loses the edits. To keep them, "
                "cancel and tick “Keep an earlier result as its own segment” before a new run."
            ),
            windowTitle=_("Lose the edits?"),
        )

    def _show_figures(self, figures: Figures | None) -> None:
        ui, there = self._ui, figures is not None and self.result is not None
        ui.placeNote.setVisible(not self.follower.in_place)
        for widget in (ui.thresholdSlider, ui.minVolumeSlider, ui.resetButton):
            widget.setEnabled(self.follower.in_place)
        for widget in (ui.editButton, ui.copyButton, ui.exportButton, ui.show3DButton):
            widget.setEnabled(there)
        ui.editedLabel.setVisible(there and figures.edited)
        if not there:
            for name in ("volume", "pcd", "lesion", "spacing", "seconds", "model"):
                getattr(ui, f"{name}Value").setText(_NOTHING)
            return
        readouts, provenance = figures.readouts, self.result.provenance
        ui.volumeValue.setText(f"{readouts.volume_ml:.2f}")
        ui.pcdValue.setText(f"{readouts.pcd_percent:.4f}")
        ui.lesionValue.setText(str(readouts.lesion_count))
        ui.spacingValue.setText(spacing_text(readouts.spacing_mm))
        ui.secondsValue.setText(f"{provenance.seconds:.1f} ({provenance.device})")
        ui.modelValue.setText(f"{provenance.model} ({provenance.model_sha256[:8]})")

    def _watch_display(self, result: Result | None) -> None:
        if self._display is not None:
            node, tag = self._display
            node.RemoveObserver(tag)
            self._display = None
        node = result.node if result is not None else None
        self._ui.show3DButton.setSegmentationNode(node)
        display = node.GetDisplayNode() if node is not None else None
        for widget in (self._ui.opacitySlider, self._ui.visibleCheckBox):
            widget.setEnabled(display is not None)
        if display is not None:
            tag = display.AddObserver(vtk.vtkCommand.ModifiedEvent, self._on_display)
            self._display = (display, tag)
            self._on_display(display, "")

    def _on_display(self, display: Any, _event: str) -> None:
        self._ui.visibleCheckBox.setChecked(bool(display.GetVisibility()))
        self._ui.opacitySlider.setValue(display.GetOpacity())

    def _on_opacity(self, opacity: float) -> None:
        if self._display is not None:
            self._display[0].SetOpacity(opacity)

    def _on_visible(self, visible: bool) -> None:
        if self._display is not None:
            self._display[0].SetVisibility(visible)

    def _on_edit(self) -> None:
        result = self.result
        if result is None:
            return
        slicer.util.selectModule("SegmentEditor")
        editor = slicer.util.getModuleWidget("SegmentEditor").editor
        editor.setSegmentationNode(result.node)
        editor.setSourceVolumeNode(result.flair)
        editor.setCurrentSegmentID(result.segment_id)

    def _rows(self) -> list[dict[str, str | float]]:
        table = self.result.table if self.result is not None else None
        return read_table(table) if table is not None else []

    def _on_copy(self) -> None:
        rows = self._rows()
        if rows:
            slicer.app.clipboard().setText(as_text(rows, "\t"))
            slicer.util.showStatusMessage(_("The figures are on the clipboard."), 3000)

    def _on_export(self) -> None:
        rows = self._rows()
        if not rows:
            return
        name = qt.QFileDialog.getSaveFileName(
            slicer.util.mainWindow(), _("Export figures"), "wmh.csv", _("CSV files (*.csv)")
        )
        path = _with_suffix(Path(name)) if name else None
        if path is None:
            return
        try:
            export_csv(rows, path)
        except OSError as error:
            slicer.util.errorDisplay(unformatted(str(from_exception(error))))


def _with_suffix(chosen: Path) -> Path | None:
    """The chosen file as a .csv; None when that is another file, which is to stay."""
    if chosen.suffix.lower() == ".csv":
        return chosen
    path = chosen.with_name(f"{chosen.name}.csv")
    said = _("There is a file “{name}” already. Replace it?").format(name=path.name)
    if path.exists() and not slicer.util.confirmOkCancelDisplay(
        unformatted(said), windowTitle=_("Replace the file?")
    ):
        return None
    return path
