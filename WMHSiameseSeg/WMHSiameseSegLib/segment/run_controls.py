"""What the panel says about a run: the button's text, the bar, and one message below it."""

from __future__ import annotations

from typing import Any

from slicer.i18n import tr as _

from WMHSiameseSegLib.panel.message import PanelMessage
from WMHSiameseSegLib.panel.run_progress import RunProgress
from WMHSiameseSegLib.segment.run_state import RunState

_CHOICES = (
    "flairSelector",
    "outputSelector",
    "keepEarlierCheckBox",
    "modelSelector",
    "openModelButton",
    "deviceSelector",
)


class RunControls(PanelMessage):
    """Button, progress bar and message.

    Args:
        ui: the tab's widgets.
    """

    def __init__(self, ui: Any) -> None:
        super().__init__(ui.statusLabel)
        self._ui = ui
        self.progress = RunProgress(ui.progressBar)
        self.show_state(RunState.IDLE)

    def show_state(self, state: RunState) -> None:
        """Segment or Cancel; while something runs, nothing else can be chosen."""
        ui, idle = self._ui, state is RunState.IDLE
        ui.segmentButton.setText(_("Segment") if idle else _("Cancel"))
        ui.segmentButton.setEnabled(state is not RunState.CANCELLING)
        for name in _CHOICES:
            getattr(ui, name).setEnabled(idle)
        if state is RunState.CANCELLING:
            self.progress.show("cancelling")
        elif idle:
            self.progress.hide()
