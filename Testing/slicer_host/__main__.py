"""Runs a module in the host as `Slicer --testing` would: `python -m slicer_host MODULE.py …`."""

from __future__ import annotations

import argparse
import atexit
import logging
import os
import runpy
import sys
from pathlib import Path

from .host import Host, start


def _arguments(given: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="slicer_host", description=__doc__)
    parser.add_argument("modules", nargs="*", type=Path, help="scripted modules to load")
    parser.add_argument("--slicer-version", default="5.12.3", help="5.10.0, 5.12.3 …")
    parser.add_argument("--no-main-window", action="store_true")
    parser.add_argument("--not-testing", action="store_true", help="dialogs need answers")
    parser.add_argument("--select", metavar="NAME", help="show the panel of a module")
    parser.add_argument("--python-script", type=Path, metavar="FILE")
    parser.add_argument("--python-code", metavar="CODE")
    parser.add_argument("--run-module-test", metavar="NAME", help="run NAME's own test class")
    parser.add_argument("--hide-torch", action="store_true", help="as if torch were not installed")
    parser.add_argument("--stay", action="store_true", help="run the event loop until killed")
    parser.add_argument("--picture", type=Path, metavar="PNG", help="save the window at the end")
    return parser.parse_args(given)


def _run(host: Host, options: argparse.Namespace) -> None:
    host.open(main_window=not options.no_main_window, testing=not options.not_testing)
    host.hide_torch(options.hide_torch)
    host.add_python_slicer()
    for path in options.modules:
        host.load_module(path)
    if options.select:
        host.select(options.select)
    if options.python_script:
        runpy.run_path(str(options.python_script), {"host": host}, "__main__")
    if options.python_code:
        exec(options.python_code, {"host": host, "__name__": "__main__"})
    if options.run_module_test:
        import slicer

        slicer.testing.runUnitTest(
            [str(p.parent) for p in options.modules], options.run_module_test
        )
    if options.picture:
        from .render import save_window

        save_window(host, options.picture)
    if options.stay:
        print("slicer_host: ready", flush=True)
        host.app.exec_()


def main(given: list[str] | None = None) -> int:
    """Run the host with command-line arguments; return 0, or 1 where anything failed."""
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s")
    options = _arguments(sys.argv[1:] if given is None else given)
    host = start(options.slicer_version)
    failed = False
    try:
        _run(host, options)
    except SystemExit as end:
        failed = bool(end.code)
    except BaseException:
        sys.excepthook(*sys.exc_info())
    failed = failed or bool(host.errors)
    host.stop()
    return int(failed)


def _end(code: int) -> None:
    """End the process without Qt's and VTK's own teardown, whose order Python does not keep."""
    atexit._run_exitfuncs()
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    _end(main())
