"""Where an import comes from: a folder or a zip, of which only named files are ever read."""

from __future__ import annotations

import stat
import zipfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path, PurePosixPath
from typing import IO, BinaryIO, Protocol

from wmh_siamese.errors import WMHError
from wmh_siamese.files.foreign import read_or_refused
from wmh_siamese.library.manifest import MANIFEST_NAME, MAX_MANIFEST_BYTES

PIECE = 1 << 20
_STORED_WAYS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_ENCRYPTED = 0x1


class Source(Protocol):
    """A library to import, by the names that its files have in it."""

    def copy(self, name: str, target: BinaryIO, most: int) -> None:
        """Copy one file.

        Raises:
            WMHError: ``bad-volume`` when it is not there, cannot be read, is damaged, a link, or
                larger than ``most`` bytes.
        """
        ...


@contextmanager
def source_at(path: str | Path) -> Iterator[Source]:
    """The library in a folder or a zip.

    Raises:
        WMHError: ``bad-path`` when there is none, ``bad-volume`` when the zip is no such zip.
    """
    path = Path(path)
    if path.is_dir():
        yield FolderSource(path)
        return
    if not path.is_file():
        raise WMHError("bad-path", f"There is no folder or file {path}.", "Check its name.")
    no_zip = WMHError(
        "bad-volume",
        f"{path.name} is not a zip, or damaged.",
        "Choose a folder or a zip that a library was exported to.",
    )
    with ExitStack() as stack:
        with read_or_refused(no_zip):
            source = ZipSource(stack.enter_context(zipfile.ZipFile(path)))
        yield source


class FolderSource:
    """A library's folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def copy(self, name: str, target: BinaryIO, most: int) -> None:
        """See :class:`Source`."""
        _copy(self._read(name), target, most, name)

    def _read(self, name: str) -> Iterator[bytes]:
        path = self._folder
        try:
            for part in PurePosixPath(name).parts:
                path = path / part
                if path.is_symlink():
                    raise _refused(name, "is a link")
            if not stat.S_ISREG(path.stat().st_mode):
                raise _refused(name, "is not a file")
            with path.open("rb") as file:
                yield from _pieces(file)
        except (FileNotFoundError, NotADirectoryError):
            raise _refused(name, "is missing") from None
        except OSError as error:  # of this file alone; the target's are the library's
            raise _refused(name, f"cannot be read ({error.strerror})") from error


class ZipSource:
    """A zip with a library in it, perhaps within one folder.

    Raises:
        WMHError: ``bad-volume`` when an entry leads out of the zip, is a link or comes twice.
    """

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self._entries: dict[str, zipfile.ZipInfo] = {}
        for entry in archive.infolist():
            _check_entry(entry)
            if entry.filename in self._entries:
                raise _refused(entry.filename, "comes twice")
            self._entries[entry.filename] = entry
        tops = [n for n in self._entries if PurePosixPath(n).name == MANIFEST_NAME]
        top = min(tops, key=len, default=MANIFEST_NAME)
        self._within = top.removesuffix(MANIFEST_NAME)

    def copy(self, name: str, target: BinaryIO, most: int) -> None:
        """See :class:`Source`."""
        entry = self._entries.get(self._within + name)
        if entry is None or entry.is_dir():
            raise _refused(name, "is missing")
        if entry.compress_type not in _STORED_WAYS or entry.flag_bits & _ENCRYPTED:
            raise _refused(name, "is encrypted or packed in an unusual way")
        _copy(self._unpacked(entry, name), target, most, name)

    def _unpacked(self, entry: zipfile.ZipInfo, name: str) -> Iterator[bytes]:
        with read_or_refused(_refused(name, "is damaged")), self._archive.open(entry) as file:
            yield from _pieces(file)


def read_limited(
    source: Source, name: str = MANIFEST_NAME, most: int = MAX_MANIFEST_BYTES
) -> bytes:
    """A small file's bytes; refused as :meth:`Source.copy` refuses."""
    from io import BytesIO

    target = BytesIO()
    source.copy(name, target, most)
    return target.getvalue()


def _check_entry(entry: zipfile.ZipInfo) -> None:
    name = entry.orig_filename
    parts = PurePosixPath(name).parts
    if "\\" in name or "\0" in name or ".." in parts or name.startswith("/") or ":" in name:
        raise _refused(name, "leads out of the zip")
    if stat.S_ISLNK(entry.external_attr >> 16):
        raise _refused(name, "is a link")


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    while piece := file.read(PIECE):
        yield piece


def _copy(pieces: Iterator[bytes], target: BinaryIO, most: int, name: str) -> None:
    copied = 0
    for piece in pieces:
        copied += len(piece)
        if copied > most:
            raise _refused(name, f"is larger than {most} bytes")
        target.write(piece)


def _refused(name: str, why: str) -> WMHError:
    shown = "".join(letter if letter.isprintable() else "?" for letter in name[-120:])
    return WMHError(
        "bad-volume",
        f"The import's {shown} {why}.",
        "Export the library again and import that.",
    )
