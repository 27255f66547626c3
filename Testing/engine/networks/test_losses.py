"""The benchmark losses against hand-worked numbers, plain formulas, MONAI and torch."""

import monai.losses
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from wmh_siamese.networks.losses import LOSSES, overlap_loss

OVERLAP = ["dice", "tversky", "generalised-dice"]


def images(*rows):
    """Slices of one row of pixels each, (N, 1, 1, W)."""
    return torch.tensor(rows)[:, None, None]


def plain(name, p, g):
    """The decided formula, written out in float64."""
    p, g = p.double(), g.double()
    if name == "dice":
        return 1 - (2 * (p * g).sum() + 1) / ((p**2).sum() + (g**2).sum() + 1)
    if name == "tversky":
        both = (p * g).sum()
        below = both + 0.3 * (p * (1 - g)).sum() + 0.7 * ((1 - p) * g).sum() + 1
        return 1 - (both + 1) / below
    if name == "cross-entropy":
        return -(g * p.log() + (1 - g) * (1 - p).log()).mean()
    shares, weights, sums = [], [], []
    for pc, gc in ((p, g), (1 - p, 1 - g)):
        shares.append((pc * gc).sum())
        sums.append(pc.sum() + gc.sum())
        weights.append(1 / gc.sum() ** 2 if gc.sum() else None)
    weights = [w if w is not None else next(v for v in weights if v is not None) for w in weights]
    above = sum(w * s for w, s in zip(weights, shares, strict=True))
    return 1 - 2 * above / sum(w * s for w, s in zip(weights, sums, strict=True))


@pytest.fixture
def batch():
    """Three slices of 16 x 16, the last without lesion; predictions and hard labels."""
    draw = torch.Generator().manual_seed(0)
    truth = (torch.rand(3, 1, 16, 16, generator=draw) > 0.9).float()
    truth[2] = 0
    return torch.rand(3, 1, 16, 16, generator=draw) * 0.98 + 0.01, truth


@pytest.mark.parametrize(
    ("name", "worked"),
    [
        # sum pg = 1.3, sum p^2 = 0.64 + 0.04 + 0.25 + 0.01 = 0.94, sum g^2 = 2
        ("dice", 1 - (2 * 1.3 + 1) / (0.94 + 2 + 1)),
        # sum p(1-g) = 0.3, sum (1-p)g = 0.7
        ("tversky", 1 - 2.3 / (1.3 + 0.3 * 0.3 + 0.7 * 0.7 + 1)),
        # both classes have two pixels, so the weights cancel: 2 (1.3 + 1.7) / (1.6 + 2 + 2.4 + 2)
        ("generalised-dice", 1 - 6 / 8),
    ],
)
def test_hand_worked_numbers(name, worked):
    prediction, truth = images([0.8, 0.2], [0.5, 0.1]), images([1.0, 0.0], [1.0, 0.0])
    assert overlap_loss(name)(prediction, truth).item() == pytest.approx(worked, abs=1e-6)


def test_generalised_dice_weighs_classes_by_their_squared_volume():
    # lesion: one pixel, weight 1; background: three pixels, weight 1/9
    prediction, truth = images([0.5, 0.0, 0.0, 0.5]), images([1.0, 0.0, 0.0, 0.0])
    worked = 1 - 2 * (0.5 + 2.5 / 9) / ((1 + 1) + (3 + 3) / 9)
    loss = overlap_loss("generalised-dice")(prediction, truth)
    assert loss.item() == pytest.approx(worked, abs=1e-6)


@pytest.mark.parametrize("name", LOSSES)
@pytest.mark.parametrize("soft", [False, True])
def test_the_formula(name, soft, batch):
    prediction, truth = batch
    truth = 0.1 + 0.8 * truth if soft else truth
    found = overlap_loss(name)(prediction, truth)
    assert found.shape == () and found.dtype == torch.float32
    assert found.item() == pytest.approx(plain(name, prediction, truth).item(), abs=1e-5)


@given(
    lesion=st.lists(st.integers(0, 63), unique=True, max_size=8),
    level=st.floats(0.01, 0.99),
    name=st.sampled_from(OVERLAP),
)
@settings(deadline=None)
def test_a_perfect_mask_is_the_best_of_uniform_changes(lesion, level, name):
    truth = torch.zeros(1, 1, 8, 8)
    truth.view(-1)[lesion] = 1
    loss = overlap_loss(name)
    perfect = loss(truth, truth).item()
    assert perfect == pytest.approx(0, abs=1e-6)
    assert perfect < loss(torch.full_like(truth, level), truth).item() <= 1


@pytest.mark.parametrize("name", OVERLAP)
def test_a_batch_is_one_sum_not_a_mean_of_slices(name, batch):
    prediction, truth = batch
    whole = overlap_loss(name)(prediction, truth)
    side_by_side = [torch.cat(list(part), dim=-1)[None] for part in (prediction, truth)]
    torch.testing.assert_close(whole, overlap_loss(name)(*side_by_side))
    slices = [overlap_loss(name)(p[None], g[None]) for p, g in zip(prediction, truth, strict=True)]
    assert abs(whole - torch.stack(slices).mean()) > 1e-3


MONAIS = {
    "dice": monai.losses.DiceLoss(squared_pred=True, smooth_nr=1, smooth_dr=1, batch=True),
    "tversky": monai.losses.TverskyLoss(alpha=0.3, beta=0.7, smooth_nr=1, smooth_dr=1, batch=True),
    "generalised-dice": monai.losses.GeneralizedDiceLoss(
        w_type="square", smooth_nr=0, smooth_dr=0, batch=True
    ),
}


@pytest.mark.parametrize("name", OVERLAP)
@pytest.mark.parametrize("lesions", ["some", "none", "all"])
def test_values_and_gradients_are_monais(name, lesions, batch):
    prediction, truth = batch
    truth = {"some": truth, "none": 0 * truth, "all": 0 * truth + 1}[lesions]
    ours, theirs = (prediction.clone().requires_grad_() for _ in range(2))
    loss = overlap_loss(name)(ours, truth)
    loss.backward()
    as_classes = (lambda x: torch.cat([x, 1 - x], dim=1)) if "gen" in name else (lambda x: x)
    expected = MONAIS[name](as_classes(theirs), as_classes(truth))
    expected.backward()
    torch.testing.assert_close(loss, expected, rtol=1e-5, atol=1e-6)
    torch.testing.assert_close(ours.grad, theirs.grad, rtol=1e-4, atol=1e-7)


def test_cross_entropy_is_torchs_of_logits(batch):
    prediction, truth = batch
    torch.testing.assert_close(
        overlap_loss("cross-entropy")(prediction, truth),
        torch.nn.functional.binary_cross_entropy_with_logits(torch.logit(prediction), truth),
        rtol=1e-4,
        atol=1e-6,
    )


@pytest.mark.parametrize("name", LOSSES)
@pytest.mark.parametrize("truth", [[1.0, 0.0, 1.0, 0.0], [0.0] * 4, [1.0] * 4, [0.9, 0.1] * 2])
def test_gradients_agree_with_finite_differences(name, truth):
    prediction = torch.tensor([0.7, 0.2, 0.4, 0.6], dtype=torch.float64).view(2, 1, 1, 2)
    truth = torch.tensor(truth, dtype=torch.float64).view(2, 1, 1, 2)
    loss = overlap_loss(name)
    assert torch.autograd.gradcheck(lambda p: loss(p, truth), prediction.requires_grad_())


@pytest.mark.parametrize("name", LOSSES)
@pytest.mark.parametrize("level", [0.0, 1e-6, 0.5, 1.0])
@pytest.mark.parametrize("lesion", [False, True])
def test_extreme_batches_have_finite_losses_and_gradients(name, level, lesion):
    truth = torch.zeros(8, 1, 224, 224)
    truth[0, 0, 0, 0] = float(lesion)
    prediction = torch.full_like(truth, level).requires_grad_()
    loss = overlap_loss(name)(prediction, truth)
    loss.backward()
    assert torch.isfinite(loss) and torch.isfinite(prediction.grad).all()


@pytest.mark.parametrize("name", LOSSES)
def test_without_a_lesion_the_gradient_pushes_every_pixel_down(name):
    prediction = torch.full((2, 1, 8, 8), 0.3, requires_grad=True)
    overlap_loss(name)(prediction, torch.zeros(2, 1, 8, 8)).backward()
    assert (prediction.grad > 0).all()


def test_soft_labels_make_an_all_foreground_mask_the_optimum_of_tversky():
    """150 lesion pixels in 224 x 224: why hard labels are the default."""
    hard = torch.zeros(1, 1, 224, 224)
    hard.view(-1)[:150] = 1
    loss, soft = overlap_loss("tversky"), 0.1 + 0.8 * hard
    everything = torch.ones_like(hard)
    assert 1 - loss(everything, soft).item() == pytest.approx(0.28, abs=0.005)
    assert 1 - loss(hard, soft).item() == pytest.approx(0.04, abs=0.005)
    assert loss(hard, hard).item() == pytest.approx(0, abs=1e-6)
    assert loss(everything, hard).item() > 0.98


@pytest.mark.parametrize("name", LOSSES)
@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_half_precision_predictions_are_summed_in_float32(name, dtype, batch):
    prediction, truth = batch[0].to(dtype), batch[1]
    with torch.autocast("cpu", torch.bfloat16):
        found = overlap_loss(name)(prediction, truth)
    assert found.dtype == torch.float32
    assert found.item() == pytest.approx(plain(name, prediction, truth).item(), abs=1e-5)


def test_other_names_and_shapes_are_refused():
    with pytest.raises(ValueError, match=r"one of dice, tversky, .* got 'jaccard'"):
        overlap_loss("jaccard")
    with pytest.raises(ValueError, match=r"\(2, 1, 4, 4\) is not the truth's \(2, 4, 4\)"):
        overlap_loss("cross-entropy")(torch.rand(2, 1, 4, 4), torch.rand(2, 4, 4))
