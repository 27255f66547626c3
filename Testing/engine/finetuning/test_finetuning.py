"""Fine-tuning on simulated heads: it keeps the base, names what got better, and can be stopped."""

import math
import os
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
import torch
from engine.random_vgg import random_vgg
from engine.tiny_training import TINY, run, simulated_cases
from wmh_siamese.cases.case import Case
from wmh_siamese.cases.reading import read_case, scan_sha256
from wmh_siamese.errors import WMHError
from wmh_siamese.evaluation.evaluation import CaseFigures
from wmh_siamese.evaluation.metrics import Metrics
from wmh_siamese.files.workplace import WORKPLACE_PREFIX, prefix_of
from wmh_siamese.finetuning.comparison import CasePair, Comparison, compared
from wmh_siamese.finetuning.effort import EPOCHS, batches_an_epoch, finetuning_settings
from wmh_siamese.finetuning.estimate import estimated
from wmh_siamese.finetuning.finetune import finetune
from wmh_siamese.finetuning.leave_one_out import leave_one_out
from wmh_siamese.models.model_file import load_model, read_card, save_model
from wmh_siamese.training.loss import TrainingLoss
from wmh_siamese.training.release import model_figures
from wmh_siamese.training.settings import TrainingSettings
from wmh_siamese.volumes.nifti_file import write_volume


@pytest.fixture(scope="module")
def cases(tmp_path_factory):
    return simulated_cases(tmp_path_factory.mktemp("cases"), ("a", "b", "c", "d"))


@pytest.fixture(scope="module")
def base(cases, tmp_path_factory):
    folder = tmp_path_factory.mktemp("base")
    run(cases[:2], folder, replace(TINY, epochs=4))
    return folder / "best.safetensors"


@pytest.fixture
def settings(base):
    given = {"epochs": 3, "batches": 3, "batch_size": 4, "learning_rate": 1e-3}
    return finetuning_settings(read_card(base), 2, **given)


def empty(case, folder):
    """The same scan without a lesion."""
    flair, labels = read_case(case)
    write_volume(folder / "empty.nii", np.zeros_like(labels.array), flair.affine)
    return replace(case, name="empty", patient="", mask=folder / "empty.nii")


def tuned(base, cases, output, settings, **more):
    held_out = more.pop("held_out", cases[3:])
    name = more.pop("name", "mine")
    return finetune(base, cases[:3], held_out, random_vgg(), output, settings, name=name, **more)


def test_a_new_model_appears_and_the_base_stays_as_it_was(cases, base, tmp_path, settings):
    before, told = base.read_bytes(), []
    done = tuned(base, cases, tmp_path / "mine.safetensors", settings, on_epoch=told.append)
    assert base.read_bytes() == before
    assert os.listdir(tmp_path) == ["mine.safetensors"]
    card, parent = read_card(done.path), read_card(base)
    assert card.name == "mine" and card.parent == parent.sha256
    assert card.threshold == parent.threshold
    assert card.training["cases"] == [case.id for case in cases[:3]]
    assert list(card.metrics["held_out"]["simulated"]["cases"]) == ["simulated/d"]
    assert told == done.curve and [point.epoch for point in told] == [0, 1, 2, 3]
    assert math.isnan(told[0].loss) and told[-1].loss < told[1].loss
    assert not done.stopped
    assert done.kept_epoch == min(told[1:], key=lambda point: point.loss).epoch


def test_held_out_cases_choose_nothing(cases, base, tmp_path, settings):
    with_one = tuned(base, cases, tmp_path / "a.safetensors", settings)
    without = tuned(base, cases, tmp_path / "b.safetensors", settings, held_out=[])
    one, other = (load_model(m.path)[0].state_dict() for m in (with_one, without))
    assert all(torch.equal(one[name], other[name]) for name in one)
    assert all(math.isnan(point.held_out_dice) for point in without.curve)


def test_a_share_of_the_base_models_weights_stays(cases, base, tmp_path, settings):
    """Independent oracle: the mean by hand of the base and of the same training without a share."""
    plain = tuned(base, cases, tmp_path / "plain.safetensors", settings)
    drawn = tuned(base, cases, tmp_path / "drawn.safetensors", settings, base_share=0.25)
    before, after, between = (
        load_model(path)[0].float().state_dict() for path in (base, plain.path, drawn.path)
    )
    for name, value in between.items():
        if value.is_floating_point():
            expected = 0.25 * before[name] + 0.75 * after[name]
            assert torch.allclose(value, expected, rtol=2e-3, atol=1e-6), name
    assert [point.loss for point in drawn.curve[1:]] == [point.loss for point in plain.curve[1:]]
    shares = [read_card(path).training["base_share"] for path in (plain.path, drawn.path)]
    assert shares == [0, 0.25]


def test_the_epoch_with_the_lowest_loss_is_kept(cases, base, tmp_path, settings, monkeypatch):
    whole, count = TrainingLoss.__call__, [0]

    def rising(self, *batch):
        count[0] += 1
        return whole(self, *batch) * (1 if count[0] <= settings.batches else 100)

    monkeypatch.setattr(TrainingLoss, "__call__", rising)
    done = tuned(base, cases, tmp_path / "m.safetensors", settings)
    assert done.kept_epoch == 1
    assert read_card(done.path).training["steps"] == settings.batches


def test_stopping_keeps_the_best_epoch_so_far(cases, base, tmp_path, settings):
    steps = []
    done = tuned(
        *(base, cases, tmp_path / "m.safetensors", settings),
        on_step=steps.append,
        stopped=lambda: len(steps) == 4,
    )
    assert done.stopped and done.kept_epoch == 1 and len(done.curve) == 2
    load_model(done.path)


def test_stopping_before_a_whole_epoch_leaves_no_trace(cases, base, tmp_path, settings):
    with pytest.raises(WMHError) as end:
        tuned(base, cases, tmp_path / "m.safetensors", settings, stopped=lambda: True)
    assert end.value.kind == "stopped" and not os.listdir(tmp_path)


@pytest.mark.parametrize("fault", [math.nan, "no memory"])
def test_a_fault_after_a_whole_epoch_keeps_the_best_so_far_and_is_told(
    cases, base, tmp_path, settings, monkeypatch, fault
):
    whole, count, told = TrainingLoss.__call__, [0], []

    def failing(self, *batch):
        count[0] += 1
        if count[0] <= settings.batches:
            return whole(self, *batch)
        if fault == "no memory":
            raise MemoryError
        return whole(self, *batch) * fault

    monkeypatch.setattr(TrainingLoss, "__call__", failing)
    done = tuned(base, cases, tmp_path / "m.safetensors", settings, say=told.append)
    assert done.stopped and done.kept_epoch == 1
    assert "Epoch 1 is kept" in told[-1] and "checkpoint" not in told[-1]
    assert read_card(done.path).training["steps"] == settings.batches


def test_a_fault_before_a_whole_epoch_claims_nothing(cases, base, tmp_path, settings, monkeypatch):
    whole = TrainingLoss.__call__
    monkeypatch.setattr(TrainingLoss, "__call__", lambda *batch: whole(*batch) * math.nan)
    with pytest.raises(WMHError, match="nan at step 0") as end:
        tuned(base, cases, tmp_path / "m.safetensors", settings)
    assert end.value.way_out == (
        "No epoch was whole, so nothing is kept. Train with a lower learning rate."
    )
    assert not os.listdir(tmp_path)


def test_a_model_is_never_replaced(cases, base, tmp_path, settings):
    taken = tmp_path / "m.safetensors"
    taken.write_text("mine")
    with pytest.raises(WMHError, match="exists already"):
        tuned(base, cases, taken, settings)
    assert taken.read_text() == "mine"
    with pytest.raises(WMHError, match="no folder"):
        tuned(base, cases, tmp_path / "none" / "m.safetensors", settings)


def test_a_model_is_noted_before_its_file_appears(cases, base, tmp_path, settings):
    """Killed in between, a training is known of no model; never a model of no training."""
    output, noted = tmp_path / "m.safetensors", []
    done = tuned(
        *(base, cases, output, settings),
        note=lambda sha256: noted.append((sha256, output.exists())),
    )
    assert noted == [(read_card(done.path).sha256, False)]


def test_cancelled_after_the_last_step_nothing_is_noted_or_kept(cases, base, tmp_path, settings):
    short, noted = replace(settings, epochs=1, batches=1), []
    with pytest.raises(WMHError) as end:
        tuned(
            *(base, cases, tmp_path / "m.safetensors", short),
            discarded=lambda: True,
            note=noted.append,
        )
    assert end.value.kind == "stopped" and noted == [] and not os.listdir(tmp_path)


def test_a_held_out_case_that_goes_meanwhile_is_left_out_and_told(cases, base, tmp_path, settings):
    gone = replace(cases[2], flair=tmp_path / "flair.nii")
    gone.flair.write_bytes(cases[2].flair.read_bytes())
    told = []
    done = finetune(
        *(base, cases[:2], [gone, cases[3]], random_vgg(), tmp_path / "m.safetensors"),
        replace(settings, epochs=1, batches=1),
        name="mine",
        on_epoch=lambda point: point.epoch and gone.flair.unlink(),
        say=told.append,
    )
    assert [figures.case.name for figures in done.figures] == ["d"]
    assert told[-1].startswith("Left out of the comparison: Case simulated/c:")
    beside = [replace(done.figures[0], case=gone), *done.figures]
    pairs = compared(base, beside, "cpu", left_out=lambda fault: told.append(str(fault))).pairs
    assert [pair.case.name for pair in pairs] == ["d"] and "simulated/c" in told[-1]


def test_a_share_that_leaves_nothing_to_learn_is_refused(cases, base, tmp_path, settings):
    for share in (-0.1, 1.0):
        with pytest.raises(WMHError, match="base model cannot stay"):
            tuned(base, cases, tmp_path / "m.safetensors", settings, base_share=share)


def test_what_a_killed_fine_tuning_left_goes_with_the_next(cases, base, tmp_path, settings):
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    left, alive = (tmp_path / f"{prefix_of(pid)}abc" for pid in (gone.pid, os.getpid()))
    elsewhere = tmp_path / f"{WORKPLACE_PREFIX}{'0' * 16}-{gone.pid}-abc"  # another computer's
    for folder in (left, alive, elsewhere):
        (folder / "slices").mkdir(parents=True)
    tuned(base, cases, tmp_path / "m.safetensors", settings)
    assert alive.exists() and elsewhere.exists() and not left.exists()


def test_the_time_is_measured_on_real_steps_and_real_looks(cases, base, settings, tmp_path):
    what = (base, [empty(cases[1], tmp_path), cases[0]], cases[2:], random_vgg(), settings)
    place = tmp_path / "place"
    place.mkdir()
    there = []
    told = estimated(
        *what, device="cpu", place=place, stopped=lambda: there.extend(os.listdir(place))
    )
    assert 0 < told.seconds_a_step < 60 and 0 < told.seconds_a_look < 60
    # both held-out cases before, after each of three epochs, and for both models at the end
    assert (told.steps, told.looks) == (9, 2 * (1 + 3 + 2))
    in_seconds = 9 * told.seconds_a_step + 12 * told.seconds_a_look
    assert told.minutes == pytest.approx(in_seconds / 60)
    assert set(there) and not os.listdir(place)
    with pytest.raises(WMHError) as end:
        estimated(*what, device="cpu", place=place, stopped=lambda: True)
    assert end.value.kind == "stopped" and not os.listdir(place)


@pytest.mark.parametrize("effort", ["quick", "usual", "thorough"])
def test_more_cases_take_longer_but_not_in_proportion(effort):
    one, five, fifty = (EPOCHS * batches_an_epoch(effort, cases) for cases in (1, 5, 50))
    assert one < five < fifty < 10 * one


def test_settings_are_the_base_models_with_what_was_given(base):
    card = read_card(base)
    settings = finetuning_settings(card, 1, loss="dice", batch_size=4, seed=None)
    assert (settings.width, settings.depth) == (TINY.width, TINY.depth)
    assert settings.recipe == TINY.recipe and settings.loss == "dice"
    assert settings.lesion_slices == 3 and settings.seed == TrainingSettings.seed
    assert settings.frozen_statistics and settings.learning_rate == 1e-4


def test_a_second_term_counts_as_much_as_the_content_loss(base):
    """Both weights that the docs name; a given one stays."""
    card = read_card(base)
    given = [
        {"extra_loss": "generalised-dice"},
        {"extra_loss": "generalised-dice", "loss": "content", "extra_weight": None},
        {"extra_loss": "dice", "extra_weight": 7.0},
        {"extra_loss": "dice", "loss": "tversky"},
        {},
    ]
    weights = [finetuning_settings(card, 1, **some).extra_weight for some in given]
    assert weights == [3000, 3000, 7, 1, 1]


def test_leaving_one_out_compares_each_patient_with_a_model_that_never_saw_it(
    cases, base, settings, monkeypatch, tmp_path
):
    learnt, places = [], set()
    from wmh_siamese.finetuning import leave_one_out as room

    def watched(base, others, *rest, **more):
        learnt.append([case.name for case in others])
        places.add(rest[2].parent.parent)
        return finetune(base, others, *rest, **more)

    monkeypatch.setattr(room, "finetune", watched)
    short = replace(settings, epochs=1, batches=1)
    again = replace(cases[0], cohort="elsewhere", name="again", patient="")  # the scan of a
    later = replace(cases[3], name="later", patient="b")
    comparison = leave_one_out(
        *(base, cases[:3], random_vgg(), short),
        rehearsal=[again, later],
        device="cpu",
        place=tmp_path,
    )
    assert places == {tmp_path} and not os.listdir(tmp_path)
    assert learnt == [
        ["b", "c", "later"],
        ["a", "c", "again"],
        ["a", "b", "again", "later"],
    ]
    assert [pair.case.name for pair in comparison.pairs] == ["a", "b", "c"]
    assert "of 3 left-out patients" in comparison.sentence()
    for few in (cases[:1], []):
        with pytest.raises(WMHError, match="2 to 5 patients"):
            leave_one_out(base, few, random_vgg(), short)


def test_a_patient_that_alone_has_lesions_is_told_before_any_training(
    cases, base, settings, tmp_path
):
    with pytest.raises(WMHError, match="Without patient simulated/a no case holds a lesion"):
        leave_one_out(base, [cases[0], empty(cases[1], tmp_path)], random_vgg(), settings)


def test_two_copies_of_a_model_are_the_same_on_every_case(cases, base):
    comparison = compared(base, model_figures(base, cases[2:], "cpu"), "cpu")
    assert all(pair.dice_change == 0 for pair in comparison.pairs)
    assert comparison.sentence().startswith("Better on 0 of 2 held-out patients; Dice")
    assert comparison.markdown().count("= same") == 5 * 3


def pair(patient, before, after, scan="1", truth_ml=1.0, found_ml=(1.0, 1.0)):
    case = Case("here", f"{patient}{scan}", None, None, patient)
    figures = (
        CaseFigures("m", case, "", Metrics(dice, 9.0, 20.0, 0.5, 0.5), truth_ml, ml, 0.1, 0.1, 1.0)
        for dice, ml in zip((before, after), found_ml, strict=True)
    )
    return CasePair(*figures)


def test_the_sentence_counts_patients_not_scans():
    pairs = [
        pair("p", 0.5, 0.7),
        pair("p", 0.6, 0.8, "2"),
        pair("q", 0.6, 0.5),
        pair("r", 0.6, 0.602),
        pair("s", math.nan, math.nan),
    ]
    comparison = Comparison(pairs)
    expected = "Better on 1 of 3 held-out patients, worse on 1; Dice 0.58 → 0.65."
    assert comparison.sentence() == expected
    assert [one.case.patient for one in comparison.most_changed(3)] == ["p", "p", "q"]


def test_a_patient_without_lesions_is_judged_by_false_alarms():
    free = pair("p", 0.0, math.nan, truth_ml=0.0, found_ml=(0.5, 0.1))
    said = "On 1 held-out patient without lesions, false alarms 0.50 → 0.10 ml: fewer."
    assert Comparison([free]).sentence() == said
    both = Comparison([free, pair("q", 0.5, 0.7), pair("r", math.nan, 0.9)])
    assert both.sentence() == f"Better on 1 of 1 held-out patient; Dice 0.50 → 0.70. {said}"
    assert both.means()["base"]["dice"] == 0.5 and both.means()["new"]["dice"] == 0.7
    assert both.means()["new"]["found_ml"] == pytest.approx(0.7)
    assert "0.500 → 0.700 ↑ better" in both.markdown().splitlines()[-1]


def test_scans_that_the_base_model_had_learnt_from_are_named(cases, base, tmp_path):
    network, card = load_model(base)
    other_name = replace(cases[2], cohort="elsewhere", name="x", patient="x")
    training = {**card.training, "scans": {"their/case": scan_sha256(cases[2])}}
    knowing = tmp_path / "knowing.safetensors"
    save_model(knowing, network, replace(card, training=training))
    comparison = compared(knowing, model_figures(base, [other_name, cases[3]], "cpu"), "cpu")
    assert [one.known for one in comparison.pairs] == [True, False]
    said = "had learnt from a scan before (elsewhere/x), so that its figures there are too good."
    assert comparison.sentence().endswith(said)
    both = Comparison([replace(one, known=True) for one in comparison.pairs]).sentence()
    assert f"from 2 of these scans before (elsewhere/x, {cases[3].id})" in both


def test_a_case_of_a_library_is_called_by_the_patients_word():
    drawn = pair("Anna", 0.5, 0.7)
    case = replace(drawn.case, cohort="library", name="case-0123456789ab")
    one = CasePair(replace(drawn.base, case=case), replace(drawn.new, case=case), known=True)
    comparison = Comparison([one, one])
    assert "from 2 of these scans before (Anna), so" in comparison.sentence()
    assert "| Anna |" in comparison.markdown() and "case-0123" not in comparison.report()


def test_an_arrow_says_which_direction_is_better():
    base, new = pair("p", 0.5, 0.7).base, pair("p", 0.5, 0.7).new
    new = replace(new, metrics=replace(new.metrics, h95=12.0, avd=15.0))
    text = Comparison([CasePair(base, new)]).markdown()
    assert "0.500 → 0.700 ↑ better" in text
    assert "9.00 → 12.00 ↓ worse" in text
    assert "20.0 → 15.0 ↑ better" in text
