"""Nothing reaches for the network, or leaves a temporary file: commands, panel and worker.

The tab Fine-tune and its workers are watched alike in slicer_side/finetune/test_end_to_end.py.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from extension.configured import ROOT

MODULE = ROOT / "WMHSiameseSeg"
REFUSING = Path(__file__).parent / "no_network"


@pytest.fixture
def run(tmp_path):
    """Runs a Python that has no network; gives what it asked of it."""
    log, temporary = tmp_path / "asked.txt", tmp_path / "temporary"
    temporary.mkdir()

    def run(*arguments, code=0):
        folders = [REFUSING, MODULE, ROOT / "Testing"]
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=tmp_path,
            env={
                **os.environ,
                "PYTHONPATH": os.pathsep.join(map(str, folders)),
                "QT_QPA_PLATFORM": "offscreen",
                "WMH_NETWORK_LOG": str(log),
                # torch's own: an empty folder, made where its compiler is imported
                "TORCHINDUCTOR_CACHE_DIR": str(tmp_path / "compiler"),
                **dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(temporary)),
            },
            capture_output=True,
            text=True,
            timeout=280,
        )
        assert done.returncode == code, done.stdout + done.stderr
        assert not list(temporary.iterdir())
        return log.read_text(encoding="utf-8").splitlines()

    return run


@pytest.mark.parametrize(
    "asking",
    [
        "import socket; socket.create_connection(('127.0.0.1', 9))",
        "import urllib.request; urllib.request.urlopen('http://127.0.0.1:9')",
        "import subprocess, sys; sys.exit(subprocess.run([sys.executable, '-c', "
        "'import socket; socket.socket().bind((\"\", 0))']).returncode)",
    ],
    ids=["socket", "url", "child"],
)
def test_the_refusal_works(run, asking):
    assert run("-c", asking, code=1)


def test_the_commands_ask_for_nothing(run, tmp_path):
    """Library, training, fine-tuning, estimate, leaving one out, segmenting, judging."""
    assert run("-m", "extension.every_command", str(tmp_path)) == []
    made = (
        "mine.safetensors",
        "masks/a.nii.gz",
        "overlay.png",
        "figures.csv",
        "other/library.json",
    )
    assert all((tmp_path / name).is_file() for name in made)


def test_the_panel_and_its_worker_ask_for_nothing(run):
    """The module's own test, with a run of the bundled generator in the worker."""
    module = str(MODULE / "WMHSiameseSeg.py")
    assert run("-m", "slicer_host", module, "--run-module-test", "WMHSiameseSeg") == []
