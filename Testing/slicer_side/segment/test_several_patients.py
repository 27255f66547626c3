"""Several patients in one scene: figures, views and masks speak of the scan that is chosen."""

import pytest
import slicer
from slicer_side import started_host  # noqa: F401
from WMHSiameseSegLib.scene.simulated_flair import add_simulated_flair

pytest_plugins = ["slicer_side.panel_fixtures"]


@pytest.fixture
def patients(scripted_panel):
    """Two patients' results; the second one's scan is chosen."""
    return [scripted_panel.segment(add_simulated_flair(name)) for name in ("Ada", "Ben")]


def shown_scans():
    views = slicer.util.getNodesByClass("vtkMRMLSliceCompositeNode")
    return {slicer.mrmlScene.GetNodeByID(view.GetBackgroundVolumeID()) for view in views}


def is_shown(result):
    return bool(result.node.GetDisplayNode().GetVisibility())


def assert_only(panel, result, others):
    panel.settle()
    assert panel.ui.flairSelector.currentNode() is result.flair
    assert panel.result.node is result.node
    assert shown_scans() == {result.flair}
    assert is_shown(result) and not any(map(is_shown, others))
    assert panel.ui.visibleCheckBox.checked


def test_choosing_a_scan_shows_it_with_its_mask_and_no_other(scripted_panel, patients):
    ada, ben = patients
    assert_only(scripted_panel, ben, [ada])
    scripted_panel.choose(ada.flair)
    assert_only(scripted_panel, ada, [ben])


def test_choosing_a_segmentation_chooses_its_scan(scripted_panel, patients):
    ada, ben = patients
    scripted_panel.ui.outputSelector.setCurrentNode(ada.node)
    assert_only(scripted_panel, ada, [ben])
    assert scripted_panel.widget.logic.getParameterNode().flair is ada.flair


def test_a_scan_without_a_result_shows_nobodys_mask(scripted_panel, patients):
    carl = add_simulated_flair("Carl")
    scripted_panel.choose(carl)
    assert shown_scans() == {carl}
    assert not any(map(is_shown, patients))
    assert scripted_panel.figure("volume") == "—"


def test_of_two_results_of_one_scan_the_chosen_one_is_shown(scripted_panel, patients):
    _ada, ben = patients
    scripted_panel.ui.outputSelector.setCurrentNode(None)
    again = scripted_panel.segment(ben.flair)
    assert_only(scripted_panel, again, patients)
    scripted_panel.ui.outputSelector.setCurrentNode(ben.node)
    assert_only(scripted_panel, ben, [again])


def test_pinned_masks_stay_until_the_pin_is_taken_out(scripted_panel, patients):
    ada, ben = patients
    scripted_panel.click("keepOthersCheckBox")
    scripted_panel.choose(ada.flair)
    assert shown_scans() == {ada.flair}
    scripted_panel.choose(ben.flair)
    assert is_shown(ada) and is_shown(ben)
    scripted_panel.click("keepOthersCheckBox")
    assert_only(scripted_panel, ben, [ada])


def test_a_segmentation_of_no_scan_is_left_alone(scripted_panel, patients):
    atlas = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLSegmentationNode", "Atlas")
    atlas.CreateDefaultDisplayNodes()
    atlas.GetSegmentation().AddEmptySegment("", "region")
    scripted_panel.choose(patients[0].flair)
    assert atlas.GetDisplayNode().GetVisibility()


def test_another_patients_overlay_does_not_stay_over_the_scan(scripted_panel, patients):
    ada, ben = patients
    slicer.util.setSliceViewerLayers(foreground=ben.flair, foregroundOpacity=0.5)
    scripted_panel.choose(ada.flair)
    views = slicer.util.getNodesByClass("vtkMRMLSliceCompositeNode")
    assert not any(view.GetForegroundVolumeID() for view in views)


def test_a_mask_drawn_over_another_scan_is_hidden(scripted_panel, patients):
    ada, ben = patients
    drawn = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLSegmentationNode", "Manual")
    drawn.CreateDefaultDisplayNodes()
    drawn.SetReferenceImageGeometryParameterFromVolumeNode(ben.flair)
    drawn.GetSegmentation().AddEmptySegment("", "lesions")
    scripted_panel.choose(ada.flair)
    assert not drawn.GetDisplayNode().GetVisibility()
    scripted_panel.choose(ben.flair)
    assert_only(scripted_panel, ben, [ada])


def test_choosing_a_case_of_the_library_shows_it(scripted_panel, patients):
    ada, ben = patients
    scripted_panel.widget.tabs.setCurrentIndex(1)
    selector = scripted_panel.widget.finetuneUi.caseFlairSelector
    for patient, other in ((ada, ben), (ben, ada)):
        selector.setCurrentNode(patient.flair)
        assert shown_scans() == {patient.flair}
        assert is_shown(patient) and not is_shown(other)
