"""Events that come as records, one by one or many of one log stream together, and how an export has them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import cache, lru_cache
from typing import NamedTuple

from balance_sync import compiled
from balance_sync.sources.lambda_json import as_text

_IMITATION = re.compile(r"\n(?=\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z )", re.ASCII)


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
    is_delivered
        Whether a subscription delivered it, so that it stands behind what its stream logged before it.
    """

    stream: str
    at: int
    message: str
    id: str = ""
    group: str = ""
    is_delivered: bool = False

    def text(self) -> bytes:
        """Return the event as an export has it.

        A record is one event, whatever its text looks like: a line in it that an export would begin another
        event with is moved in by a space.
        """
        message = as_text(self.message).rstrip("\n")
        if "\n" in message:
            message = _IMITATION.sub("\n ", message)
        printed = f"{_second(self.at // 1000)}.{self.at % 1000:03}Z {message}\n\n"
        return printed.encode("utf-8", "replace")


@lru_cache(maxsize=1024)
def _second(seconds: int) -> str:
    """Return the time so many `seconds` after 1970; several events in a row share theirs."""
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}"


class Run(NamedTuple):
    """Events of one log stream that a subscription delivered together, in their order.

    Attributes
    ----------
    stream, group
        As those of `Record`; neither is empty.
    times
        Milliseconds since 1970, below `balance_sync.sources.records.LATEST`.
    ids
        Of the events; no two are the same.
    """

    stream: str
    group: str
    times: list[int]
    messages: list[str]
    ids: list[str]

    def records(self) -> Iterator[Record]:
        """Give out the events one by one."""
        for at, message, event_id in zip(self.times, self.messages, self.ids, strict=True):
            yield Record(self.stream, at, message, event_id, self.group, is_delivered=True)

    def text(self) -> bytes:
        """Return the events as an export has them, as `Record.text` does each."""
        printed = _printer()(self.times, self.messages)
        return b"".join(record.text() for record in self.records()) if printed is None else printed


@cache
def _printer() -> Callable[[list[int], list[str]], bytes | None]:
    return compiled.passes.print_events if compiled.are_used() else lambda _times, _messages: None
