"""Files of others, damaged at random: each reader takes them or refuses in one sentence."""

import json
import struct
import zipfile

import numpy as np
import pytest
import torch
from engine.fuzzing import damaged, fuzz_count, strange_json
from engine.library_scans import a_flair, a_mask
from engine.random_vgg import random_vgg
from safetensors.torch import save_file
from wmh_siamese.cases.finding import read_case_table
from wmh_siamese.cases.splits import read_split
from wmh_siamese.errors import WMHError
from wmh_siamese.library import Library
from wmh_siamese.library.manifest import manifest_of
from wmh_siamese.models.model_file import load_model, read_card
from wmh_siamese.networks.vgg_weights import read_vgg_weights
from wmh_siamese.training.lesion_atlas import LesionAtlas
from wmh_siamese.worker.array_file import volume_in

pytestmark = pytest.mark.fuzz


def survivors(path, content, read, count, spoil=damaged):
    """How many damaged copies are still read; the others are refused in a line."""
    taken = 0
    for seed in range(count):
        path.write_bytes(spoil(content, np.random.default_rng(seed)))
        try:
            read(path)
            taken += 1
        except WMHError as error:
            assert error.kind in ("bad-volume", "bad-path", "bad-model"), seed
            assert "\n" not in str(error) and len(str(error)) < 600, seed
    return taken


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_lesion_atlas(tmp_path, save):
    path = tmp_path / "atlas.npz"
    voxels = np.arange(0, 600, 3, dtype=np.uint32)
    save(path, offsets=[0, 90, 200], flat_index_C=voxels, shape=(10, 10, 10), affine=np.eye(4))
    count = fuzz_count(2000) // 4
    assert survivors(path, path.read_bytes(), LesionAtlas, count) < count


def test_case_table(tmp_path):
    path = tmp_path / "cases.csv"
    text = "cohort,case,flair,mask,patient\n" + "".join(
        f"a,{n},{n}/flair.nii.gz,{n}/mask.nii.gz,p{n}\n" for n in range(20)
    )
    survivors(path, text.encode(), read_case_table, fuzz_count(2000) // 4)


def test_model(tmp_path, tiny_model):
    path = tmp_path / "model.safetensors"
    assert survivors(path, tiny_model.read_bytes(), load_model, fuzz_count(2000) // 8) == 0


def test_zip_of_a_library(tmp_path):
    library = Library.create(tmp_path / "library")
    for seed in range(2):
        library.add(a_flair(seed), a_mask(seed), patient=f"P{seed}")
    good, path = tmp_path / "good.zip", tmp_path / "x.zip"
    library.export(good)
    into = Library.create(tmp_path / "into")

    def take(path):
        for case in into.cases():
            into.remove(case.id)
        into.import_from(path)

    survivors(path, good.read_bytes(), take, fuzz_count(2000) // 80)
    path.write_bytes(good.read_bytes())
    take(path)
    assert len(into.cases()) == 2  # nothing of all that spoilt the library


def test_a_zip_with_one_damaged_case_brings_the_others(tmp_path):
    library = Library.create(tmp_path / "library")
    for seed in range(3):
        library.add(a_flair(seed), a_mask(seed), patient=f"P{seed}")
    library.export(tmp_path / "good.zip")
    bad = library.cases()[1].id
    with (
        zipfile.ZipFile(tmp_path / "good.zip") as good,
        zipfile.ZipFile(tmp_path / "bad.zip", "w") as spoilt,
    ):
        for entry in good.infolist():
            content = bytearray(good.read(entry))
            if entry.filename == f"cases/{bad}/flair.nii.gz":
                content = content[:60]
            spoilt.writestr(entry, bytes(content))
    into = Library.create(tmp_path / "into")
    done = into.import_from(tmp_path / "bad.zip")
    assert len(done.added) == 2 and [one.case for one in done.refused] == [bad]


def test_manifest_of_a_library(tmp_path):
    library = Library.create(tmp_path / "library")
    for seed in range(2):
        library.add(a_flair(seed), a_mask(seed), patient=f"P{seed}", note="a note")
    content = (library.folder / "library.json").read_bytes()
    path = tmp_path / "library.json"
    count = fuzz_count(2000) // 2
    assert survivors(path, content, lambda p: manifest_of(p.read_bytes()), count) < count / 2


def test_a_manifest_with_a_deep_row_is_refused(tmp_path):
    library = Library.create(tmp_path / "library")
    library.add(a_flair(), a_mask(), patient="P", note="NOTE")
    text = (library.folder / "library.json").read_text()
    for depth in (500, 100_000):
        deep = text.replace('"NOTE"', "[" * depth + "]" * depth)
        with pytest.raises(WMHError, match="cannot be used"):
            manifest_of(deep.encode())


def test_fields_of_a_manifest(tmp_path):
    library = Library.create(tmp_path / "library")
    library.add(a_flair(), a_mask(), patient="P", note="a note")
    library.note_trained([library.cases()[0].id], "ab" * 32)
    told = json.loads((library.folder / "library.json").read_text())
    path, count = tmp_path / "library.json", fuzz_count(2000) // 2
    taken = survivors(path, told, lambda p: manifest_of(p.read_bytes()), count, strange_json)
    assert taken < count / 4


def test_card_of_a_model(tmp_path, tiny_model):
    data = tiny_model.read_bytes()
    (length,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8 : 8 + length])
    told, card = header["__metadata__"], json.loads(header["__metadata__"]["card"])

    def spoil(header, draw):
        if draw.random() < 0.2:
            raw = strange_json(header, draw)
        else:
            spoilt = {**told, "card": strange_json(card, draw).decode()}
            raw = json.dumps({**header, "__metadata__": spoilt}).encode()
        return struct.pack("<Q", len(raw)) + raw + data[8 + length :]

    path, count = tmp_path / "model.safetensors", fuzz_count(2000) // 4
    assert 0 < survivors(path, header, read_card, count, spoil) < count


@pytest.mark.parametrize("ending", [".npz", ".safetensors", ".pth"])
def test_vgg_weights(tmp_path, ending):
    path, tensors = tmp_path / f"caffe{ending}", random_vgg().tensors
    if ending == ".npz":
        np.savez(path, **{name: tensor.numpy() for name, tensor in tensors.items()})
    else:
        save = {".safetensors": save_file, ".pth": torch.save}[ending]
        save(tensors, path)
    count = fuzz_count(2000) // 40
    survivors(path, path.read_bytes(), lambda p: read_vgg_weights(p, "caffe"), count)
    survivors(path, path.read_bytes(), lambda p: read_vgg_weights(p, "caffe"), count, spoil_head)


def spoil_head(content, draw):
    return damaged(content, draw, within=600)


def test_a_vgg_that_unfolds_to_all_memory_is_refused(tmp_path):
    path = tmp_path / "caffe.npz"
    arrays = {name: tensor.numpy() for name, tensor in random_vgg().tensors.items()}
    np.savez_compressed(path, **{**arrays, "features.7.bias": np.zeros(8_000_000, np.float32)})
    with pytest.raises(WMHError, match="does not hold the first two blocks"):
        read_vgg_weights(path)


def test_array_file(tmp_path):
    path = tmp_path / "volume.npy"
    np.save(path, np.ones((6, 7, 5), np.float32))
    content, count = path.read_bytes(), fuzz_count(2000) // 4
    read = lambda p: volume_in(p, tuple(map(tuple, np.eye(4).tolist())))  # noqa: E731
    assert survivors(path, content, read, count, spoil_array_head) < count
    for header in (b"(" * 900, b"{" * 50_000, b"{'descr': '|O', 'fortran_order': False}"):
        head = b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + bytes(900)
        survivors(path, head, read, 1, lambda content, draw: content)


def spoil_array_head(content, draw):
    return damaged(content, draw, within=128)


def test_split(tmp_path):
    parts = {name: [f"a/{name}{n}" for n in range(3)] for name in ("learning", "validation")}
    told = {**parts, "held_out": ["a/h"], "seed": 0}
    path, count = tmp_path / "split.json", fuzz_count(2000) // 4
    assert survivors(path, told, read_split, count, strange_json) < count
    path.write_text("[" * 100_000)
    with pytest.raises(WMHError, match=r"split\.json is not a split"):
        read_split(path)
