"""``wmh-siamese finetune`` from the outside: corrected cases in, a model and a sentence out."""

import csv
import json
import os
from dataclasses import replace

import pytest
from engine.random_vgg import random_vgg
from engine.tiny_training import TINY, run, simulated_cases
from safetensors.torch import save_file
from wmh_siamese.cases.case import Case
from wmh_siamese.cases.reading import read_case
from wmh_siamese.cli import main
from wmh_siamese.errors import WMHError
from wmh_siamese.finetuning import guard
from wmh_siamese.finetuning.guard import bundled_sample
from wmh_siamese.finetuning.task import task_of
from wmh_siamese.library.library import Library
from wmh_siamese.models.model_file import read_card


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """Three cases as a table and as a library, a base model and VGG19 weights."""
    folder = tmp_path_factory.mktemp("data")
    cases = simulated_cases(folder, ("a", "b", "c"))
    with (folder / "cases.csv").open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["cohort", "case", "flair", "mask"])
        for case in cases:
            rows.writerow([case.cohort, case.name, case.flair.name, case.mask.name])
    run(cases[:2], folder / "base", replace(TINY, epochs=1))
    library = Library.create(folder / "library")
    for case, role in zip(cases, ("training", "training", "held-out"), strict=True):
        flair, labels = read_case(case)
        library.add(flair, labels.array, patient=case.name, role=role)
    save_file(random_vgg().tensors, folder / "vgg.safetensors")
    return folder


@pytest.fixture
def finetune(place, tmp_path, capsys):
    """Runs the command; gives its exit code, output and complaints.

    The bundled head among the cases takes time, so that most tests do without.
    """

    def finetuned(*options, cases="library", output="mine.safetensors", guarded=False):
        code = main(
            [
                *("finetune", str(place / cases), str(tmp_path / output)),
                *("--base", str(place / "base" / "best.safetensors"), "--device", "cpu"),
                *("--vgg", str(place / "vgg.safetensors"), "--vgg-convention", "caffe"),
                *("--epochs", "2", "--batches", "2", "--batch-size", "4", *options),
                *(() if guarded else ("--unguarded",)),
            ]
        )
        return code, *capsys.readouterr()

    return finetuned


def test_a_library_in_a_model_and_its_comparison_out(finetune, tmp_path):
    code, told, _ = finetune("--markdown", str(tmp_path / "table.md"))
    assert code == 0
    assert "base model: held-out Dice" in told and "epoch 2: loss" in told
    assert "of 1 held-out patient" in told
    card = read_card(tmp_path / "mine.safetensors")
    assert card.name == "mine" and len(card.training["cases"]) == 2
    assert "→" in (tmp_path / "table.md").read_text()


def test_without_held_out_cases_no_dice_is_told(finetune):
    code, told, _ = finetune(cases="cases.csv")
    assert code == 0 and "nan" not in told and "epoch 1: loss" in told
    assert "There are no held-out patients" in told


def test_a_table_with_named_cases_will_do_and_json_is_for_programs(finetune):
    code, told, _ = finetune("--held-out", "simulated/c", "--json", cases="cases.csv")
    lines = [json.loads(line) for line in told.splitlines()]
    assert code == 0 and [line["epoch"] for line in lines[:3]] == [0, 1, 2]
    assert lines[0]["loss"] is None and lines[-1]["cases"][0]["case"] == "simulated/c"


def test_an_estimate_and_leaving_one_out_make_no_model(finetune, tmp_path):
    code, told, _ = finetune("--estimate")
    assert code == 0 and told.startswith("about ") and "minutes" in told
    code, told, _ = finetune("--leave-one-out")
    assert code == 0 and "of 2 left-out patients" in told
    assert not os.listdir(tmp_path)


def test_a_guard_against_forgetting_is_the_default(finetune, place, tmp_path):
    code, _, complaint = finetune(guarded=True)
    assert code == 0, complaint
    training = read_card(tmp_path / "mine.safetensors").training
    assert "bundled/simulated" in training["cases"] and len(training["cases"]) == 3
    assert training["base_share"] == 0.5
    assert len(Library.open(place / "library").manifest().trainings[-1].cases) == 2
    finetune("--unguarded", output="plain.safetensors")
    training = read_card(tmp_path / "plain.safetensors").training
    assert len(training["cases"]) == 2 and training["base_share"] == 0


def test_the_bundled_head_is_not_rehearsed_where_it_judges(place, tmp_path):
    sample = bundled_sample()
    rows = [f"simulated,a,{place / 'a-flair.nii'},{place / 'a-mask.nii'}"]
    rows.append(f"mine,head,{sample.flair},{sample.mask}")
    table = tmp_path / "cases.csv"
    table.write_text("cohort,case,flair,mask\n" + "\n".join(rows) + "\n")
    base = place / "base" / "best.safetensors"
    judged = task_of(table, base, held_out=["mine/head"])
    assert [case.id for case in judged.held_out] == ["mine/head"] and not judged.rehearsal
    table.write_text("cohort,case,flair,mask\n" + rows[0] + "\n")
    assert task_of(table, base).rehearsal == (sample,)


@pytest.fixture
def task(place, tmp_path):
    """What would be learnt of the library in this test's folder, with what options."""

    def made(**options):
        return task_of(tmp_path / "library", place / "base" / "best.safetensors", **options)

    return made


@pytest.fixture
def keep(place, tmp_path):
    """Keeps one of the place's scans (or the bundled head) in a library of this test."""

    def kept(name, patient, role="training", folder="library"):
        there = (tmp_path / folder / "library.json").exists()
        library = (Library.open if there else Library.create)(tmp_path / folder)
        case = bundled_sample()
        if name != "head":
            flair, mask = (place / f"{name}-{what}.nii" for what in ("flair", "mask"))
            case = Case("simulated", name, flair, mask)
        flair, labels = read_case(case)
        return library, library.add(flair, labels.array, patient=patient, role=role).case

    return kept


def test_the_bundled_head_is_not_rehearsed_where_the_library_ever_held_it_out(keep, task):
    keep("a", "p1")
    library, head = keep("head", "p2", "held-out")
    assert task().rehearsal == ()
    library.change(head.id, excluded=True)
    assert task().rehearsal == ()
    library.remove(head.id)
    assert task().rehearsal == ()
    library.empty_trash()
    assert task().rehearsal == ()


def test_what_was_rehearsed_is_never_held_out_afterwards(keep, task):
    library, _ = keep("a", "p1")
    guarded = task()
    assert guarded.rehearsal == (bundled_sample(),)
    guarded.note_trained("ab" * 32)
    assert len(library.manifest().trainings[-1].cases) == 1
    assert task().rehearsal == guarded.rehearsal  # again and again
    with pytest.raises(WMHError, match="has trained a model already"):
        keep("head", "p2", "held-out")
    keep("head", "p2")  # and takes its patient along
    with pytest.raises(WMHError, match="has trained a model already"):
        keep("b", "p2", "held-out")


def test_another_library_is_rehearsed_by_its_roles_and_keeps_book_as_well(keep, task, tmp_path):
    library, _ = keep("a", "p1")
    other, first = keep("b", "q1", folder="other")
    _, second = keep("c", "q2", "held-out", folder="other")
    mixed = task(rehearse=tmp_path / "other")
    assert [case.name for case in mixed.rehearsal] == [first.id]
    mixed.note_trained("ab" * 32)
    (training,) = other.manifest().trainings
    assert training.cases == (first.id,) and training.model_sha256 == "ab" * 32
    for role in ("b", "q1", "held-out", "library"), ("a", "p1", "held-out", "other"):
        with pytest.raises(WMHError, match="has trained a model already"):
            keep(*role)
    other.remove(first.id)
    keep("c", "q2", "held-out")
    keep("c", "q2", "held-out", folder="other")
    assert [case.patient for case in task().held_out] == ["q2"]
    assert library.manifest().held_out.scans == (second.flair_sha256,)


@pytest.mark.parametrize("gone", [False, True], ids=["excluded", "removed"])
def test_who_is_held_out_is_not_rehearsed_from_elsewhere(keep, task, tmp_path, place, gone):
    keep("a", "p1")
    library, row = keep("c", "p3", "held-out")
    library.remove(row.id) if gone else library.change(row.id, excluded=True)
    files = f"{place / 'c-flair.nii'},{place / 'c-mask.nii'}"
    (tmp_path / "same.csv").write_text(f"cohort,case,flair,mask\nelsewhere,x,{files}\n")
    with pytest.raises(WMHError, match="elsewhere/x is held out and cannot be rehearsed"):
        task(rehearse=tmp_path / "same.csv")
    keep("b", "P3", folder="other")  # another scan of whom a person reads as the same patient
    with pytest.raises(WMHError, match="is held out and cannot be rehearsed"):
        task(rehearse=tmp_path / "other")


def test_a_role_that_was_edited_by_hand_trains_nobody(keep, task, tmp_path):
    keep("a", "p1")
    keep("b", "p2", "held-out")
    manifest = tmp_path / "library" / "library.json"
    manifest.write_text(manifest.read_text().replace('"role": "held-out"', '"role": "training"'))
    with pytest.raises(WMHError, match="'p2' is held out for measuring, and stays so for life"):
        task(guarded=False)


def test_files_that_were_changed_beside_the_library_are_found(keep, task, tmp_path):
    (library, first), (_, second) = keep("a", "p1"), keep("b", "p2", "held-out")
    one, other = (tmp_path / "library" / "cases" / row.id for row in (first, second))
    assert len(task(guarded=False).training) == 1
    whole = (one / "mask.nii.gz").read_bytes()
    (one / "mask.nii.gz").write_bytes((other / "mask.nii.gz").read_bytes())
    with pytest.raises(WMHError, match=f"case {first.id} are not the ones") as refusal:
        task(guarded=False)
    assert "remove the case and add its scan" in refusal.value.way_out
    (one / "mask.nii.gz").write_bytes(whole)
    one.rename(tmp_path / "between")
    other.rename(one)
    (tmp_path / "between").rename(other)
    with pytest.raises(WMHError, match="2 of 2 cases cannot be used"):
        task(guarded=False)
    for row in (first, second):  # the way out
        library.remove(row.id)
    keep("a", "p1")
    keep("b", "p2", "held-out")
    assert len(task(guarded=False).held_out) == 1


def test_an_engine_without_the_extension_goes_on_with_half_of_the_guard(
    keep, task, tmp_path, monkeypatch
):
    keep("a", "p1")
    monkeypatch.setattr(guard, "SAMPLE_FOLDER", tmp_path / "nowhere")
    said = []
    guarded = task(say=said.append)
    assert guarded.rehearsal == () and guarded.base_share == 0.5
    assert len(said) == 1 and "head is not installed here" in said[0] and "--rehearse" in said[0]


def test_rehearsed_cases_are_learnt_but_are_no_corrections(finetune, place, tmp_path):
    again = simulated_cases(tmp_path, ("w", "x", "y", "again"))[-1]
    rows = f"cohort,case,flair,mask\nrehearsed,again,{again.flair},{again.mask}\n"
    (place / "again.csv").write_text(rows)
    trainings = len(Library.open(place / "library").manifest().trainings)
    code, _, complaint = finetune("--rehearse", str(place / "again.csv"))
    assert code == 0, complaint
    trained = read_card(tmp_path / "mine.safetensors").training["cases"]
    assert "rehearsed/again" in trained and len(trained) == 3
    last = Library.open(place / "library").manifest().trainings[trainings]
    assert len(last.cases) == 2


def test_a_held_out_patient_is_not_rehearsed(finetune, place, tmp_path):
    rows = "cohort,case,flair,mask\nsimulated,c,c-flair.nii,c-mask.nii\n"
    (place / "again.csv").write_text(rows)
    options = ("--held-out", "simulated/c", "--rehearse", str(place / "again.csv"))
    code, _, complaint = finetune(*options, cases="cases.csv")
    assert code == 2 and "held out and cannot be rehearsed" in complaint
    assert not os.listdir(tmp_path)


@pytest.mark.parametrize(
    ("options", "cases", "said"),
    [
        (["--held-out", "library/x"], "library", "knows which of its cases"),
        (["--held-out", "simulated/x"], "cases.csv", "simulated/x"),
        (["--seed", "-1"], "library", "the seed must be from 0 to"),
        (["--learning-rate", "0"], "library", "learning-rate is 0"),
        (["--base", "/nowhere"], "library", "nowhere"),
        ([], "nothing", "There is no folder and no case table"),
    ],
)
def test_what_cannot_be_used_gets_its_sentence(finetune, tmp_path, options, cases, said):
    code, _, complaint = finetune(*options, cases=cases)
    assert code == 2 and said in complaint and not os.listdir(tmp_path)


def test_a_model_that_is_there_stays(finetune, tmp_path):
    (tmp_path / "mine.safetensors").write_text("mine")
    code, _, complaint = finetune()
    assert code == 2 and "exists already" in complaint
    assert (tmp_path / "mine.safetensors").read_text() == "mine"


def test_without_held_out_patients_there_is_a_sentence_and_no_table(finetune):
    code, told, _ = finetune(cases="cases.csv")
    assert code == 0 and "nothing can be said" in told and "NaN" not in told.split("epoch 2")[1]


def test_a_case_that_cannot_be_used_is_named_with_a_way_out_that_there_is(finetune, place):
    (place / "cut.nii.gz").write_bytes(b"not a volume")
    rows = "cohort,case,flair,mask\nsimulated,x,cut.nii.gz,a-mask.nii\n"
    (place / "bad.csv").write_text(rows)
    code, _, complaint = finetune(cases="bad.csv")
    assert code == 2 and "simulated/x" in complaint and "--skip-bad" not in complaint
