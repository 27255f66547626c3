"""Run in a process of its own: starts, one at a time, what is to be killed.

Everything is imported here once, so that a kill hits the work itself. Takes one JSON list a line,
the name of a job and its arguments; says the process id and, once it has ended, its exit code.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import traceback

import nibabel  # noqa: F401
import numpy as np
import torch._dynamo
from wmh_siamese.cli import main as command
from wmh_siamese.evaluation import evaluation  # noqa: F401
from wmh_siamese.files.workplace import private_folder
from wmh_siamese.finetuning import command as finetuning_command  # noqa: F401
from wmh_siamese.library.library import Library
from wmh_siamese.segmenting import command as segmenting_command  # noqa: F401
from wmh_siamese.training import command as training_command  # noqa: F401
from wmh_siamese.worker import service

WITHOUT_RESULT = 3


def run_command(*arguments: str) -> int:
    """One ``wmh-siamese`` command."""
    return command(arguments)


def import_library(folder: str, origin: str) -> int:
    """Take another library in."""
    Library.open(folder).import_from(origin)
    return 0


def run_worker(requests: int, answers: int) -> None:
    """The worker on two pipes."""
    os.dup2(requests, 0)
    os.dup2(answers, 1)
    service.main()


def segment_in_application(volume: str, model: str) -> int:
    """What the panel does: a private folder, a worker of its own, and away with both."""
    heard, requests = os.pipe()
    answers, told = os.pipe()
    worker = os.fork()
    if worker == 0:
        os.close(requests)
        os.close(answers)
        leave(run_worker, heard, told)
    os.close(heard)
    os.close(told)
    folder = private_folder()
    try:
        np.save(folder / "flair.npy", np.load(volume))
        files = {"volume": folder / "flair.npy", "probability": folder / "probability.npy"}
        request = {
            **{"id": 1, "do": "segment", "model": model, "affine": np.diag([1, 1, 4, 1]).tolist()},
            **{"device": "cpu", "folder": str(folder)},
            **{name: str(path) for name, path in files.items()},
        }
        os.write(requests, json.dumps(request).encode() + b"\n")
        with os.fdopen(answers, "rb") as lines:
            events = map(json.loads, lines)
            last = next((e["event"] for e in events if e["event"] in ("result", "error")), None)
        if last != "result":
            return WITHOUT_RESULT
        np.load(files["probability"])
        os.close(requests)
        os.waitpid(worker, 0)
        return 0
    finally:
        shutil.rmtree(folder, ignore_errors=True)


JOBS = {
    "command": run_command,
    "import": import_library,
    "application": segment_in_application,
}


def leave(job, *arguments) -> None:
    """Do it and end this process, whatever happens."""
    code = 1
    try:
        code = job(*arguments) or 0
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(code)


def say(word: int) -> None:
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


def main() -> None:
    """Serve until the input ends."""
    torch.set_num_threads(1)
    nothing = os.open(os.devnull, os.O_RDWR)
    say(os.getpid())
    for line in sys.stdin:
        job, *arguments = json.loads(line)
        child = os.fork()
        if child == 0:
            os.setsid()
            os.dup2(nothing, 0)
            os.dup2(nothing, 1)
            leave(JOBS[job], *arguments)
        say(child)
        say(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))


if __name__ == "__main__":
    main()
