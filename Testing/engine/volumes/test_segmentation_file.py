"""A mask as ``.seg.nrrd``: the same mask is the same bytes."""

from datetime import datetime

import nrrd
import numpy as np
from wmh_siamese.volumes.segmentation_file import write_segmentation


def test_the_same_mask_is_the_same_bytes_at_any_time(tmp_path, monkeypatch):
    mask = np.random.default_rng(0).random((9, 8, 7)) > 0.7
    affine = np.diag([-1.0, 1.0, 4.0, 1.0])
    written = []
    for year in (1999, 2042):

        class Clock(datetime):
            @classmethod
            def utcnow(cls, year=year):
                return cls(year, 1, 2)

        monkeypatch.setattr("nrrd.writer.datetime", Clock)
        path = tmp_path / f"{year}.seg.nrrd"
        write_segmentation(path, mask, affine, {"note": "# on purpose"})
        written.append(path.read_bytes())
    assert written[0] == written[1]
    assert b"1999" not in written[0].split(b"\n\n")[0]
    read, header = nrrd.read(str(path))
    assert (read == mask).all() and "# on purpose" in header["Segment0_Tags"]


def test_another_mask_is_other_bytes(tmp_path):
    mask = np.zeros((9, 8, 7), bool)
    write_segmentation(tmp_path / "none.seg.nrrd", mask, np.eye(4))
    mask[2, 3, 4] = True
    write_segmentation(tmp_path / "one.seg.nrrd", mask, np.eye(4))
    assert (tmp_path / "none.seg.nrrd").read_bytes() != (tmp_path / "one.seg.nrrd").read_bytes()
