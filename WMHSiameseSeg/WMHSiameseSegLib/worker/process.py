"""One child process with its pipes: started without waiting, ended with all it started."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

import qt
import slicer

_LONGEST_LOG_LINE = 2000


@dataclass(frozen=True)
class WorkerCommand:
    """What to start: program, arguments and what is added to the environment."""

    program: str
    arguments: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)


def engine_worker_command(module_folder: Path) -> WorkerCommand:
    """The engine's worker in Slicer's own Python, outside the application.

    Args:
        module_folder: the folder that holds the package ``wmh_siamese``.
    """
    search = [str(module_folder), os.environ.get("PYTHONPATH", "")]
    return WorkerCommand(
        program=python_program(),
        arguments=("-m", "wmh_siamese.worker"),
        environment={
            "PYTHONPATH": os.pathsep.join(part for part in search if part),
            "PYTHONUTF8": "1",
            "PYTHONNOUSERSITE": "1",
        },
    )


def python_program() -> str:
    """Slicer's Python as a program of its own (PythonSlicer)."""
    named = Path(sys.executable or "")
    if named.name.lower().startswith("python"):
        return str(named)
    suffix = ".exe" if sys.platform == "win32" else ""
    return os.path.join(slicer.app.slicerHome, "bin", f"PythonSlicer{suffix}")


class Ending(Enum):
    """How a child came to its end."""

    NOT_STARTED = "not started"
    EXITED = "exited"
    KILLED = "killed"


class WorkerProcess:
    """A running child.

    Args:
        command: what to start.
        read: called with the bytes that came on its stdout.
        said: called with each line that came on its stderr.
        ended: called once, with how it ended and its exit code.
    """

    def __init__(
        self,
        command: WorkerCommand,
        read: Callable[[bytes], None],
        said: Callable[[str], None],
        ended: Callable[[Ending, int], None],
    ) -> None:
        self._read = read
        self._said = said
        self._ended = ended
        self._running = False
        self._over = False
        self._waiting: list[bytes] = []
        self._partial_log = b""
        self.python_pid: int | None = None
        self._process = self._make(command)
        self._process.start(command.program, list(command.arguments))

    def _make(self, command: WorkerCommand) -> qt.QProcess:
        process = qt.QProcess()
        environment = qt.QProcessEnvironment.systemEnvironment()
        for name, value in command.environment.items():
            environment.insert(name, value)
        process.setProcessEnvironment(environment)
        process.connect("started()", self._on_started)
        process.connect("readyReadStandardOutput()", self._on_output)
        process.connect("readyReadStandardError()", self._on_log)
        process.connect("finished(int,QProcess::ExitStatus)", self._on_finished)
        process.connect("errorOccurred(QProcess::ProcessError)", self._on_error)
        return process

    @property
    def alive(self) -> bool:
        return not self._over

    def write(self, line: bytes) -> None:
        """Send a line; kept until the process has started."""
        if self._over:
            return
        if self._running:
            self._process.write(line)
        else:
            self._waiting.append(line)

    def kill(self) -> None:
        """End the process and what it started, now; ``ended`` is called when it is gone."""
        if self._over:
            return
        if sys.platform == "win32":
            pid = self.python_pid or self._process.processId()
            qt.QProcess.startDetached("taskkill", ["/F", "/T", "/PID", str(pid)])
        elif self.python_pid:
            _kill_session(self.python_pid)
        # PythonSlicer is a launcher: the Python behind it also ends because its stdin closes.
        self._process.kill()

    def abandon(self) -> None:
        """End it now, and hear nothing more: for the end of the module or the application.

        Qt's own end of a process that still runs tells of it when the object is half gone.
        """
        self.kill()
        self._over = True

    def _on_started(self) -> None:
        self._running = True
        for line in self._waiting:
            self._process.write(line)
        self._waiting = []

    def _on_output(self) -> None:
        if self._over:
            return
        data = self._process.readAllStandardOutput().data()
        if data:
            self._read(bytes(data))

    def _on_log(self) -> None:
        if self._over:
            return
        data = self._partial_log + bytes(self._process.readAllStandardError().data())
        *lines, self._partial_log = data.split(b"\n")
        if len(self._partial_log) > _LONGEST_LOG_LINE:
            lines, self._partial_log = [*lines, self._partial_log], b""
        for line in lines:
            text = line[:_LONGEST_LOG_LINE].decode("utf-8", "replace").rstrip()
            if text:
                self._said(text)

    def _on_finished(self, code: int) -> None:
        if self._over:
            return
        self._on_output()
        self._on_log()
        crashed = self._process.exitStatus() == qt.QProcess.CrashExit
        self._end(Ending.KILLED if crashed else Ending.EXITED, code)

    def _on_error(self) -> None:
        if not self._running:  # later errors are followed by finished()
            self._end(Ending.NOT_STARTED, -1)

    def _end(self, how: Ending, code: int) -> None:
        if self._over:
            return
        self._over = True
        self._process.deleteLater()
        self._ended(how, code)


def _kill_session(pid: int) -> None:
    """End a process and, where it leads a session of its own, all that it started."""
    try:
        if os.getpgid(pid) == pid:
            os.killpg(pid, signal.SIGKILL)
        else:
            os.kill(pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return
