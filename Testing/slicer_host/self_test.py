"""slicer.testing: runs a unit test by its name."""

from __future__ import annotations

import sys
import unittest


def exitSuccess() -> None:
    """Do nothing: the host ends by itself."""


def exitFailure(message: str = "") -> None:
    """Raise for a test that failed."""
    raise Exception(message)


def runUnitTest(path: object, testname: str) -> None:
    """Run the tests of a module found on a path (or list of paths); raise when one fails."""
    sys.path.extend([path] if isinstance(path, str) else list(path))
    suite = unittest.TestLoader().loadTestsFromName(testname)
    if not unittest.TextTestRunner(verbosity=2).run(suite).wasSuccessful():
        exitFailure()
