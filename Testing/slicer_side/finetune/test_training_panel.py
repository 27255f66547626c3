"""Training in the panel: begun, watched, stopped, cancelled, compared and kept."""

import pytest
import slicer
from slicer_side.panel import Panel, wait_for
from slicer_side.segment.test_cancel_and_death import is_alive
from wmh_siamese.files.workplace import prefix_of
from WMHSiameseSegLib.finetune.curve_picture import curve_png
from WMHSiameseSegLib.finetune.run import FinetuneRun, TrainingListener, TrainingState
from WMHSiameseSegLib.finetune.training_curve import (
    _LOSS,
    CurvePlot,
    CurvePoint,
    TrainingCurve,
)
from WMHSiameseSegLib.models.user_models import default_model, user_models_folder
from WMHSiameseSegLib.scene.simulated_flair import add_simulated_flair

pytest_plugins = ["slicer_side.panel_fixtures"]


def left_in_the_models():
    folder = user_models_folder()
    return sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []


def training(finetune, behaviour):
    """Start a training and wait until it has begun."""
    finetune.use_scripted_trainer(behaviour)
    finetune.train()
    wait_for(lambda: len(finetune.tab.training.curve.curve.points) > 1)


def test_without_a_library_or_weights_nothing_starts(finetune):
    finetune.train()
    assert "Open a library" in finetune.training_message
    assert not finetune.widget.trainer.alive


def test_the_content_loss_asks_for_its_weights(finetune, library):
    finetune.ui.newNameEdit.setText("mine")
    finetune.click("trainButton")
    assert "needs the VGG19 weights" in finetune.training_message
    assert not finetune.widget.trainer.alive


def test_advanced_numbers_are_sent_only_where_they_were_chosen(finetune, library):
    choices = finetune.tab.training.choices()
    assert choices.request("train", None)["settings"] == {"seed": 0}
    assert (choices.effort, choices.device) == ("usual", "auto")
    assert choices.request("train", None)["guarded"] is True
    finetune.ui.guardCheckBox.setChecked(False)
    assert finetune.tab.training.choices().request("train", None)["guarded"] is False
    finetune.ui.lossSelector.setCurrentIndex(1)
    finetune.ui.epochsSpin.setValue(3)
    finetune.ui.learningRateSpin.setValue(0.0002)
    finetune.ui.rotationSpin.setValue(0)
    settings = finetune.tab.training.choices().request("train", None)["settings"]
    assert settings == {
        "extra_loss": "generalised-dice",
        "epochs": 3,
        "learning_rate": 0.0002,
        "rotation_degrees": 0,
        "seed": 0,
    }


def test_a_training_is_watched_and_compared(finetune, library):
    finetune.use_scripted_trainer("good")
    finetune.train("Our scanner")
    assert finetune.ui.trainButton.text == "Stop"
    assert not finetune.ui.baseSelector.isEnabled()
    finetune.wait_for_training()
    assert "epoch 3 was kept" in finetune.training_message
    assert left_in_the_models() == ["our-scanner.safetensors"]
    assert "training loss 4 → 1.333" in finetune.ui.curveLabel.text
    assert "held-out Dice 0.700 → 0.730" in finetune.ui.curveLabel.text
    assert not finetune.ui.curvePicture.pixmap.isNull()
    assert finetune.ui.comparisonSentence.text.startswith("Better on 1 of 1")
    cells = finetune.cells("comparisonTable")
    assert [row[0] for row in cells] == ["mean"] * 7 + ["p7"] * 7
    assert [row[1:] for row in cells[7:]] == [
        ["Dice", "0.700 → 0.750", "↑ better"],
        ["H95 (mm)", "12.0 → 14.0", "↓ worse"],
        ["AVD (%)", "20.0 → 20.0", "= same"],
        ["Lesion recall", "0.50 → 0.50", "= same"],
        ["Lesion F1", "— → —", ""],
        ["Volume (ml)", "8.00 → 9.00", "drawn 10.00"],
        ["PCD (%)", "0.400 → 0.400", "drawn 0.500"],
    ]


def test_the_largest_differences_are_shown_and_their_files_deleted(
    finetune, library, temporary_files
):
    finetune.use_scripted_trainer("good")
    assert not finetune.ui.differencesArea.isVisible()
    finetune.train()
    finetune.wait_for_training()
    assert finetune.ui.differencesArea.isVisible()
    shown = finetune.ui.differencesArea.layout()
    picture, words = (shown.itemAt(place).widget() for place in (1, 2))
    assert not picture.pixmap.isNull()
    assert words.text == (
        "p7, S 12.0 mm; voxels of this slice: found 30 → 40, missed 20 → 10, false alarms 5 → 7."
    )
    wait_for(lambda: not temporary_files())


def test_every_table_is_as_wide_as_a_narrow_panel(
    finetune, library, a_flair_volume, a_segmentation
):
    finetune.add(a_flair_volume, a_segmentation)
    finetune.use_scripted_trainer("good")
    finetune.train("a model with a rather long name of its own")
    finetune.wait_for_training()
    finetune.settle()
    for name in ("caseTable", "comparisonTable", "modelTable"):
        table = getattr(finetune.ui, name)
        table.resize(360, table.height)
        slicer.app.processEvents()
        assert table.horizontalScrollBar().maximum == 0, name


def test_why_the_graphics_card_is_not_used_is_said_beside_the_outcome(finetune, library):
    finetune.use_scripted_trainer("on-the-cpu")
    finetune.train()
    finetune.wait_for_training()
    assert "driver is too old" in finetune.training_message
    assert "Trained: epoch 3" in finetune.training_message


def test_a_new_model_is_the_default_only_when_it_is_kept(finetune, library):
    bundled = default_model()
    finetune.use_scripted_trainer("good")
    finetune.train()
    finetune.wait_for_training()
    menu = finetune.widget.segmentTab.models
    assert default_model() == bundled and menu.current.path.name == bundled
    assert not finetune.ui.backButton.isEnabled()
    finetune.click("keepButton")
    assert default_model() == "mine.safetensors" == menu.current.path.name
    assert finetune.widget.logic.getParameterNode().model == "mine.safetensors"
    assert finetune.ui.backButton.text.startswith("Back to ")
    finetune.click("backButton")
    assert default_model() == bundled == menu.current.path.name
    assert finetune.ui.keepButton.isEnabled()


def test_stop_keeps_the_best_so_far(finetune, library):
    training(finetune, "slow")
    finetune.click("trainButton")
    assert finetune.tab.training.run.state is TrainingState.STOPPING
    finetune.wait_for_training(10)
    assert "Stopped early." in finetune.training_message
    assert left_in_the_models() == ["mine.safetensors"]


def test_cancel_leaves_no_trace(finetune, library):
    training(finetune, "slow")
    finetune.click("cancelTrainingButton")
    finetune.wait_for_training(10)
    assert "nothing was kept" in finetune.training_message
    assert left_in_the_models() == []
    assert finetune.ui.trainButton.text == "Train"


def test_a_worker_that_is_deaf_to_cancel_is_ended_and_leaves_no_trace(finetune, library):
    training(finetune, "stubborn")
    pid = finetune.widget.trainer.pid
    finetune.click("cancelTrainingButton")
    finetune.wait_for_training(10)
    wait_for(lambda: not is_alive(pid), 5)
    wait_for(lambda: left_in_the_models() == [], 5)


class Heard(TrainingListener):
    """Keeps what it is told."""

    def __init__(self):
        self.failures, self.cancelled = [], 0

    def on_failure(self, kind, sentence, way_out):
        self.failures.append(sentence)

    def on_cancelled(self):
        self.cancelled += 1


class ToldWorker:
    """A worker that a test speaks for."""

    pid, ending = None, False

    def __init__(self, at_once=None):
        self.at_once, self.tell = at_once, None

    def ask(self, request, listener):
        self.tell = listener
        if self.at_once:
            listener(self.at_once)
        return 1

    def stop(self, identity, keep=True):
        self.tell({"event": "error", "kind": "stopped"})


@pytest.mark.parametrize("whose", ["its own", "another training's"])
def test_cancel_after_the_last_step_deletes_the_new_model_and_no_other(tmp_path, whose):
    """Both trainings were given the same name."""
    file, worker, heard = tmp_path / "mine.safetensors", ToldWorker(), Heard()
    run = FinetuneRun(worker, heard)
    run.start({"what": "train", "output": str(file)})
    worker.tell({"event": "progress", "stage": "training", "done": 1, "of": 3})
    if whose == "its own":
        worker.tell({"event": "progress", "stage": "training", "done": 3, "of": 3})
        file.write_bytes(b"the new model")
    else:
        file.write_bytes(b"another model")
        worker.tell({"event": "progress", "stage": "training", "done": 2, "of": 3})
    worker.tell({"event": "progress", "stage": "comparing", "done": 0, "of": 1})
    run.cancel()
    assert run.idle and heard.cancelled == 1
    assert run.written == (whose == "its own") and file.exists() != run.written


def test_a_model_that_went_with_cancel_is_told(finetune, library):
    panel = finetune.tab.training
    panel.on_cancelled()
    assert "nothing was kept" in finetune.training_message
    panel.run.written = True
    panel.on_cancelled()
    assert "the new model was deleted" in finetune.training_message


def test_a_worker_that_cannot_be_started_is_told_at_once_and_leaves_nothing_running():
    failure = {"event": "error", "kind": "internal", "sentence": "It could not be started."}
    worker, heard = ToldWorker(failure), Heard()
    run = FinetuneRun(worker, heard)
    for times in (1, 2):
        run.start({"what": "estimate"})
        assert run.idle and heard.failures == ["It could not be started."] * times


def test_what_was_stopped_is_called_by_its_name(finetune, library, temporary_files):
    for button, said in (
        ("estimateButton", "Stopped before the time was measured."),
        ("leaveOneOutButton", "Stopped before every patient was left out once"),
    ):
        finetune.use_scripted_trainer("slow")
        finetune.ui.lossSelector.setCurrentIndex(2)
        finetune.click(button)
        wait_for(lambda: temporary_files() and list(temporary_files()[0].iterdir()))
        finetune.click("trainButton")
        finetune.wait_for_training(10)
        assert said in finetune.training_message
        wait_for(lambda: not temporary_files())


def test_a_worker_that_dies_is_said_and_the_next_training_works(finetune, library):
    finetune.use_scripted_trainer("dying")
    finetune.train()
    finetune.wait_for_training()
    assert "ended by itself (code 3)" in finetune.training_message
    assert left_in_the_models() == []  # at once, not only with the next training
    finetune.use_scripted_trainer("good")
    finetune.train()
    finetune.wait_for_training()
    assert "was kept" in finetune.training_message


def test_a_refusal_is_said_in_the_engines_words(finetune, library):
    finetune.use_scripted_trainer("refusing")
    finetune.train()
    finetune.wait_for_training()
    assert finetune.training_message == (
        "⚠ There is no case to learn from. Add a corrected case for training."
    )


def test_segmenting_goes_on_during_a_training(finetune, library, model_file):
    training(finetune, "slow")
    panel = Panel(finetune.widget)
    panel.tab.models.open(model_file)
    panel.use_scripted_worker("good")
    finetune.widget.tabs.setCurrentIndex(0)
    assert panel.segment(add_simulated_flair())
    finetune.widget.tabs.setCurrentIndex(1)
    assert finetune.tab.training.run.state is TrainingState.RUNNING
    finetune.click("cancelTrainingButton")
    finetune.wait_for_training(10)


def test_a_training_outlives_its_scene_and_another_module(finetune, library):
    training(finetune, "slow")
    finetune.click("plotButton")
    slicer.mrmlScene.Clear(False)
    slicer.app.processEvents()
    finetune.widget.exit()
    finetune.widget.enter()
    assert finetune.tab.training.run.state is TrainingState.RUNNING
    finetune.click("trainButton")
    finetune.wait_for_training(10)
    assert "Stopped early." in finetune.training_message


def test_the_end_of_the_module_ends_the_training(finetune, library):
    training(finetune, "stubborn")
    pid = finetune.widget.trainer.pid
    assert left_in_the_models() == [f"{prefix_of(pid)}x"]
    finetune.widget.cleanup()
    wait_for(lambda: not is_alive(pid), 5)
    assert left_in_the_models() == []


def test_the_time_is_estimated(finetune, library, temporary_files):
    finetune.use_scripted_trainer("good")
    finetune.ui.lossSelector.setCurrentIndex(2)
    finetune.click("estimateButton")
    finetune.wait_for_training()
    assert finetune.training_message == "It takes about 4 min here."
    assert left_in_the_models() == []
    wait_for(lambda: not temporary_files())


def test_without_held_out_cases_leaving_one_out_is_offered(finetune, library):
    finetune.use_scripted_trainer("alone")
    finetune.train()
    finetune.wait_for_training()
    assert "nothing can be said" in finetune.ui.comparisonSentence.text
    assert "Leave one out" in finetune.ui.keptLabel.text
    assert "No held-out cases" in finetune.ui.curveLabel.text
    assert finetune.ui.keepButton.isEnabled()
    finetune.click("leaveOneOutButton")
    finetune.wait_for_training()
    assert not finetune.ui.keepButton.isEnabled()  # no model comes of what is shown now
    assert finetune.cells("comparisonTable")[7][0] == "p7"
    assert left_in_the_models() == ["mine.safetensors"]


def test_the_plot_view_follows_the_curve(finetune, library):
    training(finetune, "slow")
    finetune.click("plotButton")
    (chart,) = slicer.util.getNodesByClass("vtkMRMLPlotChartNode")
    table = chart.GetNthPlotSeriesNode(0).GetTableNode()
    wait_for(lambda: table.GetNumberOfRows() == 4)
    assert chart.GetNumberOfPlotSeriesNodes() == 2
    assert table.GetTable().GetColumnByName("Held-out Dice").GetValue(3) == 0.73
    finetune.click("cancelTrainingButton")
    finetune.wait_for_training(10)


def test_no_line_is_drawn_through_fewer_than_two_points(finetune):
    """VTK complains of each one that is."""
    plot, curve = CurvePlot(), TrainingCurve()

    def drawn():
        (chart,) = slicer.util.getNodesByClass("vtkMRMLPlotChartNode")
        nodes = [chart.GetNthPlotSeriesNode(n) for n in range(chart.GetNumberOfPlotSeriesNodes())]
        return {node.GetYColumnName() for node in nodes}

    plot.show(curve)
    assert drawn() == set()
    for number, loss in enumerate((float("nan"), 4.0, 2.0)):
        curve.points.append(CurvePoint(number, 3, loss, 0.7))
        plot.update(curve)
        lines = {name for name, first in (("Held-out Dice", 1), (_LOSS, 2)) if number >= first}
        assert drawn() == lines
    plot.update(TrainingCurve())  # the next training begins while the plot is shown
    assert drawn() == set()
    plot.update(curve)
    assert len(drawn()) == 2


def test_the_plot_is_empty_as_the_next_training_begins(finetune, library):
    finetune.use_scripted_trainer("good")
    finetune.train()
    finetune.wait_for_training()
    finetune.click("plotButton")
    (chart,) = slicer.util.getNodesByClass("vtkMRMLPlotChartNode")
    assert chart.GetNumberOfPlotSeriesNodes() == 2
    finetune.use_scripted_trainer("refusing")
    finetune.train("another")
    finetune.wait_for_training()
    assert chart.GetNumberOfPlotSeriesNodes() == 0


def test_a_picture_is_drawn_of_any_curve():
    curve = TrainingCurve()
    assert curve_png(curve).startswith(b"\x89PNG")
    curve.points = [CurvePoint(n, 2, float("nan") if n == 0 else 1.0, 0.5) for n in range(3)]
    assert curve_png(curve).startswith(b"\x89PNG")
