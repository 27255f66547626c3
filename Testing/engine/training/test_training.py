"""Training on simulated cases: it learns, repeats itself, keeps the best, and its card says how."""

import hashlib
from dataclasses import replace

import nibabel
import numpy as np
import pytest
import torch
from engine.random_vgg import random_vgg
from engine.tiny_training import TINY, run
from safetensors.torch import load_file
from wmh_siamese.errors import WMHError
from wmh_siamese.models.model_file import load_model, read_card
from wmh_siamese.training.training import train
from wmh_siamese.training.validation import Validation


def same_weights(one, other):
    a, b = load_file(one), load_file(other)
    return a.keys() == b.keys() and all(torch.equal(a[name], b[name]) for name in a)


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
