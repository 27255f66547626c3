"""``wmh-siamese average``: models of one training in, their mean as it ships out."""

from __future__ import annotations

import argparse

from wmh_siamese.cases.case import Case
from wmh_siamese.cases.finding import check_ids, find_cases
from wmh_siamese.cases.reading import is_recorded
from wmh_siamese.cases.splits import of_same_patient
from wmh_siamese.errors import WMHError
from wmh_siamese.evaluation.table import in_words
from wmh_siamese.files.workplace import workplace
from wmh_siamese.models.model_file import check_output, read_card
from wmh_siamese.terminal.output import DONE, tell
from wmh_siamese.training.averaging import average_models
from wmh_siamese.training.release import Released, release


def run(options: argparse.Namespace) -> int:
    """Average states of one training; the mean is judged on held-out cases."""
    for found in run_averaging(options).figures:
        tell(f"{found.case.id}: {in_words(found.figures)}")
    tell(f"model: {options.output}")
    return DONE


def run_averaging(options: argparse.Namespace) -> Released:
    """Average, round and judge as the options of :mod:`wmh_siamese.training.averaging_options` say.

    Raises:
        WMHError: as :func:`wmh_siamese.training.averaging.average_models`; ``bad-path`` when a
            held-out case is unknown, ``bad-volume`` when one of the models has learnt from its
            patient.
    """
    check_output(options.output)
    held_out = _held_out(options)
    with workplace() as folder:
        mean = folder / "mean.safetensors"
        average_models(options.models, mean, options.name, options.threshold)
        return release(mean, held_out, options.output, options.device)


def _held_out(options: argparse.Namespace) -> list[Case]:
    if not options.held_out:
        return []
    if options.cases is None:
        raise WMHError(
            "bad-path", "Held-out cases are named, but not where they are.", "Say it with --cases."
        )
    known = find_cases(options.cases)
    check_ids(known, options.held_out)
    held_out = [case for case in known if case.id in options.held_out]
    for path in options.models:
        training = read_card(path).training
        parts = ("cases", "validation_cases", "simulated_cases")
        ids = {case for part in parts for case in training.get(part, ())}
        both = of_same_patient([case for case in known if is_recorded(case, ids)], held_out)
        if both is not None:
            raise WMHError(
                "bad-volume",
                f"{path} has learnt from {both.id}, or from another scan of that patient.",
                "Leave it out.",
            )
    return held_out
