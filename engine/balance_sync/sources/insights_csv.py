"""CloudWatch Insights' CSV export: a heading, then a row for each event; messages may hold line breaks."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from itertools import chain

from balance_sync.sources.reading import Reading
from balance_sync.sources.record_runs import Record
from balance_sync.sources.records import group_name, insights_time
from balance_sync.sources.streams import Stream, iter_lines

HEADING = re.compile(rb'(?:"?@?[\w. -]{1,80}"?[,;\t]){0,20}"?@message"?(?:[,;\t]|\r?\n)')
_LARGEST_FIELD = 8 << 20


def iter_rows(stream: Stream, reading: Reading) -> Iterator[Record]:
    """Give out the rows of the export in `stream`."""
    csv.field_size_limit(_LARGEST_FIELD)
    lines = (line.decode("utf-8", "replace") for line in iter_lines(stream))
    heading = next(lines, "")
    # Spreadsheets of many countries put semicolons for commas, and what is copied from one has tabs.
    separator = next((sign for sign in heading if sign in ",;\t"), ",")
    rows = csv.DictReader(chain([heading], lines), delimiter=separator)
    number = 1
    try:
        for row in rows:
            number += 1
            at = insights_time(row.get("@timestamp"))
            if at is None:
                reading.tell(f"no time in row {number}")
                continue
            stream_name, group = row.get("@logStream") or "", group_name(row.get("@log"))
            yield Record(stream_name, at, row.get("@message") or "", row.get("@ptr") or "", group)
    except csv.Error as error:
        reading.tell(f"CSV damaged behind row {number}: {error}")
