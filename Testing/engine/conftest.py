"""A small head, a tiny seeded generator and a worker process for the engine's tests."""

import contextlib
import json
import os
import queue
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

ENGINE = Path(__file__).resolve().parents[2] / "WMHSiameseSeg"


@pytest.fixture
def head():
    """An ellipsoid with a bright spot, int16 (24, 28, 6), and its affine of 1 x 1 x 4 mm."""
    i, j, k = np.meshgrid(*(np.linspace(-1, 1, n) for n in (24, 28, 6)), indexing="ij")
    noise = np.random.default_rng(0).normal(0, 20, i.shape)
    array = np.where(i**2 + j**2 + k**2 < 0.9, 400 + noise, 10 + noise / 4)
    array[10:13, 12:15, 2:4] = 900
    return array.astype(np.int16), np.diag([-1.0, 1.0, 4.0, 1.0])


@pytest.fixture
def flair(tmp_path, head):
    """The head as a NIfTI file."""
    import nibabel

    path = tmp_path / "flair.nii.gz"
    nibabel.save(nibabel.Nifti1Image(*head), path)
    return path


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory):
    """A model file with a seeded, untrained generator that runs in milliseconds."""
    import torch
    from wmh_siamese.models.model_file import ModelCard, save_model
    from wmh_siamese.networks.generator import DenseUNet
    from wmh_siamese.networks.preparation import Recipe

    torch.manual_seed(0)
    path = tmp_path_factory.mktemp("models") / "tiny.safetensors"
    card = ModelCard(
        name="tiny",
        architecture={"width": 4, "depth": 2},
        recipe=Recipe(size=32).to_dict(),
        threshold=0.5,
    )
    save_model(path, DenseUNet(4, 2), card)
    return path


@pytest.fixture(scope="session")
def engine_environment():
    """Environment variables under which a child process finds the engine."""
    return {**os.environ, "PYTHONPATH": str(ENGINE), "OMP_NUM_THREADS": "1"}


class WorkerProcess:
    """A worker in a process of its own; events are collected by a thread."""

    def __init__(self, environment, program=("-m", "wmh_siamese.worker")):
        self.process = subprocess.Popen(
            [sys.executable, *program],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment,
        )
        self.events = queue.Queue()
        self.log = b""
        threading.Thread(target=self._read_events, daemon=True).start()
        self._log_reader = threading.Thread(target=self._read_log, daemon=True)
        self._log_reader.start()

    def _read_events(self):
        for line in self.process.stdout:
            self.events.put(json.loads(line))
        self.events.put(None)

    def _read_log(self):
        self.log = self.process.stderr.read()

    def write(self, raw):
        self.process.stdin.write(raw)
        self.process.stdin.flush()

    def ask(self, **request):
        self.write(json.dumps(request).encode() + b"\n")

    def next_event(self, seconds=60):
        return self.events.get(timeout=seconds)

    def until(self, kind, identity):
        """Every event up to the one of that kind and request."""
        seen = []
        while True:
            event = self.next_event()
            assert event is not None, f"the worker ended; {seen=}"
            seen.append(event)
            if event["event"] == kind and event.get("id") == identity:
                return seen

    def answer(self, identity):
        """The result or error of a request, with all events before it."""
        seen = []
        while True:
            event = self.next_event()
            assert event is not None, f"the worker ended; {seen=}"
            seen.append(event)
            if event["event"] in ("result", "error") and event.get("id") == identity:
                return event, seen

    def end(self):
        self.process.kill()
        self.process.wait()
        self._log_reader.join(10)
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            with contextlib.suppress(OSError):
                stream.close()


@pytest.fixture
def start_worker(engine_environment):
    """Starts workers and ends them after the test."""
    started = []

    def start(*program):
        started.append(WorkerProcess(engine_environment, *([program] if program else [])))
        hello = started[-1].next_event()
        assert hello["event"] == "hello", hello
        started[-1].hello = hello
        return started[-1]

    yield start
    for worker in started:
        worker.end()


@pytest.fixture
def refused(capsys, tmp_path, tiny_model):
    """Asserts that a run is refused in one line, and returns that line."""
    out = tmp_path / "out"
    out.mkdir()
    outputs = {
        "--output": out / "mask.nii.gz",
        "--probability": out / "p.nii.gz",
        "--picture": out / "overlay.png",
        "--csv": out / "table.csv",
    }

    def run(source, model=tiny_model, **changes):
        chosen = {**outputs, **{f"--{name}": value for name, value in changes.items()}}
        options = [str(part) for pair in chosen.items() for part in pair]
        from wmh_siamese.cli import main

        code = main(["segment", str(source), *options, "--model", str(model), "--device", "cpu"])
        printed = capsys.readouterr()
        assert printed.out == ""
        assert len(printed.err.splitlines()) == 1, printed.err
        assert "Traceback" not in printed.err and "unexpected" not in printed.err
        assert code == 2, printed.err
        assert list(out.iterdir()) == []
        return printed.err

    return run
