"""kill -9 at any moment: no half file under a final name, the next run works, nothing is left.

``make kills`` kills each of them 50 times, or as often as ``WMH_KILLS`` says, and tells what the
kills left behind for the next run; the suite kills each a few times. ``WMH_KILL_SEED`` chooses
other moments.
"""

import csv
import json
import os
import random
import signal
import stat
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import numpy as np
import psutil
import pytest
from engine.library_scans import a_flair, a_mask
from engine.tiny_training import simulated_cases
from wmh_siamese.files.hashes import file_sha256
from wmh_siamese.files.temporaries import PARTIAL_PREFIX, PRIVATE_PREFIX, WORKPLACE_PREFIX
from wmh_siamese.library.library import Library
from wmh_siamese.models.model_file import load_model
from wmh_siamese.training.checkpoint import epochs_done

KILLS = int(os.environ.get("WMH_KILLS", "3"))
TESTING = Path(__file__).parents[1]
TEMPORARY = (PARTIAL_PREFIX, WORKPLACE_PREFIX, PRIVATE_PREFIX)

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="forks and kills"),
    pytest.mark.timeout(120 + 20 * KILLS),
]


class Nursery:
    """Runs jobs in processes that can be killed; their temporary files lie in a folder apart."""

    def __init__(self, temporary):
        paths = os.pathsep.join((str(TESTING.parent / "WMHSiameseSeg"), str(TESTING)))
        variables = {"PYTHONPATH": paths, "TMPDIR": str(temporary), "OMP_NUM_THREADS": "1"}
        variables["TORCHINDUCTOR_CACHE_DIR"] = str(temporary)  # torch is not imported by the jobs
        self.temporary = temporary
        self.process = subprocess.Popen(
            [sys.executable, "-m", "kills.nursery"],
            env={**os.environ, **variables},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._number()

    def run(self, job):
        """Run a job to its end; how long it took."""
        began = time.monotonic()
        self._start(job)
        assert self._number() == 0
        return time.monotonic() - began

    def run_and_kill(self, job, seconds, victims):
        """Kill a job after some seconds; whether that came before its end.

        Args:
            job: its name and arguments.
            seconds: to wait.
            victims: which of its processes, the parent first, are killed.
        """
        parent = psutil.Process(self._start(job))
        time.sleep(seconds)
        try:
            everybody = [parent, *parent.children(recursive=True)]
        except psutil.NoSuchProcess:
            everybody = []
        for process in everybody[victims]:
            if process.is_running():
                process.send_signal(signal.SIGKILL)
        code = self._number()
        psutil.wait_procs(everybody, timeout=20)
        return code != 0

    def end(self):
        self.process.kill()
        self.process.communicate()

    def _start(self, job):
        self.process.stdin.write(json.dumps([str(part) for part in job]) + "\n")
        self.process.stdin.flush()
        return self._number()

    def _number(self):
        return int(self.process.stdout.readline())


@pytest.fixture(scope="module")
def nursery(tmp_path_factory):
    """One for all tests: it takes seconds to start."""
    nursery = Nursery(tmp_path_factory.mktemp("temporary"))
    yield nursery
    nursery.end()


class Kills:
    """Kills a job again and again.

    Args:
        nursery: where it runs.
        job: its name and arguments.
        places: the folders that it writes in, the temporary one beside them.
        check: of what has a final name, after each kill.
        afresh: makes the places as they were, before each kill; without it the job goes on.
    """

    def __init__(self, nursery, job, places, check, afresh=lambda: None):
        self.nursery, self.job, self.check, self.afresh = nursery, job, check, afresh
        self.places = [*places, nursery.temporary]

    def all(self, capsys, victims=(slice(None),), at_once=lambda victims: None):
        """Kill as often as is asked for, then let the job run to its end.

        Args:
            capsys: pytest's, to tell what the kills did where there are many.
            victims: of each kill one of these processes of the job.
            at_once: checks what may be left right after a kill.
        """
        chance = random.Random(os.environ.get("WMH_KILL_SEED", "1"))
        seconds = self.nursery.run(self.job)
        self.check()
        assert self.left() == []
        counts = Counter()
        for _ in range(KILLS):
            self.afresh()
            chosen = chance.choice(victims)
            moment = chance.uniform(0.02, seconds)
            counts["in the middle"] += self.nursery.run_and_kill(self.job, moment, chosen)
            at_once(chosen)
            for left in self.left():
                counts[f"left {left.name.split('-')[0]}"] += 1
                mode = left.stat().st_mode
                assert stat.S_IMODE(mode) == (0o700 if stat.S_ISDIR(mode) else 0o600), left.name
            self.check()
        self.nursery.run(self.job)
        self.check()
        assert self.left() == []
        assert os.listdir(self.nursery.temporary) == []
        if KILLS > 3:
            with capsys.disabled():
                told = ", ".join(f"{what} {count}" for what, count in sorted(counts.items()))
                print(f"\n{self.job[0]} {self.job[1]}: {KILLS} kills, {told}", flush=True)

    def left(self):
        """Temporaries of any process."""
        found = [path for place in self.places for path in place.iterdir()]
        return [path for path in found if path.name.startswith(TEMPORARY)]


def hashes(folder):
    """Every file below a folder that has its final name."""
    files = (path for path in Path(folder).rglob("*") if path.is_file())
    return {
        str(path.relative_to(folder)): file_sha256(path)
        for path in files
        if not any(part.startswith(TEMPORARY) for part in path.relative_to(folder).parts)
    }


@pytest.fixture(scope="module")
def cases(tmp_path_factory):
    """A folder with three cases in a table."""
    folder = tmp_path_factory.mktemp("cases")
    with (folder / "cases.csv").open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["cohort", "case", "flair", "mask"])
        for case in simulated_cases(folder, ("a", "b", "c")):
            rows.writerow([case.cohort, case.name, case.flair.name, case.mask.name])
    return folder


def test_segment(nursery, cases, flair, tiny_model, tmp_path, capsys):
    out = tmp_path / "out"
    out.mkdir()
    options = [("--output", "mask.nii.gz"), ("--output", "mask.seg.nrrd")]
    options += [("--probability", "p.nii.gz"), ("--picture", "overlay.png")]
    named = [part for option, name in options for part in (option, out / name)]
    job = ["command", "segment", flair, *named, "--model", tiny_model, "--device", "cpu"]
    nursery.run(job)
    whole = hashes(out)
    assert set(whole) == {name for _, name in options}

    def afresh():
        for path in out.iterdir():
            if not path.name.startswith(TEMPORARY):
                path.unlink()

    def check():
        assert hashes(out).items() <= whole.items()

    Kills(nursery, job, [out], check, afresh).all(capsys)
    assert hashes(out) == whole


def test_the_panels_run_in_a_worker(nursery, head, tiny_model, tmp_path, capsys):
    np.save(tmp_path / "flair.npy", head[0])
    job = ["application", tmp_path / "flair.npy", tiny_model]
    application, worker, both = slice(0, 1), slice(1, None), slice(None)

    def at_once(victims):
        """Whoever outlives the other clears away; only both together leave anything."""
        if victims != both:
            assert os.listdir(nursery.temporary) == []

    kills = Kills(nursery, job, [tmp_path], lambda: None)
    kills.all(capsys, (application, worker, both), at_once)


TINY = ["--width", "4", "--depth", "1", "--size", "32"]
TINY += ["--epochs", "2", "--batches", "2", "--batch-size", "2"]
TINY += ["--device", "cpu", "--loss", "dice"]


def test_train(nursery, cases, tmp_path, capsys):
    place, cache = tmp_path / "model", tmp_path / "slices"
    split = ["--validation", "simulated/b", "--held-out", "simulated/c", "--cache", cache]
    job = ["command", "train", cases / "cases.csv", place, *TINY, *split]

    def afresh():
        """Every other time a training that was killed before is begun anew."""
        if epochs_done(place / "checkpoint.safetensors") == 2:
            for path in (*place.iterdir(), *cache.iterdir()):
                if not path.name.startswith(TEMPORARY):
                    path.unlink()

    def check():
        for path in place.glob("[!.]*.safetensors"):
            if path.name == "checkpoint.safetensors":
                assert epochs_done(path) in (1, 2)
                continue
            _, card = load_model(path)
            assert path.name != "generator.safetensors" or card.metrics["held_out"]
        for path in place.glob("[!.]*.json"):
            json.loads(path.read_text())

    place.mkdir()
    cache.mkdir()
    Kills(nursery, job, [place, cache], check, afresh).all(capsys)


def test_finetune(nursery, cases, tiny_model, tmp_path, capsys):
    place = tmp_path / "models"
    place.mkdir()
    output = place / "mine.safetensors"
    job = ["command", "finetune", cases / "cases.csv", output, "--base", tiny_model]
    job += ["--loss", "dice", "--epochs", "2", "--batches", "2", "--batch-size", "2"]
    job += ["--held-out", "simulated/c", "--unguarded", "--device", "cpu"]

    def check():
        if output.exists():
            assert load_model(output)[1].metrics["held_out"]
            output.unlink()

    Kills(nursery, job, [place], check).all(capsys)


def test_import(nursery, tmp_path, capsys):
    origin, target = Library.create(tmp_path / "origin"), tmp_path / "target"
    for seed in range(4):
        origin.add(a_flair(seed), a_mask(seed), patient=f"p{seed}", role="training")
    origin.export(tmp_path / "origin.zip")
    Library.create(target)
    whole = {name: sha for name, sha in hashes(origin.folder / "cases").items()}
    job = ["import", target, tmp_path / "origin.zip"]

    def afresh():
        library = Library.open(target)
        for row in library.cases():
            library.remove(row.id)
        library.empty_trash()

    def check():
        library = Library.open(target)
        assert library.missing() == []
        there = {row.id for row in library.cases()}
        kept = {name: sha for name, sha in whole.items() if Path(name).parent.name in there}
        assert hashes(target / "cases") == kept

    Kills(nursery, job, [target, target / "cases"], check, afresh).all(capsys)
    assert hashes(target / "cases") == whole
