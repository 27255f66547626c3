"""One flipped bit in a model's weights is found, wherever it lies; older files have no digest."""

import json
import struct

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from wmh_siamese.errors import WMHError
from wmh_siamese.models.model_file import (
    PAYLOAD,
    ModelCard,
    bundled_models,
    load_model,
    read_card,
    save_model,
)
from wmh_siamese.networks.generator import DenseUNet
from wmh_siamese.networks.recipe import Recipe

CARD = ModelCard("digested", {"width": 4, "depth": 2}, Recipe(size=32).to_dict())


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    torch.manual_seed(0)
    path = tmp_path_factory.mktemp("model") / "model.safetensors"
    save_model(path, DenseUNet(4, 2), CARD)
    return path


def header_length(data):
    return struct.unpack("<Q", data[:8])[0]


@given(place=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7))
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_a_flipped_bit_is_found(model, tmp_path, place, bit):
    data = bytearray(model.read_bytes())
    begins = 8 + header_length(data)
    data[begins + int(place * (len(data) - begins))] ^= 1 << bit
    damaged = tmp_path / "damaged.safetensors"
    damaged.write_bytes(data)
    with pytest.raises(WMHError, match=r"damaged\.safetensors") as caught:
        load_model(damaged)
    assert caught.value.kind == "bad-model" and "damaged" in caught.value.sentence


def test_a_file_without_a_digest_is_read_as_before(model, tmp_path):
    data = model.read_bytes()
    length = header_length(data)
    header = json.loads(data[8 : 8 + length])
    del header["__metadata__"][PAYLOAD]
    raw = json.dumps(header).encode()
    raw += b" " * (-len(raw) % 8)
    older = tmp_path / "older.safetensors"
    older.write_bytes(struct.pack("<Q", len(raw)) + raw + data[8 + length :])
    assert read_card(older).name == "digested"
    wanted, found = (load_model(path)[0].state_dict() for path in (model, older))
    assert all(torch.equal(wanted[name], found[name]) for name in wanted)


def test_a_digest_that_is_no_text_is_a_damaged_file(model, tmp_path):
    data = model.read_bytes()
    length = header_length(data)
    changed = data[8 : 8 + length].replace(f'"{PAYLOAD}":"'.encode(), f'"{PAYLOAD}":"x'.encode())
    changed = changed[:length] if len(changed) == length else changed.rstrip(b" ")
    changed += b" " * (-len(changed) % 8)
    path = tmp_path / "changed.safetensors"
    path.write_bytes(struct.pack("<Q", len(changed)) + changed + data[8 + length :])
    with pytest.raises(WMHError, match="damaged"):
        load_model(path)


def test_the_bundled_models_carry_their_digest():
    for path in bundled_models():
        data = path.read_bytes()
        header = json.loads(data[8 : 8 + header_length(data)])
        assert PAYLOAD in header["__metadata__"], path.name
        load_model(path)
