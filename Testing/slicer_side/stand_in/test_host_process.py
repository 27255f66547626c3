"""The host as a process of its own: `python -m slicer_host`."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

TESTING = Path(__file__).parents[2]


def host_process(*arguments: str) -> subprocess.CompletedProcess:
    """Run the host as a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "slicer_host", *arguments],
        cwd=TESTING,
        env={**os.environ, "PYTHONPATH": str(TESTING)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_a_host_process_runs_a_modules_own_test(a_sample_file: Path) -> None:
    done = host_process(str(a_sample_file), "--run-module-test", "Sample")
    assert done.returncode == 0, done.stderr
    assert "OK" in done.stderr


def test_a_host_process_can_hide_torch_from_its_children(a_sample_file: Path) -> None:
    code = "import subprocess, sys\nprint(subprocess.run([sys.executable, '-c', 'import torch'],"
    code += " capture_output=True, text=True).stderr)"
    done = host_process("--no-main-window", "--hide-torch", "--python-code", code)
    assert done.returncode == 0, done.stderr
    assert "No module named 'torch'" in done.stdout


def test_a_host_process_can_be_killed_while_it_stays(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "slicer_host", "--no-main-window", "--stay"],
        cwd=TESTING,
        env={**os.environ, "PYTHONPATH": str(TESTING), "TMPDIR": str(tmp_path)},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout.readline() == "slicer_host: ready\n"
        assert process.poll() is None
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def test_a_host_process_fails_on_swallowed_errors() -> None:
    code = "import qt\nqt.QTimer.singleShot(0, lambda: 1 / 0)\nhost.app.processEvents()"
    done = host_process("--no-main-window", "--python-code", code)
    assert done.returncode == 1
    assert "ZeroDivisionError" in done.stderr
