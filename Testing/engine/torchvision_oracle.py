"""torchvision's models, to compare with; also where its compiled part does not fit this torch.

A torchvision built for CUDA beside a CPU build of torch stops at ``operator torchvision::nms does
not exist``. VGG19 needs none of the compiled operators: declaring their names is enough.
"""

import importlib
import sys

import torch


def _models():
    try:
        return importlib.import_module("torchvision.models")
    except RuntimeError as error:
        if "torchvision::" not in str(error):
            raise
    for name in [name for name in sys.modules if name.split(".")[0] == "torchvision"]:
        del sys.modules[name]
    for name in ("nms", "qnms"):
        _DECLARED.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    return importlib.import_module("torchvision.models")


_DECLARED = torch.library.Library("torchvision", "FRAGMENT")
models = _models()
