"""Several states of one training averaged weight by weight: steadier than each of them.

Weights far apart in a training's late epochs differ by chance; their mean generalises better
(Izmailov et al. 2018, stochastic weight averaging). It makes sense for models that go back to a
common one, not for trainings from other seeds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import torch
from torch import Tensor

from wmh_siamese.errors import WMHError
from wmh_siamese.files.versions import versions
from wmh_siamese.models.model_file import ModelCard, load_model, save_model


def average_models(
    models: Sequence[str | Path], output: str | Path, name: str, threshold: float
) -> ModelCard:
    """Write the mean of the models' weights and batch norm statistics as a model of its own.

    The new card lists all cases that any of them has learnt from or was chosen by, and the models'
    hashes; the first model's training is the description of the rest.

    Args:
        models: at least two files of one architecture and recipe.
        output: the new file.
        name: of the new model, for people.
        threshold: of its probabilities, in (0, 1).

    Raises:
        WMHError: ``bad-model`` when they do not fit together.
    """
    if len(models) < 2:
        raise WMHError("bad-model", "One model alone has no mean.", "Name two or more.")
    loaded = [load_model(path) for path in models]
    generator, first = loaded[0]
    for path, (_, card) in zip(models, loaded, strict=True):
        if (card.architecture, card.recipe) != (first.architecture, first.recipe):
            raise WMHError(
                "bad-model",
                f"{path} has another architecture or recipe than {models[0]}.",
                "Average models of one training.",
            )
    states = [network.float().state_dict() for network, _ in loaded]
    generator.load_state_dict(weights_between(states, [1 / len(states)] * len(states)))
    training = {**first.training, "average_of": [card.sha256 for _, card in loaded]}
    training.pop("steps", None)  # each of them has its own
    for part in ("cases", "validation_cases", "simulated_cases"):
        seen = [case for _, card in loaded for case in card.training.get(part, ())]
        if seen or part in training:
            training[part] = list(dict.fromkeys(seen))
    training["scans"] = {
        case: sha256
        for _, card in loaded
        for case, sha256 in card.training.get("scans", {}).items()
    }
    card = replace(
        first,
        name=name,
        threshold=threshold,
        training=training,
        metrics={},
        versions=versions(),
        created=datetime.now(UTC).isoformat(timespec="seconds"),
    )
    return replace(card, sha256=save_model(output, generator, card))


def weights_between(
    states: Sequence[Mapping[str, Tensor]], shares: Sequence[float]
) -> dict[str, Tensor]:
    """The weighted mean of networks' states; what is no fraction (counters) is the first's.

    Args:
        states: of networks of one architecture, float32.
        shares: of each, summing to 1.
    """
    return {
        key: torch.stack(
            [share * state[key] for share, state in zip(shares, states, strict=True)]
        ).sum(dim=0)
        if value.is_floating_point()
        else value
        for key, value in states[0].items()
    }
