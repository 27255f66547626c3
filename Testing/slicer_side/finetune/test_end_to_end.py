"""From two corrected scans to a kept model, with the engine's own workers and no network."""

import shutil

import numpy as np
import slicer
from slicer_side import started_host  # noqa: F401
from wmh_siamese.models.model_file import read_card
from WMHSiameseSegLib.models.user_models import default_model, user_models_folder
from WMHSiameseSegLib.scene.simulated_flair import add_simulated_flair
from WMHSiameseSegLib.scene.voxels import Grid, volume_array, write_mask

pytest_plugins = ["slicer_side.panel_fixtures"]


def corrected(name, seed):
    """A simulated scan with noise of its own, and its bright voxels as a mask."""
    flair = add_simulated_flair(name)
    voxels = slicer.util.arrayFromVolume(flair)
    noise = np.random.default_rng(seed).integers(0, 9, voxels.shape)
    slicer.util.updateVolumeFromArray(flair, (voxels + noise).astype(voxels.dtype))
    node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLSegmentationNode", f"{name} mask")
    node.SetReferenceImageGeometryParameterFromVolumeNode(flair)
    identity = node.GetSegmentation().AddEmptySegment("", "lesions")
    write_mask(node, identity, volume_array(flair) > 400, Grid.of(flair))
    return flair, node


def test_two_scans_become_a_model_that_is_kept(
    without_network, finetune, library, model_file, monkeypatch
):
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    finetune.add(*corrected("FLAIR 1", 1), patient="p1")
    finetune.add(*corrected("FLAIR 2", 2), patient="p2", role="held-out")
    user_models_folder().mkdir(parents=True, exist_ok=True)
    shutil.copyfile(model_file, user_models_folder() / "tiny.safetensors")
    finetune.tab.shown()
    finetune.settle()
    finetune.ui.baseSelector.setCurrentIndex(1)
    finetune.ui.epochsSpin.setValue(2)
    finetune.ui.batchesSpin.setValue(2)
    finetune.ui.batchSizeSpin.setValue(4)
    finetune.ui.trainingDeviceSelector.setCurrentIndex(1)
    finetune.train("corrected here")
    finetune.wait_for_training(180)
    assert "was kept" in finetune.training_message, finetune.training_message
    assert finetune.cells("comparisonTable")[7][0] == "p2"
    assert "1 held-out patient" in finetune.ui.comparisonSentence.text
    assert [p.epoch for p in finetune.tab.training.curve.curve.points] == [0, 1, 2]
    finetune.click("keepButton")
    assert default_model() == "corrected-here.safetensors"
    training = read_card(user_models_folder() / default_model()).training
    assert "bundled/simulated" in training["cases"] and training["base_share"] == 0.5
    finetune.settle()
    names = {row[0]: row[1] for row in finetune.cells("modelTable")}
    assert names["corrected here"] == "tiny"
    assert not list(user_models_folder().glob(".under-way-*"))
    finetune.choose_case(0)
    finetune.click("roleButton")
    finetune.settle()
    assert "has trained a model already" in finetune.message
