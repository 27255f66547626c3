"""A finding: one sentence of a check, and how heavily it weighs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum


class Weight(Enum):
    """How heavily a finding weighs: it stops the run, is asked about, or is only said."""

    STOP = "stop"
    ASK = "ask"
    SAY = "say"


@dataclass(frozen=True)
class Finding:
    """One sentence about a volume, a model or a choice."""

    weight: Weight
    sentence: str


def sentences(findings: Iterable[Finding], weight: Weight) -> list[str]:
    """The sentences of the findings that weigh so, in their order."""
    return [finding.sentence for finding in findings if finding.weight is weight]
