"""Deliveries in envelopes, as functions and readers of streams are handed them: gzip in base64.

A function that a subscription calls gets ``{"awslogs": {"data": …}}``; one that reads a Kinesis stream, or
turns what Firehose delivers, gets several at a time, and so does who asks a stream for its records.
"""

from __future__ import annotations

import base64
import zlib
from typing import Any

import msgspec

from balance_sync.sources.deflate import GZIP_WINDOW
from balance_sync.sources.streams import Meter

_LARGEST = 64 << 20
"""Bytes of a delivery: CloudWatch packs less than one megabyte."""

_GZIP_MAGIC = b"\x1f\x8b"
_LISTS = ("Records", "records")
_OF_RECORDS = frozenset({"kinesis", "recordId", "SequenceNumber"})
"""Keys of a record that stands alone, as one of a list that is too long to be read whole."""


def packed_in(value: dict[str, Any]) -> list[str]:
    """Return the deliveries in an envelope, as they are packed; none where a value is no envelope."""
    if "awslogs" in value:
        records = [value["awslogs"]]
    elif _OF_RECORDS.isdisjoint(value):
        records = [one for name in _LISTS for one in _listed(value.get(name))]
    else:
        records = [value]
    packed = (_data(record) for record in records)
    return [data for data in packed if data is not None]


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _data(record: Any) -> str | None:
    inner = record.get("kinesis", record) if isinstance(record, dict) else None
    data = inner.get("data", inner.get("Data")) if isinstance(inner, dict) else None
    return data if isinstance(data, str) else None


def unpacked(packed: str, meter: Meter) -> Any:
    """Return the JSON value that is packed; `None` where there is none, or a larger one than is delivered.

    Raises
    ------
    LimitReachedError
        The file unfolds to more than is allowed.
    """
    try:
        text = base64.b64decode(packed, validate=True)
        if text.startswith(_GZIP_MAGIC):
            member = zlib.decompressobj(wbits=GZIP_WINDOW)
            text = member.decompress(text, _LARGEST)
            meter.unpack(len(text))
            if not member.eof:
                return None
        return msgspec.json.decode(text)
    except (ValueError, zlib.error, msgspec.DecodeError, RecursionError):
        return None
