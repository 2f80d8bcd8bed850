"""Whose errors are that name no request: ``Unknown application error occurred``.

Lambda writes it when the runtime's process is gone, behind the START of the invocation that it ends and
before its END or REPORT. It belongs to the invocation during which it was logged, where that is one alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from balance_sync.logs.kinds import CODES
from balance_sync.logs.lines import Lines
from balance_sync.logs.windows import Windows

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Owned:
    """Errors among some lines that end a request; each array has an element for each.

    Attributes
    ----------
    row
        Which line it is.
    part
        The number of the request.
    """

    row: NDArray[np.int64]
    part: NDArray[np.int64]

    @classmethod
    def none(cls) -> Owned:
        """Return no error at all."""
        return cls(*(np.empty(0, dtype=np.int64) for _ in range(2)))


class Owners:
    """Finds the requests that unknown errors end.

    Of each source with such errors it keeps twelve bytes for each request, once they are asked for.
    """

    def __init__(self, windows: Windows) -> None:
        self._windows = windows
        self._running: dict[int, _Running] = {}

    def among(self, lines: Lines) -> Owned:
        """Return the errors that were logged from the START to the END or REPORT of one request alone."""
        rows = np.flatnonzero((lines.kind == CODES["unknown_error"]) & (lines.part < 0))
        source, at = lines.source[rows], lines.at[rows]
        last = self._windows.last_begun(source, at, side="right")
        part = np.full(len(rows), -1, dtype=np.int64)
        for one in np.unique(source[last >= 0]).tolist():
            here = np.flatnonzero((source == one) & (last >= 0))
            part[here] = self._of_source(one).alone(at[here], last[here])
        return Owned(rows[part >= 0], part[part >= 0])

    def _of_source(self, source: int) -> _Running:
        if source not in self._running:
            self._running[source] = _Running(self._windows, source)
        return self._running[source]


class _Running:
    """Which requests of one source were running at a moment."""

    def __init__(self, windows: Windows, source: int) -> None:
        number = np.array(source, dtype=windows.source.dtype)
        self._first = int(np.searchsorted(windows.source, number, side="left"))
        behind = int(np.searchsorted(windows.source, number, side="right"))
        self._order = windows.order[self._first : behind]
        end = windows.end[self._order]
        is_last = end == np.maximum.accumulate(end)
        self._ends_last = np.maximum.accumulate(np.where(is_last, np.arange(len(end), dtype=np.int32), 0))
        self._ends = np.sort(end)

    def alone(self, at: NDArray[np.int64], last: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the request that alone was running at each moment, by which `last` had begun; -1 for none.

        A single one that is still running is, of all that had begun, that which ends last.
        """
        begun = last - self._first + 1
        running = begun - np.searchsorted(self._ends, at, side="left")
        return np.where(running == 1, self._order[self._ends_last[begun - 1]], -1)
