"""Better or not: what a training brought, and whether it is kept."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from slicer.i18n import tr as _

from WMHSiameseSegLib.finetune.comparison_view import ComparisonView
from WMHSiameseSegLib.finetune.difference_view import DifferenceView
from WMHSiameseSegLib.models.model_choice import Model
from WMHSiameseSegLib.models.user_models import default_model
from WMHSiameseSegLib.panel.message import PanelMessage
from WMHSiameseSegLib.panel.plain_text import unformatted
from WMHSiameseSegLib.worker.client import Event


class ComparisonPanel:
    """Shows the comparison, and makes either model the default.

    Args:
        ui: the tab's widgets.
        make_default: makes the model of this file name the default of the tab Segment.
        leave_one_out: compares with one patient left out at a time.
    """

    def __init__(
        self, ui: Any, make_default: Callable[[str], None], leave_one_out: Callable[[], None]
    ) -> None:
        self._ui = ui
        self._make_default = make_default
        self._view = ComparisonView(ui)
        self._differences = DifferenceView(ui)
        self.message = PanelMessage(ui.keptLabel)
        self._base: Model | None = None
        self._new: Path | None = None
        ui.keepButton.clicked.connect(lambda: self._choose(self._new))
        ui.backButton.clicked.connect(lambda: self._choose(self._base.path))
        ui.leaveOneOutButton.clicked.connect(leave_one_out)
        self.refresh()

    def show(self, what: str, result: Event, base: Model) -> None:
        """Show what a training or leaving one out brought."""
        trained = what == "train"  # leaving one out keeps no model, and shows no earlier one's
        self._base = base if trained else None
        self._new = Path(result["model"]["path"]) if trained else None
        self._view.show(result.get("comparison") or {})
        self._differences.show(result.get("pictures") or [])
        if what == "train" and not (result.get("comparison") or {}).get("rows"):
            offer = _("“Leave one out” compares on each of 2 to 5 training patients in turn.")
            self.message.say(offer)
        else:
            self.message.say("")
        self.refresh()

    def refresh(self) -> None:
        """Which buttons make sense: the new model may have been deleted meanwhile."""
        there = self._new is not None and self._new.is_file()
        default = default_model()
        self._ui.keepButton.setEnabled(there and default != self._new.name)
        back = there and self._base is not None and default != self._base.path.name
        self._ui.backButton.setEnabled(back)
        if self._base is not None:
            tip = _("Make {name} the default of the tab Segment again.")
            self._ui.backButton.setToolTip(unformatted(tip.format(name=self._base.title)))

    def _choose(self, model: Path) -> None:
        self._make_default(model.name)
        kept = self._new is not None and model.name == self._new.name
        said = _("The tab Segment uses the new model now.")
        back = _("The tab Segment uses the base model again.")
        self.message.say(said if kept else back)
