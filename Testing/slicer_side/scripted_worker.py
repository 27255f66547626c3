"""A worker without torch for tests of the panel: speaks the protocol, and misbehaves on demand.

``python scripted_worker.py BEHAVIOUR``:
    good       probability = voxels scaled to [0, 1]
    slow       the same after a minute of progress, stops when asked
    stubborn   a minute of progress, deaf to stop
    dying      ends in the middle of a run
    garbage    writes half lines, noise and foreign events around a good run
    refusing   answers every segment request with an error
    missing    says that torch is missing
    on-the-cpu as good, and knows why the graphics card is not used
    mute       never says a word
    child      as stubborn, after starting a process of its own (its pid goes to stderr)

Fine-tuning is played in scripted_training.py, by the same words.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time

import numpy as np


def say(**event: object) -> None:
    sys.stdout.write(json.dumps(event) + "\n")
    sys.stdout.flush()


class ScriptedWorker:
    def __init__(self, behaviour: str) -> None:
        self.behaviour = behaviour
        self.stopped: set[int] = set()
        self.discarded: set[int] = set()
        self.requests: list[dict] = []
        self.arrived = threading.Condition()

    def listen(self) -> None:
        for line in sys.stdin:
            request = json.loads(line)
            if request["do"] == "stop":
                if request.get("keep") is False:
                    self.discarded.add(request["of"])
                self.stopped.add(request["of"])
                continue
            with self.arrived:
                self.requests.append(request)
                self.arrived.notify()
        os._exit(0)

    def work(self) -> None:
        while True:
            with self.arrived:
                self.arrived.wait_for(lambda: self.requests)
                request = self.requests.pop(0)
            if self.behaviour == "mute":
                continue
            if request["do"] == "probe" and self.behaviour == "broken":
                self.cannot_load(request["id"])
            elif request["do"] == "probe":
                missing = ["torch"] if self.behaviour == "missing" else []
                found = {"torch": "2.0"}
                if self.behaviour == "on-the-cpu":
                    found = {"torch": "2.6.0+cpu", "torchvision": "0.21.0+cu126"}
                    found["notes"] = ["The graphics card's driver is too old."]
                say(
                    id=request["id"],
                    event="result",
                    devices=["cpu"],
                    missing=missing,
                    python="3.12",
                    **found,
                )
            elif request["do"] == "segment":
                self.segment(request)
            elif request["do"] == "finetune":
                from scripted_training import train  # beside this script, not on pytest's path

                train(self, request, say)
            elif request["do"] == "vgg":
                from scripted_training import get_weights

                get_weights(self, request, say)

    def segment(self, request: dict) -> None:
        identity = request["id"]
        say(id=identity, event="progress", stage="network", done=0, of=600)
        if self.behaviour == "garbage":
            sys.stdout.write(
                'half a li{"event": 3}\n[1, 2]\nnull\n\x00\x01\n{"event": "progress"}\n'
            )
            sys.stdout.write('{"id": 99999, "event": "result"}\n{"id": "x", "event": "error"}\n')
            sys.stdout.flush()
        if self.behaviour == "refusing":
            say(
                id=identity,
                event="error",
                kind="bad-model",
                sentence="The model is broken.",
                way_out="Choose another one.",
            )
            return
        if self.behaviour == "broken":
            self.cannot_load(identity)
            return
        if self.behaviour == "missing":
            say(
                id=identity,
                event="error",
                kind="missing-dependency",
                sentence="The Python package torch is not installed.",
                way_out="Install it.",
            )
            return
        if self.behaviour == "child":
            child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
            print(f"child {child.pid}", file=sys.stderr, flush=True)
        if self.behaviour in ("slow", "stubborn", "dying", "child"):
            for done in range(600):
                say(id=identity, event="progress", stage="network", done=done, of=600)
                time.sleep(0.1)
                if self.behaviour == "slow" and identity in self.stopped:
                    say(id=identity, event="error", kind="stopped", sentence="Stopped.", way_out="")
                    return
                if self.behaviour == "dying" and done == 2:
                    os._exit(3)
        self.answer(request)

    def cannot_load(self, identity: int) -> None:
        say(
            id=identity,
            event="error",
            kind="missing-dependency",
            sentence="PyTorch is installed but cannot be loaded (undefined symbol).",
            way_out="Install it again.",
        )

    def answer(self, request: dict) -> None:
        voxels = np.nan_to_num(np.load(request["volume"]).astype(np.float64))
        low, high = voxels.min(), voxels.max()
        probability = np.asfortranarray((voxels - low) / (high - low), dtype=np.float32)
        np.save(request["probability"], probability)
        text = json.dumps(
            {
                "id": request["id"],
                "event": "result",
                "probability": request["probability"],
                "model": {
                    "sha256": "cd" * 32,
                    "name": "scripted",
                    "recipe": {"name": "none"},
                    "threshold": 0.5,
                },
                "device": "cpu",
                "precision": "float32",
                "seconds": 0.25,
                "timings": {},
                "versions": {"wmh_siamese": "0", "torch": None, "numpy": np.__version__},
                "input_sha256": "ef" * 32,
            }
        )
        for part in (text[:30], text[30:], "\n"):  # in pieces, as pipes may deliver them
            sys.stdout.write(part)
            sys.stdout.flush()
            time.sleep(0.01)


def main() -> None:
    if hasattr(os, "setsid"):
        os.setsid()
    worker = ScriptedWorker(sys.argv[1])
    if worker.behaviour != "mute":
        say(event="hello", protocol=1, pid=os.getpid(), python="3.12")
    print("scripted worker is there", file=sys.stderr, flush=True)
    threading.Thread(target=worker.work, daemon=True).start()
    worker.listen()


if __name__ == "__main__":
    main()
