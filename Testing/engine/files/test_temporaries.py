"""Temporaries say whose they are; those of the dead go, those of anybody else stay."""

import contextlib
import itertools
import os
import random
import signal
import stat
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import pytest
from wmh_siamese.files import running_process, temporaries
from wmh_siamese.files.atomic_file import written_whole
from wmh_siamese.files.running_process import is_running, start_of, this_host
from wmh_siamese.files.temporaries import (
    own_mark,
    remove,
    sweep,
    sweep_once,
    temporary_file,
    temporary_folder,
)
from wmh_siamese.files.workplace import prefix_of, private_folder, workplace

ENGINE = Path(__file__).resolve().parents[3] / "WMHSiameseSeg"
linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a process's start")
posix = pytest.mark.skipif(os.name == "nt", reason="POSIX")

LEAVES_ALL_KINDS = """
import os, signal, sys, tempfile
from pathlib import Path
from wmh_siamese.files.temporaries import temporary_file, temporary_folder
from wmh_siamese.files.workplace import private_folder
place = Path(sys.argv[1])
tempfile.tempdir = str(place)
with temporary_file(place, "mask.nii.gz") as file, temporary_folder(place) as folder:
    for name in (file, folder / "flair.npy", private_folder() / "flair.npy"):
        name.write_bytes(b"scan")
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture
def dead():
    """The number of a process that has ended."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


@pytest.fixture
def running():
    """A process that runs."""
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    yield process
    process.kill()
    process.wait()
    process.stdin.close()


def left_by_a_killed_process(place):
    environment = {**os.environ, "PYTHONPATH": str(ENGINE)}
    program = [sys.executable, "-c", LEAVES_ALL_KINDS, str(place)]
    assert subprocess.run(program, env=environment).returncode == -signal.SIGKILL
    return sorted(os.listdir(place))


@posix
def test_a_killed_process_leaves_private_things_and_the_sweep_takes_them(tmp_path):
    left = left_by_a_killed_process(tmp_path)
    assert [name.split(this_host())[0] for name in left] == [
        ".partial-",
        ".under-way-",
        "WMHSiameseSeg-",
    ]
    for name in left:
        status = (tmp_path / name).stat()
        assert stat.S_IMODE(status.st_mode) == (0o700 if stat.S_ISDIR(status.st_mode) else 0o600)
    assert sweep(tmp_path) == 3 and os.listdir(tmp_path) == []


@posix
@pytest.mark.parametrize("first", ["written_whole", "workplace", "sweep_once"])
def test_whoever_writes_there_first_sweeps(tmp_path, first):
    left_by_a_killed_process(tmp_path)
    if first == "sweep_once":
        sweep_once(tmp_path)
    elif first == "workplace":
        with workplace(tmp_path):
            assert len(os.listdir(tmp_path)) == 1
    else:
        with written_whole(tmp_path / "note") as partial:
            assert os.listdir(tmp_path) == [partial.name]
        os.remove(tmp_path / "note")
    assert os.listdir(tmp_path) == []


def test_a_folder_is_looked_through_once_by_each_process(tmp_path, dead):
    sweep_once(tmp_path)
    later = tmp_path / f"{prefix_of(dead)}abc"
    later.mkdir()
    sweep_once(tmp_path)
    assert later.exists()
    assert sweep(tmp_path) == 1


def test_what_the_living_and_others_made_stays(tmp_path, dead, running):
    host, elsewhere = this_host(), "0" * 16
    names = [
        f".partial-{host}-{running.pid}-{start_of(running.pid)}-abc-mask.nii.gz",
        f".partial-{host}-{os.getpid()}-mask.nii.gz",
        f".under-way-{host}-{running.pid}-abc",
        f".partial-{elsewhere}-{dead}-1-abc",
        f".partial-{dead}-mask.nii.gz",
        f".partial-{host}-{dead}",
        f".partial-{host}-x{dead}-abc",
        f".partial-abc{dead}",
        f"x.partial-{host}-{dead}-1-abc",
        f"partial-{host}-{dead}-1-abc",
        f".under-way-{dead}-abc",
        f"WMHSiameseSeg-{host}-{running.pid}-{start_of(running.pid)}-abc",
        f"WMHSiameseSeg-{running.pid}-abc",
        "WMHSiameseSeg-holiday",
        f".git-{host}-{dead}-1-abc",
    ]
    for name in names:
        (tmp_path / name).write_text("mine")
    with temporary_file(tmp_path, "note") as own:
        assert sweep(tmp_path) == 0
        assert sorted(os.listdir(tmp_path)) == sorted([*names, own.name])


def test_names_of_any_making_are_judged_without_a_fault(dead):
    """Whatever a name is made of, only one that carries this computer and a dead process goes."""
    chance = random.Random(20261201)
    good = f".partial-{this_host()}-{dead}-7-abc-mask.nii.gz"
    swept = kept = 0
    for _ in range(2000):
        letters = list(good)
        for _ in range(chance.randrange(3)):
            at = chance.randrange(len(letters))
            letters[at] = chance.choice("0123456789abcdef-.\n\u0663é /")
        name = "".join(letters)
        head, host, rest = name[:9], name[9:25], name[25:]
        if temporaries.owner_is_dead(name):
            swept += 1
            _, pid, started, *_ = rest.split("-")
            assert head == ".partial-" and host == this_host() and pid.isascii()
            assert not is_running(int(pid)) or int(started) != start_of(int(pid))
        else:
            kept += 1
    assert swept > 500 and kept > 500


@linux
def test_a_number_that_is_another_process_now_is_no_owner(tmp_path, running):
    begins = f"{prefix_of(running.pid)}{start_of(running.pid)}"
    mine, earlier = tmp_path / f"{begins}-abc", tmp_path / f"{begins}1-abc"
    for folder in (mine, earlier):
        folder.mkdir()
    assert sweep(tmp_path) == 1
    assert mine.exists() and not earlier.exists()


@linux
def test_a_process_that_nobody_took_in_has_ended(tmp_path, running):
    left = tmp_path / f"{prefix_of(running.pid)}abc"
    left.mkdir()
    assert is_running(running.pid) and sweep(tmp_path) == 0
    running.kill()
    os.waitid(os.P_PID, running.pid, os.WEXITED | os.WNOWAIT)
    assert not is_running(running.pid)
    assert sweep(tmp_path) == 1


def test_a_system_that_tells_no_start_goes_by_the_number(tmp_path, dead, running, monkeypatch):
    monkeypatch.setattr(running_process, "_told_by_linux", lambda pid: None)
    assert own_mark() == f"{this_host()}-{os.getpid()}-"
    for pid in (dead, running.pid):
        (tmp_path / f".partial-{this_host()}-{pid}-123-abc").write_text("x")
    assert sweep(tmp_path) == 1
    assert [name.split("-")[2] for name in os.listdir(tmp_path)] == [str(running.pid)]


@posix
def test_links_and_what_they_point_to_stay(tmp_path, dead):
    documents = tmp_path / "documents"
    documents.mkdir()
    (documents / "letter").write_text("mine")
    place = tmp_path / "place"
    place.mkdir()
    for number, target in enumerate((documents, documents / "letter", "nowhere")):
        (place / f"{prefix_of(dead)}{number}").symlink_to(target)
    os.mkfifo(place / f"{prefix_of(dead)}pipe")
    assert sweep(place) == 0
    assert len(os.listdir(place)) == 4 and (documents / "letter").read_text() == "mine"


@posix
def test_another_users_leftovers_stay(tmp_path, dead, monkeypatch):
    left = tmp_path / f"{prefix_of(dead)}abc"
    left.mkdir()
    monkeypatch.setattr(os, "getuid", lambda: left.stat().st_uid + 1)
    assert sweep(tmp_path) == 0 and left.exists()


def test_a_place_that_is_not_there_has_nothing_to_sweep(tmp_path):
    assert sweep(tmp_path / "nowhere") == 0


def test_an_end_without_leaving_the_blocks_clears_away_all_that_is_ours(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    kept = private_folder()  # its owner removes it
    with temporary_folder(tmp_path) as folder, temporary_file(tmp_path, "note") as file:
        (folder / "slices").mkdir()
        (folder / "slices" / "a").write_bytes(b"x")
        temporaries.remove_own()
        assert not folder.exists() and not file.exists() and kept.exists()
        folder.mkdir()
    temporaries.remove_own()
    assert os.listdir(tmp_path) == [kept.name]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="fork")
def test_a_forked_child_clears_nothing_of_its_parent_away(tmp_path):
    with temporary_file(tmp_path, "note") as file:
        child = os.fork()
        if child == 0:
            temporaries.remove_own()
            os._exit(0)
        assert os.waitpid(child, 0)[1] == 0
        assert file.exists()


def test_a_thread_that_writes_without_end_does_not_keep_a_folder(tmp_path):
    folder, ended = tmp_path / "WMHSiameseSeg-1-abc", threading.Event()
    folder.mkdir()

    def write():
        with contextlib.suppress(OSError):
            for number in itertools.count():
                (folder / str(number % 1000)).write_bytes(b"scan")
        ended.set()

    threading.Thread(target=write, daemon=True).start()
    while len(os.listdir(folder)) < 500:
        pass
    assert remove(folder)
    assert ended.wait(10) and os.listdir(tmp_path) == []


def test_what_cannot_be_removed_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr(temporaries, "_delete", lambda path: None)
    monkeypatch.setattr(temporaries.time, "sleep", lambda seconds: None)
    assert not remove(tmp_path)
