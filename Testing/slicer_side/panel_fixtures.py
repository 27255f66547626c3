"""Fixtures of the panel's tests, by what they are."""

from __future__ import annotations

import os
import runpy
import shutil
import tempfile
from pathlib import Path

import pytest
import slicer
from slicer_side.finetune_panel import FinetunePanel
from slicer_side.panel import Panel, run_engine, wait_for


@pytest.fixture(scope="session")
def model_file(tmp_path_factory):
    """A tiny seeded generator that knows nothing."""
    path = tmp_path_factory.mktemp("models") / "tiny.safetensors"
    run_engine("model", path)
    return path


@pytest.fixture(scope="session")
def refusal():
    """The folder of what refuses the network, here too as soon as WMH_NETWORK_LOG is set."""
    folder = Path(__file__).parents[1] / "extension" / "no_network"
    runpy.run_path(str(folder / "sitecustomize.py"))
    return folder


@pytest.fixture
def without_network(refusal, tmp_path, monkeypatch, own_temporary_folder):
    """No network for the panel and its workers; afterwards none has asked, and nothing is left."""
    log = tmp_path / "asked.txt"
    paths = (str(refusal), os.environ.get("PYTHONPATH", ""))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, paths)))
    monkeypatch.setenv("WMH_NETWORK_LOG", str(log))
    for name in ("TMPDIR", "TEMP", "TMP"):
        monkeypatch.setenv(name, str(own_temporary_folder))
    # torch's own: an empty folder, made where its compiler is imported
    monkeypatch.setenv("TORCHINDUCTOR_CACHE_DIR", str(tmp_path / "compiler"))
    yield
    assert log.read_text(encoding="utf-8") == ""
    assert not list(own_temporary_folder.iterdir())


@pytest.fixture
def own_temporary_folder(tmp_path, monkeypatch):
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


@pytest.fixture
def temporary_files(own_temporary_folder):
    """What the panel has left in the folder for temporary files."""
    return lambda: list(own_temporary_folder.glob("WMHSiameseSeg-*"))


@pytest.fixture
def panel(the_panel, model_file, own_temporary_folder):
    """The module's panel with a model that is there in every checkout."""
    panel = Panel(the_panel)
    panel.tab.models.open(model_file)
    yield panel
    panel.widget.worker.end()
    wait_for(lambda: not panel.widget.worker.ending)


@pytest.fixture
def bundled_panel(the_panel, own_temporary_folder):
    """The panel with the bundled model and a worker that needs no torch."""
    panel = Panel(the_panel)
    panel.use_scripted_worker("good")
    yield panel
    panel.widget.worker.end()
    wait_for(lambda: not panel.widget.worker.ending)


@pytest.fixture
def scripted_panel(panel):
    """The panel with a worker that needs no torch."""
    panel.use_scripted_worker("good")
    return panel


@pytest.fixture
def engine_panel(panel, monkeypatch):
    """The panel with the engine's own worker, on one thread as the references are made."""
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    return panel


@pytest.fixture
def user_settings():
    """Slicer's settings of a user who has never opened the module."""
    from WMHSiameseSegLib.models.user_models import user_models_folder

    settings = slicer.app.userSettings()
    yield settings
    settings.remove("WMHSiameseSeg")
    shutil.rmtree(user_models_folder().parent, ignore_errors=True)


@pytest.fixture
def finetune(user_settings, the_panel, own_temporary_folder):
    """The tab Fine-tune, shown, with the engine's own library."""
    panel = FinetunePanel(the_panel)
    yield panel
    panel.end_workers()


@pytest.fixture
def library(finetune, tmp_path):
    """An empty library that is open in the tab; gives its folder."""
    folder = tmp_path / "corrections"
    finetune.create_library(folder)
    return folder
