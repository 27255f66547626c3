"""Models averaged weight by weight: the arithmetic, what the card says, what is refused."""

import pytest
import torch
from engine.tiny_training import TINY, run, simulated_cases
from wmh_siamese.cli import main
from wmh_siamese.errors import WMHError
from wmh_siamese.models.model_file import ModelCard, load_model, read_card, save_model
from wmh_siamese.networks.generator import DenseUNet
from wmh_siamese.networks.preparation import PAPER, ROBUST
from wmh_siamese.training.averaging import average_models


def model(path, seed, recipe=PAPER, width=4, cases=()):
    torch.manual_seed(seed)
    generator = DenseUNet(width, 2)
    for name, value in generator.state_dict().items():
        if name.endswith("running_mean"):
            value.normal_()
    training = {"cases": list(cases), "scans": {case: f"{seed:064x}" for case in cases}}
    card = ModelCard(path.stem, {"width": width, "depth": 2}, recipe.to_dict(), training=training)
    save_model(path, generator, card)
    return path


def test_the_mean_of_all_weights_and_statistics(tmp_path):
    paths = [model(tmp_path / f"{n}.safetensors", n, cases=[f"c/{n}", "c/x"]) for n in range(3)]
    card = average_models(paths, tmp_path / "mean.safetensors", "mean", 0.4)
    found, read = load_model(tmp_path / "mean.safetensors")
    states = [load_model(path)[0].state_dict() for path in paths]
    for name, value in found.state_dict().items():
        expected = torch.stack([state[name].double() for state in states]).mean(0)
        torch.testing.assert_close(value.double(), expected, rtol=1e-6, atol=1e-7)
    assert (read.name, read.threshold, read.sha256) == ("mean", 0.4, card.sha256)
    assert read.training["cases"] == ["c/0", "c/x", "c/1", "c/2"]
    assert list(read.training["scans"]) == ["c/0", "c/x", "c/1", "c/2"]
    assert read.training["average_of"] == [read_card(path).sha256 for path in paths]


def test_models_that_do_not_fit_together_are_refused(tmp_path):
    one = model(tmp_path / "one.safetensors", 0)
    for other in (
        model(tmp_path / "wide.safetensors", 0, width=8),
        model(tmp_path / "robust.safetensors", 0, recipe=ROBUST),
    ):
        with pytest.raises(WMHError, match="another architecture or recipe"):
            average_models([one, other], tmp_path / "mean.safetensors", "mean", 0.5)
    with pytest.raises(WMHError, match="no mean"):
        average_models([one], tmp_path / "mean.safetensors", "mean", 0.5)
    assert not (tmp_path / "mean.safetensors").exists()


def test_the_command_judges_the_mean_on_cases_that_no_model_saw(tmp_path, capsys):
    cases = simulated_cases(tmp_path, ("a_T1", "b", "v", "a_T2"))
    table = tmp_path / "cases.csv"
    rows = [f"{case.cohort},{case.name},{case.flair.name},{case.mask.name}" for case in cases]
    table.write_text("\n".join(["cohort,case,flair,mask", *rows]))
    run([*cases[:1], cases[1]], tmp_path / "run", TINY)  # a_T1 is learnt from, b validates
    states = [str(tmp_path / "run" / f"{name}.safetensors") for name in ("best", "last")]
    out = tmp_path / "mean.safetensors"
    ask = ["average", *states, "--output", str(out), "--device", "cpu"]

    assert main([*ask, "--held-out", "simulated/v"]) == 2
    assert "--cases" in capsys.readouterr().err
    for seen in ("a_T1", "b", "a_T2"):  # the last is the first one's patient
        judged = ["--cases", str(table), "--held-out", f"simulated/{seen}"]
        assert main([*ask, *judged]) == 2
        assert f"has learnt from simulated/{seen}" in capsys.readouterr().err
    assert not out.exists()

    assert main([*ask, "--cases", str(table), "--held-out", "simulated/v"]) == 0
    assert "simulated/v: Dice" in capsys.readouterr().out
    assert list(read_card(out).metrics["held_out"]["simulated"]["cases"]) == ["simulated/v"]
    assert main(ask) == 2 and "exists already" in capsys.readouterr().err
