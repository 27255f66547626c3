"""VGG19's weights in the panel: downloaded after a click, or taken from a file."""

import hashlib
import io
import socket
import sys

import torch
from engine.file_server import served
from engine.random_vgg import random_vgg
from engine.torchvision_oracle import models
from safetensors.torch import load_file, save_file
from slicer_side.panel import ENGINE, wait_for
from slicer_side.segment.test_cancel_and_death import is_alive
from wmh_siamese.files.workplace import prefix_of
from WMHSiameseSegLib.finetune.vgg_panel import DOWNLOAD_HOST, DOWNLOAD_MB
from WMHSiameseSegLib.models.user_models import sweep_stale_workplaces, vgg_convention, vgg_file
from WMHSiameseSegLib.worker.process import WorkerCommand

pytest_plugins = ["slicer_side.panel_fixtures"]

FROM_HERE = """
from wmh_siamese.networks import vgg_blocks
vgg_blocks.TORCHVISION = vgg_blocks.Source({url!r}, {begins!r})
from wmh_siamese.worker.service import main
main()
"""


def ready(finetune, seconds=120):
    wait_for(lambda: not finetune.tab.training.weights.busy, seconds)


def kept():
    """The files that are there; none of a download under way."""
    folder = vgg_file().parent
    return [file.name for file in folder.iterdir()] if folder.is_dir() else []


def downloading(finetune, the_answers, behaviour):
    """Begin a download and wait until some of it has come."""
    finetune.use_scripted_trainer(behaviour)
    the_answers.answer(True)
    finetune.click("vggDownloadButton")
    wait_for(lambda: "Downloading" in finetune.ui.trainingProgressBar.format)


def test_nothing_is_fetched_before_a_click_and_a_yes(finetune, the_answers, monkeypatch):
    def refuse(*arguments):
        raise AssertionError("nobody asked for a network")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    assert "None yet" in finetune.ui.vggLabel.text
    the_answers.answer(False)
    finetune.click("vggDownloadButton")
    (asked,) = the_answers.texts()
    assert DOWNLOAD_HOST in asked and f"{DOWNLOAD_MB} MB" in asked
    assert not finetune.widget.trainer.alive and kept() == []


def test_host_and_size_are_those_of_torchvision():
    entry = models.VGG19_Weights.IMAGENET1K_V1
    assert entry.url.split("/")[2] == DOWNLOAD_HOST
    assert round(entry.meta["_file_size"] * 2**20 / 10**6) == DOWNLOAD_MB


def test_a_download_shows_how_far_it_is_and_can_be_cancelled(finetune, library, the_answers):
    downloading(finetune, the_answers, "slow")
    assert "/600" in finetune.ui.trainingProgressBar.format
    assert not finetune.ui.trainButton.isEnabled() and not finetune.ui.vggFileButton.isEnabled()
    assert finetune.ui.vggDownloadButton.text == "Cancel"
    finetune.click("vggDownloadButton")
    ready(finetune, 10)
    assert finetune.training_message == "Cancelled; nothing was kept."
    assert kept() == [] and finetune.ui.trainButton.isEnabled()
    assert finetune.ui.vggDownloadButton.text == "Download…"


def test_a_worker_that_is_deaf_to_cancel_is_ended(finetune, library, the_answers):
    downloading(finetune, the_answers, "stubborn")
    pid = finetune.widget.trainer.pid
    finetune.click("vggDownloadButton")
    ready(finetune, 10)
    wait_for(lambda: not is_alive(pid), 5)


def test_weights_that_came_are_there_for_the_next_training(finetune, library, the_answers):
    downloading(finetune, the_answers, "good")
    ready(finetune)
    assert "kept" in finetune.training_message
    assert "torchvision" in finetune.ui.vggLabel.text
    finetune.ui.newNameEdit.setText("mine")
    choices = finetune.tab.training.choices()
    assert choices.check(naming=True) == []
    assert choices.request("train", None)["vgg"] == str(vgg_file())


def test_why_nothing_came_is_said(finetune, library, the_answers):
    finetune.use_scripted_trainer("refusing")
    the_answers.answer(True)
    finetune.click("vggDownloadButton")
    ready(finetune)
    assert finetune.training_message == "⚠ There is no network. Choose a file."
    assert finetune.ui.vggDownloadButton.isEnabled()


def test_a_convention_that_a_file_does_not_tell_is_asked_for(
    finetune, library, the_answers, tmp_path
):
    finetune.use_scripted_trainer("good")
    assert not finetune.ui.vggUseButton.isVisible()
    the_answers.choose(tmp_path / "untold.safetensors")
    finetune.click("vggFileButton")
    ready(finetune)
    assert "untold.safetensors does not tell" in finetune.training_message
    assert vgg_convention() == "" and finetune.ui.vggUseButton.isVisible()
    finetune.ui.vggConventionSelector.setCurrentIndex(0)
    finetune.click("vggUseButton")
    ready(finetune)
    assert vgg_convention() == "caffe" and "Caffe" in finetune.ui.vggLabel.text
    assert not finetune.ui.vggUseButton.isVisible()


def test_a_damaged_file_is_as_good_as_none(finetune, library):
    vgg_file().parent.mkdir(parents=True)
    vgg_file().write_bytes(b"\xff" * 40)
    finetune.tab.training.refresh()
    assert "None yet" in finetune.ui.vggLabel.text


def test_what_a_killed_download_left_goes_at_the_next_start(finetune):
    left = vgg_file().parent / f"{prefix_of(999999999)}abc"
    left.mkdir(parents=True)
    (left / "part").write_bytes(b"part")
    assert sweep_stale_workplaces() == 1 and not left.exists()


def test_with_the_engine_a_download_and_a_file_are_kept(finetune, library, the_answers, tmp_path):
    file = io.BytesIO()
    torch.save(random_vgg().tensors, file, _use_new_zipfile_serialization=False)
    begins = hashlib.sha256(file.getvalue()).hexdigest()[:8]
    with served(file.getvalue()) as address:
        program = FROM_HERE.format(url=f"{address}/vgg19-{begins}.pth", begins=begins)
        finetune.widget.trainer.command = lambda: WorkerCommand(
            sys.executable, ("-c", program), {"PYTHONPATH": str(ENGINE), "no_proxy": "127.0.0.1"}
        )
        the_answers.answer(True)
        finetune.click("vggDownloadButton")
        ready(finetune)
    assert vgg_convention() == "torchvision", finetune.training_message
    assert kept() == [vgg_file().name]
    wanted = random_vgg().tensors
    assert all(torch.equal(load_file(vgg_file())[name], wanted[name]) for name in wanted)
    save_file(random_vgg().tensors, tmp_path / "caffe.safetensors")
    the_answers.choose(tmp_path / "caffe.safetensors")
    finetune.click("vggFileButton")
    ready(finetune)
    assert vgg_convention() == "caffe" and kept() == [vgg_file().name]
