"""What a file is that does not hold what its name says."""

from __future__ import annotations

from pathlib import Path

from wmh_siamese.errors import WMHError

GZIP = b"\x1f\x8b"
HEADER_SIZES = tuple(size.to_bytes(4, order) for size in (348, 540) for order in ("little", "big"))


def check_undisguised(path: Path) -> None:
    """Refuse a file whose first bytes belong to another kind than its name (``bad-volume``)."""
    with path.open("rb") as file:
        begin = file.read(512)
    name, compressed = path.name, path.name.lower().endswith(".gz")
    text = begin.lstrip().lower()
    if begin.startswith(GZIP) and not compressed:
        raise _bad(f"{name} is a gzip file with the name of one that is not.", "Add .gz to it.")
    if compressed and begin.startswith(HEADER_SIZES):
        raise _bad(f"{name} is not compressed, although its name ends with .gz.", "Take .gz off.")
    if begin.startswith(b"version https://git-lfs"):
        raise _bad(f"{name} is a Git LFS pointer, not the file itself.", "Run git lfs pull.")
    if text.startswith((b"<!doctype", b"<html", b"<?xml")):
        raise _bad(f"{name} is a web page, not a scan.", "Download the scan again.")
    if begin.startswith(b"PK\x03\x04"):
        raise _bad(f"{name} is a zip file.", "Unpack it first.")


def _bad(sentence: str, way_out: str) -> WMHError:
    return WMHError("bad-volume", sentence, way_out)
