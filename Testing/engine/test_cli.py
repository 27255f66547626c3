"""The command as a user types it."""

import csv
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import nibabel
import numpy as np
import pytest
from wmh_siamese.cli import main
from wmh_siamese.models.card_summary import card_summary
from wmh_siamese.models.model_file import ModelCard
from wmh_siamese.networks.recipe import Recipe
from wmh_siamese.segmenting.readouts import lesion_mask, read_out


@pytest.fixture
def run(capsys, tiny_model):
    """Runs ``segment`` in this process with the tiny model; returns code, stdout and stderr."""

    def segment(*arguments, model=tiny_model):
        code = main(["segment", *map(str, arguments), "--model", str(model), "--device", "cpu"])
        printed = capsys.readouterr()
        return code, printed.out, printed.err

    return segment


def files(folder):
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


def test_every_output_of_one_input_agrees(run, flair, tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    code, printed, err = run(
        flair,
        *("--output", out / "mask.nii.gz", "--output", out / "mask.seg.nrrd"),
        *("--probability", out / "p.nii", "--picture", out / "overlay.png"),
        *("--csv", out / "table.csv", "--threshold", "0.45", "--min-volume", "20", "--json"),
    )
    assert code == 0 and err == ""
    assert files(out) == ["mask.nii.gz", "mask.seg.nrrd", "overlay.png", "p.nii", "table.csv"]
    source, mask = nibabel.load(flair), nibabel.load(out / "mask.nii.gz")
    probability = nibabel.load(out / "p.nii")
    np.testing.assert_array_equal(mask.affine, source.affine)
    np.testing.assert_array_equal(probability.affine, source.affine)
    assert mask.get_data_dtype() == np.uint8 and probability.get_data_dtype() == np.float32
    expected = lesion_mask(np.asarray(probability.dataobj), 0.45, 20.0, 4.0)
    np.testing.assert_array_equal(np.asarray(mask.dataobj), expected)

    figures = read_out(expected, source.affine)
    told = json.loads(printed)
    assert told["volume_ml"] == figures.volume_ml
    assert told["lesion_count"] == figures.lesion_count
    assert told["threshold"] == 0.45 and told["min_volume_mm3"] == 20
    assert len(told["input_sha256"]) == len(told["model"]["sha256"]) == 64
    with (out / "table.csv").open(newline="") as table:
        (row,) = csv.DictReader(table)
    assert float(row["pcd_percent"]) == pytest.approx(figures.pcd_percent, abs=1e-6)
    assert row["input"] == str(flair) and row["placement"] == told["placement"] == "sform"
    assert (out / "overlay.png").read_bytes().startswith(b"\x89PNG")


def test_the_same_run_again_gives_the_same_bytes_and_a_second_row(run, flair, tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    kept = []
    for _ in range(2):
        code, printed, _ = run(flair, "-o", out, "--probability", out, "--csv", out / "t.csv")
        assert code == 0
        names = ("flair_wmh.nii.gz", "flair_probability.nii.gz")
        kept.append([nibabel.load(out / name).get_fdata().tobytes() for name in names])
    assert kept[0] == kept[1]
    rows = (out / "t.csv").read_text().splitlines()
    assert len(rows) == 3 and rows[0].startswith("input,volume_ml,pcd_percent")
    assert printed.startswith(f"{flair}: ") and "ml, PCD" in printed


def test_several_inputs_of_one_name_and_a_bad_one_between(run, head, tmp_path):
    inputs = []
    for folder in ("a", "b", "c"):
        inputs.append(tmp_path / folder / "flair.nii.gz")
        inputs[-1].parent.mkdir()
        nibabel.save(nibabel.Nifti1Image(*head), inputs[-1])
    inputs[1].write_text("not an image")
    code, printed, err = run(
        *inputs, "-o", tmp_path / "new" / "masks", "--format", ".seg.nrrd", "--json"
    )
    assert code == 2
    assert files(tmp_path / "new") == ["a_flair_wmh.seg.nrrd", "c_flair_wmh.seg.nrrd"]
    assert len(err.splitlines()) == 1 and "flair.nii.gz" in err
    told = [json.loads(line) for line in printed.splitlines()]
    assert ["error" in one for one in told] == [False, True, False]
    assert told[1]["error"]["kind"] == "bad-volume"


def test_without_outputs_it_measures(run, flair, tmp_path):
    code, printed, err = run(flair)
    assert code == 0 and err == "" and "lesion" in printed
    code, printed, err = run(flair, "--quiet")
    assert (code, printed, err) == (0, "", "")
    assert files(tmp_path) == ["flair.nii.gz"]


def test_the_models_own_threshold_is_the_default(run, flair):
    told = [json.loads(run(flair, "--json", *more)[1]) for more in ([], ["--threshold", "0.5"])]
    assert told[0]["threshold"] == 0.5
    assert told[0]["positive_voxels"] == told[1]["positive_voxels"]


def test_a_segmentation_file_is_what_slicer_reads(run, flair, tmp_path):
    from slicer import vtkMRMLScene, vtkMRMLSegmentationNode, vtkMRMLSegmentationStorageNode
    from vtk.util.numpy_support import vtk_to_numpy
    from vtkmodules.vtkCommonMath import vtkMatrix4x4

    paths = [tmp_path / "mask.nii.gz", tmp_path / "mask.seg.nrrd"]
    assert run(flair, "-o", paths[0], "-o", paths[1], "--threshold", "0.55")[0] == 0
    expected = nibabel.load(paths[0])
    scene = vtkMRMLScene()
    node, storage = vtkMRMLSegmentationNode(), vtkMRMLSegmentationStorageNode()
    scene.AddNode(node)
    scene.AddNode(storage)
    storage.SetFileName(str(paths[1]))
    assert storage.ReadData(node)
    segmentation = node.GetSegmentation()
    assert segmentation.GetNumberOfSegments() == 1
    segment = segmentation.GetNthSegment(0)
    assert segment.GetName() == "White matter hyperintensities"
    assert segment.GetColor() == pytest.approx((0.95, 0.32, 0.18))
    labelmap = segment.GetRepresentation("Binary labelmap")
    matrix = vtkMatrix4x4()
    labelmap.GetImageToWorldMatrix(matrix)
    affine = np.array([[matrix.GetElement(r, c) for c in range(4)] for r in range(4)])
    voxels = vtk_to_numpy(labelmap.GetPointData().GetScalars())
    extent = labelmap.GetExtent()
    shape = [extent[2 * a + 1] - extent[2 * a] + 1 for a in range(3)]
    first = [extent[2 * a] for a in range(3)]
    found = np.zeros(expected.shape, dtype=np.uint8)
    found[tuple(slice(f, f + n) for f, n in zip(first, shape, strict=True))] = voxels.reshape(
        shape, order="F"
    )
    np.testing.assert_allclose(affine, expected.affine, atol=1e-6)
    np.testing.assert_array_equal(found, np.asarray(expected.dataobj))
    geometry = segmentation.GetConversionParameter("Reference image geometry").split(";")
    np.testing.assert_array_equal(np.array(geometry[:16], float).reshape(4, 4), expected.affine)
    assert geometry[16:22] == ["0", "23", "0", "27", "0", "5"]


def test_terminology_is_that_of_the_term_files():
    from pathlib import Path

    import wmh_siamese
    from wmh_siamese.volumes.segmentation_file import TERMINOLOGY

    folder = Path(wmh_siamese.__file__).parents[1] / "Resources" / "Terminology"
    lesion = json.loads((folder / "WhiteMatterLesion.term.json").read_text())
    category = lesion["SegmentationCodes"]["Category"][0]
    parts = TERMINOLOGY.split("~")
    assert parts[0] == lesion["SegmentationCategoryTypeContextName"]
    for part, code in ((parts[1], category), (parts[2], category["Type"][0])):
        assert part == f"SCT^{code['CodeValue']}^{code['CodeMeaning']}"


@pytest.mark.parametrize(
    "arguments",
    [
        ["segment"],
        ["segment", "a.nii", "--threshold", "2"],
        ["segment", "a.nii", "--threshold", "nan"],
        ["segment", "a.nii", "--min-volume", "-1"],
        ["segment", "a.nii", "--device", "abacus"],
        ["dance"],
        [],
    ],
)
def test_wrong_options_are_refused(arguments, capsys):
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert "error" in capsys.readouterr().err


def test_the_table_is_appended_by_several_processes_at_once(tmp_path):
    from concurrent.futures import ThreadPoolExecutor

    from wmh_siamese.segmenting.result_table import COLUMNS, append_row

    path = tmp_path / "t.csv"
    rows = [dict.fromkeys(COLUMNS, number) for number in range(60)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda row: append_row(path, row), rows))
    with path.open(newline="") as table:
        read = [int(row["volume_ml"]) for row in csv.DictReader(table)]
    assert sorted(read) == list(range(60))


def test_a_table_without_its_last_line_end_goes_on_in_a_new_line(tmp_path):
    from wmh_siamese.segmenting.result_table import COLUMNS, append_row

    path = tmp_path / "t.csv"
    path.write_text(",".join(COLUMNS) + "\n" + ",".join("0" * len(COLUMNS)))
    append_row(path, dict.fromkeys(COLUMNS, 'x,"y"\nz'))
    with path.open(newline="") as table:
        assert [row["input"] for row in csv.DictReader(table)] == ["0", 'x,"y"\nz']


def test_models_lists_every_bundled_file_with_its_hash(capsys):
    from wmh_siamese.files.hashes import file_sha256
    from wmh_siamese.models.model_file import bundled_models

    assert main(["models"]) == 0
    listed = capsys.readouterr().out
    assert main(["models", "--json"]) == 0
    cards = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    hashes = [file_sha256(path) for path in bundled_models()]
    assert [card["sha256"] for card in cards] == hashes
    assert all(sha256 in listed for sha256 in hashes)
    assert len(listed.splitlines()) <= 10 * len(cards)  # all the rest is for --json


def test_a_models_summary_says_what_its_card_knows():
    recipe = Recipe(size=64, certainty=0.5).to_dict()
    bare = ModelCard("bare", {"width": 4, "depth": 2}, Recipe(size=64).to_dict(), sha256="0a")
    assert card_summary(Path("b.safetensors"), bare).splitlines() == [
        "bare  (b.safetensors)",
        "  network    dense U-Net, width 4, depth 2",
        "  recipe     paper, slices of 64",
        "  threshold  0.5",
        "  SHA-256    0a",
    ]
    training = {"loss": "content", "settings": {"extra_loss": "dice"}, "cases": ["a/1"]}
    held_out = {"a": {"dice": 0.706, "lesion_recall": None, "cases": {"a/2": {}, "a/3": {}}}}
    card = replace(
        bare,
        recipe=recipe,
        threshold=0.6,
        training=training | {"simulated_cases": ["s/1", "s/2"]},
        metrics={"held_out": held_out},
    )
    text = card_summary(Path("b.safetensors"), card)
    assert "0.6; each lesion reaches 0.8 somewhere" in text
    assert "content + dice loss, 1 case, 2 simulated heads" in text
    assert "a (2): Dice 0.71\n" in text


def test_the_command_as_a_module(engine_environment, flair, tiny_model, tmp_path):
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "wmh_siamese",
            "segment",
            flair.name,
            "-o",
            "mask.nii",
            "--model",
            tiny_model,
        ],
        env=engine_environment,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("flair.nii.gz: ")
    assert (tmp_path / "mask.nii").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_interrupted_it_leaves_nothing(engine_environment, flair, tmp_path, number, code):
    slow = (
        # a suite that runs in the background hands on a SIGINT that is ignored
        "import signal\nsignal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "import sys, time, wmh_siamese.segmenting.command as c\n"
        "from wmh_siamese.segmenting import overlay\n"
        "def wait(*a, **k):\n    print('drawing', flush=True)\n    time.sleep(30)\n"
        "overlay.draw_overlay = wait\n"
        "from types import SimpleNamespace as N\n"
        "from wmh_siamese.models.model_file import ModelCard\n"
        "import wmh_siamese.cli as cli\n"
        "import wmh_siamese.segmenting.command as command\n"
        "card = ModelCard('n', {}, {}, sha256='0')\n"
        "command._segmenter = lambda o: N(card=card, device_name='cpu', precision='float32',"
        " probability=lambda v, **k: v.array / 1000)\n"
        "sys.exit(cli.main(sys.argv[1:]))\n"
    )
    out = tmp_path / "out"
    out.mkdir()
    arguments = ["segment", str(flair), "-o", str(out), "--picture", str(out / "x.png")]
    with subprocess.Popen(
        [sys.executable, "-c", slow, *arguments],
        env=engine_environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout.readline() == b"drawing\n"
        time.sleep(0.1)
        assert files(out)
        os.kill(process.pid, number)
        assert process.wait(10) == code
        assert b"Traceback" not in process.stderr.read()
    assert files(out) == []


def test_a_reader_that_is_gone_ends_it_quietly(engine_environment, flair, tiny_model):
    with subprocess.Popen(
        [sys.executable, "-m", "wmh_siamese", "segment", str(flair), "--model", str(tiny_model)],
        env=engine_environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(30) == 1


def test_training_options_are_the_settings(capsys):
    from dataclasses import fields

    from wmh_siamese.cli import parser
    from wmh_siamese.training.chosen_settings import settings_of
    from wmh_siamese.training.settings import TrainingSettings

    options = parser().parse_args(["train", "cases.csv", "folder"])
    assert {field.name for field in fields(TrainingSettings)} <= set(vars(options))
    assert settings_of(options) == TrainingSettings()


def test_the_commands_are_known_without_loading_torch(engine_environment):
    told = "import sys; from wmh_siamese.cli import parser; parser(); print('torch' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", told], env=engine_environment, capture_output=True, text=True
    )
    assert done.stdout.split() == ["False"], done.stderr


def test_training_says_what_is_wrong(tmp_path, capsys):
    assert main(["train", str(tmp_path / "no.csv"), str(tmp_path / "out")]) == 2
    assert "no.csv" in capsys.readouterr().err


def test_a_fault_of_our_own_is_one_line_and_exit_code_1(flair, tmp_path, monkeypatch, capsys):
    def broken(options):
        raise RuntimeError("shapes cannot be multiplied\nand more")

    monkeypatch.setattr("wmh_siamese.segmenting.command._segmenter", broken)
    assert main(["segment", str(flair), "-o", str(tmp_path / "mask.nii")]) == 1
    told = capsys.readouterr().err
    assert len(told.splitlines()) == 1 and "shapes cannot be multiplied and more" in told
    assert files(tmp_path) == ["flair.nii.gz"]


@pytest.mark.parametrize("error", [OSError("libtorch.so: cannot open"), ImportError("DLL")])
def test_a_torch_that_does_not_load_is_told_so(flair, monkeypatch, capsys, error):
    import builtins

    real = builtins.__import__

    def without_torch(name, *rest, **more):
        if name == "torch":
            raise error
        return real(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", without_torch)
    assert main(["segment", str(flair)]) == 2
    assert "PyTorch is installed but cannot be loaded" in capsys.readouterr().err
