"""The exported table: whole or not at all, through links, and nothing beside it."""

import os

import pytest
from slicer_side import started_host  # noqa: F401
from WMHSiameseSegLib.segment.readout_table import export_csv

ROWS = [{"Segment": "WMH", "Volume (ml)": 8.5}]


def test_nothing_lies_beside_the_table(tmp_path):
    export_csv(ROWS, tmp_path / "table.csv")
    assert (tmp_path / "table.csv").read_text("utf-8-sig") == "Segment,Volume (ml)\nWMH,8.5\n"
    assert os.listdir(tmp_path) == ["table.csv"]


@pytest.mark.skipif(os.name == "nt", reason="links need rights there")
def test_a_link_stays_and_its_target_is_replaced(tmp_path):
    (tmp_path / "kept").mkdir()
    (tmp_path / "table.csv").symlink_to(tmp_path / "kept" / "real.csv")
    export_csv(ROWS, tmp_path / "table.csv")
    assert (tmp_path / "table.csv").is_symlink()
    assert os.listdir(tmp_path / "kept") == ["real.csv"]


def test_a_table_that_cannot_be_written_leaves_the_old_one(tmp_path):
    (tmp_path / "table.csv").write_text("old")
    with pytest.raises(UnicodeEncodeError):
        export_csv([{"Segment": "\ud800"}], tmp_path / "table.csv")
    assert (tmp_path / "table.csv").read_text() == "old"
    assert os.listdir(tmp_path) == ["table.csv"]
