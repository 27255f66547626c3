"""VGG19 from the network: whole and right or not at all, from a server on this computer."""

import hashlib
import io
import shutil
import socket
import ssl
from collections import namedtuple

import pytest
import torch
from engine.file_server import served
from engine.random_vgg import random_vgg
from engine.torchvision_oracle import models
from safetensors.torch import save_file
from wmh_siamese.errors import WMHError
from wmh_siamese.files import download
from wmh_siamese.networks import vgg_blocks
from wmh_siamese.networks.vgg_blocks import (
    TORCHVISION,
    Source,
    keep_download,
    keep_file,
    vgg_weights,
)
from wmh_siamese.networks.vgg_weights import read_vgg_weights
from wmh_siamese.worker.asker import Asker
from wmh_siamese.worker.jobs import work_of
from wmh_siamese.worker.workshop import Workshop


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch):
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("no_proxy", "127.0.0.1")


@pytest.fixture(scope="module", params=["of today", "of 2017"])
def checkpoint(request):
    """A checkpoint as torchvision publishes it, with 4 MB that are not wanted."""
    others = {"classifier.0.weight": torch.rand(1000, 1000), "features.10.bias": torch.ones(4)}
    file = io.BytesIO()
    zipped = request.param == "of today"
    torch.save(random_vgg().tensors | others, file, _use_new_zipfile_serialization=zipped)
    return file.getvalue()


def source(address, data, sha256=None):
    begins = (sha256 or hashlib.sha256(data).hexdigest())[:8]
    return Source(f"{address}/vgg19-{begins}.pth", begins)


def test_of_a_download_only_the_two_blocks_are_kept(checkpoint, tmp_path):
    kept, told = tmp_path / "data" / "vgg19.safetensors", []
    with served(checkpoint) as address:
        weights = keep_download(kept, source(address, checkpoint), lambda *at: told.append(at))
    assert told[0] == (0, len(checkpoint)) and told[-1] == (len(checkpoint), len(checkpoint))
    assert [file.name for file in kept.parent.iterdir()] == [kept.name]
    assert kept.stat().st_size < 1.1e6
    again = read_vgg_weights(kept)
    for one in (weights, again):
        assert one.convention == "torchvision"
        assert one.sha256 == hashlib.sha256(checkpoint).hexdigest()
        wanted = random_vgg().tensors
        assert one.tensors.keys() == wanted.keys()
        assert all(torch.equal(one.tensors[name], wanted[name]) for name in wanted)


def refusal(tmp_path, at, **more):
    """The error of a download that must fail, and leave nothing."""
    kept = tmp_path / "vgg19.safetensors"
    with pytest.raises(WMHError) as refused:
        keep_download(kept, at, **more)
    assert list(tmp_path.iterdir()) == []
    return refused.value


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("cut", "broke after 3 of 5 MB"),
        ("missing", "refuses the download (404 Not Found)"),
        ("proxy", "asks for a name and a password"),
    ],
)
def test_what_does_not_come_whole_leaves_nothing(checkpoint, tmp_path, fault, said):
    with served(checkpoint, fault) as address:
        error = refusal(tmp_path, source(address, checkpoint))
    assert error.kind == "no-network" and said in error.sentence
    assert "on another computer and choose that file" in error.way_out


def test_another_file_under_the_name_is_refused(checkpoint, tmp_path):
    with served(checkpoint) as address:
        error = refusal(tmp_path, source(address, checkpoint, "0" * 64))
    assert error.kind == "bad-model" and "not 00000000" in error.sentence


def test_a_download_can_be_stopped(checkpoint, tmp_path):
    told = []
    with served(checkpoint, "slow") as address:
        error = refusal(
            tmp_path,
            source(address, checkpoint),
            progress=lambda *at: told.append(at),
            stopped=lambda: len(told) > 2,
        )
    assert error.kind == "stopped" and told[-1][0] < len(checkpoint)


def test_a_full_disk_is_said_before_anything_is_fetched(checkpoint, tmp_path, monkeypatch):
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: usage(9e9, 9e9, 1_000_000))
    with served(checkpoint) as address:
        error = refusal(tmp_path, source(address, checkpoint))
    assert error.kind == "disk-full" and "5 MB" in error.sentence and "1." in error.sentence


def test_a_disk_that_fills_meanwhile_leaves_nothing(checkpoint, tmp_path, monkeypatch):
    def full(*arguments):
        raise OSError(28, "No space left on device", str(tmp_path / "x"))

    monkeypatch.setattr(download, "_copied", full)
    with served(checkpoint) as address, pytest.raises(OSError, match="No space"):
        keep_download(tmp_path / "k.safetensors", source(address, checkpoint))
    assert list(tmp_path.iterdir()) == []


def test_nobody_at_the_address_is_said(tmp_path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{free.getsockname()[1]}"
        error = refusal(tmp_path, source(address, b""))
    assert error.kind == "no-network"
    assert "127.0.0.1 cannot be reached (Connection refused)" in error.sentence


def test_a_name_that_nobody_knows_is_said(tmp_path, monkeypatch):
    def unknown(*arguments, **options):
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    error = refusal(tmp_path, Source("http://weights.invalid/vgg19-00000000.pth", "00000000"))
    assert error.kind == "no-network"
    assert "weights.invalid cannot be found: there is no network" in error.sentence


def test_a_proxy_is_named_without_its_password(tmp_path, monkeypatch, checkpoint):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        monkeypatch.setenv("http_proxy", f"http://somebody:secret@127.0.0.1:{port}")
        error = refusal(tmp_path, Source("http://weights.invalid/vgg19-0.pth", "0"))
    assert f"through the proxy 127.0.0.1:{port}" in error.sentence
    assert "secret" not in str(error)


def test_a_proxy_that_lets_nothing_through_is_said(tmp_path, monkeypatch, checkpoint):
    with served(checkpoint, "missing") as address:
        monkeypatch.setenv("https_proxy", address)
        error = refusal(tmp_path, Source("https://weights.invalid/vgg19-0.pth", "0"))
    assert "does not let through to weights.invalid" in error.sentence


def test_a_connection_that_somebody_opens_is_said(tmp_path, monkeypatch):
    def opened(*arguments, **options):
        raise ssl.SSLCertVerificationError("self-signed certificate in certificate chain")

    monkeypatch.setattr(socket, "create_connection", opened)
    error = refusal(tmp_path, Source("https://weights.invalid/vgg19-0.pth", "0"))
    assert "could not prove who it is" in error.sentence


def test_a_chosen_file_keeps_its_convention_and_its_hash(tmp_path):
    origin = tmp_path / "mine.pth"
    torch.save(random_vgg().tensors, origin)
    keep_file(origin, tmp_path / "kept.safetensors", "caffe")
    kept = read_vgg_weights(tmp_path / "kept.safetensors")
    assert kept.convention == "caffe"
    assert kept.sha256 == hashlib.sha256(origin.read_bytes()).hexdigest()


def test_the_command_line_keeps_a_download_for_the_next_time(checkpoint, tmp_path, monkeypatch):
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    with served(checkpoint) as address:
        at = source(address, checkpoint)
        monkeypatch.setattr(vgg_blocks, "TORCHVISION", at)
        first = vgg_weights(None)
    assert vgg_weights(None).sha256 == first.sha256  # nobody serves it any more


def test_what_torchvision_has_fetched_already_is_not_fetched_again(
    checkpoint, tmp_path, monkeypatch
):
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    at = source("http://nobody.invalid", checkpoint)
    monkeypatch.setattr(vgg_blocks, "TORCHVISION", at)
    cache = tmp_path / "hub" / "checkpoints"
    cache.mkdir(parents=True)
    (cache / at.url.rpartition("/")[2]).write_bytes(checkpoint)
    assert vgg_weights(None).convention == "torchvision"


def test_the_download_is_the_one_that_torchvision_publishes_named_after_its_hash():
    assert TORCHVISION.url == models.VGG19_Weights.IMAGENET1K_V1.url
    assert TORCHVISION.url.endswith(f"/vgg19-{TORCHVISION.sha256_begins}.pth")
    assert len(TORCHVISION.sha256_begins) == 8


# Through the worker


def line(stages, stopped=lambda: False):
    return Asker(lambda *at: stages.append(at), lambda text: None, stopped)


def asked(kept, **fields):
    return work_of({"do": "vgg", "kept": str(kept), **fields})


def test_the_worker_tells_megabytes(checkpoint, tmp_path, monkeypatch):
    stages = []
    with served(checkpoint) as address:
        at = source(address, checkpoint)
        monkeypatch.setattr(vgg_blocks, "TORCHVISION", at)
        result = asked(tmp_path / "k.safetensors")(line(stages), Workshop())
    assert result == {
        "convention": "torchvision",
        "sha256": hashlib.sha256(checkpoint).hexdigest(),
    }
    assert stages[0] == ("downloading", 0, 5) and stages[-1] == ("downloading", 5, 5)
    assert len(stages) == len(set(stages))


def test_the_worker_asks_for_a_convention_that_a_file_does_not_tell(tmp_path):
    kept, origin = tmp_path / "k.safetensors", tmp_path / "mine.safetensors"
    save_file(random_vgg().tensors, origin)
    result = asked(kept, file=str(origin))(line([]), Workshop())
    assert result["convention"] is None and not kept.exists()
    asked(kept, file=str(origin), vgg_convention="torchvision")(line([]), Workshop())
    assert read_vgg_weights(kept).convention == "torchvision"


def test_the_worker_asks_nothing_about_a_file_that_is_no_vgg19(tmp_path):
    (tmp_path / "mine.safetensors").write_bytes(b"nothing")
    with pytest.raises(WMHError) as refused:
        request = asked(tmp_path / "k.safetensors", file=str(tmp_path / "mine.safetensors"))
        request(line([]), Workshop())
    assert refused.value.kind == "bad-model"
    assert "does not hold the first two blocks" in refused.value.sentence
