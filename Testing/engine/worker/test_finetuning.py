"""Fine-tuning through the worker: epochs as they come, stop and cancel, and what is refused."""

import json
import math
import os
import subprocess
import sys
from dataclasses import replace

import pytest
from engine.random_vgg import random_vgg
from engine.tiny_training import TINY, run, simulated_cases
from safetensors.torch import save_file
from wmh_siamese.cases.reading import read_case
from wmh_siamese.errors import WMHError
from wmh_siamese.library.library import Library
from wmh_siamese.models.model_file import read_card
from wmh_siamese.worker.asker import Asker
from wmh_siamese.worker.jobs import work_of
from wmh_siamese.worker.workshop import Workshop

SETTINGS = {"epochs": 2, "batches": 2, "batch_size": 4}


@pytest.fixture(scope="module")
def cases(tmp_path_factory):
    return simulated_cases(tmp_path_factory.mktemp("cases"), ("a", "b", "c"))


@pytest.fixture(scope="module")
def base(cases, tmp_path_factory):
    folder = tmp_path_factory.mktemp("base")
    run(cases[:2], folder, replace(TINY, epochs=1))
    return folder / "best.safetensors"


@pytest.fixture
def request_of(cases, base, tmp_path):
    """A fine-tuning of a library with two training cases and a held-out one."""
    library = Library.create(tmp_path / "library")
    for case, role in zip(cases, ("training", "training", "held-out"), strict=True):
        flair, labels = read_case(case)
        library.add(flair, labels.array, patient=case.name, role=role)
    save_file(random_vgg().tensors, tmp_path / "vgg.safetensors")
    (tmp_path / "models").mkdir()

    def make(**changes):
        return {
            "id": 1,
            "do": "finetune",
            "library": str(tmp_path / "library"),
            "base": str(base),
            "output": str(tmp_path / "models" / "mine.safetensors"),
            "name": "mine",
            "effort": "quick",
            "device": "cpu",
            "vgg": str(tmp_path / "vgg.safetensors"),
            "vgg_convention": "caffe",
            "settings": SETTINGS,
            "guarded": False,
            **changes,
        }

    return make


class Heard:
    """A line to the user that keeps what it was told, and may end the work after some steps."""

    def __init__(self, steps=None, discarded=False):
        self.epochs, self.stages = [], []
        self.line = Asker(
            progress=self._progress,
            say=lambda text: None,
            stopped=lambda: steps is not None and self._steps() >= steps,
            epoch=self.epochs.append,
            discarded=lambda: discarded,
        )

    def _progress(self, stage, done, of):
        self.stages.append((stage, done, of))

    def _steps(self):
        return max((done for stage, done, _ in self.stages if stage == "training"), default=0)


def done(request, heard):
    return work_of(request)(heard.line, Workshop())


def test_a_training_tells_its_epochs_and_compares(request_of, tmp_path):
    heard = Heard()
    result = done(request_of(), heard)
    assert [(epoch["epoch"], epoch["of"]) for epoch in heard.epochs] == [(0, 2), (1, 2), (2, 2)]
    assert ("training", 4, 4) in heard.stages and ("comparing", 1, 1) in heard.stages
    card = read_card(tmp_path / "models" / "mine.safetensors")
    assert result["model"]["sha256"] == card.sha256 and result["model"]["name"] == "mine"
    (row,) = result["comparison"]["rows"]
    assert row["patient"] == "c" and 0 <= row["new"]["dice"] <= 1
    assert "of 1 held-out patient" in result["comparison"]["sentence"]
    assert result["comparison"]["mean"]["base"]["dice"] == row["base"]["dice"]
    trained = [case.patient for case in Library.open(tmp_path / "library").training_cases()]
    assert sorted(trained) == ["a", "b"]
    case_id = Library.open(tmp_path / "library").training_cases()[0].name
    with pytest.raises(WMHError):  # it has learnt: it can judge nothing any more
        Library.open(tmp_path / "library").change(case_id, role="held-out")


def test_stopping_keeps_and_cancelling_leaves_nothing(request_of, tmp_path):
    stopped = done(request_of(), Heard(steps=3))
    assert stopped["stopped"] and stopped["kept_epoch"] == 1
    os.unlink(tmp_path / "models" / "mine.safetensors")
    with pytest.raises(WMHError) as end:
        done(request_of(), Heard(steps=3, discarded=True))
    assert end.value.kind == "stopped" and not os.listdir(tmp_path / "models")


def test_the_time_is_estimated_from_real_steps(request_of):
    result = done(request_of(what="estimate", output=None), Heard())
    assert result["steps"] == 4
    assert result["seconds_a_look"] > 0 and result["looks"] == 1 + 2 + 2
    seconds = result["seconds_a_step"] * 4 + result["seconds_a_look"] * 5
    assert result["minutes"] == pytest.approx(seconds / 60)


def test_leaving_one_out_answers_without_a_model(request_of, tmp_path):
    heard = Heard()
    result = done(request_of(what="leave-one-out"), heard)
    assert [row["patient"] for row in result["comparison"]["rows"]] == ["a", "b"]
    assert heard.stages[-1] == ("training", 2, 2) and not os.listdir(tmp_path / "models")


@pytest.mark.parametrize(
    ("changes", "kind", "said"),
    [
        ({"settings": {"width": 64}}, "internal", "settings"),
        ({"settings": {"epochs": 0}}, "bad-path", "epochs is 0"),
        ({"settings": {"loss": "none"}}, "bad-path", "loss must be one of"),
        ({"settings": {"epochs": 1.5}}, "internal", "'epochs' cannot be 1.5"),
        ({"settings": {"batches": True}}, "internal", "'batches' cannot be True"),
        ({"settings": {"rotation_degrees": math.nan}}, "internal", "cannot be nan"),
        ({"settings": {"seed": -1}}, "bad-path", "the seed must be from 0 to"),
        ({"guarded": "no"}, "internal", "guarded"),
        ({"what": "sing"}, "internal", "what"),
        ({"effort": "none"}, "internal", "effort"),
        ({"base": "/nowhere.safetensors"}, "bad-path", "nowhere"),
        ({"vgg": "/nowhere.npz"}, "bad-path", "nowhere"),
    ],
)
def test_what_cannot_be_done_is_refused_and_leaves_nothing(
    request_of, tmp_path, changes, kind, said
):
    with pytest.raises(WMHError) as refused:
        done(request_of(**changes), Heard())
    assert refused.value.kind == kind and said in refused.value.sentence
    assert not os.listdir(tmp_path / "models")


def test_through_its_pipes_and_cancelled(request_of, tmp_path):
    long = {"epochs": 1000, "batches": 2, "batch_size": 4}
    worker = subprocess.Popen(
        [sys.executable, "-m", "wmh_siamese.worker"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        worker.stdin.write(json.dumps(request_of(settings=long)) + "\n")
        worker.stdin.flush()
        events = []
        for line in worker.stdout:
            events.append(json.loads(line))
            if events[-1]["event"] == "epoch" and events[-1]["epoch"] == 2:
                cancel = {"id": 2, "do": "stop", "of": 1, "keep": False}
                worker.stdin.write(json.dumps(cancel) + "\n")
                worker.stdin.flush()
            if events[-1]["event"] == "error":
                break
    finally:
        worker.stdin.close()
        worker.wait(30)
        worker.stdout.close()
    first = next(event for event in events if event["event"] == "epoch")
    assert first["epoch"] == 0 and first["loss"] is None and 0 <= first["held_out_dice"] <= 1
    assert events[-1]["kind"] == "stopped" and not os.listdir(tmp_path / "models")
