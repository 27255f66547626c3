"""However the worker is ended, nothing of a scan stays where it worked."""

import os
import signal
import sys

import numpy as np
import psutil
import pytest
from wmh_siamese.files.workplace import prefix_of

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals")

# A worker that is in the middle of everything: a workplace, a file half written in another folder,
# a forked child, and the probability.
BUSY = """
import os, sys, time
from pathlib import Path
from types import SimpleNamespace
from wmh_siamese.files.atomic_file import written_whole
from wmh_siamese.files.workplace import workplace
from wmh_siamese.worker import service, workshop

class BusySegmenter:
    card = SimpleNamespace(sha256="0" * 64, name="busy", recipe={}, threshold=0.5)
    device_name, precision = "cpu", "float32"

    def __init__(self, model, device, say):
        pass

    def probability(self, volume, *, nonfinite, progress, stopped, out):
        place = Path(sys.argv[1])
        with workplace(place) as folder, written_whole(place / "cases.zip") as zipped:
            for file in (folder / "slices", zipped):
                file.write_bytes(volume.array.tobytes())
            born, tell = os.pipe()
            child = os.fork()
            if child == 0:
                os.write(tell, b".")
                time.sleep(60)
                os._exit(0)
            os.read(born, 1)  # a signal that comes sooner would be lost
            progress("network", child, 0)
            number = 0
            while True:
                (folder / f"slice-{number % 1000}").write_bytes(b"scan")
                number += 1

workshop._load_segmenter = BusySegmenter
service.main()
"""


def segment(private, model, affine):
    files = {"volume": str(private / "flair.npy"), "probability": str(private / "probability.npy")}
    about = {"affine": affine, "model": str(model), "device": "cpu", "nonfinite": "refuse"}
    return {"id": 1, "do": "segment", "folder": str(private), **files, **about}


@pytest.fixture
def busy(start_worker, tmp_path, head):
    """A worker in the middle of a run; the folder it works in, its private folder, its child."""
    array, affine = head
    place, private = tmp_path / "place", tmp_path / "WMHSiameseSeg-1-abc"
    place.mkdir()
    private.mkdir()
    np.save(private / "flair.npy", array)
    model = tmp_path / "any.safetensors"
    model.write_bytes(b"x")
    worker = start_worker("-c", BUSY, str(place))
    worker.ask(**segment(private, model, affine.tolist()))
    event = worker.next_event()
    while event.get("stage") != "network":
        event = worker.next_event()
    child = event["done"]
    assert len(os.listdir(place)) == 2 and len(os.listdir(private)) == 2
    yield worker, place, private, child
    os.kill(child, signal.SIGKILL)


@pytest.mark.parametrize("how", ["stdin closed", "SIGTERM", "SIGINT"])
def test_a_proper_end_clears_away_everything(busy, how):
    worker, place, private, _ = busy
    if how == "stdin closed":
        worker.process.stdin.close()
        assert worker.process.wait(10) == 0
    else:
        number = getattr(signal, how)
        worker.process.send_signal(number)
        assert worker.process.wait(10) == 128 + number
    assert os.listdir(place) == [] and not private.exists()


def test_a_child_that_is_ended_takes_nothing_of_the_workers_along(busy):
    _, place, private, child = busy
    os.kill(child, signal.SIGTERM)
    while psutil.Process(child).status() != psutil.STATUS_ZOMBIE:
        pass
    assert len(os.listdir(place)) == 2 and len(os.listdir(private)) == 2


def test_an_idle_worker_leaves_its_last_result_to_be_fetched(start_worker, tmp_path):
    """Its asker may be about to read the result, and removes the folder itself."""
    private = tmp_path / "WMHSiameseSeg-1-abc"
    private.mkdir()
    worker = start_worker("-c", BUSY, str(tmp_path))
    worker.ask(**segment(private, tmp_path / "no.safetensors", np.eye(4).tolist()))
    assert worker.answer(1)[0]["kind"] == "bad-model"
    worker.process.send_signal(signal.SIGTERM)
    worker.process.wait(10)
    assert private.exists()


def test_it_sweeps_the_temporary_place_as_it_starts(tmp_path, start_worker, engine_environment):
    engine_environment["TMPDIR"] = str(tmp_path)
    try:
        dead = start_worker()
        dead.end()
        (tmp_path / f"{prefix_of(dead.process.pid)}abc").mkdir()
        (tmp_path / f"WMHSiameseSeg-{dead.process.pid}-abc").mkdir()
        start_worker()
    finally:
        del engine_environment["TMPDIR"]
    assert os.listdir(tmp_path) == []
