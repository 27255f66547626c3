"""Files that appear whole or not at all: temporary name in the same folder, flushed, renamed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from wmh_siamese.errors import WMHError
from wmh_siamese.files.temporaries import is_own, sweep_once, temporary_file


@contextmanager
def written_whole(path: str | Path) -> Iterator[Path]:
    """A temporary name that takes the place of ``path`` when the block ends well.

    As :func:`appearing`, and the disk has all of the file before its name appears.

    Example:
        >>> import tempfile
        >>> folder = Path(tempfile.mkdtemp())
        >>> with written_whole(folder / "note.txt") as partial:
        ...     _ = partial.write_text("whole or not at all")
        >>> [file.name for file in folder.iterdir()]
        ['note.txt']
    """
    with appearing(path) as partial:
        yield partial
        with open(partial, "rb+") as file:
            os.fsync(file.fileno())


@contextmanager
def appearing(path: str | Path) -> Iterator[Path]:
    """A temporary name that takes the place of ``path`` when the block ends well.

    The temporary name ends as ``path`` does, so that writers that go by the ending still work, and
    nobody else may read it. A link stays, and what it points to is replaced. What killed processes
    left in the folder goes first.

    Raises:
        WMHError: ``bad-path`` when ``path`` is a device or the like, which cannot be replaced.
        OSError: when the file cannot be written.
    """
    path = Path(path)
    target = Path(os.path.realpath(path)) if path.is_symlink() else path
    if target.exists() and not (target.is_file() or target.is_dir()):
        raise WMHError(
            "bad-path", f"{path} is no file that could be replaced.", "Choose another name."
        )
    sweep_once(target.parent)
    with temporary_file(target.parent, path.name) as partial:
        yield partial
        os.replace(partial, target)
        if not is_own(target):  # a temporary that is to appear itself stays private
            with suppress(OSError):  # some network disks refuse it, and give rights of their own
                os.chmod(target, 0o666 & ~_umask())


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
