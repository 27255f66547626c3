"""A run through the panel, and what stands in the scene afterwards."""

import csv
import io

import numpy as np
import pytest
import slicer
import vtk
from scipy import ndimage
from slicer_side.panel import wait_for
from WMHSiameseSegLib.scene.provenance import Provenance
from WMHSiameseSegLib.scene.simulated_flair import add_simulated_flair
from WMHSiameseSegLib.scene.voxels import volume_affine, volume_array

pytest_plugins = ["slicer_side.panel_fixtures"]


@pytest.fixture
def flair():
    return add_simulated_flair()


def expected_probability(flair):
    voxels = volume_array(flair).astype(np.float64)
    return ((voxels - voxels.min()) / (voxels.max() - voxels.min())).astype(np.float32)


def test_a_click_brings_a_segmentation_with_its_figures(scripted_panel, flair):
    result = scripted_panel.segment(flair)
    probability = expected_probability(flair)
    np.testing.assert_array_equal(result.probability, probability)
    mask = probability >= result.threshold
    np.testing.assert_array_equal(result.mask(), mask)
    millilitres = mask.sum() * abs(np.linalg.det(volume_affine(flair)[:3, :3])) / 1000
    assert scripted_panel.figure("volume") == f"{millilitres:.2f}"
    assert scripted_panel.figure("pcd") == f"{100 * mask.mean():.4f}"
    assert scripted_panel.figure("spacing") == "1.50 x 1.50 x 5.00"
    assert scripted_panel.figure("seconds") == "0.2 (cpu)"
    assert scripted_panel.figure("model") == "scripted (cdcdcdcd)"


def test_the_result_is_one_node_in_the_flairs_place(scripted_panel, flair):
    hierarchy = slicer.mrmlScene.GetSubjectHierarchyNode()
    study = hierarchy.CreateStudyItem(hierarchy.GetSceneItemID(), "Study")
    hierarchy.SetItemParent(hierarchy.GetItemByDataNode(flair), study)
    transform = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLLinearTransformNode")
    flair.SetAndObserveTransformNodeID(transform.GetID())
    result = scripted_panel.segment(flair)
    assert len(slicer.util.getNodesByClass("vtkMRMLSegmentationNode")) == 1
    assert result.segment.GetName() == "White matter hyperintensities"
    for node in (result.node, result.probability_node):
        assert node.GetTransformNodeID() == transform.GetID()
        assert hierarchy.GetItemParent(hierarchy.GetItemByDataNode(node)) == study
    role = result.node.GetReferenceImageGeometryReferenceRole()
    assert result.node.GetNodeReference(role) is flair
    entry = slicer.vtkSlicerTerminologyEntry()
    text = vtk.mutable("")
    result.segment.GetTag(result.segment.GetTerminologyEntryTagName(), text)
    assert slicer.modules.terminologies.logic().DeserializeTerminologyEntry(str(text), entry)
    assert entry.GetCategoryObject().GetCodeValue() == "49755003"
    assert entry.GetTypeObject().GetCodeValue() == "52988006"
    assert entry.GetRegionObject().GetCodeValue() == "68523003"


def test_provenance_is_written_on_the_node(scripted_panel, flair):
    provenance = scripted_panel.segment(flair).provenance
    assert provenance.model_sha256 == "cd" * 32
    assert provenance.input_sha256 == "ef" * 32
    assert provenance.recipe == '{"name": "none"}'
    assert provenance.device == "cpu" and provenance.seconds == 0.25
    assert set(provenance.versions) == {"wmh_siamese", "numpy", "slicer"}


def test_the_flair_is_not_touched(scripted_panel, flair):
    before, name = volume_array(flair).copy(), flair.GetName()
    scripted_panel.segment(flair)
    np.testing.assert_array_equal(volume_array(flair), before)
    assert flair.GetName() == name


def test_the_second_run_asks_the_same_worker(scripted_panel, flair):
    scripted_panel.segment(flair)
    first = scripted_panel.widget.worker.pid
    scripted_panel.segment(flair)
    assert scripted_panel.widget.worker.pid == first


def test_nothing_stays_in_the_temporary_folder(scripted_panel, flair, temporary_files):
    scripted_panel.segment(flair)
    assert not temporary_files()


def test_without_a_volume_the_panel_says_so_and_starts_nothing(scripted_panel):
    scripted_panel.choose(None)
    scripted_panel.start()
    assert "Load a FLAIR volume" in scripted_panel.message
    assert scripted_panel.tab.states.idle and not scripted_panel.widget.worker.alive


def test_a_constant_volume_is_refused_before_the_worker_starts(scripted_panel):
    flat = slicer.util.addVolumeFromArray(np.full((5, 6, 7), 3, np.int16), name="FLAIR")
    scripted_panel.choose(flat)
    scripted_panel.start()
    scripted_panel.wait()
    assert "same value" in scripted_panel.message
    assert not scripted_panel.widget.worker.alive


@pytest.mark.parametrize("agreed", [True, False])
def test_doubts_are_asked_about_once_and_can_be_passed(scripted_panel, flair, the_answers, agreed):
    flair.SetName("T1")
    the_answers.answer(agreed)
    scripted_panel.choose(flair)
    scripted_panel.start()
    scripted_panel.wait()
    (question,) = the_answers.asked
    assert "says T1, not FLAIR" in question.text
    assert (scripted_panel.result is not None) is agreed


def test_nan_voxels_are_asked_about_then_sent_as_they_are(scripted_panel, the_answers):
    voxels = np.random.default_rng(0).normal(100, 30, (8, 9, 10)).astype(np.float32)
    voxels[2, 2, 2] = np.nan
    volume = slicer.util.addVolumeFromArray(voxels, name="FLAIR")
    the_answers.answer(True)
    scripted_panel.segment(volume)
    assert "1 of 720 voxels are NaN" in the_answers.asked[0].text


def test_progress_and_log_are_shown(scripted_panel, flair):
    scripted_panel.use_scripted_worker("slow")
    scripted_panel.choose(flair)
    scripted_panel.start()
    scripted_panel.wait_until_running()
    wait_for(lambda: "left" in scripted_panel.ui.progressBar.format)
    assert scripted_panel.ui.progressBar.format.startswith("Network ")
    assert scripted_panel.ui.progressBar.visible
    assert "scripted worker is there" in scripted_panel.log
    scripted_panel.start()
    scripted_panel.wait()
    assert not scripted_panel.ui.progressBar.visible


def test_why_the_graphics_card_is_not_used_is_said_once(scripted_panel, flair):
    scripted_panel.use_scripted_worker("on-the-cpu")
    scripted_panel.segment(flair)
    assert "driver is too old" in scripted_panel.message
    assert "builds that do not fit together" in scripted_panel.log
    assert "torchvision" not in scripted_panel.message
    scripted_panel.segment(flair)
    assert scripted_panel.message == ""


def test_choices_are_locked_while_a_run_goes_on(scripted_panel, flair):
    scripted_panel.use_scripted_worker("slow")
    scripted_panel.choose(flair)
    scripted_panel.start()
    assert scripted_panel.ui.segmentButton.text == "Cancel"
    assert not scripted_panel.ui.flairSelector.enabled
    scripted_panel.wait_until_running()
    scripted_panel.start()
    scripted_panel.wait()
    assert scripted_panel.ui.segmentButton.text == "Segment"
    assert scripted_panel.ui.flairSelector.enabled


def test_a_second_run_replaces(scripted_panel, flair):
    first = scripted_panel.segment(flair)
    second = scripted_panel.segment(flair)
    assert second.node is first.node
    assert second.node.GetSegmentation().GetNumberOfSegments() == 1
    assert second.table.GetNumberOfRows() == 1
    assert len(slicer.util.getNodesByClass("vtkMRMLSegmentationNode")) == 1
    probabilities = [
        n for n in slicer.util.getNodesByClass("vtkMRMLScalarVolumeNode") if n is not flair
    ]
    assert len(probabilities) == 1


def test_a_second_run_adds_where_asked(scripted_panel, flair):
    first = scripted_panel.segment(flair)
    earlier_id, earlier_mask = first.segment_id, first.mask()
    scripted_panel.move("thresholdSlider", 0.3)
    scripted_panel.move("thresholdSlider", 0.5)
    scripted_panel.click("keepEarlierCheckBox")
    second = scripted_panel.segment(flair)
    scripted_panel.move("thresholdSlider", 0.2)
    assert second.node.GetSegmentation().GetNumberOfSegments() == 2
    assert second.segment.GetName() == "White matter hyperintensities 2"
    second.node.GetSegmentation()
    from WMHSiameseSegLib.scene.voxels import read_mask

    kept = read_mask(second.node, earlier_id, second.grid, second.probability_node)
    np.testing.assert_array_equal(kept, earlier_mask)
    assert second.table.GetNumberOfRows() == 2


def test_another_flair_gets_another_segmentation(scripted_panel, flair):
    first = scripted_panel.segment(flair)
    other = add_simulated_flair("other FLAIR")
    second = scripted_panel.segment(other)
    assert second.node is not first.node
    scripted_panel.choose(flair)
    assert scripted_panel.result.node is first.node


def test_the_sliders_keep_to_what_the_model_asks_of_a_lesion(scripted_panel, flair):
    result = scripted_panel.segment(flair)
    result.node.SetAttribute("WMHSiameseSeg.Recipe", '{"name": "certain", "certainty": 0.99}')
    for threshold in (0.6, 0.8):
        scripted_panel.move("thresholdSlider", threshold)
        labels, count = ndimage.label(result.probability >= threshold, np.ones((3, 3, 3)))
        highest = ndimage.maximum(result.probability, labels, np.arange(1, count + 1))
        certain = 1 + np.flatnonzero(highest >= threshold + 0.99 * (1 - threshold))
        assert 0 < len(certain) < count
        np.testing.assert_array_equal(result.mask(), np.isin(labels, certain))
        assert scripted_panel.figure("lesion") == str(len(certain))


@pytest.mark.parametrize(
    ("recipe", "certainty"),
    [
        ({"certainty": 0.5}, 0.5),
        ({"name": "paper"}, 0.0),
        ({"certainty": "half"}, 0.0),
        ({"certainty": float("nan")}, 0.0),
        ({"certainty": 1}, 0.0),
        ("no JSON", 0.0),
        ("[1]", 0.0),
        (None, 0.0),
    ],
)
def test_a_recipe_that_asks_nothing_of_a_lesion_leaves_the_threshold_alone(recipe, certainty):
    assert Provenance.of_run({"model": {"recipe": recipe}}).certainty == certainty


def test_the_sliders_cut_the_kept_probability_without_a_run(scripted_panel, flair):
    result = scripted_panel.segment(flair)
    scripted_panel.widget.worker.end()
    probability = result.probability.copy()
    scripted_panel.move("thresholdSlider", 0.8)
    np.testing.assert_array_equal(result.mask(), probability >= 0.8)
    lesions = scripted_panel.figure("lesion")
    scripted_panel.move("minVolumeSlider", 150.0)
    assert int(scripted_panel.figure("lesion")) < int(lesions)
    assert result.threshold == 0.8 and result.min_volume_mm3 == 150.0
    assert not scripted_panel.widget.worker.alive


def test_an_empty_mask_reads_zero(scripted_panel, flair):
    result = scripted_panel.segment(flair)
    result.probability[:] = 0.1
    scripted_panel.tab.results.follow(result.node)
    scripted_panel.move("thresholdSlider", 0.9)
    assert scripted_panel.figure("volume") == "0.00"
    assert scripted_panel.figure("pcd") == "0.0000"
    assert scripted_panel.figure("lesion") == "0"
    scripted_panel.move("thresholdSlider", 0.05)
    assert float(scripted_panel.figure("pcd")) == 100.0


def test_copy_and_export_carry_the_same_figures(scripted_panel, flair, the_answers, tmp_path):
    scripted_panel.segment(flair)
    scripted_panel.click("copyButton")
    copied = list(csv.DictReader(io.StringIO(slicer.app.clipboard().text()), delimiter="\t"))
    folder = tmp_path / "exports"
    folder.mkdir()
    the_answers.choose(folder / "wmh.csv")
    scripted_panel.click("exportButton")
    text = (folder / "wmh.csv").read_text(encoding="utf-8-sig")
    (exported,) = csv.DictReader(io.StringIO(text))
    assert copied == [exported]
    assert f"{float(exported['Volume (ml)']):.2f}" == scripted_panel.figure("volume")
    assert exported["FLAIR"] == "Simulated FLAIR" and exported["Edited"] == "no"
    assert [path.name for path in folder.iterdir()] == ["wmh.csv"]


def test_an_export_that_cannot_be_written_is_said(scripted_panel, flair, the_answers, tmp_path):
    scripted_panel.segment(flair)
    the_answers.choose(tmp_path / "no such folder" / "wmh.csv")
    scripted_panel.click("exportButton")
    assert "does not exist" in the_answers.texts()[-1]


def test_visibility_and_opacity_follow_both_ways(scripted_panel, flair):
    display = scripted_panel.segment(flair).node.GetDisplayNode()
    scripted_panel.click("visibleCheckBox")
    assert not display.GetVisibility()
    scripted_panel.ui.opacitySlider.setValue(0.4)
    assert display.GetOpacity() == pytest.approx(0.4)
    display.SetVisibility(True)
    display.SetOpacity(0.8)
    assert scripted_panel.ui.visibleCheckBox.checked
    assert scripted_panel.ui.opacitySlider.value == pytest.approx(0.8)


def test_the_segment_editor_opens_on_the_right_things(scripted_panel, flair):
    result = scripted_panel.segment(flair)
    scripted_panel.click("editButton")
    editor = slicer.util.getModuleWidget("SegmentEditor").editor
    assert slicer.util.selectedModule() == "SegmentEditor"
    assert editor.segmentationNode() is result.node
    assert editor.sourceVolumeNode() is flair
    assert editor.currentSegmentID() == result.segment_id


def test_a_broken_model_file_is_said(scripted_panel, flair, tmp_path, the_answers):
    broken = tmp_path / "broken.safetensors"
    broken.write_bytes(b"not a model")
    the_answers.choose(broken)
    scripted_panel.click("openModelButton")
    scripted_panel.choose(flair)
    scripted_panel.start()
    assert "broken.safetensors cannot be used as a model" in scripted_panel.message
    assert scripted_panel.tab.states.idle


def test_a_scene_without_torch_asks_before_anything(
    scripted_panel, flair, monkeypatch, the_answers
):
    installation = scripted_panel.widget.installation
    monkeypatch.setattr(installation, "_version_of", lambda name: None)
    scripted_panel.choose(flair)
    scripted_panel.start()
    assert "Not installed: torch>=2.6" in scripted_panel.message
    assert not scripted_panel.widget.worker.alive
