"""``python -m bench``: measure, print a table, leave it as Markdown and JSON."""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from bench import (
    click_to_mask,
    convolution_rate,
    fine_tuning,
    half_precision,
    memory,
    nnunet,
    sliders,
    stability,
    start,
    training_step,
)
from bench.machine import describe_machine
from bench.report import Figure, plain_table, write_report
from bench.setting import Setting, chosen_model, chosen_volume, temporary_folder

MEASUREMENTS: dict[str, Callable[[Setting], Iterator[Figure]]] = {
    "rate": convolution_rate.figures,
    "click": click_to_mask.figures,
    "nnunet": nnunet.figures,
    "memory": memory.figures,
    "start": start.figures,
    "sliders": sliders.figures,
    "half": half_precision.figures,
    "gpu": click_to_mask.gpu_figures,
    "training": training_step.figures,
    "finetuning": fine_tuning.figures,
    "stability": stability.figures,
}

log = logging.getLogger("bench")


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure what was asked for; exit code 1 when a target was missed."""
    options = _parser().parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    described = describe_machine()
    with temporary_folder() as name:
        folder = Path(name)
        model, called = chosen_model(options.model, options.quick, folder)
        setting = Setting(
            model,
            chosen_volume(options.flair, options.quick),
            folder,
            quick=options.quick,
            data=options.data,
            volumes=options.volumes,
            vgg=options.vgg,
        )
        described |= {"model": called, "volume": str(setting.volume.shape)}
        figures = _measured(setting, options.only or list(MEASUREMENTS))
    write_report(options.output, figures, described)
    for what, value in described.items():
        print(f"{what:18} {value}")
    print(plain_table(figures))
    print(f"\nWritten: {options.output / 'bench.md'} and bench.json")
    return int(any(figure.verdict == "FAIL" for figure in figures))


def _measured(setting: Setting, names: Sequence[str]) -> list[Figure]:
    figures: list[Figure] = []
    for name in names:
        log.info("measuring %s ...", name)
        figures += MEASUREMENTS[name](setting)
    return figures


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("--model", type=Path, help="model file; the bundled one by default")
    parser.add_argument("--flair", type=Path, help="FLAIR volume; the simulated one by default")
    parser.add_argument(
        "--data", type=Path, help="table of real cases, for half precision and stability"
    )
    parser.add_argument("--volumes", type=int, default=7, help="so many of them (default 7)")
    parser.add_argument("--vgg", type=Path, help="VGG19 weights, for the training step")
    parser.add_argument("--only", action="append", choices=list(MEASUREMENTS), help="repeatable")
    parser.add_argument("--quick", action="store_true", help="a tiny model: does it run at all?")
    parser.add_argument("--output", type=Path, default=Path("build/bench"), help="results' folder")
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
