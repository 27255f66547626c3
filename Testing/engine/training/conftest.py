"""Small simulated cases, and a whole training on them."""

import pytest
from engine.tiny_training import run, simulated_cases


@pytest.fixture(scope="module")
def cases(tmp_path_factory):
    return simulated_cases(tmp_path_factory.mktemp("cases"))


@pytest.fixture(scope="module")
def whole_run(cases, tmp_path_factory):
    """The folder of an uninterrupted training of two epochs."""
    folder = tmp_path_factory.mktemp("whole") / "made by training"
    run(cases, folder)
    return folder
