"""A training's state in one safetensors file, so that a killed run goes on where it was."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor, nn

from wmh_siamese.errors import WMHError
from wmh_siamese.files.atomic_file import written_whole

# What makes a run go on as if nothing had happened, by the name that it has in the file.
State = Mapping[str, nn.Module | torch.optim.Optimizer]


@dataclass(frozen=True)
class Checkpoint:
    """How far a run has come; ``identity`` tells runs with other settings or cases apart."""

    identity: str
    epochs_done: int
    best_dice: float


def write_checkpoint(path: Path, checkpoint: Checkpoint, state: State) -> None:
    """Write networks, optimisers and progress, whole or not at all."""
    tensors: dict[str, Tensor] = {}
    for part, thing in state.items():
        if isinstance(thing, nn.Module):
            tensors |= {f"{part}.{name}": tensor for name, tensor in thing.state_dict().items()}
        else:
            for index, moments in thing.state_dict()["state"].items():
                tensors |= {f"{part}.{index}.{name}": value for name, value in moments.items()}
    data = save(
        {name: tensor.contiguous() for name, tensor in tensors.items()},
        metadata={"checkpoint": json.dumps(asdict(checkpoint))},
    )
    with written_whole(path) as partial:
        partial.write_bytes(data)


def read_checkpoint(path: Path, state: State) -> Checkpoint:
    """Bring networks and optimisers to the state of the file; returns how far the run had come.

    Raises:
        WMHError: ``bad-model`` when the file is damaged or of another network.
    """
    try:
        with safe_open(path, framework="pt") as file:
            checkpoint = Checkpoint(**json.loads(file.metadata()["checkpoint"]))
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        for part, thing in state.items():
            if isinstance(thing, nn.Module):
                thing.load_state_dict(_part(tensors, f"{part}."))
            else:
                _load_optimiser(thing, _part(tensors, f"{part}."))
    except (SafetensorError, RuntimeError, KeyError, TypeError, ValueError) as error:
        raise WMHError(
            "bad-model",
            f"The checkpoint {path} is damaged or of another training.",
            "Remove it to start afresh, or choose another folder.",
        ) from error
    return checkpoint


def epochs_done(path: Path) -> int:
    """How many whole epochs a checkpoint holds, read from its header; 0 when there is none."""
    if not path.is_file():
        return 0
    with safe_open(path, framework="pt") as file:
        return Checkpoint(**json.loads(file.metadata()["checkpoint"])).epochs_done


def _part(tensors: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {
        name.removeprefix(prefix): tensor
        for name, tensor in tensors.items()
        if name.startswith(prefix)
    }


def _load_optimiser(optimiser: torch.optim.Optimizer, moments: dict[str, Tensor]) -> None:
    state = optimiser.state_dict()
    state["state"] = {}
    for name, tensor in moments.items():
        index, moment = name.split(".")
        state["state"].setdefault(int(index), {})[moment] = tensor
    optimiser.load_state_dict(state)
