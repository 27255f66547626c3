"""Changing the cases of a library: opened, renamed, given a role, excluded, removed, restored."""

import numpy as np
import slicer
from slicer_side.library.drawing import drawn_on, segment
from WMHSiameseSegLib.library.corrected_case import corrected_case, lesion_segment
from WMHSiameseSegLib.scene.voxels import Grid, volume_array, write_mask

pytest_plugins = ["slicer_side.panel_fixtures"]


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
