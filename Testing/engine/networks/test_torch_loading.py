"""Torch, imported by this program, leaves nothing among the temporary files."""

import os
import subprocess
import sys

ONE_STEP = """
from wmh_siamese.networks.torch_loading import import_torch
import_torch()
import torch
weight = torch.nn.Parameter(torch.ones(2))
optimiser = torch.optim.Adam([weight])
weight.sum().backward()
optimiser.step()
"""


def test_a_step_of_training_leaves_no_folder_of_the_compiler(tmp_path, engine_environment):
    chosen = {"TMPDIR": str(tmp_path), "TMP": str(tmp_path)}
    environment = {k: v for k, v in engine_environment.items() if k != "TORCHINDUCTOR_CACHE_DIR"}
    subprocess.run([sys.executable, "-c", ONE_STEP], env={**environment, **chosen}, check=True)
    assert os.listdir(tmp_path) == []


def test_a_folder_that_the_user_chose_for_the_compiler_stays_chosen(tmp_path, engine_environment):
    environment = {**engine_environment, "TORCHINDUCTOR_CACHE_DIR": str(tmp_path / "mine")}
    tell = "import os; print(os.environ['TORCHINDUCTOR_CACHE_DIR'])"
    told = subprocess.run(
        [sys.executable, "-c", ONE_STEP.split("import torch\n")[0] + tell],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert told.stdout.strip() == str(tmp_path / "mine")
