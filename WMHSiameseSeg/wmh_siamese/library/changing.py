"""Changing a library: under its lock, from the manifest as it is now, in plain words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from wmh_siamese.errors import from_exception
from wmh_siamese.library.folders import recovered
from wmh_siamese.library.lock import Held, locked
from wmh_siamese.library.manifest import Manifest, read_manifest, write_manifest


@dataclass(frozen=True)
class Change:
    """A change under way.

    Attributes:
        folder: of the library.
        manifest: as it was when the change began.
        held: the lock.
    """

    folder: Path
    manifest: Manifest
    held: Held

    def save(self, manifest: Manifest) -> None:
        """Put another manifest in its place, unless somebody took the library over."""
        self.held.check()
        write_manifest(self.folder, manifest)


@contextmanager
def changing(folder: Path, wait: float) -> Iterator[Change]:
    """Hold the library while the block changes it; half-done changes of others are finished first.

    Args:
        folder: of the library.
        wait: seconds to wait for another process.

    Raises:
        WMHError: ``bad-path`` when there is no usable library or another process holds it; as
            :func:`wmh_siamese.errors.from_exception` says what the system refuses in the block.
    """
    with in_plain_words():
        read_manifest(folder)  # no lock is left where there is no library
        with locked(folder, wait) as held:
            found = Change(folder, read_manifest(folder), held)
            yield Change(folder, recovered(folder, found.manifest, found.save), held)


@contextmanager
def in_plain_words() -> Iterator[None]:
    """What the system refuses, as a ``WMHError``."""
    try:
        yield
    except OSError as error:
        raise from_exception(error) from error
