"""A new library."""

import pytest
from wmh_siamese.library import Library


@pytest.fixture
def library(tmp_path):
    return Library.create(tmp_path / "library")
