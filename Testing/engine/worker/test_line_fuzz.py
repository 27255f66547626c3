"""Whatever a line holds: it is answered once, and the next one is heard."""

import io
import json
import os

import numpy as np
import pytest
from engine.fuzzing import STRANGE, damaged, fuzz_count
from wmh_siamese.worker import jobs
from wmh_siamese.worker.jobs import JOBS, Job
from wmh_siamese.worker.service import Worker
from wmh_siamese.worker.workshop import Workshop

AFFINE = np.eye(4).tolist()
GOOD = (
    {"do": "segment", "volume": "/v", "affine": AFFINE, "model": "/m", "probability": "/p"},
    {"do": "warm", "model": "/m", "device": "cpu"},
    {"do": "library", "what": "list", "library": "/l", "first": 0},
    {"do": "library", "what": "add", "library": "/l", "volume": "/v", "affine": AFFINE,
     "mask": "/k", "patient": "p", "role": "training"},
    {"do": "finetune", "what": "train", "library": "/l", "base": "/b", "output": "/o",
     "settings": {"epochs": 2, "learning_rate": 0.1}},
    {"do": "vgg", "kept": "/k", "vgg_convention": None},
    {"do": "probe"},
    {"do": "stop", "of": 3, "keep": False},
)  # fmt: skip


@pytest.fixture
def answers(monkeypatch):
    """The events that lines lead to, by a worker whose jobs do nothing."""
    for name, job in JOBS.items():
        idle = Job(job.read, lambda request, asker, workshop: {})
        monkeypatch.setitem(jobs.JOBS, name, idle)

    def heard(lines):
        reading, writing = os.pipe()
        events = io.BytesIO()
        with open(reading, "rb") as requests, open(writing, "wb") as panel:
            worker = Worker(requests, events, Workshop(), leave=lambda code: None)
            import threading

            def speak():
                for line in lines:
                    panel.write(line + b"\n")
                panel.write(b'{"do": "quit"}\n')
                panel.flush()

            speaker = threading.Thread(target=speak)
            speaker.start()
            worker.run()
            speaker.join()
        return [json.loads(line) for line in events.getvalue().splitlines()][1:]

    return heard


@pytest.mark.fuzz
def test_every_line_is_answered_once_and_none_ends_the_reader(answers):
    lines = []
    for seed in range(fuzz_count(2000)):
        draw = np.random.default_rng(seed)
        line = dict(GOOD[draw.integers(len(GOOD))], id=seed)
        for _ in range(draw.integers(3)):
            field = str(draw.choice(sorted(line)))
            line[field] = STRANGE[draw.integers(len(STRANGE))]
        text = json.dumps(line).encode()
        if seed % 4 == 0:
            text = damaged(text, draw).replace(b"\n", b" ").replace(b"\r", b" ")
        if text.strip() and json_quits(text) is False:
            lines.append(text)
    events = answers(lines)
    assert len(events) == len(lines)
    assert {event["event"] for event in events} == {"result", "error"}
    assert all(len(event.get("sentence", "")) < 300 for event in events)


def json_quits(text):
    try:
        told = json.loads(text)
    except (ValueError, RecursionError):
        return False
    return isinstance(told, dict) and told.get("do") == "quit"


@pytest.mark.parametrize(
    "line",
    [
        b'{"id": 7, "do": {}}',
        b'{"id": 7, "do": []}',
        b'{"id": 7, "do": "library", "what": {}, "library": "/l"}',
        b'{"id": 7, "do": "library", "what": [], "library": "/l"}',
        b'{"id": 7, "do": "segment", "volume": "/v", "affine": [[1' + b"0" * 400 + b"]]}",
        b'{"id": 7, "do": "warm", "model": "' + b"x" * 100_000 + b'"}',
        b'{"id": 7, "do": "finetune", "what": "train", "settings": {"epochs": []}}',
    ],
)
def test_what_once_killed_the_worker_is_an_error_of_its_request(answers, line):
    (error, result) = answers([line, b'{"id": 8, "do": "probe"}'])
    assert (error["id"], error["event"], error["kind"]) == (7, "error", "internal")
    assert len(error["sentence"]) < 260
    assert (result["id"], result["event"]) == (8, "result")


def test_an_answer_repeats_no_long_word_of_its_request(tmp_path, start_worker):
    worker = start_worker()
    long = "x" * 3000
    array = {"volume": f"/{long}", "affine": AFFINE, "model": f"/{long}", "probability": "/p"}
    for number, request in enumerate(
        (
            {"do": "segment", **array},
            {"do": "warm", "model": f"/{long}"},
            {"do": "library", "what": "list", "library": f"/{long}"},
            {"do": "library", "what": "remove", "library": str(tmp_path), "case": "x " * 1500},
            {"do": "library", "what": "change", "library": "/l", "case": "c", "role": "x " * 999},
            {"do": long},
        )
    ):
        worker.ask(id=number, **request)
        told, _ = worker.answer(number)
        assert told["event"] == "error" and told["sentence"]
        assert len(told["sentence"]) < 400 and "x" * 201 not in told["sentence"]


def test_deep_nesting_is_an_error_without_a_number(answers):
    (error, result) = answers([b'{"id": ' + b"[" * 100_000, b'{"id": 8, "do": "probe"}'])
    assert (error["event"], error["id"], result["id"]) == ("error", None, 8)


def test_a_stop_ends_one_of_several_requests_of_one_name_and_no_later_one(answers):
    """Requests without an id are told apart all the same: as many answers as lines."""
    for _ in range(50):
        lines = [b'{"do": "probe"}', b'{"do": "stop", "of": null, "keep": false}'] * 20
        assert len(answers(lines)) == len(lines)
