"""How far a run has come, on stderr."""

from __future__ import annotations

from typing import Any

from wmh_siamese.errors import one_line


class ProgressBar:
    """One line that moves; shown on terminals only.

    Args:
        name: what is being done.
        quiet: show nothing.
    """

    def __init__(self, name: str, quiet: bool) -> None:
        from tqdm import tqdm

        self._name = one_line(name)
        self._bar: Any = tqdm(
            total=1,
            desc=self._name,
            leave=False,
            disable=True if quiet else None,
            bar_format="{desc}|{bar}| {n_fmt}/{total_fmt} [{elapsed}<{remaining}]",
        )

    def __enter__(self) -> ProgressBar:
        return self

    def __exit__(self, *exception: object) -> None:
        self._bar.close()

    def show(self, stage: str, done: int, of: int) -> None:
        """Move the bar."""
        self._bar.set_description(f"{self._name}: {stage}", refresh=False)
        self._bar.total = max(of, 1)
        self._bar.n = done
        self._bar.refresh()
