"""The command on terminals as they are: closed, of few letters, hung up; names of any letters."""

import io
import logging
import os
import signal
import subprocess
import sys
import time

import nibabel
import pytest
from wmh_siamese.cli import main
from wmh_siamese.errors import WMHError, one_line
from wmh_siamese.terminal.output import PlainFormatter
from wmh_siamese.terminal.progress_bar import ProgressBar

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="a POSIX shell")


def in_shell(line, environment, cwd, **variables):
    return subprocess.run(
        ["sh", "-c", line.replace("wmh", f"{sys.executable} -m wmh_siamese")],
        env={**environment, **variables},
        cwd=cwd,
        capture_output=True,
        check=False,
        timeout=120,
    )


@pytest.mark.parametrize("closed", [">&-", "<&- >&- 2>&-"])
def test_closed_streams_get_nothing_into_the_files(
    closed, engine_environment, flair, tiny_model, tmp_path
):
    line = f"wmh segment flair.nii.gz -o mask.nii --csv t.csv --model {tiny_model} {closed}"
    done = in_shell(line, engine_environment, tmp_path)
    assert done.returncode == 0, done.stderr
    assert nibabel.load(tmp_path / "mask.nii").shape == nibabel.load(flair).shape
    assert len((tmp_path / "t.csv").read_text().splitlines()) == 2


def test_a_terminal_of_few_letters_prints_every_name(
    engine_environment, flair, tiny_model, tmp_path
):
    flair.rename(tmp_path / "Kopf-\u4e2d.nii.gz")
    line = f"wmh segment Kopf-*.nii.gz --model {tiny_model}"
    done = in_shell(line, engine_environment, tmp_path, PYTHONIOENCODING="ascii")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(b"Kopf-\\u4e2d.nii.gz: ")


def test_a_name_moves_no_cursor_and_breaks_no_line(flair, tiny_model, tmp_path, capsys):
    name = tmp_path / "a\x1b[2J\nb\x07.nii.gz"
    flair.rename(name)
    assert main(["segment", str(name), "--model", str(tiny_model), "--device", "cpu"]) == 0
    assert main(["segment", str(name), "-o", str(tmp_path / "no" / "x\x1b.nii")]) == 2
    printed = capsys.readouterr()
    assert not set(printed.out + printed.err) & {"\x1b", "\x07"}
    assert len(printed.err.splitlines()) == 1


def test_a_result_is_one_line_whatever_its_file_is_called(flair, tiny_model, tmp_path, capsys):
    name = tmp_path / "a\nb.nii.gz"
    flair.rename(name)
    assert main(["segment", str(name), "--model", str(tiny_model), "--device", "cpu"]) == 0
    (line,) = capsys.readouterr().out.splitlines()
    assert "/a b.nii.gz: " in line


@pytest.mark.parametrize("typed", ["--bogus\x1b[2J\nx", "--bogus=" + "x" * 9000])
def test_a_wrong_option_is_told_on_one_short_line(typed, capsys):
    with pytest.raises(SystemExit) as ended:
        main(["segment", "a.nii", typed])
    error = capsys.readouterr().err.splitlines()[-1]
    assert ended.value.code == 2
    assert error.startswith("wmh-siamese: error: unrecognized arguments: --bogus")
    assert error.isprintable() and len(error) < 600


def test_the_log_and_the_progress_bar_move_no_cursor(monkeypatch):
    record = logging.LogRecord("x", logging.ERROR, "", 0, "file \x1b[2J of\nlines", None, None)
    assert PlainFormatter().format(record) == "file ?[2J of\nlines"
    screen = io.StringIO()
    screen.isatty = lambda: True
    monkeypatch.setattr(sys, "stderr", screen)
    with ProgressBar("a\x1b[2J\nb.nii", quiet=False) as bar:
        bar.show("segmenting", 1, 2)
    shown = screen.getvalue()
    assert "a?[2J b.nii: segmenting" in shown and "\x1b[2J" not in shown


@pytest.mark.parametrize("closed", [">&-", "<&-", "<&- >&- 2>&-"])
def test_a_worker_that_nobody_can_ask_or_hear_ends_without_a_fault(
    closed, engine_environment, tmp_path
):
    done = in_shell(f"exec < /dev/null; wmh.worker {closed}", engine_environment, tmp_path)
    assert (done.returncode, done.stderr) == (0, b"")


def test_a_sentence_is_one_line_of_letters():
    error = WMHError("bad-path", "no\nway \u202eout\x00.", "Go\ton.")
    assert str(error) == "no way ?out?. Go on."
    assert one_line("plain ü") == "plain ü"


@pytest.mark.parametrize(("nohup", "code"), [(False, 129), (True, None)])
def test_a_closed_terminal_ends_a_run_and_nohup_does_not(engine_environment, nohup, code):
    slow = (
        "import sys, time, wmh_siamese.cli as cli, wmh_siamese.models.command as command\n"
        "def run(options):\n    print('at work', flush=True)\n    time.sleep(2)\n    return 0\n"
        "command.run = run\nsys.exit(cli.main(['models']))\n"
    )
    # a suite that runs in the background hands on a SIGHUP that is ignored
    handler = "SIG_IGN" if nohup else "SIG_DFL"
    first = f"import signal\nsignal.signal(signal.SIGHUP, signal.{handler})\n"
    with subprocess.Popen(
        [sys.executable, "-c", first + slow],
        env=engine_environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout.readline() == b"at work\n"
        time.sleep(0.1)
        os.kill(process.pid, signal.SIGHUP)
        assert process.wait(20) == (0 if code is None else code)
