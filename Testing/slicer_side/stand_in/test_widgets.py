"""A panel's widgets: made from its .ui file, tied to parameters and scene, clicked by a person."""

from __future__ import annotations

import pytest
from slicer_host.clicking import choose, click, type_text
from slicer_host.host import Host


def test_a_panel_is_made_from_its_ui_file(a_sample_panel: object) -> None:
    ui = a_sample_panel.ui
    assert ui.inputsButton.text == "Inputs"
    assert (ui.thresholdSlider.minimum, ui.thresholdSlider.maximum) == (0.0, 1.0)
    assert list(ui.volumeSelector.nodeTypes) == ["vtkMRMLScalarVolumeNode"]
    assert ui.volumeSelector.mrmlScene() is not None
    assert a_sample_panel.calls == ["enter"]


def test_widgets_and_parameters_follow_each_other(
    a_sample_panel: object, a_flair_volume: object
) -> None:
    ui, parameters = a_sample_panel.ui, a_sample_panel.parameters
    assert (ui.thresholdSlider.value, ui.smoothBox.checked) == (0.5, True)
    parameters.threshold = 0.25
    assert ui.thresholdSlider.value == 0.25
    with pytest.raises(ValueError, match="within"):
        parameters.threshold = 2.0
    click(ui.smoothBox)
    assert parameters.smooth is False
    type_text(ui.noteEdit, "left hemisphere")
    assert parameters.note == "left hemisphere"
    assert parameters.volume is None
    choose(ui.volumeSelector, "FLAIR")
    assert parameters.volume is a_flair_volume
    assert parameters.parameterNode.GetParameter("threshold") == "0.25"


def test_node_selectors_follow_the_scene(a_slicer_host: Host) -> None:
    import slicer

    selector, heard = slicer.qMRMLNodeComboBox(), []
    selector.nodeTypes = ["vtkMRMLScalarVolumeNode"]
    selector.showChildNodeTypes = False
    selector.setMRMLScene(slicer.mrmlScene)
    selector.currentNodeChanged.connect(lambda node: heard.append(node and node.GetName()))
    slicer.mrmlScene.AddNewNodeByClass("vtkMRMLLabelMapVolumeNode", "labels")
    assert selector.nodeCount() == 0
    first = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", "first")
    second = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", "second")
    assert selector.currentNode() is first
    selector.setCurrentNode(second)
    slicer.mrmlScene.RemoveNode(second)
    assert heard == ["first", "second", "first"]
    selector.noneEnabled = True
    selector.setCurrentNode(None)
    assert selector.currentNode() is None and selector.currentNodeID == ""
    assert selector.addNode().GetName() == "Volume"
    slicer.mrmlScene.Clear(0)
    assert selector.nodeCount() == 0 and selector.currentNode() is None


def test_disabled_and_hidden_widgets_cannot_be_clicked(a_sample_panel: object) -> None:
    a_sample_panel.ui.applyButton.enabled = False
    with pytest.raises(AssertionError, match="disabled"):
        click(a_sample_panel.ui.applyButton)
    click(a_sample_panel.ui.inputsButton)
    assert a_sample_panel.ui.inputsButton.collapsed
    with pytest.raises(AssertionError, match="hidden"):
        click(a_sample_panel.ui.smoothBox)
