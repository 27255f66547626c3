"""Run by a test in a process of its own, which is then killed: a panel in the middle of a run."""

import sys
from pathlib import Path

from slicer_side.panel import ENGINE, Panel
from slicer_side.started_host import host
from WMHSiameseSegLib.simulated_flair import add_simulated_flair

host.open()
host.load_module(ENGINE / "WMHSiameseSeg.py")
panel = Panel(host.select("WMHSiameseSeg"))
panel.use_scripted_worker("slow")
panel.tab.models.open(Path(sys.argv[1]))
panel.choose(add_simulated_flair())
panel.start()
panel.wait_until_running()
sys.stdout.write(f"running {panel.widget.worker.pid}\n")
sys.stdout.flush()
panel.wait(60)
