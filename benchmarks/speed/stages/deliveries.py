"""The archive as a subscription delivers it through Firehose, held against the export of the same events.

Each log stream is one record of JSON with a list of events; records follow each other without anything
between them, in files of 20 MB before compression.
"""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.speed.case import Case, Facts, Place, Program
from benchmarks.speed.stages import tables

_DELIVERED = "deliveries"
_FILE_BYTES = 20 << 20
_STAMP = re.compile(r"^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\.(\d{3})Z ", re.MULTILINE | re.ASCII)


def _prepare(place: Place) -> None:
    """Turn the export into deliveries."""
    place.make_once(_DELIVERED, lambda unfinished: _deliver(place.logs, unfinished))


def _deliver(logs: Path, deliveries: Path) -> None:
    deliveries.mkdir(parents=True)
    records: list[bytes] = []
    held = number = 0
    for record in _records(logs):
        records.append(record)
        held += len(record)
        if held >= _FILE_BYTES:
            _write(deliveries, number, records)
            records, held, number = [], 0, number + 1
    _write(deliveries, number, records)


def _write(deliveries: Path, number: int, records: list[bytes]) -> None:
    (deliveries / f"{number:06}.gz").write_bytes(gzip.compress(b"".join(records), 6, mtime=0))


def _records(logs: Path) -> Iterator[bytes]:
    """Yield a record for each file of the export."""
    ids = 0
    for path in sorted(logs.glob("*/*/*.gz")):
        _, *parts = _STAMP.split(gzip.decompress(path.read_bytes()).decode())
        events = []
        for second, milliseconds, message in zip(*(parts[at::3] for at in range(3)), strict=True):
            at = datetime.fromisoformat(second).replace(tzinfo=UTC)
            events.append(
                {
                    "id": f"{ids:056}",
                    "timestamp": int(at.timestamp()) * 1000 + int(milliseconds),
                    "message": message,
                }
            )
            ids += 1
        year, month, day, stream = path.parent.name.split("-", 3)
        yield json.dumps(
            {
                "messageType": "DATA_MESSAGE",
                "owner": "000000000000",
                "logGroup": "/aws/lambda/balance-sync",
                "logStream": f"{year}/{month}/{day}/{stream}",
                "subscriptionFilters": ["everything"],
                "logEvents": events,
            },
            separators=(",", ":"),
        ).encode()


def _command(place: Place) -> list[str]:
    return tables.ingest(place, place.scratch / "store", logs=place.prepared / _DELIVERED)


def _expected(answer: Facts) -> Facts:
    return {name: fact for name, fact in tables.expected_rows(answer).items() if name != "bytes"}


CASES = (
    Case(
        Program("deliveries", _command, tables.read_store, _expected, _prepare),
        title="deliveries of records to Parquet tables (`ingest`), beside the export of the same events",
        yardstick=tables.CASES[0].program,
        bar=3.0,
        memory_mb=500,
        starts=True,
        shapes=("export",),
    ),
)
