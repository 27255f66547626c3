"""The models in the panel: listed with their parents, named, made default, copied in and out."""

import shutil

import pytest
import slicer
from slicer_side.panel import wait_for
from WMHSiameseSegLib.user_models import default_model, user_models_folder

pytest_plugins = ["slicer_side.panel_fixtures"]


@pytest.fixture
def own_model(finetune, model_file, the_answers):
    """The tiny model, imported by its button; gives its file."""
    the_answers.choose(model_file)
    finetune.click("importModelButton")
    file = user_models_folder() / "tiny.safetensors"
    wait_for(lambda: "Imported" in finetune.ui.modelMessage.text)
    finetune.ui.modelTable.selectRow(1)
    return file


def test_an_imported_model_is_listed_here_and_in_the_tab_segment(finetune, own_model, model_file):
    assert own_model.read_bytes() == model_file.read_bytes()
    bundled, own = finetune.cells("modelTable")
    assert bundled[1] == ""  # its parent does not come with it
    assert bundled[3:] == ["bundled", "default"]
    assert own == ["tiny", "", "2026-01-01", "yours", ""]
    selector = finetune.widget.ui.modelSelector
    assert [selector.itemText(n) for n in range(selector.count)][1] == "tiny"
    assert finetune.ui.baseSelector.count == 2


def test_a_file_that_is_no_model_is_refused(finetune, the_answers, tmp_path):
    file = tmp_path / "x.safetensors"
    file.write_bytes(b"\x00" * 64)
    the_answers.choose(file)
    finetune.click("importModelButton")
    wait_for(lambda: finetune.ui.modelMessage.text)
    assert "cannot be used as a model" in finetune.ui.modelMessage.text
    assert len(finetune.cells("modelTable")) == 1


def test_a_model_is_shown_under_its_users_name(finetune, own_model):
    finetune.ui.modelNameEdit.setText("Ward 3")
    finetune.click("renameModelButton")
    assert finetune.cells("modelTable")[1][0] == "Ward 3"
    assert finetune.widget.ui.modelSelector.itemText(1) == "Ward 3"
    assert own_model.name == "tiny.safetensors"


def test_the_default_can_be_set_and_is_offered_in_a_new_scene(finetune, own_model):
    finetune.click("defaultModelButton")
    assert default_model() == "tiny.safetensors"
    assert finetune.cells("modelTable")[1][4] == "default"
    slicer.mrmlScene.Clear(False)
    slicer.app.processEvents()
    assert finetune.widget.segmentTab.models.current.path == own_model


def test_only_own_models_that_nobody_uses_are_deleted(finetune, own_model, the_answers):
    finetune.ui.modelTable.selectRow(0)
    assert not finetune.ui.deleteModelButton.isEnabled()
    finetune.ui.modelTable.selectRow(1)
    the_answers.answer(False)
    finetune.click("deleteModelButton")
    assert own_model.is_file()
    the_answers.answer(True)
    finetune.click("deleteModelButton")
    assert not own_model.exists() and len(finetune.cells("modelTable")) == 1


def test_a_deleted_default_gives_way_to_the_bundled_one(finetune, own_model):
    finetune.click("defaultModelButton")
    assert not finetune.ui.deleteModelButton.isEnabled()
    own_model.unlink()
    finetune.tab.shown()
    assert default_model() != "tiny.safetensors"


def test_a_model_is_exported(finetune, own_model, the_answers, tmp_path):
    the_answers.choose(tmp_path / "out.safetensors")
    finetune.click("exportModelButton")
    wait_for(lambda: finetune.ui.modelMessage.text == "Exported.")
    assert (tmp_path / "out.safetensors").read_bytes() == own_model.read_bytes()


def test_a_trained_model_names_its_parent(finetune, own_model, model_file, tmp_path):
    from slicer_side.panel import run_engine

    run_engine("child", model_file, tmp_path / "child.safetensors")
    shutil.copyfile(tmp_path / "child.safetensors", user_models_folder() / "child.safetensors")
    finetune.tab.shown()
    assert finetune.cells("modelTable")[1][:2] == ["child", "tiny"]
