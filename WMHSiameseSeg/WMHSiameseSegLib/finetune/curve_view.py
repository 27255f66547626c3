"""The curve of the training that runs, in the tab and in Slicer's plot view."""

from __future__ import annotations

from typing import Any

import qt
from wmh_siamese.errors import from_exception

from WMHSiameseSegLib.finetune.curve_picture import curve_png
from WMHSiameseSegLib.finetune.training_curve import CurvePlot, CurvePoint, TrainingCurve
from WMHSiameseSegLib.panel.message import PanelMessage
from WMHSiameseSegLib.worker.private_folder import make_private_folder, remove_folder


class CurveView:
    """Shows points as they come.

    Args:
        ui: the tab's widgets.
    """

    def __init__(self, ui: Any) -> None:
        self._ui = ui
        self.curve = TrainingCurve()
        self._plot = CurvePlot()
        ui.plotButton.clicked.connect(lambda: self._plot.show(self.curve))
        self.begin()

    def begin(self) -> None:
        """A new training: an empty curve."""
        self.curve = TrainingCurve()
        self._plot.update(self.curve)
        self._show()

    def add(self, point: CurvePoint) -> None:
        """Another epoch."""
        self.curve.points.append(point)
        self._plot.update(self.curve)
        self._show()

    def scene_closes(self) -> None:
        self._plot.forget()

    def _show(self) -> None:
        ui, there = self._ui, bool(self.curve.points)
        for widget in (ui.curvePicture, ui.curveLabel, ui.plotButton):
            widget.setVisible(there)
        if not there:
            return
        ui.curveLabel.setText(self.curve.text())
        try:
            ui.curvePicture.setPixmap(_pixmap(curve_png(self.curve)))
        except OSError as error:
            PanelMessage(ui.curveLabel).complain(str(from_exception(error)))


def _pixmap(png: bytes) -> qt.QPixmap:
    """Through a file, which every version of Slicer's Python can hand to Qt."""
    folder = make_private_folder()
    try:
        (folder / "curve.png").write_bytes(png)
        return qt.QPixmap(str(folder / "curve.png"))
    finally:
        remove_folder(folder)
