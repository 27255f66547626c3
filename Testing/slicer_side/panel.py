"""The panel as a person uses it: choose, click, wait, read."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import slicer
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from slicer_side import started_host  # noqa: F401
from WMHSiameseSegLib.scene.scene import Result
from WMHSiameseSegLib.worker.process import WorkerCommand

SCRIPTED_WORKER = Path(__file__).with_name("scripted_worker.py")
ENGINE_REFERENCE = Path(__file__).with_name("engine_reference.py")
ENGINE = Path(__file__).parents[2] / "WMHSiameseSeg"


def run_engine(*arguments: object) -> None:
    """Run engine_reference.py in a process of its own, on one thread."""
    subprocess.run(
        [sys.executable, str(ENGINE_REFERENCE), *map(str, arguments)],
        check=True,
        env={**os.environ, "PYTHONPATH": str(ENGINE), "OMP_NUM_THREADS": "1"},
    )


def wait_for(condition: Callable[[], object], seconds: float = 30.0) -> float:
    """Let events through until the condition holds; returns the seconds it took."""
    began = time.monotonic()
    while not condition():
        if time.monotonic() - began > seconds:
            raise AssertionError(f"waited {seconds} s for {condition.__name__}")
        slicer.app.processEvents()
        time.sleep(0.002)
    return time.monotonic() - began


class Panel:
    """The module's widget in the hands of a test."""

    def __init__(self, widget: object) -> None:
        self.widget = widget
        self.ui = widget.ui
        self.tab = widget.segmentTab

    def use_scripted_worker(self, behaviour: str) -> None:
        """Have the next worker be the scripted one; one that runs is ended."""
        arguments = (str(SCRIPTED_WORKER), behaviour)
        self.widget.worker.end()
        self.widget.worker.command = lambda: WorkerCommand(sys.executable, arguments)

    def choose(self, flair: object) -> None:
        self.ui.flairSelector.setCurrentNode(flair)

    def click(self, name: str) -> None:
        """A mouse click in the middle of a button."""
        button = getattr(self.ui, name)
        assert button.isEnabled(), f"{name} cannot be clicked"
        QTest.mouseClick(button, Qt.MouseButton.LeftButton)

    def start(self) -> None:
        self.click("segmentButton")

    def wait(self, seconds: float = 60.0) -> float:
        """Until nothing runs."""
        return wait_for(lambda: self.tab.states.idle, seconds)

    def wait_until_running(self) -> None:
        wait_for(lambda: self.tab.states.state.value == "running")

    def segment(self, flair: object) -> Result:
        """A whole run; AssertionError with the panel's message where none came of it."""
        self.choose(flair)
        self.start()
        self.wait()
        result = self.result
        assert result is not None, self.message
        return result

    def move(self, slider: str, value: float) -> None:
        """Set a slider, then wait until mask and figures have followed."""
        getattr(self.ui, slider).setValue(value)
        self.settle()

    def settle(self) -> None:
        """Let jobs, debounce and redrawing come to rest."""
        follower = self.tab.results.follower
        wait_for(lambda: not follower.busy)

    @property
    def result(self) -> Result | None:
        return self.tab.results.result

    @property
    def message(self) -> str:
        return self.ui.statusLabel.text

    @property
    def log(self) -> str:
        return self.ui.logView.toPlainText()

    def figure(self, name: str) -> str:
        return getattr(self.ui, f"{name}Value").text
