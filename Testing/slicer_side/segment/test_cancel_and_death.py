"""Whatever ends a run, nothing is left and the panel works again."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
import slicer
from slicer_side.panel import ENGINE, wait_for
from WMHSiameseSegLib.scene.simulated_flair import add_simulated_flair
from WMHSiameseSegLib.worker.private_folder import sweep_stale_folders

pytest_plugins = ["slicer_side.panel_fixtures"]

posix = pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX's")


def is_alive(pid):
    """Whether a process runs; one that only waits for its parent to notice does not."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


@pytest.fixture
def running(scripted_panel):
    """Start a run that would take a minute; gives the worker's process id."""

    def start(behaviour):
        scripted_panel.use_scripted_worker(behaviour)
        scripted_panel.choose(add_simulated_flair())
        scripted_panel.start()
        scripted_panel.wait_until_running()
        return scripted_panel.widget.worker.pid

    return start


def works_again(panel, temporary_files):
    wait_for(lambda: not panel.widget.worker.ending)
    wait_for(lambda: not temporary_files())
    panel.use_scripted_worker("good")
    panel.segment(add_simulated_flair("again"))
    assert not temporary_files()


@pytest.mark.parametrize("behaviour", ["slow", "stubborn"])
def test_cancel_takes_two_seconds_at_most(scripted_panel, running, temporary_files, behaviour):
    running(behaviour)
    scripted_panel.start()
    assert scripted_panel.wait(5) < 2.0
    assert scripted_panel.result is None
    assert scripted_panel.message == "Cancelled."
    works_again(scripted_panel, temporary_files)


def test_a_polite_cancel_keeps_the_worker_warm(scripted_panel, running):
    pid = running("slow")
    scripted_panel.start()
    scripted_panel.wait()
    assert scripted_panel.widget.worker.pid == pid


def test_cancel_before_the_worker_has_said_a_word(scripted_panel, temporary_files):
    scripted_panel.use_scripted_worker("mute")
    scripted_panel.choose(add_simulated_flair())
    scripted_panel.start()
    wait_for(lambda: scripted_panel.widget.worker.alive)
    scripted_panel.start()
    assert scripted_panel.wait(5) < 2.0
    assert scripted_panel.message == "Cancelled."
    works_again(scripted_panel, temporary_files)


def test_cancel_while_the_volume_is_still_looked_at(scripted_panel, temporary_files):
    scripted_panel.choose(add_simulated_flair())
    scripted_panel.start()
    scripted_panel.start()
    assert scripted_panel.tab.states.idle
    works_again(scripted_panel, temporary_files)


@posix
def test_a_killed_worker_is_said_and_the_next_click_starts_another(
    scripted_panel, running, temporary_files, the_answers
):
    pid = running("slow")
    os.kill(pid, signal.SIGKILL)
    scripted_panel.wait(5)
    assert "was ended from outside" in scripted_panel.message
    assert "Click again to start another" in scripted_panel.message
    works_again(scripted_panel, temporary_files)


def test_a_worker_that_ends_by_itself_is_said(
    scripted_panel, running, temporary_files, the_answers
):
    running("dying")
    scripted_panel.wait(5)
    assert "ended by itself (code 3)" in scripted_panel.message
    works_again(scripted_panel, temporary_files)


def test_garbage_on_the_pipe_goes_to_the_log(scripted_panel):
    scripted_panel.use_scripted_worker("garbage")
    scripted_panel.segment(add_simulated_flair())
    assert "Unexpected line from the worker: half a li" in scripted_panel.log


def test_an_error_of_the_worker_is_said_in_its_words(scripted_panel, the_answers, temporary_files):
    scripted_panel.use_scripted_worker("refusing")
    scripted_panel.choose(add_simulated_flair())
    scripted_panel.start()
    scripted_panel.wait()
    assert scripted_panel.message == "⚠ The model is broken. Choose another one."
    works_again(scripted_panel, temporary_files)


def test_a_package_that_only_the_worker_misses_is_offered(scripted_panel):
    scripted_panel.use_scripted_worker("missing")
    scripted_panel.choose(add_simulated_flair())
    scripted_panel.start()
    wait_for(lambda: "Not installed: torch>=2.6" in scripted_panel.message)
    assert scripted_panel.tab.states.idle


@posix
def test_closing_the_scene_ends_run_and_worker(scripted_panel, running, temporary_files):
    pid = running("stubborn")
    slicer.mrmlScene.Clear(False)
    assert scripted_panel.tab.states.idle
    wait_for(lambda: not is_alive(pid), 2)
    assert scripted_panel.ui.segmentButton.text == "Segment"
    works_again(scripted_panel, temporary_files)


@posix
def test_a_kill_takes_the_workers_children_too(scripted_panel, running):
    pid = running("child")
    wait_for(lambda: "child " in scripted_panel.log)
    child = int(scripted_panel.log.partition("child ")[2].split()[0])
    assert is_alive(child)
    slicer.mrmlScene.Clear(False)
    wait_for(lambda: not is_alive(pid) and not is_alive(child), 3)


def test_a_flair_removed_during_the_run_is_said(scripted_panel, temporary_files):
    flair = add_simulated_flair()
    scripted_panel.choose(flair)
    scripted_panel.start()
    wait_for(lambda: scripted_panel.widget.worker.alive)
    slicer.mrmlScene.RemoveNode(flair)
    scripted_panel.wait()
    assert "removed during the run" in scripted_panel.message
    works_again(scripted_panel, temporary_files)


@posix
def test_reloading_the_module_ends_the_worker(scripted_panel, running, temporary_files):
    pid = running("stubborn")
    slicer.util.reloadScriptedModule("WMHSiameseSeg")
    wait_for(lambda: not is_alive(pid), 3)
    wait_for(lambda: not temporary_files())


@posix
def test_a_killed_slicer_leaves_no_orphan_and_its_folder_goes_at_the_next_start(
    own_temporary_folder, temporary_files, model_file
):
    script = Path(__file__).parents[1] / "killed_slicer.py"
    folders = os.pathsep.join(map(str, (ENGINE, script.parents[1])))
    environment = {**os.environ, "PYTHONPATH": folders, "TMPDIR": str(own_temporary_folder)}
    application = subprocess.Popen(
        [sys.executable, str(script), str(model_file)],
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    )
    pid = int(application.stdout.readline().split()[1])
    assert is_alive(pid) and temporary_files()
    application.kill()
    application.wait()
    wait_for(lambda: not is_alive(pid), 3)
    sweep_stale_folders()
    assert not temporary_files()


def test_a_run_goes_on_while_another_module_is_open(scripted_panel):
    flair = add_simulated_flair()
    scripted_panel.choose(flair)
    scripted_panel.start()
    scripted_panel.widget.exit()
    scripted_panel.wait()
    scripted_panel.widget.enter()
    assert scripted_panel.result is not None
    assert scripted_panel.ui.outputSelector.currentNode() is scripted_panel.result.node
