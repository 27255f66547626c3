"""What a model's card says in the panel."""

import re

from slicer_side import started_host  # noqa: F401
from WMHSiameseSegLib.model_choice import bundled, card_html, read_model


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
    assert "<b>" not in card_html(model)


def test_a_missing_file_says_so(tmp_path):
    assert "There is no model file" in read_model(tmp_path / "gone.safetensors").problem


def test_the_card_names_both_terms_of_a_loss_and_counts_one_case_alone():
    (shipped, *_) = bundled()
    text = card_html(shipped)
    assert "11 cases, content + dice loss" in text
    assert re.search(r"openms: Dice [^;]*\b1 case\b", text)
