"""Events that come as JSON or CSV records, in the layout of an export: one text for each log stream.

Subscriptions and Firehose (``logEvents``), ``filter-log-events`` and ``get-log-events`` (``events``),
CloudWatch Insights (``@timestamp``, ``@message``), and records that stand alone, as ``jq`` leaves them.
"""

from __future__ import annotations

import re
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from functools import lru_cache
from itertools import chain
from typing import Any, NamedTuple

from balance_sync.sources.lambda_json import as_text, record_text

_REMEMBERED_IDS = 1 << 18
"""Records whose ids are known at once: a delivery that is tried again follows closely."""

_LATEST = datetime(9999, 12, 31, tzinfo=UTC).timestamp() * 1000
_MOST_TIED = 8 << 20
"""Signs in messages of one millisecond that are held to be turned round."""

_LONGEST_ID = 256
_IMITATION = re.compile(r"\n(?=\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z )", re.ASCII)
_ACCOUNT = re.compile(r"(?:arn:[^/]*:log-group:|\d{12}:)", re.ASCII)
"""Stands before the name of a log group where it is named together with its account."""


class Record(NamedTuple):
    """One event.

    Attributes
    ----------
    stream
        The log stream's name; "" where the form does not tell.
    at
        Milliseconds since 1970.
    id
        Of the event, where the form has one: the same in every copy; else "".
    group
        The log group's name; "" where the form does not tell.
    """

    stream: str
    at: int
    message: str
    id: str = ""
    group: str = ""

    def text(self) -> str:
        """Return the event as an export has it.

        A record is one event, whatever its text looks like: a line in it that an export would begin another
        event with is moved in by a space.
        """
        message = as_text(self.message).rstrip("\n")
        if "\n" in message:
            message = _IMITATION.sub("\n ", message)
        return f"{_second(self.at // 1000)}.{self.at % 1000:03}Z {message}\n\n"


@lru_cache(maxsize=1024)
def _second(seconds: int) -> str:
    """Return the time so many `seconds` after 1970; several events in a row share theirs."""
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}"


class RecordReader:
    """Turns values into records, and counts what is none.

    Attributes
    ----------
    passed_over
        How many of what was passed over, by what it was.
    records
        How many records there were.
    """

    def __init__(self) -> None:
        self.passed_over: Counter[str] = Counter()
        self.records = 0
        self._ids: set[str] = set()
        self._order: deque[str] = deque()

    def records_of(self, values: Iterable[Any]) -> Iterator[Record]:
        """Give out the records of decoded JSON `values`, each id once."""
        return self.counted(chain.from_iterable(map(self._records, values)))

    def counted(self, records: Iterable[Record | None]) -> Iterator[Record]:
        """Give out `records`, each id once, and count the others."""
        ids = self._ids
        for record in records:
            if record is None:
                self.passed_over["unknown records"] += 1
                continue
            if record.id in ids:
                self.passed_over["repeated records"] += 1
                continue
            self._remember(record.id)
            self.records += 1
            yield record

    def _records(self, value: Any) -> Iterator[Record | None]:
        if isinstance(value, list):
            yield _insights_row({item.get("field"): item.get("value") for item in value if _is_dict(item)})
        elif not _is_dict(value):
            yield None
        elif value.get("messageType") == "CONTROL_MESSAGE":
            self.passed_over["control messages"] += 1
        elif _is_list(value.get("logEvents")):
            stream, group = _text(value.get("logStream")), group_name(value.get("logGroup"))
            for item in value["logEvents"]:
                yield _event(item, stream, group)
        elif _is_list(value.get("events")):
            yield from map(_event, value["events"])
        elif _is_list(value.get("results")):
            for row in value["results"]:
                yield from self._records(row)
        elif not _is_empty_page(value):
            yield _event(value) or _insights_row(value) or _lambda_record(value)

    def _remember(self, event_id: str) -> None:
        if not event_id or len(event_id) > _LONGEST_ID:
            return
        self._ids.add(event_id)
        self._order.append(event_id)
        if len(self._order) > _REMEMBERED_IDS:
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


def _event(value: Any, stream: str = "", group: str = "") -> Record | None:
    if not isinstance(value, dict):
        return None
    at, message = value.get("timestamp"), value.get("message")
    if not isinstance(at, int) or not 0 <= at < _LATEST or not isinstance(message, str):
        return None
    event_id = value.get("id")
    if not event_id or not isinstance(event_id, str):
        event_id = _text(value.get("eventId"))
    if not stream:
        stream = _text(value.get("logStreamName"))
    if not group:
        group = group_name(value.get("logGroupIdentifier") or value.get("logGroupName"))
    return Record(stream, at, message, event_id, group)


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
    """Return the milliseconds since 1970 of ``2024-01-15 21:00:00.123`` (UTC), or `None`."""
    try:
        time = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return None
    return round(time.replace(tzinfo=time.tzinfo or UTC).timestamp() * 1000)


def oldest_first(records: Iterable[Record]) -> Iterator[Record]:
    """Turn those round that have one time, where the newest come first, as Insights has them.

    Events of one millisecond are taken in the order in which they stand, so that must be the order in which
    they were logged.
    """
    tied: list[Record] = []
    descending, size, at = False, 0, 0
    for record in records:
        if tied and (record.at != at or size >= _MOST_TIED):
            descending = record.at < at
            if len(tied) == 1:
                yield tied[0]
            else:
                yield from reversed(tied) if descending else tied
            tied, size = [], 0
        tied.append(record)
        size += len(record.message)
        at = record.at
    yield from reversed(tied) if descending else tied
