"""The order of records: events of one millisecond are taken in the order in which they stand."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from balance_sync.sources.record_runs import Record, Run

_MOST_TIED = 8 << 20
"""Signs in messages of one millisecond that are held to be turned round."""

_STEADY = 8
"""Steps in the other direction after which what came the oldest first is taken to come the newest first."""


def oldest_first(records: Iterable[Record | Run]) -> Iterator[Record | Run]:
    """Turn those round that have one time, where the newest come first, as Insights has them.

    What is logged in one millisecond must come in the order in which it was logged, as it does in deliveries.
    """
    order = _Order()
    for record in records:
        if isinstance(record, Run) or record.is_delivered:
            yield from order.rest()
            order = _Order()
            yield record
        else:
            yield from order.add(record)
    yield from order.rest()


class _Order:
    """Holds the records of one time until it is known which way times go.

    One step tells little: blocks of a stream may stand in another order than their times, and so may the
    answers to two questions. So steps are counted, those that fall against those that rise, up to a few.
    """

    def __init__(self) -> None:
        self._tied: list[Record] = []
        self._size = 0
        self._at: int | None = None
        self._falls = 0

    def add(self, record: Record) -> Iterable[Record]:
        """Add a record; return those that need not wait any more."""
        ready: Iterable[Record] = ()
        if record.at != self._at:
            self._step_to(record.at)
            ready = self.rest()
            self._tied, self._size, self._at = [], 0, record.at
        elif self._size >= _MOST_TIED:
            ready, self._tied, self._size = self._tied, [], 0
        self._tied.append(record)
        self._size += len(record.message)
        return ready

    def rest(self) -> Iterable[Record]:
        """Return what waits, in its order."""
        return reversed(self._tied) if self._falls > 0 else self._tied

    def _step_to(self, at: int) -> None:
        if self._at is not None:
            self._falls = max(self._falls - 1, -_STEADY) if at > self._at else min(self._falls + 1, _STEADY)
