"""The command ``wmh-siamese``: segment FLAIR files, list, train and judge models.

Exit codes: 0 all done; 2 some input, model or place could not be used (one sentence each on
stderr, the other inputs are still done); 1 a fault of the program itself; 130 stopped by Ctrl-C.
"""

from __future__ import annotations

import argparse
import json
import logging
import math
import os
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import wmh_siamese
from wmh_siamese.errors import WMHError, from_exception
from wmh_siamese.files.plain_json import without_nan

if TYPE_CHECKING:
    from wmh_siamese.evaluation.evaluation import CaseFigures
    from wmh_siamese.finetuning.comparison import Comparison
    from wmh_siamese.finetuning.finetune import CurvePoint
    from wmh_siamese.segmenting.command import Result
    from wmh_siamese.segmenting.inference import Segmenter
    from wmh_siamese.training.plan import Epoch

DONE, FAULT, REFUSED, STOPPED = 0, 1, 2, 130

log = logging.getLogger(__name__)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit code.

    Args:
        arguments: without the command's own name; those of the process by default.
    """
    options = _parser().parse_args(arguments)
    options.arguments = sys.argv[1:] if arguments is None else list(arguments)
    logging.basicConfig(
        stream=sys.stderr,
        level=logging.DEBUG if options.verbose else logging.ERROR,
        format="%(levelname)s %(name)s: %(message)s",
    )
    logging.captureWarnings(True)
    # nibabel tells of odd headers on stderr by itself; what matters of them is refused or accepted
    logging.getLogger("nibabel.global").disabled = not options.verbose
    previous = signal.signal(signal.SIGTERM, _ended)
    try:
        code: int = options.command(options)
        return code
    except KeyboardInterrupt:
        _complain("Stopped.")
        return STOPPED
    except BrokenPipeError:
        # nobody reads the output any more; keep Python from failing on it once again at exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAULT
    except Exception as error:
        return _refuse(error)
    finally:
        signal.signal(signal.SIGTERM, previous)


def segment(options: argparse.Namespace) -> int:
    """Segment every input with one model; what fails does not keep the others from being done."""
    from wmh_siamese.segmenting.command import read_input, segment_one
    from wmh_siamese.segmenting.options import request_of
    from wmh_siamese.segmenting.output_plan import plan
    from wmh_siamese.terminal.progress_bar import ProgressBar

    request = request_of(options)
    codes = {DONE}
    segmenter = None
    for job in plan(request):
        volume = None
        with _answering_for(job.source, options, codes):
            volume = read_input(job.source, request)
        if volume is None:
            continue
        # a model that cannot be used ends the command: it would fail for every input
        segmenter = segmenter or _segmenter(options)
        with (
            _answering_for(job.source, options, codes),
            ProgressBar(job.source.name, options.quiet) as bar,
        ):
            result = segment_one(job, volume, request, segmenter, bar.show)
            _tell_result(result, options)
    return FAULT if FAULT in codes else max(codes)


def models(options: argparse.Namespace) -> int:
    """List the bundled models, the default first."""
    from wmh_siamese.models.card_summary import card_summary
    from wmh_siamese.models.model_file import bundled_models, read_card

    codes = {DONE}
    for path in bundled_models():
        try:
            card = read_card(path)
        except WMHError as error:
            codes.add(_refuse(error, path))
            continue
        if options.json:
            _tell(_json({"file": str(path), **vars(card)}))
        else:
            _tell(card_summary(path, card))
    return max(codes)


@contextmanager
def _answering_for(source: Path, options: argparse.Namespace, codes: set[int]) -> Iterator[None]:
    """Turn a failure of one input into its sentence and exit code, so that the next is done."""
    try:
        yield
    except BrokenPipeError:
        raise
    except Exception as error:
        codes.add(_refuse(error, source))
        if options.json:
            _tell(_json({"input": str(source), "error": _as_json(error)}))


def _segmenter(options: argparse.Namespace) -> Segmenter:
    from wmh_siamese.networks.torch_loading import import_torch

    import_torch()
    from wmh_siamese.segmenting.inference import Segmenter

    return Segmenter(_model_path(options.model), options.device, _complain)


def train(options: argparse.Namespace) -> int:
    """Train a generator; its epochs are told as they end."""
    from wmh_siamese.networks.torch_loading import import_torch

    import_torch()
    from wmh_siamese.cases.parts import first_process
    from wmh_siamese.training.command import interrupted, run_training

    def tell(epoch: Epoch) -> None:
        if options.json:
            _tell(_json(vars(epoch)))
        else:
            _tell(epoch.told(options.epochs))

    try:
        best = run_training(options, tell, _complain)
    except KeyboardInterrupt:
        if first_process():
            _complain(interrupted(options))
        return STOPPED
    if best is not None:
        _tell(_json({"model": str(best)}) if options.json else f"best model: {best}")
    return DONE


def simulate(options: argparse.Namespace) -> int:
    """Make heads that no patient has, to learn from."""
    from wmh_siamese.networks.torch_loading import import_torch

    import_torch()
    from wmh_siamese.simulation.command import SimulatedCase, run_simulation

    def tell(case: SimulatedCase) -> None:
        if options.json:
            return _tell(_json(vars(case)))
        shape = "x".join(map(str, case.shape))
        _tell(f"{case.flair}: {shape}, {case.volume_ml:.2f} ml in {case.lesion_count} lesions")

    done = run_simulation(options, tell)
    if not options.json:
        _tell(f"{len(done)} heads for wmh-siamese train --simulated {options.folder}")
    return DONE


def average(options: argparse.Namespace) -> int:
    """Average states of one training; the mean is judged on held-out cases."""
    from wmh_siamese.networks.torch_loading import import_torch

    import_torch()
    from wmh_siamese.evaluation.table import in_words
    from wmh_siamese.training.averaging_command import run_averaging

    done = run_averaging(options)
    for found in done.figures:
        _tell(f"{found.case.id}: {in_words(found.figures)}")
    _tell(f"model: {options.output}")
    return DONE


def evaluate(options: argparse.Namespace) -> int:
    """Judge models, finished masks or a baseline on cases whose truth is known."""
    from wmh_siamese.evaluation.command import run_evaluation
    from wmh_siamese.evaluation.table import cohort_table, in_words

    def tell(found: CaseFigures) -> None:
        words = f"{found.case.id}, {found.method}: {in_words(found.figures)}"
        _tell(_json(found.as_json()) if options.json else words)

    others = options.masks or options.baseline
    wanted = options.model or ([] if others else [None])
    if wanted:
        from wmh_siamese.networks.torch_loading import import_torch

        import_torch()
    done = run_evaluation(options, [_model_path(name) for name in wanted], _complain, tell)
    if options.json:
        for cohort in done.cohorts:
            _tell(_json(cohort.as_json()))
    else:
        _tell("\n".join(["", cohort_table(done.cohorts), "", *done.notes]))
    return DONE


def reproduce(options: argparse.Namespace) -> int:
    """Train the paper's five models alike and write its tables and figures."""
    from wmh_siamese.networks.torch_loading import import_torch

    import_torch()
    from wmh_siamese.reproduction.command import run_reproduction

    page = run_reproduction(options, _tell, _complain)
    _tell(f"Results: {page}")
    return DONE


def finetune(options: argparse.Namespace) -> int:
    """Go on from a model with corrected cases, and compare both on held-out ones."""
    from wmh_siamese.networks.torch_loading import import_torch

    import_torch()
    from wmh_siamese.finetuning.command import (
        estimated_minutes,
        run_finetuning,
        run_leave_one_out,
    )

    def tell_epoch(point: CurvePoint) -> None:
        if options.json:
            return _tell(_json(vars(point)))
        watched = not math.isnan(point.held_out_dice)
        dice = [f"held-out Dice {point.held_out_dice:.3f}"] if watched else []
        if point.epoch:
            told = [f"loss {point.loss:.5g}", *dice, f"{point.seconds:.0f} s"]
            _tell(f"epoch {point.epoch}: {', '.join(told)}")
        elif watched:
            _tell(f"base model: {dice[0]}")

    def tell_comparison(comparison: Comparison, **about: str) -> None:
        if options.json:
            _tell(_json({**about, "sentence": comparison.sentence(), "cases": comparison.rows()}))
        else:
            _tell("\n".join([*about.values(), comparison.report()]))

    base = _model_path(options.base)
    if options.estimate:
        minutes = estimated_minutes(options, base)
        _tell(_json({"minutes": minutes}) if options.json else f"about {minutes:.1f} minutes")
    elif options.leave_one_out:
        comparison = run_leave_one_out(
            options, base, lambda patient, part: tell_comparison(part, patient=patient), _complain
        )
        tell_comparison(comparison)
    else:
        done, comparison = run_finetuning(options, base, tell_epoch, _complain)
        tell_comparison(comparison, model=str(done.path))
    return DONE


def _model_path(name: str | None) -> Path:
    """The file of that name, or the bundled model of that name, or the first bundled one."""
    from wmh_siamese.models.model_file import bundled_models

    bundled = bundled_models()
    if name is None:
        if not bundled:
            raise WMHError("bad-model", "No model comes with this copy.", "Name one with --model.")
        return bundled[0]
    return next((path for path in bundled if path.stem == name), Path(name))


def _tell_result(result: Result, options: argparse.Namespace) -> None:
    if options.json:
        _tell(_json(result.as_json()))
    elif not options.quiet:
        figures = result.readouts
        lesions = "lesion" if figures.lesion_count == 1 else "lesions"
        _tell(
            f"{result.job.source}: {figures.volume_ml:.2f} ml, "
            f"PCD {figures.pcd_percent:.3f} %, {figures.lesion_count} {lesions}, "
            f"{result.seconds:.1f} s on {result.device}"
        )


def _refuse(error: Exception, source: Path | None = None) -> int:
    """Say what is wrong in one line; returns the exit code."""
    plain = from_exception(error)
    log.debug("%s", plain.kind, exc_info=error)
    sentence = str(plain)
    if source is not None and source.name not in plain.sentence:
        sentence = f"{source}: {sentence}"
    _complain(sentence)
    return FAULT if plain.kind == "internal" else REFUSED


def _as_json(error: Exception) -> dict[str, str]:
    plain = from_exception(error)
    return {"kind": plain.kind, "sentence": plain.sentence, "way_out": plain.way_out}


def _json(value: object) -> str:
    """One line of JSON; figures that do not exist (NaN) are null."""
    return json.dumps(without_nan(value), allow_nan=False)


def _tell(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def _complain(text: str) -> None:
    sys.stderr.write(f"wmh-siamese: {' '.join(text.split())}\n")
    sys.stderr.flush()


def _ended(number: int, frame: object) -> None:
    raise SystemExit(128 + number)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="wmh-siamese",
        description="White matter hyperintensities in FLAIR volumes. Research software, not a "
        "medical device.",
        epilog="Exit codes: 0 done, 2 something could not be used, 1 a fault, 130 stopped.",
    )
    parser.add_argument("--version", action="version", version=wmh_siamese.__version__)
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    _add_segment(commands)
    _add_models(commands)
    _add_train(commands)
    _add_simulate(commands)
    _add_average(commands)
    _add_evaluate(commands)
    _add_finetune(commands)
    _add_reproduce(commands)
    return parser


def _add_command(
    commands: Any, name: str, run: Callable[[argparse.Namespace], int], purpose: str
) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(name, help=purpose, description=purpose)
    parser.add_argument("--verbose", action="store_true", help="log to stderr, with tracebacks")
    parser.set_defaults(command=run)
    return parser


def _add_segment(commands: Any) -> None:
    from wmh_siamese.segmenting.options import add_segment_options

    purpose = "Segment FLAIR volumes and measure their lesions."
    add_segment_options(_add_command(commands, "segment", segment, purpose))


def _add_models(commands: Any) -> None:
    parser = _add_command(commands, "models", models, "List the models that come along.")
    parser.add_argument(
        "--json", action="store_true", help="print each whole card as one JSON object"
    )


def _add_train(commands: Any) -> None:
    from wmh_siamese.training.options import add_train_options

    purpose = "Train a generator with the Siamese content loss or one of the others."
    add_train_options(_add_command(commands, "train", train, purpose))


def _add_simulate(commands: Any) -> None:
    from wmh_siamese.simulation.options import add_simulate_options

    purpose = "Simulate scans of heads with lesions whose place is known, to learn from."
    add_simulate_options(_add_command(commands, "simulate", simulate, purpose))


def _add_average(commands: Any) -> None:
    from wmh_siamese.training.averaging_options import add_average_options

    purpose = "Average states of one training weight by weight."
    add_average_options(_add_command(commands, "average", average, purpose))


def _add_evaluate(commands: Any) -> None:
    from wmh_siamese.evaluation.options import add_evaluate_options

    purpose = "Compare masks with the truth, case by case and cohort by cohort."
    add_evaluate_options(_add_command(commands, "evaluate", evaluate, purpose))


def _add_finetune(commands: Any) -> None:
    from wmh_siamese.finetuning.options import add_finetune_options

    purpose = "Go on from a model with corrected cases; see whether it got better."
    add_finetune_options(_add_command(commands, "finetune", finetune, purpose))


def _add_reproduce(commands: Any) -> None:
    from wmh_siamese.reproduction.options import add_reproduce_options

    purpose = "Train the paper's five models alike; write its tables and figures."
    add_reproduce_options(_add_command(commands, "reproduce", reproduce, purpose))


if __name__ == "__main__":
    sys.exit(main())
