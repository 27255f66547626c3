"""Failures as a person should read them: what is wrong, and what to do next."""

from __future__ import annotations

import errno
import os
import zlib
from gzip import BadGzipFile
from typing import Literal, get_args

Kind = Literal[
    "missing-dependency",
    "out-of-memory",
    "bad-volume",
    "bad-model",
    "bad-path",
    "disk-full",
    "no-network",
    "stopped",
    "internal",
]
KINDS: tuple[str, ...] = get_args(Kind)
LONGEST_WORD = 500

_DISTRIBUTIONS = {"PIL": "pillow", "skimage": "scikit-image"}
"""Packages that are installed under another name than they are imported by."""
_DISK_FULL = {errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC)}
_PATH_FAULTS = {
    errno.ENOENT: ("does not exist", "Check the path."),
    errno.ENOTDIR: ("cannot be reached, because a part of its path is a file", "Check the path."),
    errno.EISDIR: ("is a folder, not a file", "Name a file."),
    errno.ENOTEMPTY: ("is a folder, not a file", "Name a file."),
    errno.EEXIST: ("exists already", "Choose another name."),
    errno.EACCES: ("may not be opened with your rights", "Choose another place or change them."),
    errno.EPERM: ("may not be changed with your rights", "Choose another place or change them."),
    errno.EROFS: ("lies on a read-only disk", "Choose a folder that you can write to."),
    errno.ENAMETOOLONG: ("has too long a name", "Choose a shorter name."),
    errno.ELOOP: ("is a link that leads to itself", "Name the file itself."),
    errno.EIO: ("could not be read or written by the disk", "Check the disk or the network."),
}


def one_line(text: str) -> str:
    """Text with names in it, as one line that moves no cursor: a name may hold any character."""
    spaced = " ".join(text.split())
    return "".join(letter if letter.isprintable() else "?" for letter in spaced)


def shortened(text: str, longest: int = LONGEST_WORD) -> str:
    """Text with no longer word in it: of one, such as a path, its two ends are left."""
    if len(text) <= longest:
        return text
    before, after = (longest - 1) // 2, longest // 2
    return " ".join(
        word if len(word) <= longest else f"{word[:before]}…{word[-after:]}"
        for word in text.split(" ")
    )


def is_of_place(error: BaseException) -> bool:
    """Whether the system refuses a file's place or its rights, whatever the file holds."""
    return isinstance(error, OSError) and error.errno in _PATH_FAULTS


class WMHError(Exception):
    """A failure that a user can act upon; ``str(e)`` is the sentence and the way out.

    Args:
        kind: one of ``KINDS``.
        sentence: names the thing and what is wrong with it.
        way_out: what to do next; may be empty.
    """

    def __init__(self, kind: Kind, sentence: str, way_out: str = "") -> None:
        super().__init__(kind, sentence, way_out)
        self.kind: Kind = kind
        self.sentence = shortened(one_line(sentence))
        self.way_out = shortened(one_line(way_out))

    def __str__(self) -> str:
        return f"{self.sentence} {self.way_out}".strip()


def from_exception(e: BaseException) -> WMHError:
    """The same failure in plain words; a ``WMHError`` comes back as it is.

    What is not recognised is of kind ``internal`` and names only the exception's type and
    message: the traceback belongs in the log.
    """
    if isinstance(e, WMHError):
        return e
    if isinstance(e, KeyboardInterrupt):
        return WMHError("stopped", "The run was stopped.")
    if _is_out_of_memory(e):
        return _out_of_memory(e)
    if isinstance(e, ImportError):
        return _missing_dependency(e)
    if isinstance(e, (BadGzipFile, zlib.error, EOFError)):
        return WMHError(
            "bad-volume",
            "The file's compressed data is damaged or cut short.",
            "Copy or export it again.",
        )
    if isinstance(e, OSError):
        return _from_os_error(e)
    return _internal(e)


def _internal(e: BaseException) -> WMHError:
    said = " ".join(str(e).split())[:300]
    what = f"{type(e).__name__}: {said}" if said else type(e).__name__
    return WMHError(
        "internal",
        f"An unexpected fault occurred ({what}).",
        "Please report it with the log.",
    )


def _is_out_of_memory(e: BaseException) -> bool:
    """Recognised by name and message, because torch must not be imported here."""
    if isinstance(e, MemoryError) or type(e).__name__ == "OutOfMemoryError":
        return True
    if isinstance(e, OSError) and e.errno == errno.ENOMEM:
        return True
    said = str(e).lower()
    return isinstance(e, RuntimeError) and (
        "out of memory" in said or "can't allocate memory" in said or "not enough memory" in said
    )


def _out_of_memory(e: BaseException) -> WMHError:
    said = str(e).lower()
    on_gpu = any(word in said for word in ("cuda", "hip", "mps", "gpu"))
    if on_gpu:
        return WMHError(
            "out-of-memory",
            "The graphics card has not enough free memory.",
            "Close other programs that use it, or choose the CPU as device.",
        )
    return WMHError(
        "out-of-memory",
        "The computer has not enough free memory.",
        "Close other programs or volumes and try again.",
    )


def _missing_dependency(e: ImportError) -> WMHError:
    if isinstance(e, ModuleNotFoundError) and e.name:
        package = e.name.partition(".")[0]
        return WMHError(
            "missing-dependency",
            f"The Python package {package} is not installed.",
            "Install it: in Slicer with Log → Packages… → Install again…, on the command line with "
            f"pip install {_DISTRIBUTIONS.get(package, package)}.",
        )
    said = " ".join(str(e).split())[:300]
    return WMHError(
        "missing-dependency",
        f"A Python package is installed but cannot be loaded ({said}).",
        "Install it again.",
    )


def _from_os_error(e: OSError) -> WMHError:
    name = _named(e)
    # numpy reports a short write without an errno: "4096 requested and 0 written"
    short_write = e.errno is None and "requested and" in str(e) and "written" in str(e)
    if e.errno in _DISK_FULL or short_write:
        where = f" for {name}" if name else ""
        return WMHError(
            "disk-full",
            f"The disk has no room left{where}.",
            "Free some space or choose another folder.",
        )
    if e.errno in _PATH_FAULTS:
        fault, way_out = _PATH_FAULTS[e.errno]
        return WMHError("bad-path", f"{name or 'The file'} {fault}.", way_out)
    if name:
        reason = e.strerror or type(e).__name__
        return WMHError("bad-path", f"{name} cannot be used ({reason}).", "Check the path.")
    return _internal(e)


def _named(e: OSError) -> str:
    """What the fault is about: of a rename the name that was to appear, of a temporary file its
    folder."""
    name = e.filename2 if e.filename2 is not None else e.filename
    if isinstance(name, bytes):
        name = name.decode(errors="replace")
    if not isinstance(name, str):
        return ""
    folder, file = os.path.split(name)
    return (folder or "This folder") if file.startswith((".partial-", ".under-way-")) else name
