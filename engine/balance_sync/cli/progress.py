"""Progress bars on a terminal, nothing anywhere else."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID


class ProgressBar:
    """Shows the stages of a run; to be used as a context manager."""

    def __init__(self, *, quiet: bool) -> None:
        self._progress: Progress | None = None
        self._task: TaskID | None = None
        self._wanted = sys.stderr.isatty() and not quiet

    def __enter__(self) -> ProgressBar:
        if self._wanted:
            from rich.console import Console
            from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

            columns = (
                TextColumn("{task.description}"),
                BarColumn(),
                TaskProgressColumn(),
                TimeRemainingColumn(),
            )
            self._progress = Progress(*columns, console=Console(stderr=True), transient=True)
            self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._progress is not None:
            self._progress.stop()

    def stage(self, name: str, total: int | None) -> None:
        """Begin the stage `name`, of `total` steps; `None` where it is not known yet."""
        if self._progress is not None:
            if self._task is not None:
                self._progress.remove_task(self._task)
            self._task = self._progress.add_task(name, total=total)

    def expect(self, total: int) -> None:
        """Say how many steps the stage turns out to have."""
        if self._progress is not None and self._task is not None:
            self._progress.update(self._task, total=total)

    def advance(self, steps: int) -> None:
        """Count `steps` of the stage as done."""
        if self._progress is not None and self._task is not None:
            self._progress.advance(self._task, steps)
