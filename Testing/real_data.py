"""Real scans and ImageNet weights, which the repository does not hold: where tests look for them.

WMH_DATA names a folder of scans with its ``cases.csv``, WMH_VGG a file of VGG19 weights. Where they
are not set, a folder ``shared`` beside the checkout is looked into.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from wmh_siamese.cases.case import Case
from wmh_siamese.cases.finding import read_case_table

_SHARED = Path(__file__).resolve().parents[2] / "shared"
SCANS = Path(os.environ.get("WMH_DATA") or _SHARED / "data")
_TABLE = SCANS / "cases.csv"
_WEIGHTS = "weights/vgg19_imagenet_caffe_conv1_1-conv2_2.npz"
VGG = Path(os.environ.get("WMH_VGG") or _SHARED / _WEIGHTS)

needs_scans = pytest.mark.skipif(
    not _TABLE.is_file(), reason="no real scans: name a folder with cases.csv by WMH_DATA"
)
needs_vgg = pytest.mark.skipif(
    not VGG.is_file(), reason="no ImageNet weights: name a file of them by WMH_VGG"
)


def real_case(name: str) -> Case:
    """A case of the table, as ``cohort/case``; the test is skipped where the table has none."""
    for case in read_case_table(_TABLE):
        if case.id == name:
            return case
    pytest.skip(f"{_TABLE} has no case {name}")
