"""Events that come as JSON or CSV records, in the layout of an export: one text for each log stream.

Subscriptions and Firehose (``logEvents``), ``filter-log-events`` and ``get-log-events`` (``events``),
CloudWatch Insights (``@timestamp``, ``@message``), and records that stand alone, as ``jq`` leaves them.
"""

from __future__ import annotations

import re
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import chain
from typing import Any

from balance_sync.limits import LAST_YEAR
from balance_sync.sources.envelopes import packed_in, unpacked
from balance_sync.sources.lambda_json import record_text
from balance_sync.sources.record_runs import Record, Run
from balance_sync.sources.streams import Meter

_REMEMBERED_IDS = 1 << 18
"""Records whose ids are known at once: a delivery that is tried again follows closely."""

LATEST = datetime(LAST_YEAR + 1, 1, 1, tzinfo=UTC).timestamp() * 1000
"""Milliseconds since 1970 that no event has any more."""

_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)

_DIGITS = re.compile(r"[0-9]{1,15}")
_TIMES = frozenset({"timestamp", "@timestamp", "time"})
_MESSAGES = frozenset({"message", "@message"})

LONGEST_ID = 256
"""Signs of an event's id; longer ones are not compared."""

_ACCOUNT = re.compile(r"(?:arn:[^/]*:log-group:|\d{12}:)", re.ASCII)
"""Stands before the name of a log group where it is named together with its account."""


class RecordReader:
    """Turns values into records, and counts what is none.

    Parameters
    ----------
    meter
        Of the file: what stands in envelopes unfolds, too.

    Attributes
    ----------
    passed_over
        How many of what was passed over, by what it was.
    records
        How many records there were.
    unread
        How many should be records of log events and cannot be read, for their time or their message, or
        deliveries whose envelope cannot be opened.
    """

    def __init__(self, meter: Meter) -> None:
        self._meter = meter
        self.passed_over: Counter[str] = Counter()
        self.records = 0
        self.unread = 0
        self._ids: set[str] = set()
        self._order: deque[str] = deque()

    def records_of(self, values: Iterable[Any]) -> Iterator[Record | Run]:
        """Give out the records of decoded JSON `values`, each id once."""
        return self.counted(
            chain.from_iterable(
                (value,) if isinstance(value, Run) else self._records(value) for value in values
            )
        )

    def counted(self, records: Iterable[Record | Run | None]) -> Iterator[Record | Run]:
        """Give out `records`, each id once, and count the others."""
        ids = self._ids
        for record in records:
            if isinstance(record, Run):
                yield from self._counted_run(record)
            elif record is None:
                self.passed_over["unknown records"] += 1
            elif record.id in ids:
                self.passed_over["repeated records"] += 1
            else:
                if 0 < len(record.id) <= LONGEST_ID:
                    self._remember([record.id])
                self.records += 1
                yield record

    def _counted_run(self, run: Run) -> Iterator[Record | Run]:
        if not self._ids.isdisjoint(run.ids):
            yield from self.counted(run.records())
            return
        self._remember(run.ids)
        self.records += len(run.ids)
        yield run

    def _records(self, value: Any) -> Iterator[Record | None]:
        if isinstance(value, list):
            yield _insights_row({item.get("field"): item.get("value") for item in value if _is_dict(item)})
        elif not _is_dict(value):
            yield None
        elif value.get("messageType") == "CONTROL_MESSAGE":
            self.passed_over["control messages"] += 1
        elif (listed := self._listed(value)) is not None:
            yield from listed
        elif packed := packed_in(value):
            yield from chain.from_iterable(map(self._delivered, packed))
        elif not _is_empty_page(value):
            yield from self._alone(value)

    def _listed(self, value: dict[str, Any]) -> Iterator[Record | None] | None:
        """Return the records that a delivery or page lists; `None` where a value is neither."""
        if _is_list(value.get("logEvents")):
            stream, group = _text(value.get("logStream")), group_name(value.get("logGroup"))
            return self._read(_event(one, stream, group, is_delivered=True) for one in value["logEvents"])
        if _is_list(value.get("events")):
            return self._read(map(_event, value["events"]))
        if _is_list(value.get("results")):
            return chain.from_iterable(map(self._records, value["results"]))
        return None

    def _delivered(self, packed: str) -> Iterator[Record | None]:
        value = unpacked(packed, self._meter)
        if not _is_dict(value):
            self.unread += 1
        elif "logEvents" in value:
            yield from self._records(value)
        else:
            # A stream may carry anything; an envelope within an envelope is none.
            yield from self._alone(value)

    def _alone(self, value: dict[str, Any]) -> Iterator[Record | None]:
        # Before an event: a record of Lambda has a time and a message, too, and more than those.
        record = _lambda_record(value) or _event(value) or _insights_row(value)
        if record or _MESSAGES.isdisjoint(value) or _TIMES.isdisjoint(value):
            yield record
        else:
            self.unread += 1

    def _read(self, records: Iterable[Record | None]) -> Iterator[Record]:
        for record in records:
            if record is None:
                self.unread += 1
            else:
                yield record

    def _remember(self, ids: list[str]) -> None:
        self._ids.update(ids)
        self._order.extend(ids)
        while len(self._order) > _REMEMBERED_IDS:
            self._ids.discard(self._order.popleft())


def _is_dict(value: Any) -> bool:
    return isinstance(value, dict)


def _is_list(value: Any) -> bool:
    return isinstance(value, list)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _is_empty_page(value: dict[str, Any]) -> bool:
    """Return whether a value is what is left of a page: tokens, statistics, streams that were searched."""
    return not any(key in value for key in ("message", "@message", "timestamp", "@timestamp", "time"))


def group_name(value: Any) -> str:
    """Return the name of a log group, without its account where it is named with one."""
    return _ACCOUNT.sub("", _text(value), count=1).removesuffix(":*")


def _event(value: Any, stream: str = "", group: str = "", *, is_delivered: bool = False) -> Record | None:
    if not isinstance(value, dict):
        return None
    at, message = _milliseconds(value.get("timestamp")), value.get("message")
    message = record_text(message) if _is_dict(message) else message
    if at is None or not isinstance(message, str):
        return None
    event_id = value.get("id")
    if not event_id or not isinstance(event_id, str):
        event_id = _text(value.get("eventId"))
    if not stream:
        stream = _text(value.get("logStreamName"))
    if not group:
        group = group_name(value.get("logGroupIdentifier") or value.get("logGroupName"))
    return Record(stream, at, message, event_id, group, is_delivered)


def _milliseconds(value: Any) -> int | None:
    """Return a time below `LATEST` as other programs hand it on: a number, its digits, or ISO 8601."""
    if isinstance(value, str):
        if not _DIGITS.fullmatch(value):
            return insights_time(value)
        value = int(value)
    elif isinstance(value, float) and value.is_integer():
        value = int(value)
    is_time = type(value) is int and 0 <= value < LATEST
    return value if is_time else None


def _insights_row(row: dict[Any, Any]) -> Record | None:
    at, message = insights_time(row.get("@timestamp")), row.get("@message")
    # The console prints messages that are JSON as such.
    message = record_text(message) if _is_dict(message) else message
    if at is None or not isinstance(message, str):
        return None
    return Record(
        _text(row.get("@logStream")), at, message, _text(row.get("@ptr")), group_name(row.get("@log"))
    )


def _lambda_record(value: dict[str, Any]) -> Record | None:
    text = record_text(value)
    at = insights_time(value.get("timestamp") or value.get("time"))
    return None if text is None or at is None else Record("", at, text)


def insights_time(value: Any) -> int | None:
    """Return the milliseconds since 1970 of ``2024-01-15 21:00:00.123`` (UTC), below `LATEST`, or `None`."""
    try:
        time = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return None
    at = round((time.replace(tzinfo=time.tzinfo or UTC) - _BEGINNING) / timedelta(milliseconds=1))
    return at if 0 <= at < LATEST else None
