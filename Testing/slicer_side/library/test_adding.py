"""Adding a case: what is shown, resampled, asked and said, and whose patient and note it gets."""

import numpy as np
import pytest
import slicer
from slicer_side.library.drawing import drawn_on, segment
from slicer_side.panel import wait_for
from WMHSiameseSegLib.scene.voxels import Grid, write_mask

pytest_plugins = ["slicer_side.panel_fixtures"]


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
