"""Prepared slices on disk: the same slices, mapped, whole or not at all, anew when damaged."""

import os
from dataclasses import replace

import numpy as np
import pytest
import torch
from engine.tiny_training import TINY, run, simulated_cases
from safetensors.torch import load_file
from wmh_siamese.networks.preparation import Recipe
from wmh_siamese.training import slice_cache
from wmh_siamese.training.slice_cache import prepared_cases
from wmh_siamese.volumes.nifti_file import write_volume

SIZE = Recipe(size=32)


@pytest.fixture
def cases(tmp_path):
    return simulated_cases(tmp_path)


@pytest.fixture
def preparations(monkeypatch):
    """How often a case was prepared, not read from the disk."""
    times, prepare = [], slice_cache.prepare_case

    def counted(*arguments):
        times.append(1)
        return prepare(*arguments)

    monkeypatch.setattr(slice_cache, "prepare_case", counted)
    return times


def same(one, other):
    return all(
        torch.equal(a, b)
        for parts in zip(one.parts, other.parts, strict=True)
        for a, b in zip(*parts, strict=True)
    )


def test_kept_slices_are_those_of_memory_and_are_prepared_once(cases, tmp_path, preparations):
    in_memory = prepared_cases(cases, SIZE)
    first = prepared_cases(cases, SIZE, tmp_path / "slices")
    assert len(preparations) == 6
    again = prepared_cases(cases, SIZE, tmp_path / "slices")
    assert len(preparations) == 6 and len(os.listdir(tmp_path / "slices")) == 3
    assert same(first, in_memory) and same(again, in_memory)
    index = np.array([11, 0, 5])
    for a, b in zip(again[index], in_memory[index], strict=True):
        assert a.dtype == torch.float32 and torch.equal(a, b)
    kept = load_file(next((tmp_path / "slices").iterdir()))
    assert (kept["images"].dtype, kept["labels"].dtype) == (torch.float16, torch.uint8)


@pytest.mark.skipif(not os.path.exists("/proc/self/maps"), reason="needs Linux's list of mappings")
def test_kept_slices_are_mapped_into_memory(cases, tmp_path):
    slices = prepared_cases(cases, SIZE, tmp_path / "slices")
    with open("/proc/self/maps") as maps:
        mapped = maps.read()
    assert len(slices) and all(name in mapped for name in os.listdir(tmp_path / "slices"))


def test_another_image_mask_or_recipe_is_prepared_anew(cases, tmp_path, preparations):
    folder = tmp_path / "slices"
    prepared_cases(cases, SIZE, folder)
    write_volume(cases[0].mask, np.ones((28, 30, 4), np.uint8), np.eye(4))
    changed = prepared_cases(cases, SIZE, folder)
    assert len(preparations) == 4 and (changed.parts[0][1] == 1).all()
    cases[1].flair.write_bytes(cases[0].flair.read_bytes())
    prepared_cases(cases, SIZE, folder)
    assert len(preparations) == 5
    prepared_cases(cases, replace(SIZE, square=True), folder)
    assert len(preparations) == 8


@pytest.mark.parametrize("damage", ["cut", "flipped", "empty", "foreign"])
def test_a_damaged_file_is_prepared_anew(cases, tmp_path, preparations, caplog, damage):
    folder = tmp_path / "slices"
    expected = prepared_cases(cases, SIZE, folder)
    for path in folder.iterdir():
        raw = bytearray(path.read_bytes())
        raw[-100] ^= 1
        spoilt = {"cut": raw[: len(raw) // 2], "flipped": raw, "empty": b"", "foreign": b"x" * 999}
        path.unlink()  # the slices above are mapped from it
        path.write_bytes(spoilt[damage])
    assert same(prepared_cases(cases, SIZE, folder), expected)
    assert len(preparations) == 6 and "prepared anew" in caplog.text
    prepared_cases(cases, SIZE, folder)
    assert len(preparations) == 6


def test_a_write_that_fails_leaves_nothing(cases, tmp_path, monkeypatch):
    def full(*arguments):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        prepared_cases(cases, SIZE, tmp_path / "slices")
    assert os.listdir(tmp_path / "slices") == []


def test_a_training_from_kept_slices_gives_the_same_weights(cases, tmp_path):
    for folder, cache in (("a", None), ("b", tmp_path / "slices"), ("c", tmp_path / "slices")):
        run(cases, tmp_path / folder, replace(TINY, epochs=1), cache=cache)
    one, *others = (load_file(tmp_path / f / "checkpoint.safetensors") for f in ("a", "b", "c"))
    assert all(torch.equal(one[name], other[name]) for other in others for name in one)


@pytest.mark.parametrize("kept", [True, False])
def test_full_heads_have_a_copy_without_skull_beside_them(cases, tmp_path, monkeypatch, kept):
    monkeypatch.setattr(slice_cache, "is_stripped", lambda flair: False)
    monkeypatch.setattr(slice_cache, "stripped", lambda f: replace(f, array=f.array.clip(600)))
    folder = tmp_path / "slices" if kept else None
    parts = prepared_cases(cases, SIZE, folder, stripped_copies=True).parts
    assert len(parts) == 6
    for (head, labels), (copy, same_labels) in zip(parts[::2], parts[1::2], strict=True):
        assert head.min() < 0.1 < 0.6 < copy.min() and torch.equal(labels, same_labels)
    if kept:  # nothing is read from the scans again, not even to see whether they have a skull
        monkeypatch.setattr(slice_cache, "read_case", None)
        again = prepared_cases(cases, SIZE, folder, stripped_copies=True).parts
        assert all(torch.equal(a, b) for (a, _), (b, _) in zip(parts, again, strict=True))
