"""Two processes train the generator that one process trains with the same batches."""

import json
import multiprocessing
import os
import socket
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from engine.tiny_training import TINY, run, run_one_of_several, simulated_cases
from safetensors.torch import load_file
from wmh_siamese.errors import WMHError
from wmh_siamese.training.processes import Processes

PATHS = [str(Path(__file__).resolve().parents[3] / "WMHSiameseSeg"), str(Path(__file__).parents[2])]


@pytest.fixture(scope="module")
def cases(tmp_path_factory):
    return simulated_cases(tmp_path_factory.mktemp("cases"))


@pytest.fixture
def run_two(cases, tmp_path, monkeypatch):
    """Trains in two processes; gives the epochs' losses as the first one was told of them."""
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(PATHS))
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    processes = multiprocessing.get_context("forkserver")
    processes.set_forkserver_preload(["engine.tiny_training"])

    def run_both(settings, folder):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        both = []
        for rank in range(2):
            environment = {"RANK": rank, "LOCAL_RANK": rank, "WORLD_SIZE": 2, "MASTER_PORT": port}
            environment = {"MASTER_ADDR": "127.0.0.1"} | {k: str(v) for k, v in environment.items()}
            arguments = (cases, folder, settings, environment, tmp_path / f"told-{rank}.json")
            both.append(processes.Process(target=run_one_of_several, args=arguments))
            both[-1].start()
        for process in both:
            process.join(120)
            assert process.exitcode == 0
        assert not (tmp_path / "told-1.json").exists()
        return json.loads((tmp_path / "told-0.json").read_text())

    return run_both


@pytest.mark.parametrize(
    "more",
    [
        {"loss": "content", "extra_loss": "tversky", "extra_weight": 300.0},
        {"loss": "generalised-dice"},
        {"loss": "min-max", "vgg_learning_rate": 1e-3},
    ],
    ids=lambda more: more["loss"],
)
def test_two_processes_have_the_losses_of_one(cases, tmp_path, run_two, more):
    settings = replace(TINY, batches=5, **more)
    alone = []
    run(cases, tmp_path / "one", settings, on_epoch=lambda epoch: alone.append(epoch.loss))
    assert run_two(settings, tmp_path / "two") == pytest.approx(alone, rel=1e-4)
    assert sorted(os.listdir(tmp_path / "two")) == sorted(os.listdir(tmp_path / "one"))
    one, two = (load_file(tmp_path / name / "checkpoint.safetensors") for name in ("one", "two"))
    assert one.keys() == two.keys()
    for name in one:
        if "running" in name:
            torch.testing.assert_close(one[name], two[name], rtol=1e-3, atol=1e-3)


def test_a_batch_is_divided_evenly_or_refused():
    assert [Processes(rank, 4).share(8) for rank in range(4)] == [
        slice(0, 2),
        slice(2, 4),
        slice(4, 6),
        slice(6, 8),
    ]
    assert Processes().share(7) == slice(0, 7)
    with pytest.raises(WMHError, match="batch of 8 slices cannot be divided among 3 processes"):
        Processes(0, 3).share(8)
