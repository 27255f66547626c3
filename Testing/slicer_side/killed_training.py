"""Run by a test in a process of its own, which is then killed: a panel that trains without end.

Says on stdout ``worker PID`` for each training worker, ``event STAGE`` for what it tells, and
``whole`` when a training was over.
"""

from __future__ import annotations

import sys
from pathlib import Path

from slicer_side.finetune_panel import FinetunePanel
from slicer_side.panel import ENGINE, wait_for
from slicer_side.started_host import host
from WMHSiameseSegLib.models import user_models

LONG = 600


def say(*words: object) -> None:
    sys.stdout.write(" ".join(map(str, words)) + "\n")
    sys.stdout.flush()


def tell_events(run: object) -> None:
    """Have each event of the training worker said as it comes."""
    heard = run._hear

    def hear(event: dict) -> None:
        say("event", event.get("stage") or event["event"])
        heard(event)

    run._hear = hear


def train_until_killed(library: Path, user_folder: Path) -> None:
    """Train over and over on a library, from the user's own model ``tiny``."""
    user_models._user_folder = lambda: user_folder
    host.open()
    host.load_module(ENGINE / "WMHSiameseSeg.py")
    panel = FinetunePanel(host.select("WMHSiameseSeg"))
    panel.open_library(library)
    panel.tab.training.refresh()
    panel.ui.baseSelector.setCurrentText("tiny")
    panel.ui.epochsSpin.setValue(2)
    panel.ui.batchesSpin.setValue(2)
    panel.ui.batchSizeSpin.setValue(2)
    panel.ui.guardCheckBox.setChecked(False)
    panel.ui.trainingDeviceSelector.setCurrentIndex(1)
    panel.ui.newNameEdit.setText("mine")
    tell_events(panel.tab.training.run)
    worker = panel.widget.trainer
    while True:
        panel.click("trainButton")
        wait_for(lambda: worker.pid or panel.tab.training.run.idle, LONG)
        say("worker", worker.pid)
        panel.wait_for_training(LONG)
        if "was kept" in panel.training_message:
            say("whole")


if __name__ == "__main__":
    train_until_killed(Path(sys.argv[1]), Path(sys.argv[2]))
