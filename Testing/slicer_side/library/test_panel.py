"""The correction library in the panel: adding, changing and opening cases, with the real engine."""

import json

import numpy as np
import pytest
import slicer
from slicer_side.finetune_panel import FinetunePanel
from slicer_side.panel import wait_for
from WMHSiameseSegLib.library.corrected_case import corrected_case, lesion_segment
from WMHSiameseSegLib.panel.user_settings import (
    libraries,
    library_of,
    library_word,
    remember_library,
)
from WMHSiameseSegLib.scene.voxels import Grid, volume_array, write_mask

pytest_plugins = ["slicer_side.panel_fixtures"]


def segment(node):
    return node.GetSegmentation().GetNthSegmentID(0)


def drawn_on(flair, name="lesions", where=np.s_[5:8, 10:14, 3:6]):
    """A segmentation with a box drawn on a volume."""
    node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLSegmentationNode", "drawn")
    node.SetReferenceImageGeometryParameterFromVolumeNode(flair)
    identity = node.GetSegmentation().AddEmptySegment("", name)
    mask = np.zeros(Grid.of(flair).shape, bool)
    mask[where] = True
    write_mask(node, identity, mask, Grid.of(flair))
    return node


def test_a_new_library_is_empty_and_remembered(finetune, library):
    assert (library / "library.json").is_file()
    assert finetune.cells() == []
    assert finetune.ui.libraryNameLabel.text == "corrections"
    assert libraries() == [library]
    assert finetune.widget.logic.getParameterNode().library == library_word(library)


def test_an_added_case_is_shown_with_its_figures(finetune, library, a_flair_volume, a_segmentation):
    finetune.add(a_flair_volume, a_segmentation, "p1")
    (row,) = finetune.cells()
    voxels = (slicer.util.arrayFromVolume(a_flair_volume) > 200).sum()
    assert row[1:5] == ["p1", "training", f"{voxels * 4.8 / 1000:.2f}", f"{row[4]}"]
    assert float(row[4]) == pytest.approx(100 * voxels / (12 * 48 * 40), abs=1e-4)
    assert row[6] == ""
    assert "Added: patient p1, training" in finetune.message
    assert not finetune.ui.caseTable.item(0, 0).icon().isNull()


def test_a_patient_without_a_word_gets_a_random_one(
    finetune, library, a_flair_volume, a_segmentation
):
    finetune.add(a_flair_volume, a_segmentation)
    assert finetune.cells()[0][1].startswith("patient-")


def test_nothing_stays_in_the_temporary_folder(
    finetune, library, a_flair_volume, a_segmentation, temporary_files
):
    finetune.add(a_flair_volume, a_segmentation, "p1")
    wait_for(lambda: not temporary_files())


def test_the_same_scan_again_is_updated_and_said(finetune, library, a_flair_volume, a_segmentation):
    finetune.add(a_flair_volume, a_segmentation, "p1")
    grid = Grid.of(a_flair_volume)
    mask = np.zeros(grid.shape, bool)
    mask[3, 3, 3] = True
    write_mask(a_segmentation, segment(a_segmentation), mask, grid)
    finetune.add(a_flair_volume, a_segmentation, "p1")
    (row,) = finetune.cells()
    assert "was in the library already and has its new mask now" in finetune.message
    assert row[3] == "0.00"


def test_no_scan_gets_the_words_of_another(finetune, library, a_flair_volume, a_segmentation):
    ui = finetune.ui

    def words():
        return ui.patientEdit.text, ui.roleSelector.currentIndex, ui.noteEdit.text

    ui.noteEdit.setText("typed before a scan is chosen")
    finetune.add(a_flair_volume, a_segmentation, "a/b", "held-out")
    assert "belongs to a path" in finetune.message
    assert words() == ("a/b", 1, "typed before a scan is chosen")  # to be corrected
    finetune.add(a_flair_volume, a_segmentation, "p1", "held-out")
    assert finetune.cells()[0][6] == "typed before a scan is chosen"
    assert words() == ("", 0, "")
    ui.patientEdit.setText("p1")
    ui.roleSelector.setCurrentIndex(1)
    other = slicer.util.addVolumeFromArray(np.ones((12, 48, 40)), name="other")
    ui.caseFlairSelector.setCurrentNode(other)
    assert words() == ("", 0, "")
    ui.patientEdit.setText("p2")
    slicer.mrmlScene.Clear(False)
    slicer.app.processEvents()
    assert words() == ("", 0, "")


def test_words_about_the_next_scan_outlive_the_answer_about_the_last(
    finetune, library, a_flair_volume, a_segmentation
):
    other = slicer.util.addVolumeFromArray(np.ones((12, 48, 40)), name="other")
    finetune.ui.caseFlairSelector.setCurrentNode(a_flair_volume)
    finetune.ui.caseSegmentationSelector.setCurrentNode(a_segmentation)
    finetune.ui.patientEdit.setText("p1")
    finetune.click("addCaseButton")
    finetune.ui.caseFlairSelector.setCurrentNode(other)
    finetune.ui.patientEdit.setText("p1")  # another scan of the same patient
    finetune.settle()
    assert finetune.cells()[0][1] == "p1" and finetune.ui.patientEdit.text == "p1"


def test_a_known_scan_keeps_its_patient_unless_another_is_typed_and_then_it_is_said(
    finetune, library, a_flair_volume, a_segmentation
):
    finetune.add(a_flair_volume, a_segmentation, "p1", "held-out")
    finetune.add(a_flair_volume, a_segmentation)
    assert finetune.cells()[0][1:3] == ["p1", "held out"] and "until now" not in finetune.message
    finetune.add(a_flair_volume, a_segmentation, "p2")
    assert finetune.cells()[0][1:3] == ["p2", "held out"]
    assert "It was a scan of patient p1 until now." in finetune.message


def test_an_opened_case_is_the_scan_and_the_mask_that_were_added(
    finetune, library, a_flair_volume, a_segmentation
):
    voxels = volume_array(a_flair_volume).copy()
    grid = Grid.of(a_flair_volume)
    other = a_segmentation.GetSegmentation().AddEmptySegment("", "Other pathology")
    elsewhere = np.zeros(grid.shape, bool)
    elsewhere[1:3, 1:3, 1:3] = True
    write_mask(a_segmentation, other, elsewhere, grid)
    case = corrected_case(a_flair_volume, a_segmentation, segment(a_segmentation))
    labels, _affine = case.labels()
    finetune.add(a_flair_volume, a_segmentation, "p1")
    slicer.mrmlScene.Clear(False)
    slicer.app.processEvents()
    finetune.choose_case(0)
    finetune.click("openCaseButton")
    flair, opened = finetune.library.choice.flair, finetune.library.choice.segmentation
    np.testing.assert_array_equal(volume_array(flair), voxels)
    names = [opened.GetSegmentation().GetNthSegment(n).GetName() for n in range(2)]
    assert names == ["White matter hyperintensities", "Other pathology"]
    again, _affine = corrected_case(flair, opened, lesion_segment(opened)).labels()
    np.testing.assert_array_equal(again, labels)
    assert set(np.unique(labels)) == {0, 1, 2}
    finetune.click("addCaseButton")
    finetune.settle()
    assert len(finetune.cells()) == 1 and "already" in finetune.message


def test_a_mask_on_another_grid_is_resampled_and_said(finetune, library, a_flair_volume):
    voxels = np.zeros((24, 24, 20), np.float32)
    coarse = slicer.util.addVolumeFromArray(voxels, name="coarse")
    coarse.CopyOrientation(a_flair_volume)
    coarse.SetSpacing(2.0, 2.4, 2.0)
    segmentation = drawn_on(coarse)
    finetune.add(a_flair_volume, segmentation, "p1")
    (row,) = finetune.cells()
    assert "resampled to the FLAIR's" in finetune.message
    assert float(row[3]) == pytest.approx(3 * 4 * 3 * 9.6 / 1000, rel=0.4)


def test_voxels_that_lie_outside_the_flair_are_counted(finetune, library, a_flair_volume):
    aside = slicer.util.addVolumeFromArray(np.zeros((12, 48, 40), np.float32), name="aside")
    aside.CopyOrientation(a_flair_volume)
    aside.SetOrigin(*(np.array(a_flair_volume.GetOrigin()) + np.array([6.0, 0, 0])))
    box = drawn_on(aside, where=np.s_[5:8, 10:14, :])
    finetune.add(a_flair_volume, box, "p1")
    assert "of its drawn voxels lie outside the FLAIR and were left out" in finetune.message
    lost = int(finetune.message.partition(" of its drawn")[0].split()[-1])
    kept = float(finetune.cells()[0][3]) * 1000 / 4.8
    assert lost + kept == pytest.approx(3 * 4 * 12, abs=2) and lost > 0 < kept


def test_an_empty_mask_is_asked_about(finetune, library, a_flair_volume, the_answers):
    segmentation = drawn_on(a_flair_volume, where=np.s_[0:0, 0:0, 0:0])
    the_answers.answer(False)
    finetune.add(a_flair_volume, segmentation)
    assert finetune.cells() == [] and finetune.message == "Nothing was added."
    the_answers.answer(True)
    finetune.add(a_flair_volume, segmentation)
    assert finetune.cells()[0][3] == "0.00"


def test_what_makes_no_case_is_said(finetune, library, a_flair_volume, a_segmentation):
    finetune.add(None, None)
    assert "Load a FLAIR volume" in finetune.message
    finetune.add(a_flair_volume, None)
    assert "Choose the segmentation" in finetune.message
    transform = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLLinearTransformNode")
    a_segmentation.SetAndObserveTransformNodeID(transform.GetID())
    finetune.add(a_flair_volume, a_segmentation)
    assert "different transforms" in finetune.message
    assert finetune.cells() == []


def test_a_role_that_cannot_be_is_refused_in_the_engines_words(
    finetune, library, a_flair_volume, a_segmentation
):
    finetune.add(a_flair_volume, a_segmentation, "p1")
    finetune.choose_case(0)
    assert finetune.ui.roleButton.text == "Make it held out"
    finetune.click("roleButton")
    finetune.settle()
    assert finetune.cells()[0][2] == "held out"
    finetune.click("roleButton")
    finetune.settle()
    assert "held out for measuring, and stays so for life" in finetune.message
    assert finetune.cells()[0][2] == "held out"


def test_a_case_is_excluded_removed_and_restored(finetune, library, a_flair_volume, a_segmentation):
    finetune.add(a_flair_volume, a_segmentation, "p1")
    finetune.choose_case(0)
    finetune.click("excludeButton")
    finetune.settle()
    assert finetune.cells()[0][2] == "training,\nexcluded"
    assert finetune.ui.excludeButton.text == "Use again"
    finetune.click("removeButton")
    finetune.settle()
    assert finetune.cells() == []
    finetune.click("trashCheckBox")
    finetune.settle()
    assert finetune.cells()[0][1] == "p1"
    finetune.choose_case(0)
    assert finetune.ui.removeButton.text == "Restore" and not finetune.ui.roleButton.isEnabled()
    finetune.click("removeButton")
    finetune.settle()
    assert finetune.cells() == []
    finetune.click("trashCheckBox")
    finetune.settle()
    assert finetune.cells()[0][1] == "p1"


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


def test_patient_and_note_are_changed_after_adding(
    finetune, library, a_flair_volume, a_segmentation
):
    finetune.add(a_flair_volume, a_segmentation, "p1")
    assert not finetune.ui.changeCaseButton.isEnabled()
    finetune.choose_case(0)
    assert finetune.ui.casePatientEdit.text == "p1"
    finetune.ui.casePatientEdit.setText(" p2 ")
    finetune.ui.caseNoteEdit.setText("second look")
    finetune.click("changeCaseButton")
    finetune.settle()
    assert finetune.cells()[0][1] == "p2" and finetune.cells()[0][6] == "second look"
    assert finetune.ui.casePatientEdit.text == "p2"
    finetune.ui.caseNoteEdit.setText("")
    finetune.click("changeCaseButton")
    finetune.settle()
    assert finetune.cells()[0][6] == ""
    finetune.ui.casePatientEdit.setText("a/b")
    finetune.click("changeCaseButton")
    finetune.settle()
    assert "belongs to a path" in finetune.message and finetune.cells()[0][1] == "p2"


def test_a_new_name_does_not_bring_a_held_out_patient_into_training(
    finetune, library, a_flair_volume, a_segmentation, a_flair_array
):
    finetune.add(a_flair_volume, a_segmentation, "p1", role="held-out")
    other = slicer.util.addVolumeFromArray(a_flair_array + 1, name="other")
    finetune.add(other, drawn_on(other), "p2")
    finetune.choose_case(1)
    finetune.ui.casePatientEdit.setText("P1")
    finetune.click("changeCaseButton")
    finetune.settle()
    assert "stays so for life" in finetune.message and finetune.cells()[1][1] == "p2"
    finetune.choose_case(0)
    finetune.ui.casePatientEdit.setText("p2")
    finetune.click("changeCaseButton")
    finetune.settle()
    assert "has other scans for training" in finetune.message
    finetune.ui.casePatientEdit.setText("p3")
    finetune.click("changeCaseButton")
    finetune.settle()
    finetune.click("roleButton")
    finetune.settle()
    assert [row[1:3] for row in finetune.cells()] == [["p3", "held out"], ["p2", "training"]]
    assert "'p3' is held out for measuring, and stays so for life" in finetune.message


def test_the_trash_is_emptied_after_a_yes_that_knows_what_is_lost(
    finetune, library, a_flair_volume, a_segmentation, the_answers
):
    finetune.add(a_flair_volume, a_segmentation, "p1")
    assert not finetune.ui.emptyTrashButton.isVisible()
    finetune.choose_case(0)
    finetune.click("removeButton")
    finetune.settle()
    finetune.click("trashCheckBox")
    finetune.settle()
    the_answers.answer(False)
    finetune.click("emptyTrashButton")
    finetune.settle()
    asked = the_answers.texts()[-1]
    assert "1 cases" in asked and "cannot be restored" in asked
    assert len(finetune.cells()) == 1
    the_answers.answer(True)
    finetune.click("emptyTrashButton")
    finetune.settle()
    assert finetune.cells() == [] and finetune.message == "Deleted for good: 1 cases."
    assert list((library / "trash").iterdir()) == []
    assert not finetune.ui.emptyTrashButton.isEnabled()


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
