"""The curve of a training: its points, in words, as a picture, and as Slicer's own plot."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import slicer
import vtk
from slicer.i18n import tr as _

from WMHSiameseSegLib.scene.scene import new_node
from WMHSiameseSegLib.worker.client import Event

LOSS_COLOR, DICE_COLOR = (0.85, 0.37, 0.01), (0.0, 0.36, 0.67)
_EPOCH, _LOSS, _DICE = "Epoch", "Training loss (share of the first)", "Held-out Dice"
_FEWEST_POINTS = 2


@dataclass(frozen=True)
class CurvePoint:
    """One epoch; 0 is the base model, which has no loss. NaN stands for what does not exist."""

    epoch: int
    of: int
    loss: float
    held_out_dice: float

    @classmethod
    def of_event(cls, event: Event) -> CurvePoint:
        """From the worker's event ``epoch``."""
        loss, dice = event.get("loss"), event.get("held_out_dice")
        return cls(
            epoch=int(event.get("epoch") or 0),
            of=int(event.get("of") or 0),
            loss=math.nan if loss is None else float(loss),
            held_out_dice=math.nan if dice is None else float(dice),
        )


Series = list[tuple[int, float]]


class TrainingCurve:
    """All points of one training so far."""

    def __init__(self) -> None:
        self.points: list[CurvePoint] = []

    def losses(self) -> Series:
        """Epoch and training loss."""
        return [(p.epoch, p.loss) for p in self.points if not math.isnan(p.loss)]

    def dices(self) -> Series:
        """Epoch and mean Dice on the held-out cases; empty where there are none."""
        return [(p.epoch, p.held_out_dice) for p in self.points if not math.isnan(p.held_out_dice)]

    def text(self) -> str:
        """The curve in lines, each beginning with how it is drawn."""
        if not self.points:
            return ""
        last = self.points[-1]
        lines = [_("Epoch {epoch} of {of}").format(epoch=last.epoch, of=last.of)]
        losses, dices = self.losses(), self.dices()
        if losses:
            words = _("Thin line: training loss {first:.4g} → {last:.4g}")
            lines.append(words.format(first=losses[0][1], last=losses[-1][1]))
        if dices:
            words = _("Thick line with points: held-out Dice {first:.3f} → {last:.3f}")
            lines.append(words.format(first=dices[0][1], last=dices[-1][1]))
        else:
            lines.append(_("No held-out cases with lesions: no Dice to watch."))
        return "\n".join(lines)


class CurvePlot:
    """A table, two series and a chart in the scene; made when a person asks for them."""

    def __init__(self) -> None:
        self._table: Any = None
        self._chart: Any = None
        self._series: dict[str, Any] = {}

    @property
    def shown(self) -> bool:
        """Whether the chart is in the scene."""
        return self._chart is not None and self._chart.GetScene() is not None

    def show(self, curve: TrainingCurve) -> None:
        """Make the nodes where they are missing, and show the chart in the plot view."""
        if not self.shown:
            self._make()
        self.update(curve)
        slicer.modules.plots.logic().ShowChartInLayout(self._chart)

    def update(self, curve: TrainingCurve) -> None:
        """Let the nodes follow the curve; the loss is shown as a share of its first value."""
        if not self.shown:
            return
        losses, dices = curve.losses(), curve.dices()
        first = next((loss for _epoch, loss in losses if loss), 1.0)
        lines = {_LOSS: [(epoch, loss / first) for epoch, loss in losses], _DICE: dices}
        self._leave_out({name for name, line in lines.items() if len(line) < _FEWEST_POINTS})
        table = vtk.vtkTable()
        columns = {name: _by_epoch(curve, line) for name, line in lines.items()}
        for name, values in {_EPOCH: [p.epoch for p in curve.points], **columns}.items():
            column = vtk.vtkDoubleArray()
            column.SetName(name)
            for value in values:
                column.InsertNextValue(value)
            table.AddColumn(column)
        self._table.SetAndObserveTable(table)
        for name, series in self._series.items():
            there = series.GetScene() is not None and not self._drawn(series)
            if there and len(lines[name]) >= _FEWEST_POINTS:
                self._chart.AddAndObservePlotSeriesNodeID(series.GetID())

    def forget(self) -> None:
        """The scene closes."""
        self._table = self._chart = None
        self._series = {}

    def _leave_out(self, names: set[str]) -> None:
        """Take out of the chart what VTK refuses to draw a line through."""
        for name in names:
            if self._drawn(self._series[name]):
                self._chart.RemovePlotSeriesNodeID(self._series[name].GetID())

    def _drawn(self, series: Any) -> bool:
        return bool(self._chart.HasPlotSeriesNodeID(series.GetID()))

    def _make(self) -> None:
        self._table = new_node("vtkMRMLTableNode", _("Training curve"))
        self._chart = new_node("vtkMRMLPlotChartNode", _("Training curve"))
        self._chart.SetTitle(_("Fine-tuning"))
        self._chart.SetXAxisTitle(_("Epoch"))
        self._chart.SetYAxisTitle(_("Loss (share of the first), Dice"))
        for name, column, color in (
            (_("Training loss"), _LOSS, LOSS_COLOR),
            (_("Held-out Dice"), _DICE, DICE_COLOR),
        ):
            series = new_node("vtkMRMLPlotSeriesNode", name)
            series.SetAndObserveTableNodeID(self._table.GetID())
            series.SetXColumnName(_EPOCH)
            series.SetYColumnName(column)
            series.SetPlotType(slicer.vtkMRMLPlotSeriesNode.PlotTypeScatter)
            series.SetColor(color)
            self._series[column] = series


def _by_epoch(curve: TrainingCurve, series: Series) -> list[float]:
    values = dict(series)
    return [values.get(point.epoch, math.nan) for point in curve.points]
