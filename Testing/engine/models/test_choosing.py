"""Which file a model's name stands for."""

from pathlib import Path

from wmh_siamese.models import choosing
from wmh_siamese.models.choosing import model_path
from wmh_siamese.models.model_file import bundled_models, read_card


def test_a_bundled_model_is_known_by_its_file_and_by_the_name_that_is_shown():
    for path in bundled_models():
        for name in (path.stem, path.name, read_card(path).name):
            assert model_path(name) == path
    assert model_path(None) == bundled_models()[0]
    assert model_path("other.safetensors") == Path("other.safetensors")


def test_a_damaged_bundled_model_hinders_nobody_who_names_another(tmp_path, monkeypatch):
    damaged = tmp_path / "bundled.safetensors"
    damaged.write_bytes(b"cut short")
    monkeypatch.setattr(choosing, "bundled_models", lambda: [damaged])
    assert model_path("mine.safetensors") == Path("mine.safetensors")
    assert model_path("bundled") == damaged
