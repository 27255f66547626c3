"""A file appears whole or not at all: faults, a full disk and kill -9."""

import errno
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from wmh_siamese.errors import WMHError
from wmh_siamese.files.atomic_file import written_whole

ENGINE = Path(__file__).resolve().parents[3] / "WMHSiameseSeg"


def test_the_file_takes_its_place_only_at_the_end(tmp_path):
    path = tmp_path / "mask.nii.gz"
    path.write_text("old")
    with written_whole(path) as partial:
        assert partial.parent == tmp_path and partial.name.endswith("mask.nii.gz")
        partial.write_text("new")
        assert path.read_text() == "old"
    assert path.read_text() == "new"
    assert os.listdir(tmp_path) == ["mask.nii.gz"]


@pytest.mark.parametrize("fault", [ValueError, KeyboardInterrupt, SystemExit])
def test_a_fault_leaves_the_old_file_and_nothing_else(tmp_path, fault):
    (tmp_path / "note").write_text("old")
    with pytest.raises(fault), written_whole(tmp_path / "note") as partial:
        partial.write_text("half")
        raise fault
    assert (tmp_path / "note").read_text() == "old"
    assert os.listdir(tmp_path) == ["note"]


def test_a_disk_that_fills_up_at_the_flush_leaves_nothing(tmp_path, monkeypatch):
    def full(descriptor):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"), written_whole(tmp_path / "note") as partial:
        partial.write_text("all of it")
    assert os.listdir(tmp_path) == []


def test_a_writer_that_removed_its_file_is_a_fault(tmp_path):
    with pytest.raises(FileNotFoundError), written_whole(tmp_path / "note") as partial:
        partial.unlink()
    assert os.listdir(tmp_path) == []


def test_a_folder_that_is_not_there_is_a_fault(tmp_path):
    with pytest.raises(FileNotFoundError), written_whole(tmp_path / "nowhere" / "note"):
        pass


def test_a_long_name_is_no_fault(tmp_path):
    path = tmp_path / ("x" * 240 + ".nii.gz")
    with written_whole(str(path)) as partial:
        partial.write_text("new")
    assert path.read_text() == "new"


@pytest.mark.skipif(os.name == "nt", reason="Windows has no permission bits")
def test_nobody_else_reads_a_part_written_file(tmp_path):
    with written_whole(tmp_path / "note") as partial:
        assert partial.stat().st_mode & 0o777 == 0o600


@pytest.mark.skipif(os.name == "nt", reason="Windows has no permission bits")
def test_nobody_else_reads_files_that_are_to_appear_together(tmp_path):
    with written_whole(tmp_path / "note") as outer:
        with written_whole(outer) as inner:
            inner.write_text("new")
        assert outer.read_text() == "new" and outer.stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "note").stat().st_mode & 0o777 == 0o666 & ~_umask()


def _umask():
    mask = os.umask(0)
    os.umask(mask)
    return mask


@pytest.mark.skipif(os.name == "nt", reason="Windows has no permission bits")
@pytest.mark.parametrize("mask", [0o022, 0o077])
def test_permissions_are_those_of_an_ordinary_new_file(tmp_path, mask):
    before = os.umask(mask)
    try:
        with written_whole(tmp_path / "note") as partial:
            partial.write_text("new")
        assert os.umask(mask) == mask
    finally:
        os.umask(before)
    assert (tmp_path / "note").stat().st_mode & 0o777 == 0o666 & ~mask


@pytest.mark.skipif(os.name == "nt", reason="links need rights there")
@pytest.mark.parametrize("there", [True, False])
def test_a_link_stays_and_its_target_is_replaced(tmp_path, there):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    target, link = elsewhere / "kept.bin", tmp_path / "mask.nii.gz"
    if there:
        target.write_text("old")
    (tmp_path / "between").symlink_to(target)
    link.symlink_to("between")
    with written_whole(link) as partial:
        assert partial.parent == elsewhere and partial.name.endswith("mask.nii.gz")
        partial.write_text("new")
    assert link.is_symlink() and os.readlink(link) == "between"
    assert target.read_text() == "new" and not target.is_symlink()
    assert os.listdir(elsewhere) == ["kept.bin"]


@pytest.mark.skipif(os.name == "nt", reason="POSIX")
def test_a_pipe_or_device_is_never_replaced(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    refused = pytest.raises(WMHError, match="no file that could be replaced")
    with refused as caught, written_whole(tmp_path / "pipe"):
        pass
    assert caught.value.kind == "bad-path" and str(tmp_path / "pipe") in caught.value.sentence
    assert os.listdir(tmp_path) == ["pipe"]


def test_a_disk_that_refuses_rights_takes_the_file_all_the_same(tmp_path, monkeypatch):
    def refuse(path, mode, **more):
        raise PermissionError(errno.EPERM, "Operation not permitted", str(path))

    monkeypatch.setattr(os, "chmod", refuse)
    with written_whole(tmp_path / "note") as partial:
        partial.write_text("new")
    assert (tmp_path / "note").read_text() == "new"


@pytest.mark.skipif(os.name == "nt", reason="needs SIGKILL")
def test_a_kill_at_any_moment_leaves_a_whole_file(tmp_path):
    path = tmp_path / "note"
    program = (
        "import sys\nfrom wmh_siamese.files.atomic_file import written_whole\n"
        "for n in range(10**9):\n"
        "    with written_whole(sys.argv[1]) as partial:\n"
        "        partial.write_bytes(bytes([n % 256]) * 1_000_000)\n"
    )
    for delay in (0.0, 0.003, 0.01, 0.03):
        path.unlink(missing_ok=True)
        writer = subprocess.Popen(
            [sys.executable, "-c", program, path], env={**os.environ, "PYTHONPATH": str(ENGINE)}
        )
        patience = time.monotonic() + 30
        while not path.exists() and time.monotonic() < patience:
            time.sleep(0.001)
        time.sleep(delay)
        writer.send_signal(signal.SIGKILL)
        writer.wait()
        content = path.read_bytes()
        assert len(content) == 1_000_000 and len(set(content)) == 1
