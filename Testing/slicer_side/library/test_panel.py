"""Which library the panel shows: new, last, of the scene, exported and imported, damaged, large."""

import json

import pytest
import slicer
from slicer_side.finetune_panel import FinetunePanel
from WMHSiameseSegLib.panel.user_settings import (
    libraries,
    library_of,
    library_word,
    remember_library,
)

pytest_plugins = ["slicer_side.panel_fixtures"]


def test_a_new_library_is_empty_and_remembered(finetune, library):
    assert (library / "library.json").is_file()
    assert finetune.cells() == []
    assert finetune.ui.libraryNameLabel.text == "corrections"
    assert libraries() == [library]
    assert finetune.widget.logic.getParameterNode().library == library_word(library)


@pytest.mark.parametrize("name", ["out.zip", "out"])
def test_a_library_travels(
    finetune, library, a_flair_volume, a_segmentation, tmp_path, the_answers, name
):
    finetune.add(a_flair_volume, a_segmentation, "p1")
    rows = finetune.cells()
    exported = tmp_path / name
    the_answers.choose(exported)
    finetune.click("exportButton")
    finetune.settle()
    assert "Exported: 1 cases" in finetune.message and exported.exists()
    finetune.create_library(tmp_path / "second")
    the_answers.choose(exported)
    finetune.click("importZipButton" if name.endswith("zip") else "importFolderButton")
    finetune.settle()
    assert "Imported: 1 new" in finetune.message
    assert [row[1:5] for row in finetune.cells()] == [row[1:5] for row in rows]


def test_a_folder_that_is_no_library_is_refused(finetune, tmp_path):
    finetune.open_library(tmp_path)
    assert "There is no library in" in finetune.message
    assert finetune.library.folder is None and libraries() == []


def test_the_scene_keeps_the_librarys_name_and_no_folder(finetune, library, tmp_path):
    slicer.mrmlScene.SetURL(str(tmp_path / "scene.mrml"))
    slicer.mrmlScene.Commit()
    text = (tmp_path / "scene.mrml").read_text()
    assert "corrections" in text and str(library.parent) not in text


def test_a_scene_means_the_library_in_its_place_not_another_of_its_name(tmp_path, finetune):
    one, other = tmp_path / "one" / "corrections", tmp_path / "other" / "corrections"
    last = tmp_path / "last"
    for folder in (one, other, last):
        remember_library(folder)
    assert library_of(library_word(one)) == one
    assert library_of(library_word(other)) == other
    elsewhere = library_word(tmp_path / "another computer" / "corrections")
    assert library_of(elsewhere) == library_of("corrections") == other
    assert library_of(library_word(tmp_path / "unknown")) == last
    assert str(tmp_path) not in library_word(one)


def test_the_last_library_is_there_when_the_panel_is_opened_again(
    finetune, library, a_flair_volume, a_segmentation
):
    finetune.add(a_flair_volume, a_segmentation, "p1")
    finetune.end_workers()
    slicer.util.reloadScriptedModule("WMHSiameseSeg")
    again = FinetunePanel(slicer.util.getModuleWidget("WMHSiameseSeg"))
    again.widget.enter()
    again.settle()
    assert again.cells()[0][1] == "p1"
    again.end_workers()


def test_a_damaged_library_is_said_and_another_one_can_be_opened(finetune, library, tmp_path):
    (library / "library.json").write_text("{")
    finetune.open_library(library)
    assert "library.json cannot be used" in finetune.message
    finetune.create_library(tmp_path / "other")
    assert finetune.library.folder == tmp_path / "other"


def test_of_a_large_library_only_what_is_in_sight_is_filled(finetune, library):
    told = json.loads((library / "library.json").read_text())
    row = {
        "patient": "p",
        "role": "training",
        "added": "2026-11-03T12:00:00.000Z",
        "changed": "2026-11-03T12:00:00.000Z",
        "mask_sha256": "0" * 64,
        "shape": [4, 4, 4],
        "spacing_mm": [1.0, 1.0, 1.0],
        "volume_ml": 1.0,
        "pcd_percent": 0.5,
        "note": "n",
        "excluded": False,
        "removed": "",
    }
    told["cases"] = [
        {"id": f"case-{n:012x}", "flair_sha256": f"{n:064x}", **row} for n in range(2000)
    ]
    (library / "library.json").write_text(json.dumps(told))
    finetune.end_workers()
    finetune.open_library(library)
    table = finetune.ui.caseTable
    assert table.rowCount == 2000 and table.item(0, 1).text() == "p"
    assert sum(table.item(row, 1) is not None for row in range(2000)) < 50
    table.selectRow(1000)
    table.verticalScrollBar().setValue(table.verticalScrollBar().maximum)
    slicer.app.processEvents()
    assert table.item(1999, 1).text() == "p"
    finetune.library.refresh()
    finetune.settle()
    assert finetune.library.table.chosen.id == f"case-{1000:012x}"
