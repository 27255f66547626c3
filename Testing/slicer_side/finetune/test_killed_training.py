"""kill -9 of the training worker and of the application, in the middle of trainings.

``make kills`` kills 50 times, or as often as ``WMH_KILLS`` says, and prints how often which of the
two was killed in which stage; the suite kills a few times.
"""

import os
import random
import shutil
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

import psutil
import pytest
from engine.random_vgg import random_vgg
from engine.tiny_training import simulated_cases
from safetensors.torch import save_file
from slicer_side.panel import ENGINE, wait_for
from slicer_side.segment.test_cancel_and_death import is_alive, posix
from wmh_siamese.cases.reading import read_case
from wmh_siamese.files.hashes import file_sha256
from wmh_siamese.files.temporaries import PRIVATE_PREFIX, WORKPLACE_PREFIX
from wmh_siamese.files.workplace import sweep_workplaces
from wmh_siamese.library.library import Library
from wmh_siamese.models.model_file import load_model

pytest_plugins = ["slicer_side.panel_fixtures"]

KILLS = int(os.environ.get("WMH_KILLS", "3"))
MOST_EVENTS = 20
"""About as many as one training tells, so that a kill may come anywhere in it."""

SCRIPT = Path(__file__).parents[1] / "killed_training.py"


class Application:
    """The stand-in for Slicer in a process of its own, training over and over."""

    def __init__(self, library, user_folder, temporary):
        paths = os.pathsep.join(map(str, (ENGINE, SCRIPT.parents[1])))
        self.process = subprocess.Popen(
            [sys.executable, str(SCRIPT), str(library), str(user_folder)],
            env={**os.environ, "PYTHONPATH": paths, "TMPDIR": str(temporary), **ONE_THREAD},
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self.worker = 0
        self.stage = "starting"

    def read(self):
        """Take one line in; returns its first word."""
        line = self.process.stdout.readline().split()
        assert line, "the application ended by itself"
        if line[0] == "worker":
            self.worker = int(line[1])
        elif line[0] == "event":
            self.stage = line[1]
        return line[0]

    def wait_for_worker(self):
        while self.read() != "worker":
            pass

    def everybody(self):
        """Process ids of the application and all that it started."""
        parent = psutil.Process(self.process.pid)
        return [self.process.pid, *(child.pid for child in parent.children(recursive=True))]

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()


ONE_THREAD = {"OMP_NUM_THREADS": "1", "QT_QPA_PLATFORM": "offscreen"}


@pytest.fixture
def places(tmp_path, model_file):
    """A library with two cases, the user's folder with a model and weights, a temporary folder."""
    cases = tmp_path / "cases"
    cases.mkdir()
    library = Library.create(tmp_path / "library")
    for case, role in zip(
        simulated_cases(cases, ("a", "b")), ("training", "held-out"), strict=True
    ):
        flair, labels = read_case(case)
        library.add(flair, labels.array, patient=case.name, role=role)
    user_folder, temporary = tmp_path / "user", tmp_path / "temporary"
    for folder in (temporary, user_folder / "Models", user_folder / "VGG19"):
        folder.mkdir(parents=True)
    shutil.copyfile(model_file, user_folder / "Models" / "tiny.safetensors")
    weights = user_folder / "VGG19" / "blocks.safetensors"
    save_file(random_vgg().tensors, weights, metadata={"convention": "caffe"})
    return library.folder, user_folder, temporary


class Kept:
    """What has to be there, whoever was killed."""

    def __init__(self, library, models):
        self.library, self.models = library, models
        self.rows = Library.open(library).cases()
        self.files = self._case_files()
        self.finished = self._models()

    def check(self):
        """Library and models open, nothing is lost, and the library knows every model."""
        library = Library.open(self.library)
        assert library.cases() == self.rows and library.missing() == []
        assert self._case_files() == self.files
        models = self._models()
        assert self.finished.items() <= models.items()
        self.finished = models
        known = {training.model_sha256 for training in library.manifest().trainings}
        base = models["tiny.safetensors"]
        assert set(models.values()) - {base} <= known

    def _case_files(self):
        return {path: file_sha256(path) for path in (self.library / "cases").rglob("*.*")}

    def _models(self):
        there = {}
        for path in self.models.glob("[!.]*.safetensors"):
            load_model(path)
            there[path.name] = file_sha256(path)
        return there


@posix
@pytest.mark.timeout(120 + 120 * KILLS)
def test_nothing_is_lost_whoever_is_killed_and_whenever(places, capsys):
    library, user_folder, temporary = places
    kept = Kept(library, user_folder / "Models")
    chance = random.Random(os.environ.get("WMH_KILL_SEED", "1"))
    counts, application = Counter(), None
    try:
        for number in range(KILLS):
            if application is None:
                application = Application(*places)
            application.wait_for_worker()
            everybody = application.everybody()
            for _event in range(chance.randrange(MOST_EVENTS)):
                application.read()
            victim = ("worker", "application")[number % 2]
            counts[f"{victim}, {application.stage}"] += 1
            with capsys.disabled():
                if KILLS > 3:
                    print(f"kill {number + 1}: {victim}, {application.stage}", flush=True)
            if victim == "worker":
                os.kill(application.worker, signal.SIGKILL)
                wait_for(lambda gone=application.worker: not is_alive(gone), 20)
            else:
                application.kill()
                wait_for(lambda gone=everybody: not any(map(is_alive, gone)), 20)
                application = None
            kept.check()
    finally:
        if application is not None:
            application.kill()
    with capsys.disabled():
        if KILLS > 3:
            print(f"\n{KILLS} kills; whole models {len(kept.finished) - 1}")
            for what, count in sorted(counts.items()):
                print(f"{count:4d}  {what}")

    def swept():
        """A process that has ended counts as running until the system has taken it in."""
        for place in (kept.models, temporary):
            sweep_workplaces(place)
        left = [*kept.models.glob(f"{WORKPLACE_PREFIX}*"), *temporary.glob(f"{PRIVATE_PREFIX}*")]
        return not [*left, *temporary.glob(f"{WORKPLACE_PREFIX}*")]

    wait_for(swept, 20)
    assert swept()
