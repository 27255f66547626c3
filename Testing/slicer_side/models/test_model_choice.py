"""What a model's card says in the panel, and that no card from elsewhere can break it."""

import json
import re
import shutil
import struct
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from slicer_side import started_host  # noqa: F401
from WMHSiameseSegLib.models.card_text import card_html, compared_html, lineage_html
from WMHSiameseSegLib.models.model_choice import Model, bundled, read_model

pytest_plugins = ["slicer_side.panel_fixtures"]


def rows(text):
    """What a card says, by the word before it."""
    found = re.findall(r"<td><b>([^<]*)</b>&nbsp;&nbsp;</td><td>([^<]*)</td>", text)
    return {name: value.replace("&#x27;", "'") for name, value in found}


def with_training(model, **said):
    return replace(model, card=replace(model.card, training={**model.card.training, **said}))


def with_held_out(model, title, **cases):
    """The model with its Dice and lesion recall on cases of its own."""
    figures = {f"c/{n}": {"dice": dice, "lesion_recall": r} for n, (dice, r) in cases.items()}
    metrics = {"held_out": {"c": {"cases": figures}}}
    return replace(model, shown=title, card=replace(model.card, metrics=metrics))


@pytest.fixture
def shipped():
    return bundled()[0]


def test_the_bundled_models_cards_name_what_matters():
    models = bundled()
    assert models and all(model.card is not None for model in models)
    text = card_html(models[0])
    for word in ("Recipe", "cases", "Dice", "lesion recall", models[0].card.sha256[:12]):
        assert word in text


def test_a_file_that_is_no_model_says_why(tmp_path):
    path = tmp_path / "weights<b>.safetensors"
    path.write_bytes(b"\x00" * 40)
    model = read_model(path)
    assert model.card is None
    assert "cannot be used as a model" in model.problem
    for text in (card_html(model), lineage_html(model, ""), compared_html(model, model)):
        assert "<b>" not in text and "cannot be used as a model" in text


def test_a_missing_file_says_so(tmp_path):
    assert "There is no model file" in read_model(tmp_path / "gone.safetensors").problem


def test_the_card_names_both_terms_of_a_loss_and_counts_one_case_alone(shipped):
    text = card_html(shipped)
    assert "16 cases, 159 simulated heads, content + dice loss" in text
    assert re.search(r"nichart: Dice [^;]*\b23 cases\b", text)
    alone = {"openms": {"dice": 0.4, "lesion_recall": 0.3, "cases": {"openms/patient07": {}}}}
    one = replace(shipped, card=replace(shipped.card, metrics={"held_out": alone}))
    assert re.search(r"openms: Dice [^;]*\b1 case\b", card_html(one))


def test_a_head_that_was_only_rehearsed_is_no_case(shipped):
    cases = ["library/case-1", "bundled/simulated"]
    guarded = with_training(shipped, cases=cases, simulated_cases=[])
    assert "1 case + bundled head, content" in card_html(guarded)
    assert "+ bundled" not in card_html(shipped)


def test_the_lineage_says_all_that_a_card_knows(shipped):
    made = with_training(
        shipped,
        cases=["library/case-1", "library/case-2"],
        scans={"library/case-1": "ab" * 32},
        simulated_cases=["simulated/0000"] * 3,
        base_share=0.5,
        steps=48,
    )
    said = rows(lineage_html(made, "Several scanners"))
    assert said["SHA-256"] == shipped.card.sha256 and len(said["SHA-256"]) == 64
    assert said["Made from"] == f"Several scanners ({shipped.card.parent})"
    assert said["Recipe"] == "robust 2"
    assert said["Threshold"] == "0.45; each lesion reaches 0.73 somewhere"
    assert said["Trained on"] == "2 cases, 3 simulated heads, content + dice loss, 48 steps"
    assert said["Settings"] == "learning rate 0.0005, drawn 50 % of the way back to the base model"
    assert said["Cases"] == "library/case-1 (abababababab), library/case-2"
    dice = shipped.card.metrics["held_out"]["nichart"]["dice"]
    assert f"nichart: Dice {dice:.2f}" in said["Held out"]
    assert said["Date"] == shipped.card.created[:10]


def test_a_model_without_held_out_figures_says_so(shipped):
    bare = replace(shipped, card=replace(shipped.card, metrics={}))
    assert rows(lineage_html(bare, ""))["Held out"] == "no case, so no figures"


def test_a_model_that_its_user_renamed_still_tells_its_own_name(shipped):
    assert "Its own name" not in rows(lineage_html(shipped, ""))
    renamed = replace(shipped, shown="Ward 3")
    assert rows(lineage_html(renamed, ""))["Its own name"] == "Several scanners"


def test_a_parent_that_has_no_name_here_is_named_by_its_hash_alone(shipped):
    for name in ("", shipped.card.parent[:12]):
        assert rows(lineage_html(shipped, name))["Made from"] == shipped.card.parent


def test_two_models_are_compared_on_the_cases_that_both_name(shipped):
    one = with_held_out(shipped, "one", a=(0.5, 0.25), b=(0.7, None), gone=(0.1, 0.1))
    other = with_held_out(shipped, "<other>", b=(0.6, 1.0), a=(0.9, 0.5))
    text = compared_html(one, other)
    table = [re.findall(r"<td>(.*?)&nbsp;", row) for row in text.split("<tr>")[2:]]
    assert table == [
        ["mean", "0.60 / 0.25", "0.75 / 0.75"],
        ["c/a", "0.50 / 0.25", "0.90 / 0.50"],
        ["c/b", "0.70 / —", "0.60 / 1.00"],
    ]
    assert "&lt;other&gt;" in text and "(2)" in text
    named = compared_html(one, other, {"c/a": "<Anna>", "c/b": "c/b"}.get)
    assert "<td>&lt;Anna&gt;&nbsp;" in named and "c/a" not in named


def test_models_without_a_case_in_common_are_not_compared(shipped):
    one, other = with_held_out(shipped, "one", a=(0.5, 0.5)), with_held_out(shipped, "other")
    assert "no held-out case in common" in compared_html(one, other)


# Cards from elsewhere

_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.just(10**400)
    | st.floats()
    | st.text()
    | st.sampled_from(["n" * 3000, "\ud800", "<b>"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


def places(value, path=()):
    """The way to every value in a card."""
    yield path
    if isinstance(value, dict | list):
        for key in value if isinstance(value, dict) else range(len(value)):
            yield from places(value[key], (*path, key))


@pytest.fixture(scope="module")
def a_full_card(model_file, tmp_path_factory):
    """A small model that has the bundled one's card, and more in it; gives file and card."""
    path = tmp_path_factory.mktemp("cards") / "full.safetensors"
    shutil.copyfile(model_file, path)
    card = vars(bundled()[0].card).copy()
    del card["sha256"]
    card |= {"architecture": {"width": 4, "depth": 2}, "notes": "a note"}
    card["recipe"] = {**card["recipe"], "size": 32}
    scans = {case: "ab" * 32 for case in card["training"]["cases"]}
    card["training"] = {**card["training"], "scans": scans, "base_share": 0.5, "steps": 9}
    return path, card


def write_card(path, card):
    """Put a card into a model file; its weights stay."""
    raw = path.read_bytes()
    (length,) = struct.unpack("<Q", raw[:8])
    header = json.loads(raw[8 : 8 + length])
    header["__metadata__"]["card"] = json.dumps(card)
    written = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(written)) + written + raw[8 + length :])


def test_the_full_card_can_be_used(a_full_card):
    path, card = a_full_card
    write_card(path, card)
    assert read_model(path).card is not None


@given(data=st.data())
@settings(deadline=None, max_examples=150)
def test_whatever_a_card_holds_it_is_shown_or_refused_but_never_a_fault(a_full_card, data):
    """One value anywhere in the card is another, or is gone."""
    path, card = a_full_card
    card = json.loads(json.dumps(card))
    way = data.draw(st.sampled_from([way for way in places(card) if way]))
    place = card
    for step in way[:-1]:
        place = place[step]
    if data.draw(st.booleans()):
        del place[way[-1]]
    else:
        place[way[-1]] = data.draw(_JSON)
    write_card(path, card)
    model = read_model(path)
    assert (model.card is None) == bool(model.problem)
    for text in (card_html(model), lineage_html(model, ""), compared_html(model, bundled()[0])):
        assert text and "<b><b>" not in text
        text.encode()
    assert isinstance(Model(Path(path), model.card).title, str)
