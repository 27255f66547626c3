"""Model files: the way there and back, and every file that is none."""

import hashlib
import json
import os
import pickle
import re
import struct
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from engine.bomb import Bomb
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors import safe_open
from safetensors.torch import save_file
from wmh_siamese.errors import WMHError
from wmh_siamese.models.model_file import (
    ModelCard,
    bundled_models,
    load_model,
    read_card,
    save_model,
)
from wmh_siamese.models.weights_layout import generator_shapes
from wmh_siamese.networks.generator import DenseUNet
from wmh_siamese.networks.preparation import ROBUST, Recipe

ENGINE = Path(__file__).resolve().parents[3] / "WMHSiameseSeg"

CARD = ModelCard(
    name="Müller's model",
    architecture={"width": 2, "depth": 1},
    recipe=replace(ROBUST, size=32).to_dict(),
    threshold=0.35,
    training={"cases": ["a/1", "b/2"], "loss": "siamese-content", "steps": 7},
    metrics={"validation": {"dice": 0.5}},
    versions={"torch": "2"},
    created="2025-01-01T00:00:00+00:00",
    parent="ab" * 32,
    notes="line\nbreak",
)


@pytest.fixture(scope="module")
def generator():
    torch.manual_seed(0)
    generator = DenseUNet(2, 1)
    generator(torch.rand(2, 3, 8, 8))  # batch norm leaves its first statistics
    return generator


@pytest.fixture(scope="module")
def model(tmp_path_factory, generator):
    path = tmp_path_factory.mktemp("model") / "whole.safetensors"
    save_model(path, generator, CARD)
    return path


@pytest.fixture(scope="module")
def damaged(model):
    """A name for damaged copies of the model."""
    return model.with_name("damaged.safetensors")


def test_what_is_saved_is_loaded(model, generator):
    loaded, card = load_model(str(model))
    assert replace(card, sha256="") == CARD
    assert card.preparation_recipe() == replace(ROBUST, size=32)
    assert loaded.state_dict().keys() == generator.state_dict().keys()
    for name, tensor in generator.state_dict().items():
        assert torch.equal(loaded.state_dict()[name], tensor)
        assert loaded.state_dict()[name].dtype == tensor.dtype
    assert not loaded.training
    assert all(parameter.requires_grad for parameter in loaded.parameters())


def test_the_sha256_is_the_files(tmp_path, generator):
    said = save_model(tmp_path / "again.safetensors", generator, CARD)
    content = (tmp_path / "again.safetensors").read_bytes()
    assert said == hashlib.sha256(content).hexdigest()
    assert said == read_card(tmp_path / "again.safetensors").sha256
    assert os.listdir(tmp_path) == ["again.safetensors"]


def test_the_same_input_gives_the_same_bytes(tmp_path, generator, model):
    for _ in range(8):
        save_model(tmp_path / "again.safetensors", generator, CARD)
        assert (tmp_path / "again.safetensors").read_bytes() == model.read_bytes()


def test_any_safetensors_reader_reads_it(model, generator):
    with safe_open(model, "np") as file:
        assert set(file.keys()) == set(generator.state_dict())
        assert file.metadata()["format"] == "wmh-siamese-generator-1"
        assert json.loads(file.metadata()["card"])["name"] == CARD.name


def test_the_sha256_of_a_card_is_not_stored(tmp_path, generator, model):
    save_model(tmp_path / "copy.safetensors", generator, read_card(model))
    assert (tmp_path / "copy.safetensors").read_bytes() == model.read_bytes()


def test_half_precision_weights_stay_half_in_the_file_and_load_as_float32(tmp_path):
    half = DenseUNet(2, 1).half()
    save_model(tmp_path / "half.safetensors", half, CARD)
    with safe_open(tmp_path / "half.safetensors", "pt") as file:
        assert file.get_tensor("head.weight").dtype == torch.float16
    loaded, _ = load_model(tmp_path / "half.safetensors")
    assert loaded.head.weight.dtype == torch.float32
    assert torch.equal(loaded.head.weight, half.head.weight.float())


def test_channels_last_weights_are_saved_as_they_are(tmp_path, generator, model):
    layered = DenseUNet(2, 1)
    layered.load_state_dict(generator.state_dict())
    save_model(tmp_path / "a.safetensors", layered.to(memory_format=torch.channels_last), CARD)
    assert (tmp_path / "a.safetensors").read_bytes() == model.read_bytes()


def test_a_card_is_read_without_torch_and_safetensors(model):
    program = (
        "import sys; sys.modules.update(torch=None, safetensors=None)\n"
        "from wmh_siamese.models.model_file import read_card\n"
        "card = read_card(sys.argv[1])\n"
        "print(ascii(card.name), card.threshold, card.sha256)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, model],
        env={**os.environ, "PYTHONPATH": str(ENGINE)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    sha256 = hashlib.sha256(model.read_bytes()).hexdigest()
    assert done.stdout.split() == [*ascii(CARD.name).split(), "0.35", sha256]


def test_the_bundled_models_have_cards():
    for path in bundled_models():
        assert read_card(path).threshold > 0


def refused(path, kind="bad-model"):
    with pytest.raises(WMHError) as refusal:
        load_model(path)
    assert refusal.value.kind == kind
    assert path.name in refusal.value.sentence
    assert refusal.value.way_out
    return refusal.value.sentence


def refused_by_header(path):
    with pytest.raises(WMHError) as refusal:
        read_card(path)
    assert refused(path) == refusal.value.sentence
    return refusal.value.sentence


def test_a_model_that_is_not_there_is_refused(tmp_path):
    assert "no model file" in refused(tmp_path / "nowhere.safetensors", "bad-path")
    assert "no model file" in refused(tmp_path, "bad-path")


@pytest.mark.parametrize("name", ["model.pt", "model.pth", "model.safetensors"])
def test_nothing_is_ever_unpickled(tmp_path, name):
    trace = tmp_path / "was run"
    for write in (
        lambda path: path.write_bytes(pickle.dumps(Bomb(trace))),
        lambda path: torch.save({"head.weight": Bomb(trace)}, path),
    ):
        write(tmp_path / name)
        refused(tmp_path / name)
        assert not trace.exists()


def test_another_programs_safetensors_is_refused(tmp_path, generator):
    save_file(generator.state_dict(), tmp_path / "other.safetensors", {"format": "pt"})
    assert "not written by this program" in refused(tmp_path / "other.safetensors")
    save_file({"a": torch.ones(1)}, tmp_path / "bare.safetensors")
    refused(tmp_path / "bare.safetensors")


def test_weights_of_another_architecture_are_refused(tmp_path, generator):
    save_model(tmp_path / "a.safetensors", DenseUNet(4, 1), CARD)
    assert "do not fit" in refused_by_header(tmp_path / "a.safetensors")
    save_model(tmp_path / "b.safetensors", DenseUNet(2, 2), CARD)
    assert "do not fit" in refused_by_header(tmp_path / "b.safetensors")


def other_header(path, change):
    """The same file with its header changed by a function."""
    raw = path.read_bytes()
    (length,) = struct.unpack("<Q", raw[:8])
    header = json.loads(raw[8 : 8 + length])
    change(header)
    written = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(written)) + written + raw[8 + length :])


@pytest.mark.parametrize(
    "wrong",
    [
        {"dtype": "F32"},
        {"dtype": "I64"},
        {"dtype": 5},
        {"shape": [1, 1, 2, 1]},
        {"shape": "1"},
        {"data_offsets": [0, 8]},
        {"data_offsets": [0, 10**30]},
        {"data_offsets": [-8, 0]},
        {"data_offsets": ["0", "8"]},
        {"data_offsets": 4},
        {"data_offsets": None},
    ],
    ids=repr,
)
def test_a_weight_that_lies_elsewhere_is_refused_by_the_header(tmp_path, wrong):
    path = tmp_path / "a.safetensors"
    save_model(path, DenseUNet(2, 1).half(), CARD)
    read_card(path)
    other_header(path, lambda header: header["head.weight"].update(wrong))
    assert "do not fit" in refused_by_header(path)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_weights_that_are_no_numbers_are_refused(tmp_path, value):
    broken = DenseUNet(2, 1)
    with torch.no_grad():
        broken.head.bias.fill_(value)
    save_model(tmp_path / "a.safetensors", broken, CARD)
    assert "NaN or infinite" in refused(tmp_path / "a.safetensors")


@pytest.mark.parametrize(
    "wrong",
    [
        {"architecture": {"width": 10**9, "depth": 1}},
        {"architecture": {"width": 2, "depth": 60}},
        {"architecture": {"width": 3, "depth": 1}},
        {"architecture": {"width": 2.0, "depth": 1}},
        {"architecture": {"width": "2", "depth": 1}},
        {"architecture": {"width": 2}},
        {"architecture": {"width": 2, "depth": 1, "layers": 5}},
        {"architecture": None},
        {"recipe": {}},
        {"recipe": {"size": 33}},
        {"recipe": {"size": 32.0}},
        {"recipe": {"size": 10**6}},
        {"recipe": {"size": -32}},
        {"recipe": {"size": 32, "scale": "loudest"}},
        {"recipe": {"size": 32, "from_the_future": 1}},
        {"recipe": {"size": 32, "name": 5}},
        {"recipe": {"size": 32, "square": "yes"}},
        {"recipe": {"size": 32, "foreground_gain": "much"}},
        {"recipe": {"size": True}},
        {"recipe": []},
        {"recipe": {"size": 32, **{f"field {n}": n for n in range(1000)}}},
        {"recipe": {"size": 32, "name": "n" * 201}},
        {"architecture": {"width": 2, "depth": True}},
        {"threshold": 0.0},
        {"threshold": 1.5},
        {"threshold": float("nan")},
        {"threshold": "0.5"},
        {"name": None},
        {"name": "n" * 201},
        {"notes": "n" * 100_000},
        {"name": "\ud800"},
        {"training": [1]},
        {"training": {"cases": 5}},
        {"training": {"cases": [1]}},
        {"training": {"scans": {"a/1": "no hash"}}},
        {"training": {"steps": "many"}},
        {"training": {"loss": {}}},
        {"training": {"settings": "all"}},
        {"training": {"settings": {"learning_rate": "fast"}}},
        {"training": {"base_share": "half"}},
        {"training": {"base_share": float("nan")}},
        {"metrics": "x"},
        {"metrics": {"held_out": [1]}},
        {"metrics": {"held_out": {"c": 1}}},
        {"metrics": {"held_out": {"c": {"dice": "high"}}}},
        {"metrics": {"held_out": {"c": {"cases": [1]}}}},
        {"metrics": {"held_out": {"c": {"cases": {"c/1": 1}}}}},
        {"versions": ["2"]},
        {"versions": {"torch": 2}},
        {"created": 5},
        {"parent": 5},
        {"parent": "<b>"},
        {"notes": {"a": [[[[[[[[[1]]]]]]]]]}},
        {"notes": 10**400},
    ],
    ids=lambda wrong: repr(wrong)[:60],
)
def test_a_card_that_cannot_be_believed_is_refused(tmp_path, generator, wrong):
    """By its header alone, so that no list of models ever holds it; the sentence says what."""
    save_model(tmp_path / "a.safetensors", generator, replace(CARD, **wrong))
    with pytest.raises(WMHError) as refusal:
        read_card(tmp_path / "a.safetensors")
    assert "a.safetensors cannot be used as a model: its " in refusal.value.sentence
    assert "header is damaged" not in refusal.value.sentence
    assert len(refusal.value.sentence) < 350
    assert refused(tmp_path / "a.safetensors") == refusal.value.sentence


@pytest.mark.parametrize(("width", "depth"), [(2, 1), (4, 2), (6, 3)])
def test_the_weights_that_are_looked_for_are_the_generators(width, depth):
    state = DenseUNet(width, depth).state_dict()
    assert generator_shapes(width, depth) == {n: tuple(t.shape) for n, t in state.items()}


@pytest.fixture
def little_memory():
    """No more than one further gigabyte for this process."""
    resource = pytest.importorskip("resource")
    used = int(re.search(r"VmData:\s+(\d+)", Path("/proc/self/status").read_text())[1]) * 1024
    before = resource.getrlimit(resource.RLIMIT_DATA)
    resource.setrlimit(resource.RLIMIT_DATA, (used + 2**30, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_DATA, before)


@pytest.mark.skipif(sys.platform != "linux", reason="memory is limited as Linux does it")
def test_a_small_file_that_claims_a_huge_network_takes_no_memory(
    tmp_path, generator, little_memory
):
    """Width 128 and depth 6 would be 12 GB of weights; the file has some kilobytes."""
    huge = {"width": 128, "depth": 6}
    card = replace(CARD, architecture=huge, recipe=Recipe(size=64).to_dict())
    save_model(tmp_path / "a.safetensors", generator, card)
    assert "do not fit" in refused(tmp_path / "a.safetensors")


def with_header(header):
    raw = json.dumps(header).encode() if not isinstance(header, bytes) else header
    return struct.pack("<Q", len(raw)) + raw


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\0" * 7,
        b"\0" * 8,
        struct.pack("<Q", 2**63) + b"{}",
        struct.pack("<Q", 50_000_000) + b"{}",
        with_header([]),
        with_header({"__metadata__": None}),
        with_header({"__metadata__": {"format": "wmh-siamese-generator-1"}}),
        with_header({"__metadata__": {"format": "wmh-siamese-generator-1", "card": "[]"}}),
        with_header({"__metadata__": {"format": "wmh-siamese-generator-1", "card": "{}"}}),
        with_header({"__metadata__": {"format": "wmh-siamese-generator-1", "card": "[" * 10**5}}),
        with_header({"__metadata__": {"format": "wmh-siamese-generator-2", "card": "{}"}}),
        with_header(b"\xff\xfe not even text"),
        with_header(b"[" * 100_000),
    ],
    ids=range(14),
)
def test_a_header_that_is_none_is_refused(damaged, content):
    damaged.write_bytes(content)
    refused(damaged)


@given(data=st.data())
@settings(deadline=None, max_examples=50)
def test_a_model_cut_short_is_refused(model, damaged, data):
    whole = model.read_bytes()
    damaged.write_bytes(whole[: data.draw(st.integers(0, len(whole) - 1))])
    refused_by_header(damaged)


def test_a_model_with_more_behind_it_is_refused(model, damaged):
    damaged.write_bytes(model.read_bytes() + b"more")
    refused_by_header(damaged)


@given(at=st.integers(0), value=st.integers(0, 255))
@settings(deadline=None, max_examples=100)
def test_a_damaged_header_is_refused_or_read_but_never_a_fault(model, damaged, at, value):
    raw = bytearray(model.read_bytes())
    (length,) = struct.unpack("<Q", raw[:8])
    raw[at % (8 + length)] = value
    damaged.write_bytes(raw)
    try:
        load_model(damaged)
    except WMHError as refusal:
        assert refusal.kind == "bad-model"


def test_a_model_too_large_is_refused_unread(damaged):
    damaged.write_bytes(b"")
    os.truncate(damaged, 1_000_000_001)
    assert "larger than 1000 MB" in refused(damaged)
    damaged.unlink()
