"""What subscriptions deliver, to Firehose among others: many events of one log stream at a time.

Nearly all records come so, and nearly every delivery is as it should be. Such a one stays together from where
it is decoded to where it is printed; all others are taken apart into their events.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from balance_sync.sources.record_runs import Run
from balance_sync.sources.records import LATEST, LONGEST_ID, group_name

_MOST_OTHERS = 20
"""Values that are no deliveries, after which a file is no longer asked for any."""


class _Event(msgspec.Struct, gc=False):
    id: str
    message: str
    # Of any type, for a whole number is told from one that is written as a fraction.
    timestamp: Any


class _Delivery(msgspec.Struct, gc=False, rename="camel"):
    message_type: Literal["DATA_MESSAGE"]
    log_group: str
    log_stream: str
    log_events: list[_Event]


_DELIVERIES = msgspec.json.Decoder(_Delivery)


class ValueDecoder:
    """Decodes the JSON values of one file, each delivery as a `Run`."""

    def __init__(self) -> None:
        self._others = 0

    def __call__(self, text: bytes | memoryview) -> Any:
        """Return the value that `text` is.

        Raises
        ------
        msgspec.DecodeError, RecursionError, UnicodeDecodeError
            It is none.
        """
        if self._others < _MOST_OTHERS:
            try:
                delivery = _DELIVERIES.decode(text)
            except msgspec.ValidationError:
                self._others += 1
            else:
                run = _run(delivery)
                if run is not None:
                    return run
        return msgspec.json.decode(text)


def _run(delivery: _Delivery) -> Run | None:
    """Return the events of a delivery, where nothing of it needs a closer look."""
    events, group = delivery.log_events, group_name(delivery.log_group)
    times = [event.timestamp for event in events]
    if not (delivery.log_stream and group) or set(map(type, times)) != {int}:
        return None
    ids = [event.id for event in events]
    lengths = set(map(len, ids))
    if len(set(ids)) != len(ids) or not 0 < min(lengths) <= max(lengths) <= LONGEST_ID:
        return None
    if not 0 <= min(times) <= max(times) < LATEST:
        return None
    return Run(delivery.log_stream, group, times, [event.message for event in events], ids)
