"""The bundled generator on real scans never learnt from; skipped where there is no such folder."""

import pytest
from real_data import needs_scans, real_case
from wmh_siamese.cases.reading import read_case
from wmh_siamese.cli import main
from wmh_siamese.evaluation.metrics import dice, lesion_recall
from wmh_siamese.models.model_file import bundled_models, read_card
from wmh_siamese.volumes.nifti_file import read_mask

HELD_OUT = read_card(bundled_models()[0]).metrics["held_out"]["nichart"]["cases"]


@needs_scans
@pytest.mark.parametrize("name", list(HELD_OUT)[::8])  # all of them take minutes
def test_the_command_finds_what_the_header_says(name, tmp_path):
    case = real_case(name)
    flair, labels = read_case(case)
    truth = labels.array == 1
    assert main(["segment", str(case.flair), "-o", str(tmp_path / "m.nii.gz"), "-q"]) == 0
    found = read_mask(tmp_path / "m.nii.gz")
    assert found.shape == flair.shape
    assert dice(truth, found.array) == pytest.approx(HELD_OUT[name]["dice"], abs=0.005)
    recall = lesion_recall(truth, found.array)
    assert recall == pytest.approx(HELD_OUT[name]["lesion_recall"], abs=0.05)
