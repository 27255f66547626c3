"""The models in the panel: listed with their parents, named, made default, copied in and out."""

import hashlib
import os
import shutil

import pytest
import slicer
from slicer_side.panel import wait_for
from WMHSiameseSegLib.models.model_choice import bundled
from WMHSiameseSegLib.models.user_models import (
    default_model,
    make_default,
    new_model_path,
    user_models_folder,
)

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


def test_the_hash_of_an_imported_model_is_shown_whole(finetune, own_model, model_file):
    sha256 = hashlib.sha256(model_file.read_bytes()).hexdigest()
    assert finetune.ui.modelMessage.text.startswith(
        f"Imported as tiny.safetensors, SHA-256 {sha256[:12]}"
    )
    assert sha256 in finetune.ui.modelCardView.plainText


def test_an_imported_model_is_chosen_so_that_its_card_is_seen(finetune, model_file, the_answers):
    assert not finetune.ui.modelCardView.visible
    the_answers.choose(model_file)
    finetune.click("importModelButton")
    wait_for(lambda: "Imported" in finetune.ui.modelMessage.text)
    assert finetune.tab.models.chosen.path.name == "tiny.safetensors"
    assert "2026-01-01" in finetune.ui.modelCardView.plainText


@pytest.mark.parametrize("which", ["an own one", "a bundled one"])
def test_a_model_that_is_here_already_is_chosen_and_not_copied(
    finetune, own_model, the_answers, tmp_path, which
):
    there = own_model if which == "an own one" else bundled()[0].path
    again = tmp_path / "under-another-name.safetensors"
    shutil.copyfile(there, again)
    finetune.ui.modelTable.clearSelection()
    the_answers.choose(again)
    finetune.click("importModelButton")
    wait_for(lambda: "here already" in finetune.ui.modelMessage.text)
    assert there.name in finetune.ui.modelMessage.text
    assert finetune.tab.models.chosen.path == there
    assert len(finetune.cells("modelTable")) == 2
    assert os.listdir(user_models_folder()) == ["tiny.safetensors"]


@pytest.mark.skipif(os.name == "nt", reason="links need rights there")
def test_an_export_over_a_link_replaces_its_target(finetune, own_model, the_answers, tmp_path):
    link, target = tmp_path / "link.safetensors", tmp_path / "kept" / "target.safetensors"
    target.parent.mkdir()
    link.symlink_to(target)
    the_answers.choose(link)
    finetune.click("exportModelButton")
    wait_for(lambda: finetune.ui.modelMessage.text == "Exported.")
    assert link.is_symlink() and target.read_bytes() == own_model.read_bytes()
    assert os.listdir(target.parent) == ["target.safetensors"]


@pytest.mark.parametrize("size", [0.5, 0.99], ids=["half", "nearly whole"])
def test_a_model_cut_on_the_way_is_not_imported(finetune, model_file, the_answers, tmp_path, size):
    raw = model_file.read_bytes()
    (tmp_path / "cut.safetensors").write_bytes(raw[: int(size * len(raw))])
    the_answers.choose(tmp_path / "cut.safetensors")
    finetune.click("importModelButton")
    wait_for(lambda: finetune.ui.modelMessage.text)
    assert "cut short" in finetune.ui.modelMessage.text
    assert len(finetune.cells("modelTable")) == 1
    assert not list(user_models_folder().glob("*cut*"))


def test_a_bad_file_among_the_models_is_named_there_and_breaks_nothing(finetune, own_model):
    """As one that an older version let in."""
    raw = own_model.read_bytes().replace(b"2026-01-01T00:00:00Z", b"2026-01-01T00:00:00\\u")
    own_model.write_bytes(raw)
    finetune.tab.shown()
    assert "cannot be used as a model" in finetune.cells("modelTable")[1][0]
    assert "cannot be used as a model" in finetune.ui.modelCardView.plainText
    assert finetune.ui.deleteModelButton.isEnabled() and not finetune.ui.exportModelButton.enabled
    finetune.click("deleteModelButton")


def test_two_chosen_models_are_compared_and_none_of_them_is_changed(finetune, own_model):
    finetune.ui.modelTable.selectAll()
    assert "no held-out case in common" in finetune.ui.modelCardView.plainText
    for name in ("defaultModel", "renameModel", "exportModel", "deleteModel"):
        assert not getattr(finetune.ui, f"{name}Button").isEnabled()
    finetune.tab.shown()
    assert "no held-out case in common" in finetune.ui.modelCardView.plainText


def test_going_back_to_the_default_before_is_one_click(finetune, own_model):
    back = finetune.ui.previousDefaultButton
    assert not back.isEnabled()
    finetune.click("defaultModelButton")
    assert back.text == "Back to Several scanners"
    finetune.click("previousDefaultButton")
    assert default_model() == "several-scanners.safetensors"
    assert finetune.cells("modelTable")[0][4] == "default"
    assert "Several scanners again" in finetune.ui.modelMessage.text
    assert back.text == "Back to tiny"
    own_model.unlink()
    finetune.tab.shown()
    assert not back.isEnabled()


@pytest.fixture
def an_earlier_session(user_settings, a_slicer_host, model_file):
    """In which the tiny model became the default."""
    shutil.copyfile(model_file, new_model_path("tiny"))
    make_default("tiny.safetensors")


def test_going_back_is_one_click_after_a_restart_too(an_earlier_session, finetune):
    assert finetune.cells("modelTable")[1][4] == "default"
    finetune.click("previousDefaultButton")
    assert finetune.cells("modelTable")[0][4] == "default"


def test_a_trained_model_names_its_parent(finetune, own_model, model_file, tmp_path):
    from slicer_side.panel import run_engine

    run_engine("child", model_file, tmp_path / "child.safetensors")
    shutil.copyfile(tmp_path / "child.safetensors", user_models_folder() / "child.safetensors")
    finetune.tab.shown()
    assert finetune.cells("modelTable")[1][:2] == ["child", "tiny"]
