"""Training on simulated heads: it learns, repeats itself, goes on after a kill or says why not."""

import hashlib
import json
import multiprocessing
import os
import time
from dataclasses import replace
from pathlib import Path

import nibabel
import numpy as np
import pytest
import torch
from engine.random_vgg import random_vgg
from engine.tiny_training import TINY, run, run_until_killed, simulated_cases
from safetensors import safe_open
from safetensors.torch import load_file
from wmh_siamese.errors import WMHError, from_exception
from wmh_siamese.models.model_file import load_model, read_card
from wmh_siamese.networks.siamese import ContentLoss
from wmh_siamese.networks.vgg_weights import VGGWeights
from wmh_siamese.training.loss import TrainingLoss
from wmh_siamese.training.settings import TrainingSettings
from wmh_siamese.training.training import train
from wmh_siamese.training.validation import Validation

ROOT = Path(__file__).resolve().parents[3]
PATHS = [str(ROOT / "WMHSiameseSeg"), str(ROOT / "Testing")]


@pytest.fixture(scope="module")
def cases(tmp_path_factory):
    return simulated_cases(tmp_path_factory.mktemp("cases"))


@pytest.fixture(scope="module")
def whole_run(cases, tmp_path_factory):
    """The folder of an uninterrupted training of two epochs."""
    folder = tmp_path_factory.mktemp("whole") / "made by training"
    run(cases, folder)
    return folder


def same_weights(one, other):
    a, b = load_file(one), load_file(other)
    return a.keys() == b.keys() and all(torch.equal(a[name], b[name]) for name in a)


def epochs_done(folder):
    with safe_open(folder / "checkpoint.safetensors", "np") as file:
        return json.loads(file.metadata()["checkpoint"])["epochs_done"]


def test_the_loss_falls(cases, tmp_path):
    told = []
    settings = replace(TINY, epochs=4, batches=8, learning_rate=5e-3)
    best = run(cases, tmp_path, settings, on_epoch=told.append)
    assert [epoch.number for epoch in told] == [0, 1, 2, 3]
    assert told[-1].loss < 0.6 * told[0].loss
    assert best == tmp_path / "best.safetensors"
    load_model(best)


def test_the_same_seed_gives_the_same_weights(cases, whole_run, tmp_path):
    torch.manual_seed(12345)
    run(cases, tmp_path)
    for name in ("best", "last", "checkpoint"):
        assert same_weights(tmp_path / f"{name}.safetensors", whole_run / f"{name}.safetensors")
    run(cases, tmp_path / "other", replace(TINY, seed=1, epochs=1))
    assert not same_weights(tmp_path / "other/last.safetensors", whole_run / "last.safetensors")


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


def test_bfloat16_learns_alike_and_keeps_float32_weights(cases, tmp_path):
    losses = {}
    for precision in ("float32", "bfloat16"):
        told = losses[precision] = []
        settings = replace(TINY, precision=precision)
        run(
            cases, tmp_path / precision, settings, on_epoch=lambda e, told=told: told.append(e.loss)
        )
        weights = load_file(tmp_path / precision / "checkpoint.safetensors")
        assert {t.dtype for t in weights.values()} <= {torch.float32, torch.int64}
        card = read_card(tmp_path / precision / "last.safetensors")
        assert card.training["precision"] == precision
    assert losses["bfloat16"] == pytest.approx(losses["float32"], rel=0.05)
    assert losses["bfloat16"] != losses["float32"]
    assert TrainingSettings().precision_on(torch.device("cpu")) == "float32"


@pytest.mark.parametrize("loss", ["dice", "tversky", "generalised-dice"])
def test_the_overlap_losses_learn_without_a_vgg(cases, tmp_path, loss):
    told = []
    settings = replace(TINY, loss=loss, epochs=3, batches=8, learning_rate=5e-3)
    run(cases, tmp_path, settings, vgg=None, on_epoch=told.append)
    assert told[-1].loss < told[0].loss and told[-1].validation_dice > 0.6
    card = read_card(tmp_path / "last.safetensors")
    assert card.training["loss"] == loss and "vgg" not in card.training
    assert card.training["settings"]["soft_labels"] == [0.0, 1.0]


def test_the_content_loss_needs_a_vgg(cases, tmp_path):
    with pytest.raises(WMHError, match="The loss content needs a VGG19"):
        run(cases, tmp_path, vgg=None)


def test_the_loss_sees_soft_labels_and_the_image_in_unit_range(cases, tmp_path, monkeypatch):
    truths, images, forward = set(), [], ContentLoss.forward

    def seen(self, unit, truth, prediction):
        truths.update(round(value, 6) for value in truth.unique().tolist())
        images.append(unit)
        return forward(self, unit, truth, prediction)

    monkeypatch.setattr(ContentLoss, "forward", seen)
    run(cases, tmp_path, replace(TINY, epochs=1))
    assert truths == {0.1, 0.9}
    assert all(image.min() >= 0 and 0.5 < image.max() <= 1 for image in images)
    truths.clear()
    run(cases, tmp_path / "hard", replace(TINY, epochs=1, soft_labels=(0.0, 1.0)))
    assert truths == {0.0, 1.0}


@pytest.mark.parametrize("cosine", [False, True])
def test_adam_takes_the_rate_of_each_step(cases, tmp_path, monkeypatch, cosine):
    rates, step = [], torch.optim.Adam.step

    def seen(self, *arguments, **more):
        rates.append(self.param_groups[0]["lr"])
        assert self.param_groups[0]["betas"] == (0.9, 0.999)
        return step(self, *arguments, **more)

    monkeypatch.setattr(torch.optim.Adam, "step", seen)
    run(cases, tmp_path, replace(TINY, cosine=cosine))
    by_hand = [0.5e-3 * (1 + np.cos(np.pi * n / 6)) for n in range(6)] if cosine else [1e-3] * 6
    assert rates == pytest.approx(by_hand)


def scripted(monkeypatch, figures):
    figures = iter(figures)
    monkeypatch.setattr(Validation, "dice_and_threshold", lambda *run: next(figures))


def test_the_best_epoch_and_its_threshold_are_kept(cases, whole_run, tmp_path, monkeypatch):
    scripted(monkeypatch, [(0.3, 0.2), (0.6, 0.4), (0.5, 0.55), (0.55, 0.6), (0.7, 0.65)])
    run(cases, tmp_path, replace(TINY, epochs=3))
    best, last = (read_card(tmp_path / f"{name}.safetensors") for name in ("best", "last"))
    assert (best.threshold, best.metrics["validation"]) == (0.4, {"dice": 0.6, "epoch": 2})
    assert (last.threshold, last.metrics["validation"]) == (0.55, {"dice": 0.5, "epoch": 3})
    assert same_weights(tmp_path / "best.safetensors", whole_run / "last.safetensors")

    run(cases, tmp_path, replace(TINY, epochs=4))  # gone on, the best so far is still known
    assert read_card(tmp_path / "best.safetensors").sha256 == best.sha256
    run(cases, tmp_path, replace(TINY, epochs=5))
    assert read_card(tmp_path / "best.safetensors").threshold == 0.65


def test_without_validation_cases_the_last_epoch_is_the_best(cases, tmp_path):
    train(cases, [], random_vgg(), tmp_path, TINY, device="cpu")
    assert same_weights(tmp_path / "best.safetensors", tmp_path / "last.safetensors")
    assert read_card(tmp_path / "best.safetensors").threshold == 0.5


def voxels_hash(path):
    """Of shape and voxels, as whoever has the scan can find it without this program."""
    voxels = np.asarray(nibabel.load(path).dataobj).astype("<f4")
    return hashlib.sha256(str(voxels.shape).encode() + voxels.tobytes("F")).hexdigest()


def test_the_card_says_how_the_model_was_made(cases, whole_run):
    card = read_card(whole_run / "last.safetensors")
    assert card.architecture == {"width": 4, "depth": 2}
    assert card.preparation_recipe() == TINY.recipe
    assert card.training["loss"] == "content"
    assert card.training["cases"] == ["simulated/a", "simulated/b"]
    assert card.training["scans"] == {case.id: voxels_hash(case.flair) for case in cases[:2]}
    assert card.training["validation_cases"] == ["simulated/v"]
    assert card.training["steps"] == 6
    assert card.training["settings"]["seed"] == 0
    assert card.training["vgg"] == {"convention": "caffe", "sha256": "random"}
    assert {"wmh_siamese", "torch", "numpy", "python"} <= card.versions.keys()
    assert card.created.endswith("+00:00")


def test_a_name_that_no_card_could_hold_is_refused_before_anything_is_learnt(cases, tmp_path):
    with pytest.raises(WMHError, match="name has 3000 characters"):
        run(cases, tmp_path, name="n" * 3000)
    assert not any(tmp_path.iterdir())


def test_a_training_can_go_on_from_a_model(cases, whole_run, tmp_path):
    base = whole_run / "last.safetensors"
    still = replace(TINY, epochs=1, batches=1, learning_rate=1e-12)
    run(cases, tmp_path / "on", still, base=base)
    went_on, began = (
        load_file(folder / "last.safetensors") for folder in (tmp_path / "on", whole_run)
    )
    for name, tensor in began.items():
        if "weight" in name:
            torch.testing.assert_close(went_on[name].float(), tensor.float(), atol=1e-6, rtol=0)
    assert read_card(tmp_path / "on" / "last.safetensors").parent == read_card(base).sha256


def test_a_model_that_goes_on_from_another_knows_all_scans_that_either_learnt_from(
    cases, whole_run, tmp_path
):
    train(
        *(cases[2:], [], random_vgg(), tmp_path, replace(TINY, epochs=1)),
        base=whole_run / "last.safetensors",
        device="cpu",
    )
    training = read_card(tmp_path / "last.safetensors").training
    assert training["cases"] == ["simulated/v"]
    assert training["scans"] == {case.id: voxels_hash(case.flair) for case in cases}


def test_a_base_of_another_size_or_recipe_is_refused(cases, whole_run, tmp_path):
    base = whole_run / "last.safetensors"
    with pytest.raises(WMHError, match="width 4 and depth 2") as refusal:
        run(cases, tmp_path / "a", replace(TINY, width=6), base=base)
    assert refusal.value.kind == "bad-model"
    with pytest.raises(WMHError, match="recipe"):
        square = replace(TINY, recipe=replace(TINY.recipe, square=True))
        run(cases, tmp_path / "b", square, base=base)


def gradients_at_once(slices_at_once, cases, folder):
    """The step's loss and gradients when so many slices fit into memory."""
    settings = replace(TINY, frozen_statistics=True, epochs=1, batches=1)
    told, whole = [], TrainingLoss.__call__

    def short(self, images, labels, prediction):
        if len(images) > slices_at_once:
            raise MemoryError
        return whole(self, images, labels, prediction)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TrainingLoss, "__call__", short)
        run(cases, folder, settings, say=told.append)
    return told, load_file(folder / "checkpoint.safetensors")


def test_short_memory_lowers_the_slices_at_once_but_not_the_step(cases, tmp_path):
    told, enough = gradients_at_once(4, cases, tmp_path / "enough")
    assert told == []
    told, short = gradients_at_once(1, cases, tmp_path / "short")
    assert told == [
        "Memory is short: going on with 2 slices at a time.",
        "Memory is short: going on with 1 slices at a time.",
    ]
    for name, tensor in enough.items():
        if "exp_avg" in name and "sq" not in name:
            torch.testing.assert_close(short[name], tensor, rtol=1e-3, atol=1e-4)


def test_memory_too_short_for_one_slice_is_said(cases, tmp_path):
    with pytest.raises(WMHError) as refused:
        gradients_at_once(0, cases, tmp_path)
    assert refused.value.kind == "out-of-memory"


def test_a_step_that_cannot_be_captured_is_computed_as_ever(cases, whole_run, tmp_path):
    def refused(images, labels):
        raise RuntimeError("operation not permitted when stream is capturing\nmore of it")

    told = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("wmh_siamese.training.step.captured_step", lambda *given: refused)
        run(cases, tmp_path, TINY, say=told.append)
    assert told == [
        "This GPU cannot replay a training step (operation not permitted when stream is "
        "capturing): going on, more slowly."
    ]
    assert same_weights(tmp_path / "last.safetensors", whole_run / "last.safetensors")


def test_frozen_statistics_stay_while_the_weights_learn(cases, whole_run, tmp_path):
    settings = replace(TINY, frozen_statistics=True, seed=8)
    before = load_model(whole_run / "best.safetensors")[0].state_dict()
    run(cases, tmp_path, settings, base=whole_run / "best.safetensors")
    after = load_model(tmp_path / "last.safetensors")[0].state_dict()
    for name, tensor in before.items():
        same = torch.equal(after[name], tensor)
        assert same == ("running" in name or "num_batches" in name), name


def test_each_step_is_told(cases, tmp_path):
    told = []
    run(cases, tmp_path, TINY, on_step=told.append)
    assert told == list(range(1, TINY.steps + 1))
