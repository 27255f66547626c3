"""Which loss is taken, on which labels, and that other pathology is not learnt from."""

import pytest
import torch
from engine.random_vgg import random_vgg
from wmh_siamese.networks.losses import overlap_loss
from wmh_siamese.networks.siamese import ContentLoss, VGGFeatures
from wmh_siamese.training.loss import TrainingLoss
from wmh_siamese.training.settings import TrainingSettings

OVERLAP = ["dice", "tversky", "generalised-dice"]


@pytest.fixture(scope="module")
def content():
    return ContentLoss(VGGFeatures(random_vgg().tensors, "caffe"))


@pytest.fixture
def batch():
    """Images, labels 0, 1 and 2, and a prediction, (2, 1, 16, 16)."""
    draw = torch.Generator().manual_seed(0)
    images = torch.rand(2, 1, 16, 16, generator=draw)
    labels = torch.zeros(2, 1, 16, 16)
    labels[:, :, 2:7, 3:9] = 1
    labels[:, :, 9:14, 5:12] = 2
    return images, labels, torch.rand(2, 1, 16, 16, generator=draw)


def test_the_content_loss_sees_soft_labels(content, batch):
    images, labels, prediction = batch
    labels = labels.clamp(max=1)
    loss = TrainingLoss(TrainingSettings(), content)(images, labels, prediction)
    torch.testing.assert_close(loss, content(images, 0.1 + 0.8 * labels, prediction))


@pytest.mark.parametrize("name", OVERLAP)
def test_overlap_losses_see_hard_labels_unless_told_otherwise(batch, name):
    images, labels, prediction = batch
    labels = labels.clamp(max=1)
    hard = TrainingLoss(TrainingSettings(loss=name), None)(images, labels, prediction)
    torch.testing.assert_close(hard, overlap_loss(name)(prediction, labels))
    settings = TrainingSettings(loss=name, soft_labels=(0.1, 0.9))
    soft = TrainingLoss(settings, None)(images, labels, prediction)
    torch.testing.assert_close(soft, overlap_loss(name)(prediction, 0.1 + 0.8 * labels))
    assert abs(float(soft - hard)) > 1e-3


@pytest.mark.parametrize("name", [*OVERLAP, "cross-entropy"])
def test_a_second_term_is_added_on_hard_labels(content, batch, name):
    images, labels, prediction = batch
    labels = labels.clamp(max=1)
    settings = TrainingSettings(extra_loss=name, extra_weight=30.0)
    both = TrainingLoss(settings, content)(images, labels, prediction)
    alone = TrainingLoss(TrainingSettings(), content)(images, labels, prediction)
    torch.testing.assert_close(
        both - alone, 30 * overlap_loss(name)(prediction, labels), rtol=1e-4, atol=0
    )


@pytest.mark.parametrize("extra", [None, "cross-entropy"])
@pytest.mark.parametrize("name", ["content", *OVERLAP])
def test_no_gradient_comes_from_other_pathology(content, batch, name, extra):
    images, labels, prediction = batch
    loss = TrainingLoss(TrainingSettings(loss=name, extra_loss=extra), content)
    gradients = []
    for value in (0.0, 0.99):
        seen = torch.where(labels == 2, value, prediction).requires_grad_()
        loss(images, labels, seen).backward()
        gradients.append(seen.grad)
    assert torch.equal(*gradients)
    assert not gradients[0][labels == 2].any()
    assert gradients[0][labels != 2].count_nonzero() > 300


def test_a_loss_of_another_name_is_refused():
    with pytest.raises(ValueError, match=r"loss must be one of .*got 'focal'"):
        TrainingSettings(loss="focal")
    with pytest.raises(ValueError, match=r"extra_loss must be one of .*got 'content'"):
        TrainingSettings(extra_loss="content")
