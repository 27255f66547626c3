"""A patient's role is for life, whatever is added, changed, removed, restored or imported."""

import json
import random
import time
from dataclasses import replace

import pytest
from engine.library_scans import a_flair, a_mask, manifest_of
from wmh_siamese.errors import WMHError
from wmh_siamese.library import Library
from wmh_siamese.library.manifest import Known, Manifest
from wmh_siamese.library.merging import with_past_of

MODEL = "ab" * 32


@pytest.fixture
def library(tmp_path):
    return Library.create(tmp_path / "library")


def add(library, seed, patient=None, role="training"):
    return library.add(a_flair(seed), a_mask(), patient=patient, role=role).case


def refused(said):
    return pytest.raises(WMHError, match=said)


def test_a_held_out_patient_never_trains(library):
    row = add(library, 0, "P1", "held-out")
    with refused("'P1' is held out.*for life.*cannot be trained on"):
        add(library, 1, "P1")
    with refused("held out"):
        add(library, 1, "p1")  # a person reads the same patient
    with refused("held out"):
        library.change(row.id, role="training")
    with refused("held out"):
        library.change(add(library, 2, "P2").id, patient="P1")
    with refused("held out"):
        library.change(row.id, patient="P3", role="training")
    assert [case.patient for case in library.training_cases()] == ["P2"]


def test_one_patient_is_one_word_however_it_is_typed(library):
    first, second = add(library, 0, "Müller 1"), add(library, 1, "MÜLLER 1")
    assert second.patient == "Müller 1"
    third = add(library, 2, "P2")
    assert library.change(third.id, patient="müller 1").patient == "Müller 1"
    told = manifest_of(library.folder)  # as an older version wrote it
    told["cases"][1]["patient"] = "MÜLLER 1"
    (library.folder / "library.json").write_text(json.dumps(told))
    assert [case.patient_id for case in library.training_cases()] == ["library/Müller 1"] * 3
    for row in (first, second, third):
        library.change(row.id, role="held-out")
    assert {case.patient for case in library.held_out_cases()} == {"Müller 1"}
    library.remove(first.id)
    library.remove(second.id)
    library.empty_trash()
    assert library.change(third.id, patient="müller 1").patient == "müller 1"  # its only scan


def test_nor_after_its_cases_are_gone(library):
    row = add(library, 0, "P1", "held-out")
    library.remove(row.id)
    library.empty_trash()
    with refused("held out"):
        add(library, 1, "P1")
    with refused("held out"):  # the very scan, whoever's it is now said to be
        add(library, 0, "somebody else")
    with refused("held out"):
        add(library, 0)
    assert add(library, 0, "P1", "held-out").role == "held-out"


def test_a_held_out_scan_that_comes_again_stays_held_out_with_its_new_mask(library):
    row = add(library, 0, "P1", "held-out")
    again = library.add(a_flair(0), a_mask(5))
    assert not again.new and again.case.role == "held-out"
    assert again.case.mask_sha256 != row.mask_sha256
    assert library.training_cases() == [] and len(library.held_out_cases()) == 1


def test_before_it_trained_a_patient_may_be_held_out_all_scans_together(library):
    first, second = add(library, 0, "P1"), add(library, 1, "P1")
    other = add(library, 2, "P2")
    with refused("other scans for training"):
        add(library, 3, "P1", "held-out")
    with refused("other scans for training"):
        library.add(a_flair(0), a_mask(), role="held-out")
    assert library.change(first.id, role="held-out").role == "held-out"
    roles = {row.id: row.role for row in library.cases()}
    assert roles == {first.id: "held-out", second.id: "held-out", other.id: "training"}
    assert add(library, 3, "P1", "held-out").role == "held-out"


def test_a_patient_that_trained_is_never_held_out(library):
    row, other = add(library, 0, "P1"), add(library, 1, "P2")
    library.note_trained([row.id], MODEL)
    assert manifest_of(library.folder)["trainings"][0]["model_sha256"] == MODEL
    assert manifest_of(library.folder)["trainings"][0]["cases"] == [row.id]
    with refused("has trained a model already"):
        library.change(row.id, role="held-out")
    with refused("has trained"):
        library.change(row.id, patient="P9", role="held-out")
    with refused("has trained"):
        add(library, 2, "P1", "held-out")
    library.change(row.id, patient="P9")  # it takes its past along
    with refused("has trained"):
        add(library, 3, "P9", "held-out")
    library.remove(row.id)
    library.empty_trash()
    for patient in ("P1", "P9"):
        with refused("has trained"):
            add(library, 4, patient, "held-out")
    with refused("has trained"):
        add(library, 0, "somebody else", "held-out")
    assert library.change(other.id, role="held-out").role == "held-out"


def test_what_trained_is_noted_even_when_it_was_removed_meanwhile(library):
    row = add(library, 0, "P1")
    library.remove(row.id)
    library.note_trained([row.id, "case-0123456789ab"], MODEL)
    with refused("has trained"):
        add(library, 1, "P1", "held-out")
    with refused("not the SHA-256"):
        library.note_trained([row.id], "x")
    with refused("not the id"):
        library.note_trained(["../x"], MODEL)
    assert len(Library.open(library.folder).trash()) == 1


def test_held_out_while_a_training_ran_it_is_not_measured_on(library):
    row = add(library, 0, "P1")
    library.change(row.id, role="held-out")
    library.note_trained([row.id], MODEL)
    assert library.held_out_cases() == [] and library.training_cases() == []


def test_a_restored_case_has_its_patients_role_of_now(library):
    row = add(library, 0, "P1")
    library.remove(row.id)
    add(library, 1, "P1", "held-out")
    assert library.restore(row.id).role == "held-out"
    assert library.training_cases() == [] and len(library.held_out_cases()) == 2


def test_a_held_out_case_gives_its_new_patient_its_role(library):
    row = add(library, 0, "P1", "held-out")
    library.change(row.id, patient="P2")
    for patient in ("P1", "P2"):
        with refused("held out"):
            add(library, 1, patient)
    training = add(library, 2, "P3")
    with refused("other scans for training"):
        library.change(row.id, patient="P3")
    assert library.change(training.id, patient="P1", role="held-out").role == "held-out"


@pytest.mark.parametrize("seed", range(3))
def test_no_order_of_acts_lets_a_patient_or_a_scan_be_both(library, seed):
    """Random acts; what was ever held out is never in the training list afterwards."""
    chance = random.Random(seed)
    ever_held_out, ever_trained = set(), set()
    for _ in range(40):
        ids = [row.id for row in library.cases()]
        trash = [row.id for row in library.trash()]
        role = chance.choice(["training", "held-out"])
        act = chance.choice(["add", "add", "change", "rename", "remove", "restore", "train"])
        try:
            if act == "add":
                add(library, chance.randrange(6), chance.choice(["A", "B", "C", None]), role)
            elif act == "change" and ids:
                library.change(chance.choice(ids), role=role)
            elif act == "rename" and ids:
                library.change(chance.choice(ids), patient=chance.choice("ABC"))
            elif act == "remove" and ids:
                library.remove(chance.choice(ids))
            elif act == "restore" and trash:
                library.restore(chance.choice(trash))
            elif act == "train" and chance.random() < 0.3:
                cases = library.training_cases()
                library.note_trained([case.name for case in cases], MODEL)
                scans = {row.flair_sha256 for row in library.cases() if row.role == "training"}
                ever_trained |= scans | {case.patient for case in cases}
        except WMHError as error:
            assert error.kind == "bad-volume"
        rows = {row.id: row for row in library.cases()}
        held_out = [rows[case.name] for case in library.held_out_cases()]
        training = [rows[case.name] for case in library.training_cases()]
        ever_held_out |= {word for row in held_out for word in (row.patient, row.flair_sha256)}
        assert not ever_held_out & {w for row in training for w in (row.patient, row.flair_sha256)}
        assert not ever_trained & {w for row in held_out for w in (row.patient, row.flair_sha256)}


def test_the_past_of_thousands_of_cases_joins_in_a_moment(library):
    """What grew with the square of the cases took seconds for 2,000, half a minute for 4,000."""
    row = library.add(a_flair(), a_mask(), patient="P").case
    rows = [
        replace(row, id=f"case-{number:012x}", patient=f"P{number}", flair_sha256=f"{number:064x}")
        for number in range(4000)
    ]
    known = Known(tuple(one.patient for one in rows), tuple(one.flair_sha256 for one in rows))
    told = Manifest(cases=tuple(rows), trained=known)
    began = time.monotonic()
    joined, clashes = with_past_of(Manifest(cases=tuple(rows)), told, {}, [])
    assert time.monotonic() - began < 2
    assert set(joined.trained.patients) == set(known.patients) and clashes == []
