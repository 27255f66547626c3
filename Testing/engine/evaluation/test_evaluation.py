"""Methods judged on cases, the spread over cohorts, and the tables of both."""

import csv
import math

import numpy as np
import pytest
from wmh_siamese.cases.case import Case
from wmh_siamese.cases.reading import read_case
from wmh_siamese.errors import WMHError
from wmh_siamese.evaluation.evaluation import (
    FIGURES,
    METRICS,
    case_figures,
    cohort_figures,
    spread,
    usable_cases,
)
from wmh_siamese.evaluation.methods import FinishedMasks, IntensityThreshold, TrainedModel
from wmh_siamese.evaluation.metrics import evaluate
from wmh_siamese.evaluation.table import COLUMNS, cohort_table, write_csv, write_markdown
from wmh_siamese.segmenting.readouts import read_out
from wmh_siamese.volumes.nifti_file import write_volume

AFFINE = np.diag([1.0, 1.0, 3.0, 1.0])
SHAPE = (12, 14, 5)


@pytest.fixture
def make_case(tmp_path):
    """Makes cases of noise in which lesions (label 1) are bright, as is other pathology (2)."""

    def make(name, cohort="paris", lesion=True, affine=AFFINE):
        labels = np.zeros(SHAPE, dtype=np.uint8)
        if lesion:
            labels[2:5, 3:6, 1:3] = 1
        labels[8:10, 8:10, 2] = 2
        draw = np.random.default_rng(len(name))
        flair = np.where(labels > 0, 200, draw.normal(100, 3, SHAPE)).astype(np.float32)
        flair[0] = 0
        paths = [tmp_path / "data" / f"{cohort}-{name}-{kind}.nii.gz" for kind in ("flair", "mask")]
        paths[0].parent.mkdir(exist_ok=True)
        write_volume(paths[0], flair, affine)
        write_volume(paths[1], labels, affine)
        return Case(cohort, name, *paths)

    return make


def judged(method, *cases):
    return [case_figures(method, case, *read_case(case)) for case in cases]


def put_mask(folder, name, array, affine=AFFINE):
    path = folder / f"{name}.nii.gz"
    path.parent.mkdir(parents=True, exist_ok=True)
    write_volume(path, array, affine)
    return path


def test_a_bright_lesion_is_found_by_the_intensity_threshold(make_case):
    (found,) = judged(IntensityThreshold(), make_case("a"))
    assert (found.metrics.dice, found.metrics.h95, found.metrics.lesion_f1) == (1, 0, 1)
    assert found.truth_ml == found.found_ml == pytest.approx(18 * 3 / 1000)
    assert found.truth_pcd_percent == found.found_pcd_percent
    assert found.truth_pcd_percent == pytest.approx(100 * 18 / np.prod(SHAPE))
    assert found.role == ""
    (none,) = judged(IntensityThreshold(multiple=3.0), make_case("a"))
    assert none.found_ml == 0 and none.metrics.avd == 100


def test_the_threshold_follows_the_scale_of_the_intensities(make_case):
    flair, _ = read_case(case := make_case("a"))
    mask = IntensityThreshold().mask(case, flair)
    flair.array[...] *= 37.5
    np.testing.assert_array_equal(IntensityThreshold().mask(case, flair), mask)


def test_a_minimum_volume_drops_small_lesions_of_the_baseline(make_case):
    (found,) = judged(IntensityThreshold(min_volume_mm3=60.0), make_case("a"))
    assert found.found_ml == 0


def test_finished_masks_are_taken_as_they_are(make_case, tmp_path):
    case = make_case("a")
    labels = read_case(case)[1].array
    shifted = np.roll(labels == 1, 1, axis=0)
    put_mask(tmp_path / "tool", "a", shifted.astype(np.float32) * 0.7)
    method = FinishedMasks(tmp_path / "tool", [case])
    (found,) = judged(method, case)
    assert found.method == "tool"
    assert found.metrics == evaluate(labels, shifted, (1, 1, 3))
    assert found.metrics.h95 == 1 and found.found_ml == found.truth_ml


def test_masks_of_two_cohorts_with_one_case_name_are_told_apart(make_case, tmp_path):
    cases = [make_case("a"), make_case("a", cohort="oslo")]
    put_mask(tmp_path / "tool", "a", np.zeros(SHAPE, bool))
    put_mask(tmp_path / "tool", "paris/a", np.zeros(SHAPE, bool))
    usable, faults = usable_cases(cases, [FinishedMasks(tmp_path / "tool", cases)])
    assert usable == cases[:1] and list(faults) == ["oslo/a"]
    assert "there is no mask oslo/a.nii.gz" in str(faults["oslo/a"])
    usable, _ = usable_cases(cases[1:], [FinishedMasks(tmp_path / "tool", cases[1:])])
    assert usable == cases[1:]


def test_masks_that_do_not_fit_are_refused_with_the_case_named(make_case, tmp_path):
    case = make_case("a")
    bad = {
        "shape": (np.zeros((12, 14, 4), bool), AFFINE, "shape"),
        "place": (np.zeros(SHAPE, bool), np.diag([-1.0, 1, 3, 1]), "does not lie where"),
        "nan": (np.full(SHAPE, np.nan, np.float32), AFFINE, "NaN"),
    }
    for name, (array, affine, said) in bad.items():
        put_mask(tmp_path / name, "a", array, affine)
        _, faults = usable_cases([case], [FinishedMasks(tmp_path / name, [case])])
        assert str(faults["paris/a"]).startswith(f"Case paris/a, {name}: ") and said in str(
            faults["paris/a"]
        )
    with pytest.raises(WMHError, match="There is no folder"):
        FinishedMasks(tmp_path / "nothing", [case])


def test_cases_that_cannot_be_read_are_kept_apart(make_case):
    cases = [make_case("a"), make_case("b"), make_case("c")]
    cases[1].flair.write_text("no image")
    usable, faults = usable_cases(cases, [IntensityThreshold()])
    assert usable == [cases[0], cases[2]] and list(faults) == ["paris/b"]


def test_a_trained_model_is_judged_at_its_threshold(make_case, tiny_model):
    from wmh_siamese.segmenting.inference import Segmenter
    from wmh_siamese.segmenting.readouts import lesion_mask

    segmenter = Segmenter(tiny_model, "cpu")
    case = make_case("a")
    flair, labels = read_case(case)
    probability = segmenter.probability(flair)
    (own,) = judged(TrainedModel(segmenter), case)
    assert own.metrics == evaluate(labels.array, probability >= 0.5, (1, 1, 3))
    method = TrainedModel(segmenter, threshold=float(np.median(probability)), min_volume_mm3=9.0)
    (other,) = judged(method, case)
    mask = lesion_mask(probability, method.threshold, 9.0, 3.0)
    assert other.metrics == evaluate(labels.array, mask, (1, 1, 3))
    counted = read_out(mask & (labels.array != 2), flair.affine)
    assert other.found_ml == counted.volume_ml and own.method == "tiny"


def test_a_model_says_which_cases_it_has_seen(make_case, tiny_model):
    from dataclasses import replace

    from wmh_siamese.segmenting.inference import Segmenter

    segmenter = Segmenter(tiny_model, "cpu")
    training = {"cases": ["paris/a"], "validation_cases": ["paris/b"]}
    segmenter.card = replace(segmenter.card, training=training)
    cases = [make_case(name) for name in "abc"]
    roles = [TrainedModel(segmenter).role(case) for case in cases]
    assert roles == ["learnt", "validation", ""]


@pytest.mark.parametrize("order", [(2, 0, 1), (1, 2, 0), (0, 2, 1)])
def test_figures_do_not_depend_on_how_a_volume_is_stored(make_case, order, tmp_path):
    case = make_case("a")
    (expected,) = judged(FinishedOverlap(), case)
    flair, labels = read_case(case)
    affine = AFFINE.copy()
    affine[:, :3] = affine[:, list(order)]
    for path, array in ((case.flair, flair.array), (case.mask, labels.array)):
        write_volume(path, array.transpose(order), affine)
    (found,) = judged(FinishedOverlap(), case)
    assert found.figures == pytest.approx(expected.figures)


class FinishedOverlap:
    """Finds lesions and other pathology, and one voxel more along every axis."""

    name, description = "overlap", ""

    def mask(self, case, flair):
        from scipy.ndimage import binary_dilation

        return binary_dilation(flair.array > 150)

    def role(self, case):
        return ""


def test_spreads_leave_nan_cases_out_and_count_them():
    assert spread([1.0, 2.0, 4.0, math.nan]).missing == 1
    assert spread([1.0, 2.0, 4.0, math.nan]).mean == pytest.approx(7 / 3)
    assert spread([1.0, 3.0]).deviation == pytest.approx(math.sqrt(2))
    lone = spread([2.0])
    assert lone.mean == 2 and math.isnan(lone.deviation)
    none = spread([math.nan] * 2)
    assert math.isnan(none.mean) and none.missing == 2


@pytest.fixture
def two_cohorts(make_case):
    cases = [make_case("a"), make_case("b", lesion=False), make_case("a", cohort="os|lo")]
    methods = [IntensityThreshold(), IntensityThreshold(multiple=9.0, name="nothing")]
    return [one for case in cases for method in methods for one in judged(method, case)]


def test_cohorts_and_methods_are_kept_apart(two_cohorts):
    cohorts = cohort_figures(two_cohorts)
    assert [(one.cohort, one.method, one.cases) for one in cohorts] == [
        ("paris", "intensity threshold", 2),
        ("paris", "nothing", 2),
        ("os|lo", "intensity threshold", 1),
        ("os|lo", "nothing", 1),
    ]
    dice = cohorts[1].spreads["dice"]
    assert dice.mean == 0 and dice.missing == 1  # of two empty masks there is no Dice
    assert cohorts[1].spreads["lesion_recall"].missing == 0


def test_the_csv_table_holds_every_figure(two_cohorts, tmp_path):
    path = tmp_path / "t.csv"
    cohorts = cohort_figures(two_cohorts)
    write_csv(path, two_cohorts, cohorts)
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert tuple(rows[0]) == COLUMNS
    assert [row["row"] for row in rows] == ["case"] * 6 + ["mean", "sd", "nan"] * 4
    for row, one in zip(rows, two_cohorts, strict=False):
        assert (row["method"], row["cohort"]) == (one.method, one.case.cohort)
        for name in FIGURES:
            assert float(row[name]) == pytest.approx(one.figures[name], abs=1e-6, nan_ok=True)
    mean, _, nan = rows[9:12]
    assert float(mean["dice"]) == 0 and int(nan["dice"]) == 1 and mean["cases"] == "2"


def test_the_markdown_tables_say_the_nan_cases_and_survive_odd_names(two_cohorts, tmp_path):
    path = tmp_path / "t.md"
    cohorts = cohort_figures(two_cohorts)
    write_markdown(path, two_cohorts, cohorts, ["one | note"])
    text = path.read_text(encoding="utf-8")
    assert "## By cohort" in text and "## By case" in text and r"one \| note" in text
    lines = [line for line in text.splitlines() if line.startswith("|")]
    bars = [line.replace(r"\|", "").count("|") for line in lines]
    assert len(set(bars[: 2 + 4])) == 1 and len(set(bars[6:])) == 1
    nothing = next(line for line in cohort_table(cohorts).splitlines() if "| nothing | 2" in line)
    assert nothing.count("NaN: ") == len(METRICS)
    assert "| 0.000 (NaN: 1) |" in nothing
