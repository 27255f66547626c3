"""Bad models: one sentence, exit code 2, nothing written, whatever is wrong with the file."""

import json
import struct
import sys

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

linux = pytest.mark.skipif(sys.platform != "linux", reason="Linux's files and limits")


def safetensors(header, data=b""):
    raw = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(raw)) + raw + data


def changed_card(tiny_model, **changes):
    """The tiny model with other words in its card."""
    raw = tiny_model.read_bytes()
    (length,) = struct.unpack("<Q", raw[:8])
    header = json.loads(raw[8 : 8 + length])
    card = json.loads(header["__metadata__"]["card"])
    header["__metadata__"]["card"] = json.dumps({**card, **changes})
    return safetensors(header, raw[8 + length :])


def pickled(tmp_path):
    import torch

    torch.save({"weight": torch.zeros(3)}, tmp_path / "x.pt")
    return (tmp_path / "x.pt").read_bytes()


def foreign(tmp_path):
    import torch
    from safetensors.torch import save

    return save({"features.0.weight": torch.zeros(8, 3, 3, 3)}, metadata={"format": "pt"})


BAD_MODELS = {
    "empty": lambda tiny, tmp: b"",
    "7 bytes": lambda tiny, tmp: b"1234567",
    "text": lambda tiny, tmp: b"weights\n" * 50,
    "pickle": lambda tiny, tmp: pickled(tmp),
    "another network": lambda tiny, tmp: foreign(tmp),
    "cut in the weights": lambda tiny, tmp: tiny.read_bytes()[:-100],
    "cut in the header": lambda tiny, tmp: tiny.read_bytes()[:300],
    "longer": lambda tiny, tmp: tiny.read_bytes() + b"more",
    "10 GB header": lambda tiny, tmp: struct.pack("<Q", 10**10) + b"{}",
    "header of all ones": lambda tiny, tmp: b"\xff" * 64,
    "header no JSON": lambda tiny, tmp: safetensors(b"{" * 99),
    "header nested": lambda tiny, tmp: safetensors(b"[" * 200_000 + b"]" * 200_000),
    "header a list": lambda tiny, tmp: safetensors([1, 2]),
    "metadata null": lambda tiny, tmp: safetensors({"__metadata__": None}),
    "card nested": lambda tiny, tmp: safetensors(
        {"__metadata__": {"format": "wmh-siamese-generator-1", "card": "[" * 200_000}}
    ),
    "no weights": lambda tiny, tmp: safetensors({"__metadata__": _metadata(tiny)}),
    "wider": lambda tiny, tmp: changed_card(tiny, architecture={"width": 8, "depth": 2}),
    "half a filter": lambda tiny, tmp: changed_card(tiny, architecture={"width": 4.5, "depth": 2}),
    "huge": lambda tiny, tmp: changed_card(tiny, architecture={"width": 10**9, "depth": 2}),
    "no architecture": lambda tiny, tmp: changed_card(tiny, architecture={}),
    "architecture of text": lambda tiny, tmp: changed_card(tiny, architecture="dense"),
    "unknown recipe field": lambda tiny, tmp: changed_card(
        tiny, recipe={"name": "x", "size": 32, "magic": 1}
    ),
    "recipe without size": lambda tiny, tmp: changed_card(tiny, recipe={}),
    "recipe size of text": lambda tiny, tmp: changed_card(tiny, recipe={"size": "32"}),
    "recipe size with a fraction": lambda tiny, tmp: changed_card(
        tiny, recipe={"name": "x", "size": 32.0}
    ),
    "unknown scale": lambda tiny, tmp: changed_card(
        tiny, recipe={"name": "x", "size": 32, "scale": "loudness"}
    ),
    "gain zero": lambda tiny, tmp: changed_card(
        tiny,
        recipe={"name": "x", "size": 32, "scale": "foreground", "foreground_gain": 0},
    ),
    "threshold NaN": lambda tiny, tmp: changed_card(tiny, threshold=float("nan")),
    "threshold text": lambda tiny, tmp: changed_card(tiny, threshold="half"),
    "name a list": lambda tiny, tmp: changed_card(tiny, name=[1]),
}


def _metadata(tiny_model):
    raw = tiny_model.read_bytes()
    (length,) = struct.unpack("<Q", raw[:8])
    return json.loads(raw[8 : 8 + length])["__metadata__"]


@pytest.mark.parametrize("make", BAD_MODELS.values(), ids=BAD_MODELS.keys())
def test_bad_models(refused, flair, tiny_model, tmp_path, make):
    model = tmp_path / "other.safetensors"
    model.write_bytes(make(tiny_model, tmp_path))
    assert "other.safetensors" in refused(flair, model=model)


def test_weights_that_are_no_numbers(refused, flair, tmp_path, tiny_model):
    from wmh_siamese.models.model_file import load_model, save_model

    generator, card = load_model(tiny_model)
    next(generator.parameters()).data.fill_(float("nan"))
    save_model(tmp_path / "nan.safetensors", generator, card)
    refused(flair, model=tmp_path / "nan.safetensors")


@linux
@pytest.mark.parametrize("model", ["/nowhere.safetensors", "/proc", "/dev/zero", "/proc/self/mem"])
def test_models_that_are_no_files(refused, flair, model):
    refused(flair, model=model)


@given(place=st.integers(0, 4000), byte=st.integers(0, 255))
@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_a_changed_byte_in_a_model_never_breaks_the_program(tiny_model, tmp_path, place, byte):
    from wmh_siamese.errors import WMHError
    from wmh_siamese.models.model_file import load_model

    raw = bytearray(tiny_model.read_bytes())
    raw[place] = byte
    model = tmp_path / "changed.safetensors"
    model.write_bytes(raw)
    try:
        load_model(model)
    except WMHError as error:
        assert error.kind == "bad-model"
