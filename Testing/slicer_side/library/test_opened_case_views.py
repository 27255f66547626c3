"""A case of the library that is opened is what the views show, with its mask and no other."""

import slicer

pytest_plugins = ["slicer_side.panel_fixtures"]


def test_an_opened_case_hides_what_was_shown(finetune, library, a_flair_volume, a_segmentation):
    finetune.add(a_flair_volume, a_segmentation, "p1")
    assert a_segmentation.GetDisplayNode().GetVisibility()
    finetune.choose_case(0)
    finetune.click("openCaseButton")
    views = slicer.util.getNodesByClass("vtkMRMLSliceCompositeNode")
    case, mask = finetune.library.choice.flair, finetune.library.choice.segmentation
    assert mask is not a_segmentation
    assert {view.GetBackgroundVolumeID() for view in views} == {case.GetID()}
    assert mask.GetDisplayNode().GetVisibility()
    assert not a_segmentation.GetDisplayNode().GetVisibility()
    finetune.ui.caseFlairSelector.setCurrentNode(a_flair_volume)
    finetune.ui.caseSegmentationSelector.setCurrentNode(a_segmentation)
    assert {view.GetBackgroundVolumeID() for view in views} == {a_flair_volume.GetID()}
    assert a_segmentation.GetDisplayNode().GetVisibility()
    assert not mask.GetDisplayNode().GetVisibility()
