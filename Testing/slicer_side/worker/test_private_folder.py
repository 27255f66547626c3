"""The folder that panel and worker share."""

import os
import subprocess
import sys
import tempfile

import pytest
from slicer_side import started_host  # noqa: F401
from WMHSiameseSegLib.worker import private_folder


@pytest.fixture(autouse=True)
def own_temporary_folder(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


@pytest.fixture
def pid_of_a_dead_process():
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def test_only_its_owner_may_open_it():
    folder = private_folder.make_private_folder()
    if os.name == "posix":
        assert folder.stat().st_mode & 0o777 == 0o700


def test_removing_takes_everything_in_it():
    folder = private_folder.make_private_folder()
    (folder / "flair.npy").write_bytes(b"voxels")
    assert private_folder.remove_folder(folder)
    assert not folder.exists()


def test_the_sweep_takes_what_dead_processes_left_and_nothing_else(
    own_temporary_folder, pid_of_a_dead_process
):
    ours = private_folder.make_private_folder()
    stale = own_temporary_folder / f"WMHSiameseSeg-{pid_of_a_dead_process}-abc"
    stale.mkdir()
    (stale / "flair.npy").write_bytes(b"voxels")
    others = [own_temporary_folder / name for name in ("WMHSiameseSeg-x-abc", "Other-1-abc")]
    for other in others:
        other.mkdir()
    assert private_folder.sweep_stale_folders() == 1
    assert not stale.exists()
    assert ours.exists() and all(other.exists() for other in others)


def test_the_sweep_does_not_follow_links(own_temporary_folder, pid_of_a_dead_process):
    elsewhere = own_temporary_folder / "documents"
    elsewhere.mkdir()
    link = own_temporary_folder / f"WMHSiameseSeg-{pid_of_a_dead_process}-abc"
    link.symlink_to(elsewhere)
    assert private_folder.sweep_stale_folders() == 0
    assert elsewhere.exists()
