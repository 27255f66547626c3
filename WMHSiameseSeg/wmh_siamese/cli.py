"""The command ``wmh-siamese``: segment FLAIR files, list, train and judge models.

Exit codes: 0 all done; 2 some input, model or place could not be used (one sentence each on
stderr, the other inputs are still done); 1 a fault of the program itself; 130 stopped by Ctrl-C.
"""

from __future__ import annotations

import argparse
import importlib
import logging
import os
import signal
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NoReturn

import wmh_siamese
from wmh_siamese.errors import one_line, shortened
from wmh_siamese.evaluation.options import add_evaluate_options
from wmh_siamese.files.workplace import sweep_temporary_place
from wmh_siamese.finetuning.options import add_finetune_options
from wmh_siamese.models.options import add_models_options
from wmh_siamese.networks.torch_loading import import_torch
from wmh_siamese.reproduction.options import add_reproduce_options
from wmh_siamese.segmenting.options import add_segment_options
from wmh_siamese.simulation.options import add_simulate_options
from wmh_siamese.terminal.output import (
    FAULT,
    STOPPED,
    PlainFormatter,
    complain,
    ready_streams,
    refuse,
)
from wmh_siamese.training.averaging_options import add_average_options
from wmh_siamese.training.options import add_train_options


@dataclass(frozen=True)
class Command:
    """One command of ``wmh-siamese``.

    Args:
        name: as it is typed.
        purpose: one sentence for the help.
        add_options: adds its options to a parser.
        module: of the engine, whose ``run`` takes the parsed options and returns the exit code;
            imported only when the command runs, because most import torch.
        imports_torch: whether importing the module does; a broken torch is told in words.
    """

    name: str
    purpose: str
    add_options: Callable[[argparse.ArgumentParser], None]
    module: str
    imports_torch: bool = True

    def run(self, options: argparse.Namespace) -> int:
        """The command's exit code."""
        if self.imports_torch:
            import_torch()
        code: int = importlib.import_module(f"wmh_siamese.{self.module}").run(options)
        return code


COMMANDS = (
    Command(
        "segment",
        "Segment FLAIR volumes and measure their lesions.",
        add_segment_options,
        "segmenting.command",
        imports_torch=False,
    ),
    Command(
        "models",
        "List the models that come along.",
        add_models_options,
        "models.command",
        imports_torch=False,
    ),
    Command(
        "train",
        "Train a generator with the Siamese content loss or one of the others.",
        add_train_options,
        "training.command",
    ),
    Command(
        "simulate",
        "Simulate scans of heads with lesions whose place is known, to learn from.",
        add_simulate_options,
        "simulation.command",
    ),
    Command(
        "average",
        "Average states of one training weight by weight.",
        add_average_options,
        "training.averaging_command",
    ),
    Command(
        "evaluate",
        "Compare masks with the truth, case by case and cohort by cohort.",
        add_evaluate_options,
        "evaluation.command",
        imports_torch=False,
    ),
    Command(
        "finetune",
        "Go on from a model with corrected cases; see whether it got better.",
        add_finetune_options,
        "finetuning.command",
    ),
    Command(
        "reproduce",
        "Train the paper's five models alike; write its tables and figures.",
        add_reproduce_options,
        "reproduction.command",
    ),
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit code.

    Args:
        arguments: without the command's own name; those of the process by default.
    """
    ready_streams()
    options = parser().parse_args(arguments)
    options.arguments = sys.argv[1:] if arguments is None else list(arguments)
    log_lines = logging.StreamHandler(sys.stderr)
    log_lines.setFormatter(PlainFormatter("%(levelname)s %(name)s: %(message)s"))
    level = logging.DEBUG if options.verbose else logging.ERROR
    logging.basicConfig(handlers=[log_lines], level=level)
    logging.captureWarnings(True)
    # nibabel tells of odd headers on stderr by itself; what matters of them is refused or accepted
    logging.getLogger("nibabel.global").disabled = not options.verbose
    previous = {number: signal.signal(number, _ended) for number in _endings()}
    sweep_temporary_place()
    try:
        code: int = options.command.run(options)
        return code
    except KeyboardInterrupt:
        complain("Stopped.")
        return STOPPED
    except BrokenPipeError:
        # nobody reads the output any more; keep Python from failing on it once again at exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAULT
    except Exception as error:
        return refuse(error)
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


def parser() -> argparse.ArgumentParser:
    """What every command takes; the parsed options hold it as ``command``."""
    whole = _Parser(
        prog="wmh-siamese",
        description="White matter hyperintensities in FLAIR volumes. Research software, not a "
        "medical device.",
        epilog="Exit codes: 0 done, 2 something could not be used, 1 a fault, 130 stopped.",
    )
    whole.add_argument("--version", action="version", version=wmh_siamese.__version__)
    commands = whole.add_subparsers(title="commands", required=True, metavar="COMMAND")
    for command in COMMANDS:
        purpose = command.purpose
        part = commands.add_parser(command.name, help=purpose, description=purpose)
        part.add_argument("--verbose", action="store_true", help="log to stderr, with tracebacks")
        part.set_defaults(command=command)
        command.add_options(part)
    return whole


class _Parser(argparse.ArgumentParser):
    """One that says on one line what is wrong, whatever was typed."""

    def error(self, message: str) -> NoReturn:
        super().error(shortened(one_line(message)))


def _endings() -> list[signal.Signals]:
    """What ends a run as SIGTERM does: a closed terminal too, unless nohup said otherwise."""
    hangup = getattr(signal, "SIGHUP", None)
    if hangup is None or signal.getsignal(hangup) == signal.SIG_IGN:
        return [signal.SIGTERM]
    return [signal.SIGTERM, hangup]


def _ended(number: int, frame: object) -> None:
    raise SystemExit(128 + number)


if __name__ == "__main__":
    sys.exit(main())
