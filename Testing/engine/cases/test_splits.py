"""80/10/10 by patient and evenly over cohorts; what a split must not be is said."""

import json
from collections import Counter
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
from wmh_siamese.cases.case import Case
from wmh_siamese.cases.splits import (
    PARTS,
    Split,
    drawn_split,
    named_split,
    parted,
    read_split,
    write_split,
)
from wmh_siamese.errors import WMHError


def case(cohort, name, patient=""):
    return Case(cohort, name, Path("f.nii"), Path("m.nii"), patient)


def many(**cohorts):
    return [case(cohort, f"p{i:02}") for cohort, count in cohorts.items() for i in range(count)]


def counts(split):
    """Cases of each cohort in each part."""
    return {part: Counter(i.split("/")[0] for i in getattr(split, part)) for part in PARTS}


@pytest.mark.parametrize("seed", range(5))
def test_each_centre_gives_80_10_and_10_per_cent(seed):
    split = drawn_split(many(utrecht=20, singapore=20, amsterdam=20), seed)
    centres = ("utrecht", "singapore", "amsterdam")
    assert counts(split) == {
        "learning": dict.fromkeys(centres, 16),
        "validation": dict.fromkeys(centres, 2),
        "held_out": dict.fromkeys(centres, 2),
    }


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("sizes", [(3,), (4,), (1, 1, 1), (1, 7), (11, 1, 2, 23), (4,) * 10])
def test_parts_have_their_size_and_none_is_empty(sizes, seed):
    cases = many(**{f"c{number}": size for number, size in enumerate(sizes)})
    split = drawn_split(cases, seed)
    named = [i for part in PARTS for i in getattr(split, part)]
    assert sorted(named) == sorted(c.id for c in cases)
    for part in ("validation", "held_out"):
        size = len(getattr(split, part))
        assert size >= 1 and abs(size - len(cases) / 10) <= 1
    assert split.learning
    parted(cases, split)


def test_small_cohorts_share_the_tenths():
    """Ten cohorts of four patients: 4 of 40 in each part, from four cohorts, not all from one."""
    split = drawn_split(many(**{f"c{number}": 4 for number in range(10)}), 0)
    for part in ("validation", "held_out"):
        assert len(getattr(split, part)) == 4 and max(counts(split)[part].values()) == 1


def test_the_draw_depends_on_the_seed_and_the_patients_alone():
    cases = many(a=20, b=13)
    split = drawn_split(cases, 3)
    shuffled = [cases[i] for i in np.random.default_rng(0).permutation(len(cases))]
    assert drawn_split(shuffled, 3) == split
    assert drawn_split(cases, 4).validation != split.validation


@pytest.mark.parametrize("seed", range(10))
def test_scans_of_a_patient_stay_together(seed):
    cases = [case("a", f"P{number}_T{visit}") for number in range(6) for visit in range(3)]
    split = drawn_split(cases, seed)
    parted(cases, split)
    assert [len(getattr(split, part)) % 3 for part in PARTS] == [0, 0, 0]


def test_too_few_patients_are_refused_with_their_names():
    visits = [case("mslesseg", f"P14_T{visit}") for visit in (1, 2, 3)]
    with pytest.raises(WMHError, match=r"is one patient \(mslesseg/P14\), too few") as refusal:
        drawn_split(visits, 0)
    assert "--validation" in refusal.value.way_out
    with pytest.raises(WMHError, match=r"are 2 patients \(a/p00, a/p01\)"):
        drawn_split(many(a=2), 0)


def test_a_patient_on_two_sides_is_found():
    cases = [case("a", "P14_T1"), case("a", "P14_T2"), case("a", "P15"), case("b", "P14")]
    with pytest.raises(WMHError, match="Patient a/P14 is on two sides") as refusal:
        parted(cases, named_split(cases, ["a/P14_T2"], ["b/P14"]))
    assert "a/P14_T1 in learning, scan a/P14_T2 in validation" in refusal.value.sentence
    with pytest.raises(WMHError, match="a/P14_T1 in validation, scan a/P14_T2 in held_out"):
        parted(cases, named_split(cases, ["a/P14_T1"], ["a/P14_T2"]))
    parted(cases, named_split(cases, ["a/P15"], ["b/P14"]))  # another cohort's P14 is another


def test_cases_are_parted_as_named():
    cases = many(a=4)
    learning, validation, held_out = parted(cases, named_split(cases, ["a/p02"], ["a/p01"]))
    assert [c.id for c in learning] == ["a/p00", "a/p03"]
    assert (validation, held_out) == ([cases[2]], [cases[1]])
    assert parted(cases, named_split(cases, [], [])) == (cases, [], [])


@pytest.mark.parametrize(
    ("validation", "held_out", "said"),
    [
        (["a/p9"], [], "no case a/p9"),
        (["a/p00"], ["a/p00"], "two uses"),
        (["a/p00", "a/p01"], ["a/p02"], "No case is left to learn from"),
    ],
)
def test_parts_that_cannot_be_are_refused(validation, held_out, said):
    with pytest.raises(WMHError, match=said):
        named_split(many(a=3), validation, held_out)


def test_a_split_is_stored_with_its_seed_and_ids(tmp_path):
    split = drawn_split(many(a=12), 5)
    write_split(tmp_path / "split.json", split)
    assert read_split(tmp_path / "split.json") == split
    stored = json.loads((tmp_path / "split.json").read_text())
    assert stored["seed"] == 5 and stored["learning"] == list(split.learning)


GOOD = asdict(Split(("a/1",), ("a/2",), ("a/3",), 0))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is not a split"),
        ("[]", "is not a split"),
        ("{}", "is not a split"),
        (json.dumps(GOOD | {"learning": "a/1"}), "is not a split"),
        (json.dumps(GOOD | {"held_out": [3]}), "is not a split"),
        (json.dumps(GOOD | {"validation": []}), "part validation of the split split.json is empty"),
        (json.dumps(GOOD | {"held_out": ["a/1"]}), "has case a/1 in learning and in held_out"),
    ],
)
def test_a_damaged_split_is_refused(tmp_path, text, said):
    (tmp_path / "split.json").write_text(text)
    with pytest.raises(WMHError, match=said):
        read_split(tmp_path / "split.json")
    with pytest.raises(WMHError, match="no split file"):
        read_split(tmp_path / "none.json")


def test_a_split_of_other_cases_is_refused():
    split = drawn_split(many(a=5), 0)
    with pytest.raises(WMHError, match="names case a/p04, which is not of the 4 cases"):
        parted(many(a=4), split)
    with pytest.raises(WMHError, match="leaves out a/p05, one of the 6 cases"):
        parted(many(a=6), split)
