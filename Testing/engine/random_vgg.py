"""The first two blocks of a VGG19 with seeded random weights: no file, no download."""

import numpy as np
import torch
from wmh_siamese.networks.vgg_weights import VGGWeights

CHANNELS = {0: (3, 64), 2: (64, 64), 5: (64, 128), 7: (128, 128)}


def random_vgg(convention="caffe"):
    draw = torch.Generator().manual_seed(5)
    tensors = {}
    for layer, (channels_in, channels_out) in CHANNELS.items():
        shape = (channels_out, channels_in, 3, 3)
        weight = torch.randn(shape, generator=draw) * np.sqrt(2 / (9 * channels_in))
        tensors[f"features.{layer}.weight"] = weight
        tensors[f"features.{layer}.bias"] = torch.randn(channels_out, generator=draw)
    return VGGWeights(tensors, convention, sha256="random")
