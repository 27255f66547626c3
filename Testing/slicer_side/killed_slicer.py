"""Run by a test in a process of its own, which is then killed: a panel in the middle of a run."""

from __future__ import annotations

import sys
from pathlib import Path

from slicer_side.panel import ENGINE, Panel
from slicer_side.started_host import host
from WMHSiameseSegLib.scene.simulated_flair import add_simulated_flair


def run_until_killed(model: Path) -> None:
    """Start a run that takes a minute, and say the worker's process id."""
    host.open()
    host.load_module(ENGINE / "WMHSiameseSeg.py")
    panel = Panel(host.select("WMHSiameseSeg"))
    panel.use_scripted_worker("slow")
    panel.tab.models.open(model)
    panel.choose(add_simulated_flair())
    panel.start()
    panel.wait_until_running()
    sys.stdout.write(f"running {panel.widget.worker.pid}\n")
    sys.stdout.flush()
    panel.wait(60)


if __name__ == "__main__":
    run_until_killed(Path(sys.argv[1]))
