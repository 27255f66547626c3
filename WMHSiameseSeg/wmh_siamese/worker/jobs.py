"""The jobs of the worker: for each name a request, and what is done for it.

A request is one line, ``{"id": 7, "do": NAME, ...}``; the fields are those of the request's class.
It is answered by any number of ``progress`` (stage, done, of), ``log`` (text) and, of a training,
``epoch`` events, and then by one ``result``, or one ``error`` (kind, sentence, way_out), all with
its ``id``. Two more names are no jobs but heard at once, while another job runs:

- ``stop`` (``of``: an id, ``keep``): end that request at its next step; without ``keep`` nothing is
  left of it. It is answered by a ``result`` when that request has ended.
- ``quit``: finish what is queued, then end.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Generic, TypeVar

from wmh_siamese.worker.asker import Asker
from wmh_siamese.worker.finetuning import finetune_request, run_finetune
from wmh_siamese.worker.library import library_request, run_in_library
from wmh_siamese.worker.lines import unusable
from wmh_siamese.worker.probe import probe_request, run_probe
from wmh_siamese.worker.segment import run_segment, segment_request
from wmh_siamese.worker.vgg import keep_vgg_request, run_keep_vgg
from wmh_siamese.worker.warm import run_warm, warm_request
from wmh_siamese.worker.workshop import Workshop

Request = TypeVar("Request")
Work = Callable[[Asker, Workshop], dict[str, Any]]


@dataclass(frozen=True)
class Job(Generic[Request]):
    """How a request is read from its line, and what gives the fields of its result."""

    read: Callable[[Mapping[str, Any]], Request]
    run: Callable[[Request, Asker, Workshop], dict[str, Any]]


JOBS: Mapping[str, Job[Any]] = {
    "segment": Job(segment_request, run_segment),
    "warm": Job(warm_request, run_warm),
    "library": Job(library_request, run_in_library),
    "finetune": Job(finetune_request, run_finetune),
    "vgg": Job(keep_vgg_request, run_keep_vgg),
    "probe": Job(probe_request, run_probe),
}


def work_of(line: Mapping[str, Any]) -> Work:
    """The piece of work that a line asks for, ready to be done.

    Raises:
        WMHError: ``internal``, when there is no such job or a field is missing or wrong.
    """
    do = line.get("do")
    job = JOBS.get(do) if isinstance(do, str) else None
    if job is None:
        raise unusable(f"the worker cannot do {do!r}")
    return partial(job.run, job.read(line))
