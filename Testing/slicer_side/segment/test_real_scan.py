"""The bundled generator on a scan never learnt from, by clicks; skipped where there is none."""

import numpy as np
import pytest
import slicer
from real_data import needs_scans, real_case
from slicer_side.panel import ENGINE

pytest_plugins = ["slicer_side.panel_fixtures"]


@needs_scans
def test_a_click_finds_the_lesions_of_a_patient_never_learnt_from(engine_panel):
    case = real_case("nichart/Subj6")
    truth = slicer.util.arrayFromVolume(slicer.util.loadVolume(str(case.mask))) > 0
    flair = slicer.util.loadVolume(str(case.flair))
    engine_panel.tab.models.open(next((ENGINE / "Resources" / "Models").glob("*.safetensors")))

    result = engine_panel.segment(flair)

    mask = slicer.util.arrayFromSegmentBinaryLabelmap(
        result.node, result.node.GetSegmentation().GetNthSegmentID(0), flair
    )
    found = mask > 0
    overlap = 2 * (found & truth).sum() / (found.sum() + truth.sum())
    assert overlap > 0.5
    millilitres = found.sum() * np.prod(flair.GetSpacing()) / 1000
    assert float(engine_panel.figure("volume").split()[0]) == pytest.approx(millilitres, abs=0.01)
