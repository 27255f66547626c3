"""Two processes at one library, locks left behind, and processes killed at any moment."""

import contextlib
import json
import os
import shutil
import subprocess
import sys
import threading
import time

import numpy as np
import pytest
from engine.library_scans import a_flair, a_mask, manifest_of, names
from wmh_siamese.cases.reading import read_case
from wmh_siamese.errors import WMHError
from wmh_siamese.files.running_process import this_host
from wmh_siamese.library import Library, changing
from wmh_siamese.library import library as library_module
from wmh_siamese.library import lock as library_lock
from wmh_siamese.library.lock import locked

ADDING = """
import sys
sys.path.insert(0, sys.argv[1])
from engine.library_scans import a_flair, a_mask
from wmh_siamese.library import Library

library = Library(sys.argv[2])
print("ready", flush=True)
sys.stdin.readline()
for seed in map(int, sys.argv[3:]):
    print(library.add(a_flair(seed), a_mask(seed), patient=f"P{seed}").case.id, flush=True)
"""

# Children add and update cases and say so; each is killed at a random moment of that.
KILLED = """
import os, random, signal, sys, time
sys.path.insert(0, sys.argv[1])
from engine.library_scans import a_flair, a_mask
from wmh_siamese.cases.reading import read_case
from wmh_siamese.library import Library
from wmh_siamese.library.scan_files import scan_of

chance = random.Random(int(sys.argv[3]))
library = Library.create(sys.argv[2])
began = time.monotonic()
library.add(a_flair(0), a_mask(0))
library.add(a_flair(0), a_mask(1))
often = time.monotonic() - began
said, interrupted, left = {0: 1}, 0, 0
for turn in range(20):
    hear, say = os.pipe()
    child = os.fork()
    if not child:
        os.close(hear)
        for step in range(1000):
            seed = 10 * turn + step // 3
            mask = 3 * turn + step
            os.write(say, f"+{seed} {mask}\\n".encode())
            library.add(a_flair(seed), a_mask(mask))
            os.write(say, f"={seed} {mask}\\n".encode())
    os.close(say)
    time.sleep(chance.uniform(0, 1.5 * often))
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    lines = os.read(hear, 1 << 16).decode().split("\\n")[:-1]
    os.close(hear)
    begun = None
    for line in lines:
        seed, mask = map(int, line[1:].split())
        begun = (seed, mask) if line[0] == "+" else None
        if not begun:
            said[seed] = mask
    interrupted += begun is not None
    left += os.path.exists(os.path.join(sys.argv[2], "library.lock"))
    rows = {row.flair_sha256: row for row in Library.open(sys.argv[2]).cases()}
    for seed, mask in list(said.items()):
        row = rows.pop(scan_of(a_flair(seed), a_mask()).flair_sha256)
        masks = [mask] if not begun or begun[0] != seed else [mask, begun[1]]
        hashes = {scan_of(a_flair(seed), a_mask(m)).mask_sha256: m for m in masks}
        flair, labels = read_case(library.files_of(row))
        assert scan_of(flair, labels.array).flair_sha256 == row.flair_sha256
        assert scan_of(flair, labels.array).mask_sha256 == row.mask_sha256
        said[seed] = hashes[row.mask_sha256]
    if rows:  # what was just being added came whole, or not at all
        ((sha, row),) = rows.items()
        assert sha == scan_of(a_flair(begun[0]), a_mask()).flair_sha256
        flair, labels = read_case(library.files_of(row))
        assert scan_of(flair, labels.array).mask_sha256 == row.mask_sha256
        said[begun[0]] = begun[1]
    ours = {row.id for row in library.cases()}
    assert set(os.listdir(os.path.join(sys.argv[2], "cases"))) == ours
    there = sorted(os.listdir(sys.argv[2]))
    assert there == ["cases", "library.json", "trash"], there
print(interrupted, left, len(library.cases()))
"""


@pytest.fixture
def library(tmp_path):
    return Library.create(tmp_path / "library")


@pytest.fixture
def testing_folder(request):
    return str(request.config.rootpath / "Testing")


def test_two_processes_add_at_once_and_nothing_is_lost(library, testing_folder, engine_environment):
    shares = [range(0, 8), range(4, 12)]  # four scans come from both
    adding = [
        subprocess.Popen(
            [sys.executable, "-c", ADDING, testing_folder, str(library.folder), *map(str, share)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=engine_environment,
        )
        for share in shares
    ]
    for process in adding:
        assert process.stdout.readline() == b"ready\n"
    said = [process.communicate(b"go\n")[0].decode().split() for process in adding]
    assert [process.returncode for process in adding] == [0, 0]
    rows = {row.id: row for row in Library.open(library.folder).cases()}
    assert len(rows) == 12 and {*said[0], *said[1]} == set(rows)
    for ids, share in zip(said, shares, strict=True):
        for case_id, seed in zip(ids, share, strict=True):
            flair, labels = read_case(library.files_of(rows[case_id]))
            np.testing.assert_array_equal(flair.array, a_flair(seed).array)
            np.testing.assert_array_equal(labels.array, a_mask(seed))
    assert sorted(os.listdir(library.folder)) == ["cases", "library.json", "trash"]
    assert set(os.listdir(library.folder / "cases")) == set(rows)


@pytest.mark.skipif(sys.platform == "win32", reason="needs fork")
def test_killed_at_any_moment_it_opens_and_nothing_is_lost(
    tmp_path, testing_folder, engine_environment
):
    seed = str(int.from_bytes(os.urandom(2), "big"))
    done = subprocess.run(
        [sys.executable, "-c", KILLED, testing_folder, str(tmp_path / "library"), seed],
        env=engine_environment,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, f"seed {seed}: {done.stderr}"
    interrupted, _, cases = map(int, done.stdout.split())
    assert interrupted > 10 and cases >= 1


def stop_at(monkeypatch, module, name, at):
    """Let the n-th call of a module's function be the last thing that a process does."""

    class Killed(BaseException):
        pass

    calls = []
    real = getattr(module, name)

    def call(*arguments, **named):
        calls.append(1)
        if len(calls) >= at:
            raise Killed
        return real(*arguments, **named)

    monkeypatch.setattr(module, name, call)
    return Killed


@pytest.mark.parametrize("act", ["remove", "restore", "empty_trash"])
@pytest.mark.parametrize("ends_at", ["write_manifest", "move_case", "rmtree"])
def test_ended_between_the_manifest_and_the_folder_the_folder_follows(
    library, monkeypatch, act, ends_at
):
    row = library.add(a_flair(), a_mask()).case
    other = library.add(a_flair(1), a_mask()).case
    if act != "remove":
        library.remove(row.id)
    module = {"write_manifest": changing, "move_case": library_module, "rmtree": shutil}[ends_at]
    with monkeypatch.context() as patch:
        killed = stop_at(patch, module, ends_at, 1)
        with contextlib.suppress(killed):
            getattr(library, act)(*([] if act == "empty_trash" else [row.id]))
    again = Library.open(library.folder)
    assert again.missing() == []
    in_trash = {case.id for case in again.trash()}
    assert set(os.listdir(library.folder / "trash")) == in_trash
    assert set(os.listdir(library.folder / "cases")) == {case.id for case in again.cases()}
    assert other in again.cases()


def leave_lock(folder, **changes):
    owner = {"token": "t", "pid": os.getpid(), "host": this_host(), "time": time.time(), **changes}
    (folder / "library.lock").write_text(json.dumps(owner))


def dead_process():
    process = subprocess.Popen([sys.executable, "-S", "-c", ""])
    process.wait()
    return process.pid


def test_a_lock_of_a_living_process_is_waited_for_and_then_told(library):
    leave_lock(library.folder)
    waiting = Library(library.folder, wait=0.3)
    began = time.monotonic()
    with pytest.raises(WMHError, match=f"on this computer .process {os.getpid()}, since 20"):
        waiting.add(a_flair(), a_mask())
    assert time.monotonic() - began >= 0.3
    leave_lock(library.folder, host="another")
    with pytest.raises(WMHError, match="on another computer") as caught:
        waiting.add(a_flair(), a_mask())
    assert caught.value.kind == "bad-path"
    assert Library.open(library.folder).cases() == []  # reading needs no lock
    threading.Timer(0.3, (library.folder / "library.lock").unlink).start()
    assert Library(library.folder, wait=30).add(a_flair(), a_mask()).new


@pytest.mark.parametrize("left", ["dead", "old", "old elsewhere"])
def test_a_lock_that_was_left_behind_is_taken_over(library, left):
    changes = {
        "dead": lambda: {"pid": dead_process()},
        "old": lambda: {"time": time.time() - 601},
        "old elsewhere": lambda: {"time": time.time() - 601, "host": "another"},
    }[left]()
    leave_lock(library.folder, **changes)
    began = time.monotonic()
    assert library.add(a_flair(), a_mask()).new
    assert time.monotonic() - began < 5
    assert sorted(os.listdir(library.folder)) == ["cases", "library.json", "trash"]


@pytest.mark.parametrize("content", ["", "{", "[]", '{"pid": "x"}'])
def test_a_lock_that_nobody_signed_is_taken_over_after_a_moment(library, content, monkeypatch):
    monkeypatch.setattr(library_lock, "UNSIGNED_AFTER_SECONDS", 0.2)
    (library.folder / "library.lock").write_text(content)
    began = time.monotonic()
    assert library.add(a_flair(), a_mask()).new
    assert time.monotonic() - began >= 0.2


def test_the_lock_names_neither_computer_nor_user(library):
    with locked(library.folder):
        text = (library.folder / "library.lock").read_text()
    assert set(json.loads(text)) == {"token", "pid", "host", "time"}
    for name in {os.uname().nodename, os.environ.get("USER", ""), str(library.folder)} - {""}:
        assert name not in text


def test_who_lost_the_lock_writes_no_manifest(library, monkeypatch):
    library.add(a_flair(), a_mask())
    before = manifest_of(library.folder)

    def taken_over(*_):
        leave_lock(library.folder, token="another's")
        return real(*_)

    real = library_module.check_role
    monkeypatch.setattr(library_module, "check_role", taken_over)
    with pytest.raises(WMHError, match="took the library over"):
        library.add(a_flair(1), a_mask())
    assert manifest_of(library.folder) == before
    assert json.loads((library.folder / "library.lock").read_text())["token"] == "another's"


def test_many_threads_take_over_one_dead_lock_and_only_one_at_a_time_holds_it(tmp_path):
    (tmp_path / "at work").touch()
    leave_lock(tmp_path, pid=dead_process())
    inside, most, done = [], [], []

    def work():
        for _ in range(5):
            with locked(tmp_path, 30):
                inside.append(1)
                most.append(len(inside))
                time.sleep(0.001)
                inside.pop()
                done.append(1)

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(done) == 30 and max(most) == 1
    assert names(tmp_path) == ["at work"]


def _signed(folder, **changes):
    told = {"token": "t", "pid": os.getpid(), "host": "another", "time": time.time(), **changes}
    lock = folder / library_lock.LOCK_NAME
    lock.write_text(json.dumps(told))
    return lock


@pytest.mark.parametrize("when", [1.8e12, 1e300, -1.0, float("nan"), 4e9])
def test_a_lock_of_an_impossible_time_is_named_and_ages_by_its_file(tmp_path, when):
    folder = Library.create(tmp_path / "library").folder
    lock = _signed(folder, time=when)
    began = time.monotonic()
    with pytest.raises(WMHError, match="is changing the library"), locked(folder, 0.2):
        pass
    assert time.monotonic() - began < 2
    os.utime(lock, (0, time.time() - library_lock.LEFT_AFTER_SECONDS - 60))
    with locked(folder, 0.2):
        pass


def test_a_guard_of_the_future_holds_nobody_up(tmp_path):
    folder = Library.create(tmp_path / "library").folder
    _signed(folder, time=1.0)
    guard = folder / f"{library_lock.LOCK_NAME}.guard"
    guard.touch()
    os.utime(guard, (0, time.time() + 10_000))
    with locked(folder, 1.0):
        pass


def test_a_guard_that_stays_is_waited_for_until_the_deadline(tmp_path, monkeypatch):
    folder = Library.create(tmp_path / "library").folder
    _signed(folder, time=1.0)
    (folder / f"{library_lock.LOCK_NAME}.guard").touch()
    monkeypatch.setattr(library_lock, "UNSIGNED_AFTER_SECONDS", 1e6)
    began = time.monotonic()
    with pytest.raises(WMHError, match="is changing the library"), locked(folder, 0.2):
        pass
    assert time.monotonic() - began < 2
