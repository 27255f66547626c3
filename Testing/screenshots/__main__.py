"""`python -m screenshots`: every picture of the documentation, and three to look the panel over.

The looks are played in processes of their own, because Qt takes its scale at the start.
"""

from __future__ import annotations

import argparse
import logging
import os
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

from .scans import ROOT, scans

LOOKS = ("usual", "dark", "large", "made-up")


def main() -> int:
    """Play the looks that are asked for; return 0, or 1 where one failed."""
    options = _parser().parse_args()
    options.output.mkdir(parents=True, exist_ok=True)
    options.checks.mkdir(parents=True, exist_ok=True)
    if options.play:
        _play(options)
        return 0
    failed = [look for look in options.looks if _child(look) != 0]
    return int(bool(failed))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="screenshots", description=__doc__)
    add = parser.add_argument
    add("--data", type=Path, help="folder of real scans with cases.csv (default: simulated)")
    add("--case", default="", help="cohort/case of the scan to segment (default: the first)")
    add("--vgg", type=Path, help="VGG19 weights, to train with the content loss")
    add("--output", type=Path, default=ROOT / "Resources" / "Screenshots")
    add("--checks", type=Path, default=ROOT / "build" / "screenshots", help="for the other looks")
    add("--looks", nargs="+", choices=LOOKS, default=LOOKS)
    add("--play", choices=LOOKS, help=argparse.SUPPRESS)
    return parser


def _child(look: str) -> int:
    scale = {"QT_SCALE_FACTOR": "2"} if look == "large" else {}
    command = [sys.executable, "-m", "screenshots", *sys.argv[1:], "--play", look]
    return subprocess.run(command, env={**os.environ, **scale}, check=False).returncode


def _play(options: argparse.Namespace) -> None:
    logging.basicConfig(level=logging.WARNING)
    shown = scans(options.data, options.case)
    from slicer_host.host import start

    host = start()
    host.add_python_slicer()
    with ExitStack() as stack:
        work = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        if options.play == "dark":
            from slicer_side.themes import dark

            stack.enter_context(dark())
        if options.play == "made-up":
            from slicer_side.pseudo_locale import spoken

            stack.enter_context(spoken(work))
        host.open(testing=False)
        from .scenes import Scenes

        usual = options.play == "usual"
        scenes = Scenes(host, shown, options.vgg, options.output if usual else options.checks, work)
        stack.callback(scenes.close)
        if not usual:
            size = (1000, 700) if options.play == "large" else (1400, 900)
            scenes.segment(f"{options.play}.png", size)
            return
        scenes.segment("segment_panel.png")
        scenes.correct("corrected.png")
        scenes.refuse("refused.png")
        scenes.finetune("library.png", "training.png", "comparison.png", "models.png")
        if options.data is None:  # docs/finetuning.md says of this one that it is simulated
            scenes.whole_finetune_tab("finetune_panel.png")
        scenes.install("install_dialog.png")


def _end(code: int) -> None:
    """Without Qt's and VTK's own teardown, whose order Python does not keep."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    try:
        _end(main())
    except SystemExit as stop:
        sys.stderr.write(f"{stop.code}\n" if isinstance(stop.code, str) else "")
        _end(stop.code if isinstance(stop.code, int) else 2)
