"""The correction library: scans with masks that a person corrected, kept to learn from.

A library is a folder: a manifest (:mod:`.manifest`), ``cases/`` and ``trash/``. Nothing in it names
a file, a person or a machine beyond the words that the user gave.
"""

from wmh_siamese.library.grid import OnGrid, on_grid_of
from wmh_siamese.library.library import Added, Library
from wmh_siamese.library.manifest import LibraryCase, Role

__all__ = ["Added", "Library", "LibraryCase", "OnGrid", "Role", "on_grid_of"]
