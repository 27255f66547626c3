"""Nothing reaches for the network, or leaves a temporary file: command, panel and worker."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from extension.configured import ROOT

MODULE = ROOT / "WMHSiameseSeg"
REFUSING = Path(__file__).parent / "no_network"
SAMPLE, TRUTH = "simulated_flair.nii.gz", "simulated_lesions.nii.gz"


def sample_file(name):
    return MODULE / "Resources" / "SampleData" / name


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


def test_the_command_asks_for_nothing(run, tmp_path):
    """Segment a scan, judge the mask, list the models."""
    scan, truth, mask = sample_file(SAMPLE), sample_file(TRUTH), tmp_path / "masks" / "1.nii.gz"
    mask.parent.mkdir()
    outputs = ["--output", str(mask), "--picture", "overlay.png", "--csv", "table.csv"]
    assert run("-m", "wmh_siamese", "segment", str(scan), *outputs) == []
    table = f"cohort,case,flair,mask\nsample,1,{scan},{truth}\n"
    (tmp_path / "cases.csv").write_text(table, encoding="utf-8")
    judge = ["evaluate", "--cases", "cases.csv", "--masks", "masks", "--csv", "figures.csv"]
    assert run("-m", "wmh_siamese", *judge) == []
    assert (tmp_path / "overlay.png").is_file() and (tmp_path / "figures.csv").is_file()
    assert run("-m", "wmh_siamese", "models") == []


def test_the_panel_and_its_worker_ask_for_nothing(run):
    """The module's own test, with a run of the bundled generator in the worker."""
    module = str(MODULE / "WMHSiameseSeg.py")
    assert run("-m", "slicer_host", module, "--run-module-test", "WMHSiameseSeg") == []
