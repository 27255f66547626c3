"""The worker through its pipes: order, stop, sudden ends, and nothing left behind."""

import json
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

# A worker whose network takes 50 x 20 ms and prints where it must not.
SLOW = """
import os, sys, time
import numpy as np
from types import SimpleNamespace
from wmh_siamese.worker import service, workshop
from wmh_siamese.errors import WMHError
from wmh_siamese.volumes.volume import check_volume

class SlowSegmenter:
    card = SimpleNamespace(sha256="0" * 64, name="slow", recipe={}, threshold=0.5)
    device_name, precision = "cpu", "float32"

    def __init__(self, model, device, say):
        self.say = say

    def probability(self, volume, *, nonfinite, progress, stopped, out):
        check_volume(volume, nonfinite)
        print("a library prints")
        os.write(1, b"and writes to the file descriptor\\n")
        self.say("a smaller batch is used")
        for done in range(50):
            if stopped():
                raise WMHError("stopped", "The run was stopped.")
            progress("network", done, 50)
            time.sleep(0.02)
        out[...] = volume.array / volume.array.max()
        return out

workshop._load_segmenter = SlowSegmenter
service.main()
"""


@pytest.fixture
def request_of(tmp_path, head):
    """A segment request on the head's array, written as a panel does (k, j, i in memory)."""
    array, affine = head
    np.save(tmp_path / "flair.npy", np.asfortranarray(array))
    (tmp_path / "any.safetensors").write_bytes(b"x")

    def make(identity, model=tmp_path / "any.safetensors", **changes):
        request = {
            "id": identity,
            "do": "segment",
            "volume": str(tmp_path / "flair.npy"),
            "affine": affine.tolist(),
            "model": str(model),
            "device": "cpu",
            "nonfinite": "refuse",
            "probability": str(tmp_path / "probability.npy"),
        }
        return {**request, **changes}

    return make


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_it_says_hello_before_torch_and_quits(start_worker):
    worker = start_worker()
    assert worker.hello["protocol"] == 1
    assert worker.hello["pid"] == worker.process.pid
    assert worker.hello["python"] == ".".join(map(str, sys.version_info[:3]))
    worker.ask(id=1, do="quit")
    assert worker.process.wait(10) == 0
    assert worker.next_event() is None


def test_a_real_run_twice_with_one_loading(start_worker, request_of, tiny_model, tmp_path, head):
    worker = start_worker()
    worker.ask(**request_of(1, model=tiny_model))
    result, seen = worker.answer(1)
    assert result["event"] == "result", result
    first = np.load(tmp_path / "probability.npy")
    assert first.dtype == np.float32 and first.flags.f_contiguous
    assert first.shape == head[0].shape
    assert 0 <= first.min() < first.max() <= 1
    assert "loading model" in {event.get("stage") for event in seen}
    assert result["model"]["name"] == "tiny" and len(result["model"]["sha256"]) == 64
    assert result["device"] == "cpu" and result["precision"] == "float32"
    assert set(result["versions"]) == {"wmh_siamese", "torch", "numpy", "python"}
    assert set(result["timings"]) >= {"load", "prepare", "network", "write"}
    assert sum(result["timings"].values()) == pytest.approx(result["seconds"], rel=0.1, abs=0.01)

    worker.ask(**request_of(2, model=tiny_model))
    again, seen = worker.answer(2)
    assert "loading model" not in {event.get("stage") for event in seen}
    assert again["timings"]["load"] == 0
    assert again["input_sha256"] == result["input_sha256"]
    np.testing.assert_array_equal(np.load(tmp_path / "probability.npy"), first)

    worker.ask(**request_of(3, model=tiny_model, volume=str(tmp_path / "gone.npy")))
    error, _ = worker.answer(3)
    assert error["kind"] == "bad-path"

    worker.ask(id=4, do="probe")
    probe, _ = worker.answer(4)
    assert probe["missing"] == [] and "cpu" in probe["devices"] and probe["torch"]
    worker.ask(id=5, do="warm", model=str(tiny_model), device="cpu")
    warm, _ = worker.answer(5)
    assert warm["device"] == "cpu" and warm["seconds"] < 1


def test_only_events_reach_stdout_and_the_log_names_no_file(start_worker, request_of):
    worker = start_worker("-c", SLOW)
    worker.ask(**request_of(7))
    result, seen = worker.answer(7)
    assert result["event"] == "result", result
    assert {"id": 7, "event": "log", "text": "a smaller batch is used"} in seen
    progress = [e for e in seen if e["event"] == "progress" and e["stage"] == "network"]
    assert [e["done"] for e in progress] == list(range(50))
    worker.end()
    assert b"a library prints" in worker.log and b"file descriptor" in worker.log
    assert b"flair" not in worker.log


def test_stop_during_a_run_and_the_next_run_works(start_worker, request_of, tmp_path):
    worker = start_worker("-c", SLOW)
    worker.ask(**request_of(7))
    worker.until("progress", 7)
    worker.ask(id=8, do="stop", of=7)
    began = time.monotonic()
    error, _ = worker.answer(7)
    assert time.monotonic() - began < 2
    assert error["event"] == "error" and error["kind"] == "stopped"
    assert worker.next_event() == {"id": 8, "event": "result", "of": 7}
    assert names(tmp_path) == ["any.safetensors", "flair.npy"]
    worker.ask(**request_of(9))
    assert worker.answer(9)[0]["event"] == "result"


def test_stop_of_a_request_that_waits_or_is_not_there(start_worker, request_of):
    worker = start_worker("-c", SLOW)
    worker.ask(**request_of(1))
    worker.ask(**request_of(2))
    worker.until("progress", 1)
    worker.ask(id=3, do="stop", of=2)
    error, _ = worker.answer(2)
    assert error["kind"] == "stopped"
    assert worker.answer(3)[0]["event"] == "result"
    worker.ask(id=4, do="stop", of=99)
    assert worker.answer(4)[0]["event"] == "result"
    assert worker.answer(1)[0]["event"] == "result"
    worker.ask(id=5, do="quit")
    assert worker.process.wait(10) == 0


def test_closed_stdin_ends_a_run_at_once_and_leaves_nothing(start_worker, request_of, tmp_path):
    worker = start_worker("-c", SLOW)
    worker.ask(**request_of(1))
    while worker.next_event().get("stage") != "network":
        pass
    assert any(name.startswith(".partial-") for name in names(tmp_path))
    began = time.monotonic()
    worker.process.stdin.close()
    assert worker.process.wait(5) == 0
    assert time.monotonic() - began < 0.5
    assert names(tmp_path) == ["any.safetensors", "flair.npy"]


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_closed_stdin_takes_the_runs_private_folder_along(start_worker, request_of, tmp_path):
    folder = tmp_path / "WMHSiameseSeg-1-abc"
    folder.mkdir()
    (folder / "flair.npy").write_bytes((tmp_path / "flair.npy").read_bytes())
    files = {"volume": folder / "flair.npy", "probability": folder / "probability.npy"}
    worker = start_worker("-c", SLOW)
    worker.ask(**request_of(1, folder=str(folder), **{k: str(v) for k, v in files.items()}))
    worker.until("progress", 1)
    worker.process.stdin.close()
    worker.process.wait(5)
    assert not folder.exists()
    assert (tmp_path / "flair.npy").exists()


def test_termination_leaves_nothing(start_worker, request_of, tmp_path):
    worker = start_worker("-c", SLOW)
    worker.ask(**request_of(1))
    while worker.next_event().get("stage") != "network":
        pass
    worker.process.send_signal(signal.SIGTERM)
    assert worker.process.wait(5) == 128 + signal.SIGTERM
    assert names(tmp_path) == ["any.safetensors", "flair.npy"]


@pytest.mark.skipif(sys.platform == "win32", reason="process groups")
def test_it_leads_a_group_of_its_own(start_worker):
    worker = start_worker("-c", SLOW)
    assert os.getpgid(worker.process.pid) == worker.process.pid


def test_a_reader_that_is_gone_ends_it(engine_environment, request_of, tmp_path):
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
    with subprocess.Popen([sys.executable, "-c", SLOW], env=engine_environment, **pipes) as worker:
        assert b"hello" in worker.stdout.readline()
        worker.stdout.close()
        worker.stdin.write(json.dumps(request_of(1)).encode() + b"\n")
        worker.stdin.flush()
        assert worker.wait(10) == 1
    assert names(tmp_path) == ["any.safetensors", "flair.npy"]


@pytest.mark.parametrize(
    "raw",
    [
        b"garbage\n",
        b"[1, 2]\n",
        b"\xff\xfe\n",
        b'{"id": 1, "do": "dance"}\n',
        b'{"id": 1, "do": "segment"}\n',
        b'{"id": 1, "do": "warm", "model": "m", "device": "abacus"}\n',
        b'{"id": 1, "do": "warm", "model": 5}\n',
        b'{"id": 1, "do": "warm", "model": "a\\u0000b"}\n',
        b"[" * 100_000 + b"\n",
        b"x" * (3 << 20) + b"\n",
    ],
    ids=lambda raw: raw[:24],
)
def test_a_line_that_cannot_be_used_is_an_error_and_no_more(start_worker, request_of, raw):
    worker = start_worker("-c", SLOW)
    worker.write(raw)
    event = worker.next_event()
    assert event["event"] == "error" and event["kind"] == "internal"
    worker.ask(id=2, do="stop", of=1)
    assert worker.next_event() == {"id": 2, "event": "result", "of": 1}


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        ({"model": "/nowhere/model.safetensors"}, "bad-model"),
        ({"affine": [[0.0] * 4] * 4}, "bad-volume"),
        ({"affine": [[float("nan")] * 4] * 4}, "bad-volume"),
        ({"affine": [[1, 2]]}, "internal"),
        ({"folder": "/home"}, "internal"),
        ({"probability": "/nowhere/probability.npy"}, "bad-path"),
    ],
)
def test_bad_requests_give_their_kind(start_worker, request_of, change, kind):
    worker = start_worker("-c", SLOW)
    worker.ask(**request_of(1, **change))
    error, _ = worker.answer(1)
    assert error["event"] == "error" and error["kind"] == kind
    assert "\n" not in error["sentence"] and "Traceback" not in error["sentence"]


@pytest.mark.parametrize("content", [b"", b"junk", b"\x93NUMPY\x01\x00", "pickled", "cut", "4D"])
def test_bad_array_files_are_bad_volumes(start_worker, request_of, tmp_path, content):
    path = tmp_path / "flair.npy"
    if content == "pickled":
        np.save(path, np.array([{}], dtype=object), allow_pickle=True)
    elif content == "cut":
        path.write_bytes(path.read_bytes()[:-100])
    elif content == "4D":
        np.save(path, np.ones((3, 3, 3, 3)))
    else:
        path.write_bytes(content)
    worker = start_worker("-c", SLOW)
    worker.ask(**request_of(1))
    error, _ = worker.answer(1)
    assert error["event"] == "error" and error["kind"] == "bad-volume", error
    assert not (tmp_path / "probability.npy").exists()


def test_a_full_disk_is_an_error_before_the_network_and_leaves_nothing(
    start_worker, request_of, tmp_path
):
    limit = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))\n"
    ignore = "import signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
    worker = start_worker("-c", ignore + limit + SLOW)
    worker.ask(**request_of(1))
    error, seen = worker.answer(1)
    assert error["event"] == "error" and error["kind"] == "disk-full", error
    assert "network" not in {event.get("stage") for event in seen}
    assert names(tmp_path) == ["any.safetensors", "flair.npy"]


def test_an_older_probability_stays_when_a_run_fails(start_worker, request_of, tmp_path):
    (tmp_path / "probability.npy").write_bytes(b"older")
    worker = start_worker("-c", SLOW)
    worker.ask(**request_of(1))
    worker.until("progress", 1)
    worker.ask(id=2, do="stop", of=1)
    worker.answer(1)
    assert (tmp_path / "probability.npy").read_bytes() == b"older"


def test_a_changed_model_file_is_loaded_again(start_worker, request_of, tmp_path):
    worker = start_worker("-c", SLOW)
    model = tmp_path / "any.safetensors"
    for identity, expected in ((1, True), (2, False)):
        worker.ask(id=identity, do="warm", model=str(model), device="cpu")
        _, seen = worker.answer(identity)
        assert ("loading model" in {e.get("stage") for e in seen}) is expected
    model.write_bytes(b"xy")
    worker.ask(id=3, do="warm", model=str(model), device="cpu")
    assert "loading model" in {e.get("stage") for e in worker.answer(3)[1]}


def test_the_package_and_the_worker_start_without_torch(engine_environment):
    code = (
        "import sys, json, wmh_siamese, wmh_siamese.worker.service, wmh_siamese.errors, "
        "wmh_siamese.segmenting.readouts, wmh_siamese.cli; "
        "print(json.dumps(sorted({'torch', 'nibabel', 'safetensors'} & set(sys.modules))))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], env=engine_environment, capture_output=True, check=True
    )
    assert json.loads(done.stdout) == []


def test_a_fault_of_our_own_leaves_its_traceback_in_the_log_alone(start_worker, request_of):
    broken = SLOW.replace('print("a library prints")', "raise RuntimeError('odd shapes')")
    worker = start_worker("-c", broken)
    worker.ask(**request_of(1))
    error, _ = worker.answer(1)
    assert error["kind"] == "internal" and "odd shapes" in error["sentence"]
    worker.ask(id=2, do="stop", of=1)
    assert worker.answer(2)[0]["event"] == "result"
    worker.end()
    assert b"Traceback" in worker.log
