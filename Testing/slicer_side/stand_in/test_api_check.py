"""Sources and .ui files are held against the record of the real application."""

from __future__ import annotations

import textwrap
from pathlib import Path

from slicer_host.api_check import check_sources, check_ui
from slicer_host.host import Host

MODULE = Path(__file__).parents[3] / "WMHSiameseSeg"


def test_sources_are_held_against_the_record(a_slicer_host: Host, tmp_path: Path) -> None:
    import slicer

    source = tmp_path / "panel.py"
    source.write_text(
        textwrap.dedent("""
        import qt, slicer
        qt.QLabel("fine"); qt.QFontDatabase(); qt.QProcess.Runing
        slicer.util.loadUI("x"); slicer.util.loadUi("x"); slicer.app.foo
        slicer.util.getNode(name="FLAIR"); slicer.vtkMRMLNothing
        button.connect("clickd()", None); button.connect("clicked()", None)
    """),
        encoding="utf-8",
    )
    found = {finding.name for finding in check_sources([source], slicer)}
    assert found == {
        "qt.QFontDatabase",
        "qt.QProcess.Runing",
        "slicer.util.loadUi",
        "slicer.app.foo",
        "slicer.util.getNode(name=…)",
        "slicer.vtkMRMLNothing",
        'connect("clickd()")',
    }


def test_the_module_uses_only_what_slicer_has(a_slicer_host: Host) -> None:
    import slicer

    sources = [MODULE / "WMHSiameseSeg.py", *(MODULE / "WMHSiameseSegLib").rglob("*.py")]
    assert [str(finding) for finding in check_sources(sources, slicer)] == []
    assert [str(finding) for finding in check_ui((MODULE / "Resources/UI").glob("*.ui"))] == []
