"""A training goes on after its end, a stop, a kill, a full disk or a NaN; or says why not."""

import json
import multiprocessing
import os
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from engine.random_vgg import random_vgg
from engine.tiny_training import TINY, run, run_until_killed
from safetensors import safe_open
from safetensors.torch import load_file
from wmh_siamese.errors import WMHError, from_exception
from wmh_siamese.models.model_file import load_model
from wmh_siamese.networks.siamese import ContentLoss
from wmh_siamese.networks.vgg_weights import VGGWeights

ROOT = Path(__file__).resolve().parents[3]
PATHS = [str(ROOT / "WMHSiameseSeg"), str(ROOT / "Testing")]


def same_weights(one, other):
    a, b = load_file(one), load_file(other)
    return a.keys() == b.keys() and all(torch.equal(a[name], b[name]) for name in a)


def epochs_done(folder):
    with safe_open(folder / "checkpoint.safetensors", "np") as file:
        return json.loads(file.metadata()["checkpoint"])["epochs_done"]


def test_a_run_goes_on_with_the_weights_of_an_uninterrupted_one(cases, whole_run, tmp_path):
    run(cases, tmp_path, replace(TINY, epochs=1))
    assert not same_weights(tmp_path / "last.safetensors", whole_run / "last.safetensors")
    run(cases, tmp_path)
    for name in ("last", "checkpoint"):
        assert same_weights(tmp_path / f"{name}.safetensors", whole_run / f"{name}.safetensors")
    assert sorted(os.listdir(tmp_path)) == [
        "best.safetensors",
        "checkpoint.safetensors",
        "last.safetensors",
    ]


def test_a_run_that_has_ended_is_left_as_it_is(cases, whole_run):
    before = {path: path.read_bytes() for path in whole_run.iterdir()}
    told = []
    assert run(cases, whole_run, on_epoch=told.append) == whole_run / "best.safetensors"
    assert told == []
    assert {path: path.read_bytes() for path in whole_run.iterdir()} == before


def test_a_stopped_run_keeps_its_last_whole_epoch_and_goes_on(cases, whole_run, tmp_path):
    asked = iter(range(100))
    with pytest.raises(WMHError) as end:
        run(cases, tmp_path, stopped=lambda: next(asked) == 4)  # in the second epoch
    assert end.value.kind == "stopped"
    assert epochs_done(tmp_path) == 1
    run(cases, tmp_path)
    assert same_weights(tmp_path / "last.safetensors", whole_run / "last.safetensors")


@pytest.mark.skipif(os.name == "nt", reason="needs SIGKILL")
def test_a_kill_at_any_moment_leaves_files_to_go_on_with(cases, tmp_path, monkeypatch):
    settings = replace(TINY, epochs=10_000, batches=1)
    folder = tmp_path / "killed"
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(PATHS))
    work = (cases, folder, settings, torch.get_num_threads())  # threads decide the order of sums
    processes = multiprocessing.get_context("forkserver")
    processes.set_forkserver_preload(["engine.tiny_training"])
    checkpoint = folder / "checkpoint.safetensors"
    for delay in (0.0, 0.03):
        seen = checkpoint.stat().st_mtime_ns if checkpoint.exists() else None
        trainer = processes.Process(target=run_until_killed, args=work)
        trainer.start()
        while not checkpoint.exists() or checkpoint.stat().st_mtime_ns == seen:
            assert trainer.is_alive()
            time.sleep(0.001)
        time.sleep(delay)
        trainer.kill()
        trainer.join()
        for name in ("best", "last"):
            load_model(folder / f"{name}.safetensors")
    further = replace(settings, epochs=epochs_done(folder) + 1)
    assert further.epochs > 2  # the second process went on and did not begin again
    run(cases, folder, further)
    run(cases, tmp_path / "straight", further)
    for name in ("best", "last", "checkpoint"):
        path = f"{name}.safetensors"
        assert same_weights(folder / path, tmp_path / "straight" / path)


@pytest.mark.parametrize(
    "other",
    [
        {"learning_rate": 1e-2},
        {"seed": 1},
        {"width": 2},
        {"cosine": True},
        {"mask_order": "mask_first"},
        {"loss": "min-max"},
        {"extra_loss": "cross-entropy"},
        {"precision": "bfloat16"},
    ],
)
def test_other_settings_in_the_same_folder_are_refused(cases, whole_run, other):
    before = {path: path.read_bytes() for path in whole_run.iterdir()}
    with pytest.raises(WMHError, match=r"other settings|of another training") as refusal:
        run(cases, whole_run, replace(TINY, epochs=3, **other))
    assert refusal.value.kind == "bad-model"
    assert {path: path.read_bytes() for path in whole_run.iterdir()} == before


def test_other_cases_or_another_vgg_in_the_same_folder_are_refused(cases, whole_run):
    with pytest.raises(WMHError, match="other settings or cases"):
        run(cases[1:], whole_run)
    vgg = random_vgg()
    with pytest.raises(WMHError, match="other settings"):
        run(cases, whole_run, vgg=VGGWeights(vgg.tensors, vgg.convention, "another"))


@pytest.mark.parametrize("keep", [0, 7, 100, 5000])
def test_a_damaged_checkpoint_is_refused(cases, whole_run, tmp_path, keep):
    raw = (whole_run / "checkpoint.safetensors").read_bytes()
    (tmp_path / "checkpoint.safetensors").write_bytes(raw[:keep])
    with pytest.raises(WMHError, match="is damaged or of another training") as refusal:
        run(cases, tmp_path)
    assert refusal.value.kind == "bad-model"


def test_a_loss_that_is_no_number_ends_the_training(cases, tmp_path):
    vgg = random_vgg()
    tensors = vgg.tensors | {"features.7.bias": torch.full((128,), float("inf"))}
    with pytest.raises(WMHError, match="The loss became nan at step 0") as refusal:
        run(cases, tmp_path, vgg=VGGWeights(tensors, vgg.convention, "inf"))
    assert "nothing is kept. Train with a lower learning rate" in refusal.value.way_out
    assert list(tmp_path.iterdir()) == []


def test_a_later_nan_keeps_the_last_good_checkpoint(cases, whole_run, tmp_path, monkeypatch):
    run(cases, tmp_path, replace(TINY, epochs=1))
    kept = {path: path.read_bytes() for path in tmp_path.iterdir()}
    forward = ContentLoss.forward
    monkeypatch.setattr(ContentLoss, "forward", lambda *arguments: forward(*arguments) * np.nan)
    with pytest.raises(WMHError, match=r"The loss became nan at step 3. Training has") as refusal:
        run(cases, tmp_path)
    assert refusal.value.way_out.startswith("The checkpoint of epoch 1 is kept")
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == kept
    monkeypatch.undo()
    run(cases, tmp_path)
    assert same_weights(tmp_path / "last.safetensors", whole_run / "last.safetensors")


def test_weights_that_are_no_numbers_are_not_kept(cases, tmp_path, monkeypatch):
    run(cases, tmp_path, replace(TINY, epochs=1))
    step, steps = torch.optim.Adam.step, []

    def spoil(self, *arguments, **more):
        step(self, *arguments, **more)
        steps.append(self)
        if len(steps) == TINY.batches:  # after the last loss of the epoch
            with torch.no_grad():
                self.param_groups[0]["params"][0].fill_(np.inf)

    monkeypatch.setattr(torch.optim.Adam, "step", spoil)
    with pytest.raises(WMHError, match="Weights became NaN or infinite in epoch 2"):
        run(cases, tmp_path)
    load_model(tmp_path / "last.safetensors")
    assert epochs_done(tmp_path) == 1


@pytest.mark.parametrize("last_whole_write", [0, 1, 2])
def test_a_full_disk_keeps_the_last_whole_epoch(
    cases, whole_run, tmp_path, monkeypatch, last_whole_write
):
    run(cases, tmp_path, replace(TINY, epochs=1))
    flush, writes = os.fsync, []

    def full(*arguments):
        writes.append(1)
        if len(writes) > last_whole_write:
            raise OSError(28, "No space left on device", str(tmp_path / ".partial-1"))
        flush(*arguments)

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError) as end:
        run(cases, tmp_path)
    plain = from_exception(end.value)
    assert plain.kind == "disk-full" and f"no room left for {tmp_path}" in plain.sentence
    monkeypatch.undo()
    assert sorted(os.listdir(tmp_path)) == sorted(os.listdir(whole_run))
    assert epochs_done(tmp_path) == 1
    run(cases, tmp_path)
    for name in ("best", "last", "checkpoint"):
        path = f"{name}.safetensors"
        assert same_weights(tmp_path / path, whole_run / path)
