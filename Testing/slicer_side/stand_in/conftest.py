"""Fixtures of the stand-in's own tests: the sample module, written and shown."""

from __future__ import annotations

from pathlib import Path

import pytest
from slicer_host.host import Host
from slicer_side.stand_in.sample_module import SAMPLE_MODULE, SAMPLE_UI


@pytest.fixture
def a_sample_file(tmp_path: Path) -> Path:
    """The file of the sample module, its .ui beside it."""
    (tmp_path / "Resources" / "UI").mkdir(parents=True)
    (tmp_path / "Resources" / "UI" / "Sample.ui").write_text(SAMPLE_UI, encoding="utf-8")
    (tmp_path / "Sample.py").write_text(SAMPLE_MODULE, encoding="utf-8")
    return tmp_path / "Sample.py"


@pytest.fixture
def a_sample_panel(a_slicer_host: Host, a_sample_file: Path) -> object:
    """The panel of the sample module, shown."""
    a_slicer_host.load_module(a_sample_file)
    return a_slicer_host.select("Sample")
