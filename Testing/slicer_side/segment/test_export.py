"""The CSV file is the one that was chosen, with its suffix; errors name it."""

import csv

import pytest
from slicer_side import started_host  # noqa: F401
from WMHSiameseSegLib.scene.simulated_flair import add_simulated_flair

pytest_plugins = ["slicer_side.panel_fixtures"]


@pytest.fixture
def export(scripted_panel, the_answers):
    scripted_panel.segment(add_simulated_flair())

    def choose(path):
        the_answers.choose(path)
        scripted_panel.click("exportButton")

    return choose


def rows_of(path):
    return list(csv.DictReader(path.read_text(encoding="utf-8-sig").splitlines()))


@pytest.mark.parametrize(
    ("chosen", "written"),
    [("wmh", "wmh.csv"), ("wmh.CSV", "wmh.CSV"), ("2026.03.01", "2026.03.01.csv")],
)
def test_a_name_without_the_suffix_gets_it(export, tmp_path, chosen, written):
    folder = tmp_path / "exports"
    folder.mkdir()
    export(folder / chosen)
    assert [path.name for path in folder.iterdir()] == [written]
    assert len(rows_of(folder / written)) == 1


@pytest.mark.parametrize("agreed", [True, False])
def test_a_file_nobody_chose_is_replaced_only_after_asking(export, tmp_path, the_answers, agreed):
    there = tmp_path / "wmh.csv"
    there.write_text("other figures\n1\n")
    the_answers.answer(agreed)
    export(tmp_path / "wmh")
    assert "wmh.csv" in the_answers.texts()[-1]
    assert ("other figures" not in there.read_text(encoding="utf-8-sig")) is agreed


def test_an_error_names_the_chosen_file(export, tmp_path, the_answers):
    chosen = tmp_path / "taken.csv"
    chosen.mkdir()
    export(chosen)
    said = the_answers.texts()[-1]
    assert "taken.csv" in said
    assert "partial" not in said and ".under-way" not in said and "WMHSiameseSeg-" not in said
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]
