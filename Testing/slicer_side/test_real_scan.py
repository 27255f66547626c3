"""The bundled generator on a real held-out patient, by clicks; skipped where there is no scan."""

import csv
import os
from pathlib import Path

import numpy as np
import pytest
import slicer
from slicer_side.panel import ENGINE

pytest_plugins = ["slicer_side.panel_fixtures"]

DATA = Path(os.environ.get("WMH_DATA") or Path(__file__).parents[3] / "shared" / "data")
TABLE = DATA / "cases.csv"
CASE = ("ms3seg", "105465")


@pytest.mark.skipif(not TABLE.is_file(), reason="no folder of real scans, name one with WMH_DATA")
def test_a_click_finds_a_held_out_patients_lesions(engine_panel):
    with TABLE.open(newline="") as file:
        row = next(r for r in csv.DictReader(file) if (r["cohort"], r["case"]) == CASE)
    truth = slicer.util.arrayFromVolume(slicer.util.loadVolume(str(DATA / row["mask"]))) > 0
    flair = slicer.util.loadVolume(str(DATA / row["flair"]))
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
