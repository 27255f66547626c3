"""Training in several processes at once, as ``torchrun`` starts them.

A batch is divided among the processes. Gradients are averaged (DistributedDataParallel), batch norm
sees the statistics of the whole batch, and losses that are no mean over slices see all of it: the
training is that of one process with the same batch, apart from rounding.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import torch
from torch import Tensor, distributed, nn
from torch.nn.parallel import DistributedDataParallel

from wmh_siamese.errors import WMHError

# One process validates and writes while the others wait.
PATIENCE = timedelta(hours=2)

# A group that dies together with a DistributedDataParallel waits, with Python's lock in hand, for
# its thread, which may be waiting for that lock. Here it outlives them.
_JOINED: list[distributed.ProcessGroup] = []


@dataclass(frozen=True)
class Processes:
    """This process among all that train together; a single one by default."""

    rank: int = 0
    count: int = 1

    @property
    def first(self) -> bool:
        """Whether this process validates, writes files and tells of epochs."""
        return self.rank == 0

    def share(self, batch_size: int) -> slice:
        """This process's part of a batch.

        Raises:
            WMHError: ``bad-path`` when the batch cannot be divided evenly.
        """
        if batch_size % self.count:
            raise WMHError(
                "bad-path",
                f"A batch of {batch_size} slices cannot be divided among {self.count} processes.",
                f"Choose a --batch-size that {self.count} divides.",
            )
        size = batch_size // self.count
        return slice(self.rank * size, (self.rank + 1) * size)

    def together(self, network: nn.Module, device: torch.device) -> nn.Module:
        """The network with averaged gradients; its batch norms become those of the whole batch."""
        if self.count == 1:
            return network
        return DistributedDataParallel(network, [device] if device.type == "cuda" else None)

    def with_shared_statistics(self, network: nn.Module, device: torch.device) -> None:
        """Replace the network's batch norms by ones that see the whole batch, in place."""
        if self.count == 1:
            return
        for parent in list(network.modules()):
            for name, child in parent.named_children():
                if isinstance(child, nn.BatchNorm2d):
                    shared = nn.SyncBatchNorm if device.type == "cuda" else SharedBatchNorm
                    setattr(parent, name, _as(shared, child))

    def whole(self, tensor: Tensor) -> Tensor:
        """The tensors of all processes, one after the other along the first axis.

        The gradient is that of a loss which every process computes from the whole.
        """
        if self.count == 1:
            return tensor
        gathered: Tensor = _Gathered.apply(tensor, self.rank, self.count)  # type: ignore[no-untyped-call]
        return gathered

    def average_gradients(self, network: nn.Module) -> None:
        """Give every process the mean gradient of all."""
        if self.count > 1:
            for parameter in network.parameters():
                if parameter.grad is not None:
                    parameter.grad.copy_(self.mean(parameter.grad))

    def mean(self, tensor: Tensor) -> Tensor:
        """The mean of all processes' tensors."""
        if self.count == 1:
            return tensor
        total = tensor.clone()
        distributed.all_reduce(total)
        return total / self.count

    def from_first(self, value: Any) -> Any:
        """What the first process gives, in every process; the others wait for it."""
        if self.count == 1:
            return value
        values = [value]
        distributed.broadcast_object_list(values)
        return values[0]


@contextmanager
def joined_processes(device: torch.device) -> Iterator[Processes]:
    """This process among those that ``torchrun`` started, or alone without it."""
    count = int(os.environ.get("WORLD_SIZE", "1"))
    if count == 1:
        yield Processes()
        return
    if device.type == "cuda":
        torch.cuda.set_device(int(os.environ.get("LOCAL_RANK", "0")))
    distributed.init_process_group("nccl" if device.type == "cuda" else "gloo", timeout=PATIENCE)
    assert distributed.group.WORLD is not None
    _JOINED.append(distributed.group.WORLD)
    try:
        yield Processes(distributed.get_rank(), count)
    finally:
        distributed.destroy_process_group()


class SharedBatchNorm(nn.BatchNorm2d):
    """Batch norm with the statistics of all processes' slices; PyTorch has it for GPUs alone."""

    def forward(self, x: Tensor) -> Tensor:
        """Normalised (N, C, H, W), in the input's precision; computed in float32."""
        if not self.training:
            return super().forward(x)
        count = x.numel() // x.shape[1] * distributed.get_world_size()
        wide = x.float()
        mean = _summed(wide.sum(dim=(0, 2, 3))) / count
        centred = wide - mean.view(1, -1, 1, 1)
        variance = _summed((centred**2).sum(dim=(0, 2, 3))) / count
        self._remember(mean.detach(), variance.detach() * count / (count - 1))
        scale = self.weight * (variance + self.eps).rsqrt()
        y: Tensor = centred * scale.view(1, -1, 1, 1) + self.bias.view(1, -1, 1, 1)
        return y.to(x.dtype)

    def _remember(self, mean: Tensor, variance: Tensor) -> None:
        assert self.running_mean is not None and self.running_var is not None
        assert self.num_batches_tracked is not None and self.momentum is not None
        self.num_batches_tracked.add_(1)
        self.running_mean.lerp_(mean, self.momentum)
        self.running_var.lerp_(variance, self.momentum)


class _Summed(torch.autograd.Function):
    """The sum over all processes, forwards and, of the gradients, backwards."""

    @staticmethod
    def forward(ctx: Any, tensor: Tensor) -> Tensor:
        return _sum(tensor)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Tensor:
        return _sum(gradient)


class _Gathered(torch.autograd.Function):
    """All processes' tensors; backwards this one's part, times their count because the gradients
    of the processes are averaged afterwards."""

    @staticmethod
    def forward(ctx: Any, tensor: Tensor, rank: int, count: int) -> Tensor:
        ctx.rank, ctx.count = rank, count
        tensors = [torch.empty_like(tensor) for _ in range(count)]
        distributed.all_gather(tensors, tensor.contiguous())
        return torch.cat(tensors)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None, None]:
        return gradient.chunk(ctx.count)[ctx.rank] * ctx.count, None, None


def _summed(tensor: Tensor) -> Tensor:
    summed: Tensor = _Summed.apply(tensor)  # type: ignore[no-untyped-call]
    return summed


def _sum(tensor: Tensor) -> Tensor:
    total = tensor.clone()
    distributed.all_reduce(total)
    return total


def _as(kind: type[nn.BatchNorm2d | nn.SyncBatchNorm], found: nn.BatchNorm2d) -> nn.Module:
    """A fresh batch norm in another one's place, with the same weights and statistics."""
    made = kind(found.num_features, found.eps, found.momentum)
    made.load_state_dict(found.state_dict())
    return made.to(found.weight.device)
