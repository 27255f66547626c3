"""A library holds its files itself: a link in it could lead to any file of the computer."""

from __future__ import annotations

from pathlib import Path

from wmh_siamese.errors import WMHError


def check_own(folder: Path, *names: str) -> None:
    """Refuse a library in which one of these is a link (``bad-path``).

    What is read through it would leave with an export, and what is cleared away would be another's.
    The library's folder itself may be one.
    """
    for name in names:
        if (folder / name).is_symlink():
            raise WMHError(
                "bad-path",
                f"The {name} of the library in {folder} is a link, and a library holds its files "
                "itself.",
                "Put what it leads to in its place, or link the library's whole folder.",
            )


def is_own_file(path: Path) -> bool:
    """Whether a file of a case is there, neither it nor its case's folder being a link."""
    return path.is_file() and not path.is_symlink() and not path.parent.is_symlink()
