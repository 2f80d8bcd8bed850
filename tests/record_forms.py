"""Log streams as the records, pages and printed lines in which CloudWatch and its tools hand them out."""

from __future__ import annotations

import base64
import csv
import gzip
import io
import json
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from random import Random
from typing import Any, NamedTuple

Streams = Mapping[str, bytes]

_EVENT = re.compile(
    r"^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z) (.*?)(?=^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z |\Z)",
    re.M | re.S,
)
_LINE = re.compile(r"(\d{4}\S+Z)\t(\S+)\t(INFO|WARN|ERROR|DEBUG|TRACE|FATAL)\t(.*)", re.S)


class Logged(NamedTuple):
    stream: str
    at: str
    message: str
    id: str

    @property
    def milliseconds(self) -> int:
        return round(datetime.fromisoformat(self.at).timestamp() * 1000)

    @property
    def slashed(self) -> str:
        """The stream's name as CloudWatch has it; an export puts hyphens for its slashes."""
        return self.stream.replace("-", "/", 2).replace("-[", "/[", 1)


def events_of(streams: Streams) -> Iterator[Logged]:
    """Yield the events, stream by stream, with the line feed that Lambda ends each with."""
    for stream, text in streams.items():
        for number, match in enumerate(_EVENT.finditer(text.decode())):
            yield Logged(stream, match[1], match[2].rstrip("\n") + "\n", f"{stream[-8:]}{number:048}")


def by_time(streams: Streams) -> list[Logged]:
    return sorted(events_of(streams), key=lambda one: one.at)


def firehose(streams: Streams) -> bytes:
    """Objects without separators, a gzip member for each few, some sent twice, streams beside each other."""
    control = {"messageType": "CONTROL_MESSAGE", "owner": "CloudwatchLogs", "logGroup": "", "logStream": ""}
    control["logEvents"] = [{"id": "", "timestamp": 1, "message": "CWL CONTROL MESSAGE: Checking health"}]  # type: ignore[assignment]
    objects = [json.dumps(control), *_deliveries(streams)]
    objects[3:3] = objects[1:3]
    members = ["".join(objects[at : at + 7]) for at in range(0, len(objects), 7)]
    return b"".join(gzip.compress(member.encode(), mtime=0) for member in members)


def _deliveries(streams: Streams) -> Iterator[str]:
    """Yield deliveries of a few events of one stream, in the order of each stream but in no other."""
    chance = Random(7)
    waiting = {stream: list(events_of({stream: text})) for stream, text in streams.items()}
    while waiting:
        stream = chance.choice(list(waiting))
        few = chance.randint(1, 9)
        yield _delivery(waiting[stream][0].slashed, waiting[stream][:few])
        waiting[stream] = waiting[stream][few:]
        if not waiting[stream]:
            del waiting[stream]


def _delivery(stream: str, events: list[Logged]) -> str:
    records = [{"id": one.id, "timestamp": one.milliseconds, "message": one.message} for one in events]
    head = {"messageType": "DATA_MESSAGE", "owner": "1", "logGroup": "/aws/lambda/x", "logStream": stream}
    return json.dumps({**head, "subscriptionFilters": ["all"], "logEvents": records}, separators=(",", ":"))


def _packed(streams: Streams) -> list[str]:
    """Return deliveries in base64, a gzip member each."""
    members = (gzip.compress(delivery.encode(), mtime=0) for delivery in _deliveries(streams))
    return [base64.b64encode(member).decode() for member in members]


def function_events(streams: Streams) -> bytes:
    """Print what a function gets that a subscription calls, one event a line."""
    return b"".join(json.dumps({"awslogs": {"data": one}}).encode() + b"\n" for one in _packed(streams))


def kinesis_events(streams: Streams) -> bytes:
    """Print what a function gets that reads a Kinesis stream: several records at a time."""
    records = [
        {"kinesis": {"kinesisSchemaVersion": "1.0", "sequenceNumber": str(number), "data": one}}
        for number, one in enumerate(_packed(streams))
    ]
    batches = [{"Records": records[at : at + 10]} for at in range(0, len(records), 10)]
    return json.dumps(batches, indent=2).encode()


def kinesis_records(streams: Streams) -> bytes:
    """Pages of ``aws kinesis get-records``, the last one empty."""
    records = [
        {"SequenceNumber": str(number), "Data": one, "PartitionKey": "p"}
        for number, one in enumerate(_packed(streams))
    ]
    pages = [records[at : at + 20] for at in range(0, len(records), 20)]
    printed = [
        {"Records": page, "NextShardIterator": "AAAA", "MillisBehindLatest": 0} for page in [*pages, []]
    ]
    return "\n".join(json.dumps(page, indent=4) for page in printed).encode()


def firehose_events(streams: Streams) -> bytes:
    """Print what a function gets that turns what Firehose delivers."""
    records = [{"recordId": f"r{number}", "data": one} for number, one in enumerate(_packed(streams))]
    return json.dumps({"invocationId": "i", "records": records}).encode()


def filter_log_events(streams: Streams) -> bytes:
    """Pages of all streams, one after the other, some without events."""
    events = [
        {
            "logStreamName": one.slashed,
            "timestamp": one.milliseconds,
            "message": one.message,
            "ingestionTime": one.milliseconds + 9,
            "eventId": one.id,
        }
        for one in by_time(streams)
    ]
    searched = [{"logStreamName": "x", "searchedCompletely": True}]
    pages: list[dict[str, Any]] = [
        {"events": events[at : at + 40], "searchedLogStreams": searched, "nextToken": f"t{at}"}
        for at in range(0, len(events), 40)
    ]
    pages[1:1] = [{"events": [], "searchedLogStreams": [], "nextToken": "}{"}]
    return "\n".join(json.dumps(page, indent=4, ensure_ascii=False) for page in pages).encode()


def get_log_events(text: bytes) -> bytes:
    """Print the pages of one stream, which do not name it."""
    events = [
        {"timestamp": one.milliseconds, "message": one.message, "ingestionTime": one.milliseconds}
        for one in events_of({"x" * 8: text})
    ]
    pages = [events[at : at + 30] for at in range(0, len(events), 30)]
    return b"".join(json.dumps({"events": page, "nextForwardToken": "f/1"}).encode() for page in [*pages, []])


def json_lines(streams: Streams) -> bytes:
    return b"".join(
        json.dumps(
            {"timestamp": one.milliseconds, "message": one.message, "logStreamName": one.slashed}
        ).encode()
        + b"\n"
        for one in by_time(streams)
    )


def _insights_rows(streams: Streams) -> list[dict[str, str]]:
    """Return the newest first, as Insights has them."""
    return [
        {
            "@timestamp": one.at.replace("T", " ").removesuffix("Z"),
            "@message": one.message,
            "@logStream": one.slashed,
            "@ptr": one.id,
        }
        for one in reversed(by_time(streams))
    ]


def insights_csv(streams: Streams, separator: str = ",") -> bytes:
    out = io.StringIO(newline="")
    rows = _insights_rows(streams)
    writer = csv.DictWriter(out, list(rows[0]), delimiter=separator)
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode()


def insights_results(streams: Streams) -> bytes:
    rows = [[{"field": name, "value": row[name]} for name in row] for row in _insights_rows(streams)]
    return json.dumps({"results": rows, "statistics": {"recordsMatched": 1.0}, "status": "Complete"}).encode()


def insights_console(streams: Streams) -> bytes:
    return json.dumps(_insights_rows(streams), indent=2).encode()


def tail_detailed(streams: Streams, colours: tuple[str, str, str] = ("", "", "")) -> bytes:
    green, cyan, reset = colours
    return "".join(
        f"{green}{one.at[:-1]}000+00:00{reset} {cyan}{one.slashed}{reset} {one.message.rstrip()}\n"
        for one in by_time(streams)
    ).encode()


def tail_coloured(streams: Streams) -> bytes:
    return tail_detailed(streams, ("\x1b[32m", "\x1b[36m", "\x1b[0m"))


def tail_short(streams: Streams) -> bytes:
    return "".join(f"{one.at[:19]} {one.message.rstrip()}\n" for one in by_time(streams)).encode()


def tail_short_coloured(streams: Streams) -> bytes:
    return re.sub(rb"(?m)^(\d{4}-\S{14}) ", b"\x1b[32m\\1\x1b[0m ", tail_short(streams))


def tail_json(
    streams: Streams,
    colours: tuple[str, str, str] = ("", "", ""),
    message_of: Callable[[Logged], str] = lambda one: one.message,
) -> bytes:
    """Print events as ``aws logs tail --format json`` does: what is JSON as a whole over several lines."""
    green, cyan, reset = colours
    printed = []
    for one in by_time(streams):
        time = datetime.fromisoformat(one.at).isoformat()
        message = _pretty(message_of(one))
        printed.append(f"{green}{time}{reset} {cyan}{one.slashed}{reset} {message}".rstrip() + "\n")
    return "".join(printed).encode()


def _pretty(message: str) -> str:
    try:
        return "\n" + json.dumps(json.loads(message), indent=4)
    except json.JSONDecodeError:
        return message


def tail_json_coloured(streams: Streams) -> bytes:
    return tail_json(streams, ("\x1b[32m", "\x1b[36m", "\x1b[0m"))


def tail_json_of_json_format(streams: Streams) -> bytes:
    """Print the same for a function that logs in Lambda's JSON format: nearly all is JSON."""
    return tail_json(streams, message_of=_as_json)


def bare_messages(text: bytes) -> bytes:
    events = sorted(events_of({"x" * 8: text}), key=lambda one: one.at)
    return "".join(one.message for one in events).encode()


def to_console(text: bytes) -> bytes:
    """Where Node writes to a console, line breaks inside an event become carriage returns."""
    return "".join(
        "{} {}\n\n".format(one.at, one.message.rstrip("\n").replace("\n", "\r"))
        for one in events_of({"x" * 8: text})
    ).encode()


def json_format(text: bytes) -> bytes:
    """Print an export of a function that logs in Lambda's JSON format."""
    return "".join(f"{one.at} {_as_json(one)}\n\n" for one in events_of({"x" * 8: text})).encode()


def _as_json(event: Logged) -> str:
    line = _LINE.match(event.message.rstrip("\n"))
    if line:
        record = {"timestamp": line[1], "level": line[3], "requestId": line[2], "message": line[4]}
        return json.dumps(record, ensure_ascii=False, separators=(",", ":"))
    words = event.message.split()
    if words[:2] == ["START", "RequestId:"]:
        return _platform(event, "platform.start", requestId=words[2], version=words[4])
    if words[:2] == ["END", "RequestId:"]:
        return _platform(event, "platform.runtimeDone", requestId=words[2], status="success")
    return event.message.rstrip("\n").replace("\n", " ")


def _platform(event: Logged, kind: str, **record: str) -> str:
    return json.dumps({"time": event.at, "type": kind, "record": record}, separators=(",", ":"))


RECORDED: dict[str, Callable[[Streams], bytes]] = {
    "firehose": firehose,
    "function-events": function_events,
    "kinesis-events": kinesis_events,
    "kinesis-records": kinesis_records,
    "firehose-events": firehose_events,
    "filter-log-events": filter_log_events,
    "json-lines": json_lines,
    "insights-csv": insights_csv,
    "insights-results": insights_results,
    "insights-console": insights_console,
    "tail": tail_detailed,
    "tail-coloured": tail_coloured,
    "tail-json": tail_json,
    "tail-json-coloured": tail_json_coloured,
}
"""How all streams are written into one file, each event with all that is compared."""

STREAM_RECORDED: dict[str, Callable[[bytes], bytes]] = {"get-log-events": get_log_events}

LOSSY: dict[str, Callable[[Streams], bytes]] = {
    "tail-short": tail_short,
    "tail-short-coloured": tail_short_coloured,
    "tail-json-of-json-format": tail_json_of_json_format,
}
STREAM_LOSSY: dict[str, Callable[[bytes], bytes]] = {
    "bare-messages": bare_messages,
    "console": to_console,
    "json-format": json_format,
}
"""Forms without the milliseconds, or with other words, of what the platform logs."""
