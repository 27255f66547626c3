"""Whether half precision leaves the mask of real volumes as it is."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor, nn
from wmh_siamese.cases.finding import read_case_table
from wmh_siamese.models.model_file import load_model
from wmh_siamese.networks.devices import keep_freed_memory
from wmh_siamese.networks.folding import SummedConvBlock, folded
from wmh_siamese.networks.generator import DenseUNet
from wmh_siamese.networks.preparation import (
    native_slices,
    prepared_slices,
    unit_intensities,
    vgg_prepared,
    white_level,
)
from wmh_siamese.volumes.nifti_file import read_volume
from wmh_siamese.volumes.volume import Volume, axial_view

from bench.report import Figure
from bench.setting import Setting

GROUP = "Half precision against float32"
FORMATS = {"float16": torch.float16, "bfloat16": torch.bfloat16}
BATCH = 4


def figures(setting: Setting) -> Iterator[Figure]:
    """The agreement of the masks on every real volume."""
    if setting.data is None:
        note = "no real volumes given (--data CASES.csv)"
        yield Figure(GROUP, "agreement", None, note=note)
        return
    for case in read_case_table(setting.data)[:: _stride(setting)][: setting.volumes]:
        volume = read_volume(case.flair)
        for name, found in agreements(setting, volume).items():
            figure = f"{case.id} {name}"
            yield Figure(GROUP, figure, found, "Dice", note="the engine uses float32", digits=5)


def _stride(setting: Setting) -> int:
    """Spreads the chosen volumes over all cohorts of the table."""
    return max(1, len(read_case_table(setting.data or "")) // max(1, setting.volumes))


@torch.inference_mode()
def agreements(setting: Setting, volume: Volume) -> dict[str, float]:
    """By format: the masks of the whole volume compared at the model's threshold.

    The arithmetic is that of a GPU's matrix units, emulated: operands and results rounded to half
    precision, sums in float32.
    """
    keep_freed_memory()
    generator, card = load_model(setting.model)
    recipe, view = card.preparation_recipe(), axial_view(volume.affine)
    level = white_level(volume.array, recipe)
    networks = {"float32": folded(generator)}
    networks |= {name: rounded_generator(folded(generator), FORMATS[name]) for name in FORMATS}
    found: dict[str, list[Tensor]] = {name: [] for name in networks}
    unit = unit_intensities(view.forward(volume.array), level)
    for part in unit.split(BATCH):
        images = vgg_prepared(prepared_slices(part, view.spacing[1:], recipe))
        for name, network in networks.items():
            found[name].append(torch.sigmoid(network.logits(images)))
    whole = {name: torch.cat(parts) for name, parts in found.items()}
    height, width = unit.shape[1:]
    native = {
        name: native_slices(probability, (height, width), view.spacing[1:], recipe)
        for name, probability in whole.items()
    }
    return {
        name: dice(*(native[one] >= card.threshold for one in ("float32", name)))
        for name in FORMATS
    }


def dice(one: Tensor, other: Tensor) -> float:
    """Twice the voxels in both masks over the voxels of each; 1 for two empty masks."""
    total = float(one.sum() + other.sum())
    return 2 * float((one & other).sum()) / total if total else 1.0


def rounded_generator(generator: DenseUNet, half: torch.dtype) -> DenseUNet:
    """The generator with every convolution's operands and results rounded to half precision."""
    for module in generator.modules():
        if isinstance(module, SummedConvBlock | nn.Conv2d | nn.ConvTranspose2d):
            for parameter in module.parameters():
                parameter.copy_(parameter.to(half))
            module.register_forward_pre_hook(lambda _, given: tuple(_as(x, half) for x in given))
            module.register_forward_hook(lambda _, given, result: _as(result, half))
    return generator


def _as(x: Tensor, half: torch.dtype) -> Tensor:
    return x.to(half).float()
