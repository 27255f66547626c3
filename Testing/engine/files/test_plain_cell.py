"""What a spreadsheet would compute is written as text."""

import pytest
from wmh_siamese.files.plain_cell import plain_cell


@pytest.mark.parametrize("text", ["=1+1", "+41", "-x", "@here", "\t=1", "\r=1"])
def test_a_formula_becomes_text(text):
    assert plain_cell(text) == "'" + text


@pytest.mark.parametrize("value", ["scan 1", "a=b", "", -3.5, 0, None])
def test_everything_else_stays(value):
    assert plain_cell(value) is value
