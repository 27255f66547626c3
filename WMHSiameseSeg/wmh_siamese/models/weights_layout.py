"""Where a model file keeps which weight: its header's tensors against generator and length.

The header alone tells whether a file was cut short or holds another network; nothing is loaded.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from itertools import pairwise
from typing import Any

_BYTES = {"F64": 8, "F32": 4, "F16": 2, "BF16": 2}
_COUNTER = ("I64", 8)

Shapes = dict[str, tuple[int, ...]]


def check_layout(header: Mapping[str, Any], width: int, depth: int, data_bytes: int) -> None:
    """Refuse a header whose tensors are not a generator's, or do not fill the file exactly.

    Args:
        header: of a ``.safetensors`` file.
        width: filters of the generator's first block.
        depth: number of its max poolings.
        data_bytes: of the file after its header.

    Raises:
        ValueError: when they do not fit.
    """
    tensors = {name: tensor for name, tensor in header.items() if name != "__metadata__"}
    shapes = generator_shapes(width, depth)
    if tensors.keys() != shapes.keys():
        raise ValueError("other weights than its architecture has")
    places = sorted(_place(tensors[name], shape) for name, shape in shapes.items())
    if places[0][0] != 0 or any(end != start for (_, end), (start, _) in pairwise(places)):
        raise ValueError("its weights do not follow one another")
    if places[-1][1] != data_bytes:
        raise ValueError(f"{places[-1][1]} bytes of weights, and {data_bytes} in the file")


def generator_shapes(width: int, depth: int) -> Shapes:
    """The shapes of all weights of :class:`wmh_siamese.networks.generator.DenseUNet`, by name."""
    filters = [width * 2**level for level in range(depth + 1)]
    shapes: Shapes = {"head.weight": (1, width, 1, 1), "head.bias": (1,)}
    for level, (channels_in, channels) in enumerate(zip([3, *filters], filters[:-1], strict=False)):
        shapes |= _dense_block(f"encoder.{level}", channels_in, channels)
    shapes |= _dense_block("bottleneck", filters[-2], filters[-1])
    for level, (deep, shallow) in enumerate(pairwise(reversed(filters))):
        shapes[f"up.{level}.weight"] = (deep, shallow, 2, 2)
        shapes[f"up.{level}.bias"] = (shallow,)
        shapes |= _dense_block(f"decoder.{level}", 2 * shallow, shallow)
    return shapes


def _dense_block(name: str, channels_in: int, filters: int) -> Shapes:
    growth = filters // 2
    return {
        **_conv_block(f"{name}.first", channels_in, growth),
        **_conv_block(f"{name}.second", channels_in + growth, growth),
        **_conv_block(f"{name}.last", channels_in + 2 * growth, filters),
    }


def _conv_block(name: str, channels_in: int, channels_out: int) -> Shapes:
    statistics = ("weight", "bias", "running_mean", "running_var")
    return {
        f"{name}.0.weight": (channels_out, channels_in, 3, 3),
        **{f"{name}.1.{part}": (channels_out,) for part in statistics},
        f"{name}.1.num_batches_tracked": (),
    }


def _place(tensor: Mapping[str, Any], shape: tuple[int, ...]) -> tuple[int, int]:
    """Begin and end of a tensor in the data, when it is as it should be."""
    start, end = tensor["data_offsets"]
    kind = tensor["dtype"]
    bytes_each = _BYTES[kind] if shape else dict([_COUNTER])[kind]
    if tensor["shape"] != list(shape) or end - start != math.prod(shape) * bytes_each:
        raise ValueError("a weight of another shape than its architecture has")
    return start, end
