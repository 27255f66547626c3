"""A model goes on learning from corrected cases; it becomes a new file, the old one stays."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from wmh_siamese.cases.case import Case
from wmh_siamese.errors import WMHError, from_exception
from wmh_siamese.evaluation.evaluation import CaseFigures
from wmh_siamese.files.workplace import workplace
from wmh_siamese.finetuning.comparison import telling
from wmh_siamese.finetuning.ending import published
from wmh_siamese.finetuning.guard import draw_towards
from wmh_siamese.models.model_file import ModelCard, check_output, load_model, read_card, save_model
from wmh_siamese.networks.devices import choose_device
from wmh_siamese.networks.vgg_weights import VGGWeights
from wmh_siamese.training.plan import Epoch
from wmh_siamese.training.release import release
from wmh_siamese.training.settings import TrainingSettings
from wmh_siamese.training.training import train
from wmh_siamese.training.validation import Validation


@dataclass(frozen=True)
class CurvePoint:
    """What one epoch brought.

    Attributes:
        epoch: its number, from 1.
        loss: mean over its batches.
        held_out_dice: mean over the held-out cases with lesions, at the base model's threshold;
            NaN without any.
        seconds: how long it took.
    """

    epoch: int
    loss: float
    held_out_dice: float
    seconds: float


@dataclass(frozen=True)
class Finetuned:
    """A fine-tuned model.

    Attributes:
        path: its file; another name than asked for when that was taken meanwhile.
        card: what the file says of itself.
        figures: on the held-out cases.
        curve: one point an epoch, the first (epoch 0, no loss) of the base model.
        kept_epoch: the one whose weights were kept.
        stopped: whether it ended early, by the user or by a fault.
    """

    path: Path
    card: ModelCard
    figures: list[CaseFigures]
    curve: list[CurvePoint]
    kept_epoch: int
    stopped: bool


def finetune(
    base: Path,
    training_cases: Sequence[Case],
    held_out_cases: Sequence[Case],
    vgg: VGGWeights | None,
    output: Path,
    settings: TrainingSettings,
    *,
    name: str,
    base_share: float = 0.0,
    device: str = "auto",
    on_epoch: Callable[[CurvePoint], None] = lambda point: None,
    on_step: Callable[[int], None] = lambda done: None,
    say: Callable[[str], None] = lambda sentence: None,
    stopped: Callable[[], bool] = lambda: False,
    discarded: Callable[[], bool] = lambda: False,
    note: Callable[[str], None] = lambda sha256: None,
) -> Finetuned:
    """Fine-tune and write the new model; the base model's file is not touched.

    The weights kept are those of the epoch with the lowest training loss. Held-out cases choose
    nothing, neither the epoch nor the threshold, which stays the base model's: so their figures
    say how the model does on patients that it has never seen.

    Args:
        base: the model file to go on from.
        training_cases: to learn from.
        held_out_cases: to watch alone.
        vgg: the Siamese network's weights; None where the loss does without.
        output: the new model file; must not exist.
        settings: as :func:`wmh_siamese.finetuning.effort.finetuning_settings` makes them.
        name: of the new model, for people.
        base_share: how much of the base model's weights stays in the new one's, in [0, 1).
        device: ``"auto"``, ``"cpu"``, ``"cuda"`` or ``"mps"``.
        on_epoch: told of each epoch, and first of the base model.
        on_step: told how many steps are done.
        say: told, in a sentence, what the user should know.
        stopped: asked before each step; then the best epoch so far is kept.
        discarded: asked when it was stopped and before the model appears: whether nothing is to
            be kept.
        note: told the SHA-256 of the new model before its file appears, so that whoever keeps
            book of trainings knows every model, also after a sudden end; tried again for minutes.

    Raises:
        WMHError: ``stopped`` when no epoch was whole yet or nothing is to be kept; ``bad-path``
            when ``output`` exists; as :func:`wmh_siamese.training.training.train` when no epoch was
            whole (later its faults end the training as a stop does, and are told). Nothing is left
            behind then. When ``note`` fails for minutes, the model is kept under another name,
            which is told.
    """
    check_output(output)
    if not 0 <= base_share < 1:
        raise WMHError("bad-path", f"A share of {base_share} of the base model cannot stay.")
    card = read_card(base)
    watch = Validation(held_out_cases, settings.recipe)
    curve = [CurvePoint(0, float("nan"), _dice(watch, base, card.threshold, device), 0.0)]
    on_epoch(curve[0])
    with workplace(output.parent) as folder:
        kept = folder / "kept.safetensors"

        def whole(epoch: Epoch) -> None:
            last = folder / "last.safetensors"
            if base_share:
                draw_towards(base, last, base_share)
            dice = _dice(watch, last, card.threshold, device)
            point = CurvePoint(epoch.number + 1, epoch.loss, dice, epoch.seconds)
            if all(point.loss < earlier.loss for earlier in curve[1:]):
                shutil.copyfile(last, kept)
            curve.append(point)
            on_epoch(point)

        ended_early = False
        try:
            train(
                training_cases,
                (),
                vgg,
                folder,
                settings,
                name=name,
                base=base,
                device=device,
                cache=folder / "slices",
                on_epoch=whole,
                on_step=on_step,
                say=say,
                stopped=stopped,
            )
        except Exception as error:
            end = from_exception(error)
            if end.kind == "internal" or discarded() or not kept.exists():
                raise
            ended_early = True
            if end.kind != "stopped":
                say(f"{end.sentence} Epoch {_best(curve).epoch} is kept, the best so far.")
        _with_origin(kept, card.threshold, base_share)
        whole_file = folder / "released.safetensors"
        released = release(kept, held_out_cases, whole_file, device, telling(say))
        sha256 = released.card.sha256
        path = published(whole_file, sha256, output, note, say, unwanted=discarded)
    kept_epoch = _best(curve).epoch
    return Finetuned(path, released.card, released.figures, curve, kept_epoch, ended_early)


def _best(curve: Sequence[CurvePoint]) -> CurvePoint:
    """The epoch whose weights are kept; the first point is the base model's."""
    return min(curve[1:], key=lambda point: point.loss)


def _dice(watch: Validation, model: Path, threshold: float, device: str) -> float:
    if not watch.cases:
        return float("nan")
    generator, _ = load_model(model)
    where = choose_device(device)
    return watch.dice_at(generator.to(where), where, threshold)


def _with_origin(model: Path, threshold: float, base_share: float) -> None:
    """Let the card say what the base model gave: its threshold, and a share of the weights."""
    generator, card = load_model(model)
    training = {**card.training, "base_share": base_share}
    save_model(model, generator, replace(card, threshold=threshold, training=training))
