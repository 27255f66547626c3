"""``wmh-siamese finetune``: corrected cases in, a new model and a comparison out."""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable
from pathlib import Path

from wmh_siamese.files.atomic_file import written_whole
from wmh_siamese.finetuning.choices import SETTINGS
from wmh_siamese.finetuning.comparison import Comparison, compared, telling
from wmh_siamese.finetuning.ending import check_library
from wmh_siamese.finetuning.estimate import estimated
from wmh_siamese.finetuning.finetune import CurvePoint, Finetuned, finetune
from wmh_siamese.finetuning.leave_one_out import leave_one_out
from wmh_siamese.finetuning.task import Task, task_of
from wmh_siamese.models.choosing import model_path
from wmh_siamese.models.model_file import check_output
from wmh_siamese.terminal.output import DONE, complain, tell, tell_json, tell_lines


def run(options: argparse.Namespace) -> int:
    """Go on from a model with corrected cases, and compare both on held-out ones."""
    base = model_path(options.base)
    if options.estimate:
        _tell_estimate(estimated_minutes(options, base), options)
    elif options.leave_one_out:
        comparison = run_leave_one_out(
            *(options, base),
            lambda patient, part: _tell_comparison(part, options, patient=patient),
            complain,
        )
        _tell_comparison(comparison, options)
    else:
        done, comparison = run_finetuning(
            options, base, lambda point: _tell_epoch(point, options), complain
        )
        _tell_comparison(comparison, options, model=str(done.path))
    return DONE


def _tell_estimate(minutes: float, options: argparse.Namespace) -> None:
    if options.json:
        return tell_json({"minutes": minutes})
    tell(f"about {minutes:.1f} minutes")


def _tell_epoch(point: CurvePoint, options: argparse.Namespace) -> None:
    if options.json:
        return tell_json(vars(point))
    watched = not math.isnan(point.held_out_dice)
    dice = [f"held-out Dice {point.held_out_dice:.3f}"] if watched else []
    if point.epoch:
        told = [f"loss {point.loss:.5g}", *dice, f"{point.seconds:.0f} s"]
        tell(f"epoch {point.epoch}: {', '.join(told)}")
    elif watched:
        tell(f"base model: {dice[0]}")


def _tell_comparison(comparison: Comparison, options: argparse.Namespace, **about: str) -> None:
    if options.json:
        return tell_json({**about, "sentence": comparison.sentence(), "cases": comparison.rows()})
    tell_lines("\n".join([*about.values(), comparison.report()]))


def estimated_minutes(options: argparse.Namespace, base: Path) -> float:
    """How long the fine-tuning would take here, from a few real steps."""
    task = _task(options, base, lambda sentence: None)
    vgg = task.vgg(options.vgg, options.vgg_convention)
    what = (task.base, task.learnt, task.held_out, vgg, task.settings)
    return estimated(*what, device=options.device).minutes


def run_finetuning(
    options: argparse.Namespace,
    base: Path,
    on_epoch: Callable[[CurvePoint], None],
    say: Callable[[str], None],
) -> tuple[Finetuned, Comparison]:
    """Fine-tune as the options say and compare on the held-out cases."""
    check_output(options.output)
    task = _task(options, base, say)
    for library in (task.library, task.rehearsed_library):
        check_library(library)
    done = finetune(
        task.base,
        task.learnt,
        task.held_out,
        task.vgg(options.vgg, options.vgg_convention),
        options.output,
        task.settings,
        name=options.name or options.output.stem,
        base_share=task.base_share,
        device=options.device,
        on_epoch=on_epoch,
        say=say,
        note=task.note_trained,
    )
    comparison = compared(task.base, done.figures, options.device, left_out=telling(say))
    _write(options, comparison)
    return done, comparison


def run_leave_one_out(
    options: argparse.Namespace,
    base: Path,
    on_patient: Callable[[str, Comparison], None],
    say: Callable[[str], None],
) -> Comparison:
    """Compare with one patient left out at a time; held-out patients take no part."""
    task = _task(options, base, say)
    comparison = leave_one_out(
        task.base,
        task.training,
        task.vgg(options.vgg, options.vgg_convention),
        task.settings,
        device=options.device,
        rehearsal=task.rehearsal,
        base_share=task.base_share,
        on_patient=on_patient,
        say=say,
    )
    _write(options, comparison)
    return comparison


def _task(options: argparse.Namespace, base: Path, say: Callable[[str], None]) -> Task:
    given = {name: getattr(options, name) for name in SETTINGS}
    task = task_of(
        *(options.library, base, options.effort, options.held_out),
        *(options.rehearse, options.guarded, say),
        **given,
    )
    return task.with_case_names() if options.case_names else task


def _write(options: argparse.Namespace, comparison: Comparison) -> None:
    if options.markdown:
        with written_whole(options.markdown) as partial:
            partial.write_text(comparison.report() + "\n", encoding="utf-8")
