"""Text to events: nothing between them, each on its line and at its time."""

from __future__ import annotations

import re
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive_text import event, stamp, write_gz
from balance_sync.logs.split import split_events
from balance_sync.sources.inflate import Reading
from balance_sync.sources.reading import TextPiece
from balance_sync.sources.source import Source

STAMP = rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z "
STAMPS = st.sampled_from(
    [
        b"2024-01-15T21:00:00.123Z ",
        b"\n2024-01-15T21:00:00.124Z ",
        b"\n2024-02-30T21:00:00.000Z ",
        b"\n2024-01-15T24:61:00.000Z ",
        b"\n2024-01-15 21:00:00.000Z ",
        b"\n2024-01-15T21:00:00.000Z\t",
        b"\n9999-99-99T99:99:99.999Z ",
        b"\n0000-01-01T00:00:00.000Z ",
    ]
)
TEXTS = st.lists(STAMPS | st.binary(max_size=12) | st.sampled_from([b"\n", b"\r", b"\0"])).map(b"".join)


def pieces(*texts: bytes, first_line: int = 1) -> list[TextPiece]:
    return [
        TextPiece(Source(f"{number}", "", 0, 0, "", None), text, 0, first_line, True, Reading())
        for number, text in enumerate(texts)
    ]


def split(text: str | bytes) -> list[tuple[int, datetime | None, bytes]]:
    content = text.encode() if isinstance(text, str) else text
    return split_events(pieces(content)).frame().select("line", "at", "text").rows()


def expected_events(text: bytes) -> list[tuple[int, datetime | None, bytes]]:
    """Split line by line, in plain Python."""
    events: list[tuple[int, datetime | None, bytes]] = []
    for number, line in enumerate(re.findall(rb"[^\n]*\n|[^\n]+\Z", text), start=1):
        if re.match(STAMP, line):
            try:
                at = datetime.strptime(line[:24].decode(), "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)
            except ValueError:
                at = None
            events.append((number, at, line))
        elif events:
            first, at, before = events[-1]
            events[-1] = (first, at, before + line)
        else:
            events.append((number, None, line))
    if events and not events[-1][2].endswith(b"\n"):
        events[-1] = (*events[-1][:2], events[-1][2] + b"\n")
    return events


@given(texts=st.lists(TEXTS, min_size=1, max_size=4), first_line=st.integers(1, 10**9))
def test_every_byte_is_in_exactly_one_event(texts: list[bytes], first_line: int) -> None:
    events = split_events(pieces(*texts, first_line=first_line)).frame()
    for number, text in enumerate(texts):
        found = events.filter(pl.col("piece") == number).select("line", "at", "text").rows()
        wanted = [(line + first_line - 1, at, content) for line, at, content in expected_events(text)]
        assert found == wanted


@pytest.mark.parametrize("odd", ["\r", "\u2028", "\u0085", "\x0b", "\x0c", "\0", "\x1e"])
def test_only_a_line_feed_ends_a_line(odd: str) -> None:
    text = event(0, f"a{odd}{stamp(1)} b") + event(2, "c")
    assert [number for number, _, _ in split(text)] == [1, 3]


def test_invalid_utf8_stays_as_it_is() -> None:
    ((_, _, text),) = split(event(0, "x").encode() + b"\xff\xfe\n")
    assert text.endswith(b"\xff\xfe\n")


@pytest.mark.parametrize(
    "impossible",
    [
        *("2023-02-29T00:00:00", "2024-01-15T24:00:00", "2024-00-10T00:00:00"),
        *("1969-12-31T23:59:59", "2100-01-01T00:00:00", "9999-12-31T23:59:59", "0001-01-01T00:00:00"),
    ],
)
def test_an_impossible_time_begins_an_event_without_one(impossible: str) -> None:
    rows = split(f"{event(0, 'a')}{impossible}.000Z b\n\n")
    assert [(line, at is None) for line, at, _ in rows] == [(1, False), (3, True)]


def test_leap_days_and_old_times_are_read() -> None:
    rows = split("2024-02-29T23:59:59.999Z a\n1970-01-01T00:00:00.001Z b\n2099-12-31T23:59:59.999Z c\n")
    assert [at for _, at, _ in rows] == [
        datetime(2024, 2, 29, 23, 59, 59, 999000, tzinfo=UTC),
        datetime(1970, 1, 1, 0, 0, 0, 1000, tzinfo=UTC),
        datetime(2099, 12, 31, 23, 59, 59, 999000, tzinfo=UTC),
    ]


def test_a_missing_final_line_break_changes_nothing() -> None:
    whole = event(0, "a") + f"{stamp(1)} b"
    assert split(whole) == split(whole + "\n")


def test_text_before_the_first_event_is_an_event_without_a_time() -> None:
    rows = split("what is this\n\n" + event(0, "a"))
    assert [(line, at is None) for line, at, _ in rows] == [(1, True), (3, False)]


def test_no_text_gives_no_events() -> None:
    assert split_events([]).frame().is_empty()
    assert split_events(pieces(b"", b"")).frame().is_empty()


def test_lines_are_those_that_grep_counts(tmp_path: Path) -> None:
    text = "".join(event(at, "{\n  a: 1,\n\n  b: 'x\ry'\n}" if at % 3 else "START") for at in range(300))
    file = write_gz(tmp_path / "a.gz", text)
    command = f"gzip -dc {file} | grep -n '^2024'"
    found = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=True).stdout
    assert [line for line, _, _ in split(text)] == [int(row.split(":")[0]) for row in found.split("\n")[:-1]]
