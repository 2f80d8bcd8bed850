"""What Lambda says of lines that it lost itself: ``platform.logsDropped``, as its JSON log format has it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import polars as pl

from balance_sync.logs.kinds import DROPPED_NOTICE
from balance_sync.logs.redaction import redact
from balance_sync.logs.split import STAMP_BYTES

if TYPE_CHECKING:
    from balance_sync.logs.kinds import ClassifiedEvents

_NUMBER = r"(\d{1,18}|)"
_FIGURES = re.compile(rf"Records: {_NUMBER}\tBytes: {_NUMBER}\tReason: (.*)", re.DOTALL)
_REASON_CHARACTERS = 300
_SCHEMA = {"event": pl.UInt32, "records": pl.Int64, "bytes": pl.Int64, "reason": pl.String}


def read_dropped(classified: ClassifiedEvents) -> pl.DataFrame:
    """Return ``event`` of each such notice, how many ``records`` and ``bytes`` were lost, and the ``reason``.

    Each is null where the notice does not say.
    """
    events = classified.events
    rows = []
    for event in classified.of_kind("logs_dropped").tolist():
        begin = events.start[event] + STAMP_BYTES + len(DROPPED_NOTICE)
        found = _FIGURES.match(events.octets.data[begin : events.end[event]].decode("utf-8", "replace"))
        records, size, reason = found.groups() if found else ("", "", "")
        rows.append(
            {
                "event": event,
                "records": int(records) if records else None,
                "bytes": int(size) if size else None,
                "reason": redact(reason.strip()[:_REASON_CHARACTERS]) or None,
            }
        )
    return pl.DataFrame(rows, schema=_SCHEMA)
