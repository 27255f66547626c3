"""The scripted worker's fine-tuning: the new model is a copy of the base.

Behaviours: ``good`` with one held-out case, ``alone`` without any, ``slow`` (a minute, heeds a
stop), ``stubborn`` (a minute, deaf), ``dying`` after the first epoch, ``refusing``.
"""

from __future__ import annotations

import json
import os
import shutil
import struct
import sys
import time
import zlib
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "WMHSiameseSeg"))
from wmh_siamese.files.workplace import prefix_of

EPOCHS = 3
BASE = {
    "dice": 0.70,
    "h95_mm": 12.0,
    "avd_percent": 20.0,
    "lesion_recall": 0.5,
    "lesion_f1": None,
    "truth_ml": 10.0,
    "found_ml": 8.0,
    "truth_pcd_percent": 0.5,
    "found_pcd_percent": 0.4,
}
NEW = {**BASE, "dice": 0.75, "h95_mm": 14.0, "avd_percent": 20.0, "found_ml": 9.0}


def comparison(held_out: bool) -> dict:
    if not held_out:
        return {
            "sentence": "There are no held-out patients, so nothing can be said about better or "
            "worse.",
            "rows": [],
            "mean": {"base": dict.fromkeys(BASE), "new": dict.fromkeys(BASE)},
        }
    return {
        "sentence": "Better on 1 of 1 held-out patient; Dice 0.70 → 0.75.",
        "rows": [{"case": "library/case-1", "patient": "p7", "base": BASE, "new": NEW}],
        "mean": {"base": BASE, "new": NEW},
    }


def pictures(folder: Path) -> list[dict]:
    """One picture, black, of 852 x 280 pixels."""
    row = b"\0" + bytes(852)
    data = [(b"IHDR", struct.pack(">IIBBBBB", 852, 280, 8, 0, 0, 0, 0))]
    data += [(b"IDAT", zlib.compress(row * 280)), (b"IEND", b"")]
    png = b"\x89PNG\r\n\x1a\n"
    for kind, body in data:
        checked = kind + body
        png += struct.pack(">I", len(body)) + checked + struct.pack(">I", zlib.crc32(checked))
    (folder / "difference-0.png").write_bytes(png)
    base = {"hits": 30, "missed": 20, "false_alarms": 5}
    new = {"hits": 40, "missed": 10, "false_alarms": 7}
    place = {"file": str(folder / "difference-0.png"), "patient": "p7", "position": "S 12.0 mm"}
    return [{**place, "base": base, "new": new}]


def train(worker: object, request: dict, say: Callable[..., None]) -> None:
    """Answer one request; `worker` knows its behaviour and what was stopped."""
    identity, behaviour = request["id"], worker.behaviour
    say(id=identity, event="progress", stage="preparing", done=0, of=1)
    if behaviour == "refusing":
        say(
            id=identity,
            event="error",
            kind="bad-volume",
            sentence="There is no case to learn from.",
            way_out="Add a corrected case for training.",
        )
        return
    if request["what"] == "estimate":
        (Path(request["folder"]) / "slices").mkdir()
        if is_stopped(worker, identity, say):
            return
        say(id=identity, event="result", seconds_a_step=0.5, steps=480, minutes=4.0)
        return
    if request["what"] == "leave-one-out":
        (Path(request["folder"]) / "slices").mkdir()
        if is_stopped(worker, identity, say):
            return
        say(id=identity, event="result", comparison=comparison(True))
        return
    workplace = Path(request["output"]).parent / f"{prefix_of(os.getpid())}x"
    workplace.mkdir()
    curve = [point(0, None, behaviour)]
    say(id=identity, event="epoch", of=EPOCHS, **curve[0])
    steps = 600 if behaviour in ("slow", "stubborn") else EPOCHS
    stopped = False
    for step in range(steps):
        say(id=identity, event="progress", stage="training", done=step, of=steps)
        if step < EPOCHS:
            curve.append(point(step + 1, 4.0 / (step + 1), behaviour))
            say(id=identity, event="epoch", of=EPOCHS, **curve[-1])
        if behaviour == "dying":
            os._exit(3)
        if steps > EPOCHS:
            time.sleep(0.1)
        if identity in worker.stopped and behaviour == "slow":
            stopped = True
            break
    shutil.rmtree(workplace)
    if identity in worker.discarded:
        say(id=identity, event="error", kind="stopped", sentence="Stopped.", way_out="")
        return
    shutil.copyfile(request["base"], request["output"])
    say(
        id=identity,
        event="result",
        model={
            "path": request["output"],
            "name": request["name"],
            "sha256": "ab" * 32,
            "threshold": 0.5,
        },
        kept_epoch=len(curve) - 1,
        stopped=stopped,
        curve=curve,
        comparison=comparison(behaviour != "alone"),
        pictures=pictures(Path(request["folder"])) if behaviour == "good" else [],
        seconds=1.0,
    )


def is_stopped(worker: object, identity: int, say: Callable[..., None]) -> bool:
    """Whether a slow worker was stopped, within a minute; others do not wait."""
    for _ in range(600 if worker.behaviour == "slow" else 0):
        if identity in worker.stopped:
            say(id=identity, event="error", kind="stopped", sentence="Stopped.", way_out="")
            return True
        time.sleep(0.1)
    return False


def point(epoch: int, loss: float | None, behaviour: str) -> dict:
    dice = None if behaviour == "alone" else 0.70 + 0.01 * epoch
    return {"epoch": epoch, "loss": loss, "held_out_dice": dice, "seconds": 0.1}


def get_weights(worker: object, request: dict, say: Callable[..., None]) -> None:
    """Answer a request for VGG19's weights: the kept file has a header and nothing else."""
    identity, behaviour = request["id"], worker.behaviour
    if behaviour == "refusing":
        words = {"sentence": "There is no network.", "way_out": "Choose a file."}
        say(id=identity, event="error", kind="no-network", **words)
        return
    for done in range(600 if behaviour in ("slow", "stubborn") else 3):
        say(id=identity, event="progress", stage="downloading", done=done, of=600)
        time.sleep(0.02)
        if behaviour == "slow" and identity in worker.stopped:
            say(id=identity, event="error", kind="stopped", sentence="Stopped.", way_out="")
            return
    convention = request.get("vgg_convention")
    if "untold" in request.get("file", "") and convention is None:
        say(id=identity, event="result", convention=None, sha256=None)
        return
    convention = convention or "torchvision"
    header = json.dumps({"__metadata__": {"convention": convention}}).encode()
    kept = Path(request["kept"])
    kept.parent.mkdir(parents=True, exist_ok=True)
    kept.write_bytes(struct.pack("<Q", len(header)) + header)
    say(id=identity, event="result", convention=convention, sha256="ab" * 32)
