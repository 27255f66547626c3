"""A finished model: the library hears of it first, it replaces nothing, and it is not lost."""

import json
import os
from dataclasses import asdict

import pytest
from wmh_siamese.errors import WMHError
from wmh_siamese.files.running_process import this_host
from wmh_siamese.finetuning import ending
from wmh_siamese.finetuning.ending import check_library, published
from wmh_siamese.library.library import Library
from wmh_siamese.library.lock import LOCK_NAME, Owner

SHA256 = "ab" * 32


@pytest.fixture(autouse=True)
def no_time_passes(monkeypatch):
    for name in ("PAUSE_SECONDS", "WAIT_SECONDS"):
        monkeypatch.setattr(ending, name, 0.0)


@pytest.fixture
def finished(tmp_path):
    """A function that lets a model file appear; what it was told, and when, is in ``told``."""
    place = tmp_path / "models"
    (place / "work").mkdir(parents=True)
    model = place / "work" / "released.safetensors"
    model.write_bytes(b"weights")

    def appear(note=lambda sha256: None, unwanted=lambda: False):
        return published(
            model, SHA256, place / "mine.safetensors", note, appear.told.append, unwanted
        )

    appear.told, appear.place = [], place
    return appear


def models(finished):
    return sorted(path.name for path in finished.place.iterdir() if path.is_file())


def busy(times):
    """A library that refuses so many times before it hears."""
    heard = []

    def note(sha256):
        heard.append(sha256)
        if len(heard) <= times:
            raise WMHError("bad-path", "Another program is changing the library.", "Try again.")

    note.heard = heard
    return note


def test_a_busy_library_is_waited_for_and_that_is_said_once(finished):
    note = busy(3)
    path = finished(note)
    assert path.read_bytes() == b"weights" and models(finished) == ["mine.safetensors"]
    assert note.heard == [SHA256] * 4
    (told,) = finished.told
    assert "waits for the library. Another program is changing" in told


def test_a_library_that_never_hears_costs_no_training(finished, monkeypatch):
    monkeypatch.setattr(ending, "PATIENCE_SECONDS", 0.0)
    with pytest.raises(WMHError) as end:
        finished(busy(1000))
    assert "finished, but the library could not be told" in end.value.sentence
    assert "Another program is changing" in end.value.sentence
    assert models(finished) == ["mine.safetensors.not-noted"]
    kept = finished.place / "mine.safetensors.not-noted"
    assert kept.read_bytes() == b"weights" and str(kept) in end.value.way_out


def test_cancelled_at_the_last_moment_nothing_is_noted_and_nothing_appears(finished):
    note, asked = busy(1), iter([False, True])
    with pytest.raises(WMHError) as end:
        finished(note, unwanted=lambda: next(asked))
    assert end.value.kind == "stopped" and len(note.heard) == 1 and models(finished) == []
    note = busy(0)
    with pytest.raises(WMHError):
        finished(note, unwanted=lambda: True)
    assert note.heard == [] and models(finished) == []


@pytest.mark.parametrize("links", [True, False], ids=["hard links", "no hard links"])
def test_a_model_that_appeared_meanwhile_stays(finished, monkeypatch, links):
    if not links:

        def refuse(*names):
            raise PermissionError("this file system has no hard links")

        monkeypatch.setattr(os, "link", refuse)
    others = {"mine.safetensors": b"another", "mine-2.safetensors": b"a third"}
    for name, content in others.items():
        (finished.place / name).write_bytes(content)
    path = finished()
    assert path.name == "mine-3.safetensors" and path.read_bytes() == b"weights"
    assert {name: (finished.place / name).read_bytes() for name in others} == others
    (told,) = finished.told
    assert "mine.safetensors appeared" in told and "mine-3.safetensors" in told
    assert not list((finished.place / "work").iterdir())


def test_a_library_that_cannot_be_told_is_known_before_the_training(tmp_path):
    library = Library.create(tmp_path / "library")
    check_library(None)
    check_library(library.folder)
    before = library.manifest()
    holder = Owner("another", os.getpid(), this_host(), 4e9)
    (library.folder / LOCK_NAME).write_text(json.dumps(asdict(holder)))
    with pytest.raises(WMHError, match="could not be told of a new model: Another program"):
        check_library(library.folder)
    assert library.manifest() == before
