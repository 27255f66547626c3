"""The bundled generator on a real held-out patient, by clicks; skipped where there is no scan."""

import numpy as np
import pytest
import slicer
from real_data import needs_scans, real_case
from slicer_side.panel import ENGINE

pytest_plugins = ["slicer_side.panel_fixtures"]


@needs_scans
def test_a_click_finds_a_held_out_patients_lesions(engine_panel):
    case = real_case("ms3seg/105465")
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
