"""What the panel says about a run: the button's text, the bar, and one message below it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from slicer.i18n import tr as _

from WMHSiameseSegLib.flair_checks import Finding, Weight
from WMHSiameseSegLib.run_progress import RunProgress
from WMHSiameseSegLib.run_state import RunState

_ERROR_STYLE = "color: #b3261e;"
_CHOICES = (
    "flairSelector",
    "outputSelector",
    "keepEarlierCheckBox",
    "modelSelector",
    "openModelButton",
    "deviceSelector",
)


class RunControls:
    """Button, progress bar and message.

    Args:
        ui: the tab's widgets.
    """

    def __init__(self, ui: Any) -> None:
        self._ui = ui
        self.progress = RunProgress(ui.progressBar)
        self.show_state(RunState.IDLE)
        self.say("")

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

    def say(self, text: str) -> None:
        """A message in plain words; an empty one takes no room."""
        self._show(text, "")

    def complain(self, text: str) -> None:
        """What went wrong, and what to do."""
        self._show(text, _ERROR_STYLE)

    def refuse(self, findings: Sequence[Finding]) -> bool:
        """Whether something forbids the run; it is said then."""
        reasons = [f.sentence for f in findings if f.weight is Weight.STOP]
        if reasons:
            self.complain("\n".join(reasons))
        return bool(reasons)

    def _show(self, text: str, style: str) -> None:
        label = self._ui.statusLabel
        label.setStyleSheet(style)
        label.setText(text)
        label.setVisible(bool(text))
