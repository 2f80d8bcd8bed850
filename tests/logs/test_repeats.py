"""Repeated events: the numbers that are compared against the plain definition."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import polars as pl
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from balance_sync.logs import repeats
from balance_sync.logs.repeats import find_repeats, overlapping_sources, without_repeats

BEGIN = datetime(2024, 1, 1, tzinfo=UTC)
# Request, seconds since `BEGIN` (None for no time) and fingerprint: few of each, so that most repeat another.
EVENTS = st.tuples(
    st.sampled_from([None, "r1", "r2"]), st.none() | st.integers(0, 2), st.sampled_from([7, 8, 1 << 63])
)
SOURCES = st.lists(st.tuples(st.integers(1, 2), st.lists(EVENTS, max_size=8)), min_size=1, max_size=5)
Events = list[tuple[str | None, int | None, int]]


@dataclass(frozen=True)
class Held:
    """Tables of events that are held, one batch a source."""

    events: pl.DataFrame

    def scan_some(self, source_ids: pl.DataFrame, /) -> Iterator[Mapping[str, pl.LazyFrame]]:
        for (source_id,) in source_ids.select("source_id").iter_rows():
            yield {"events": self.events.filter(pl.col("source_id") == source_id).lazy()}


def tables_of(given: list[tuple[int, Events]]) -> tuple[pl.DataFrame, Held]:
    rows = [
        (
            f"s{number}",
            line,
            request,
            None if seconds is None else BEGIN + timedelta(seconds=seconds),
            hash_,
        )
        for number, (_, events) in enumerate(given)
        for line, (request, seconds, hash_) in enumerate(events, 1)
    ]
    time = pl.Datetime("us", "UTC")
    schema = {"source_id": pl.String, "line": pl.Int64, "request_id": pl.String, "at": time}
    events = pl.DataFrame(rows, schema={**schema, "fingerprint": pl.UInt64}, orient="row")
    events = events.with_columns(kind=pl.lit("other"))
    spans = events.group_by("source_id").agg(
        pl.len().cast(pl.Int64).alias("events"), first_at=pl.col("at").min(), last_at=pl.col("at").max()
    )
    names = pl.DataFrame(
        {
            "source_id": [f"s{number}" for number in range(len(given))],
            "stream": pl.Series([stream for stream, _ in given], dtype=pl.UInt64),
        }
    )
    sources = names.join(spans, on="source_id", how="left", maintain_order="left")
    return sources.with_columns(pl.col("events").fill_null(0), has_stream=pl.lit(True)), Held(events)


def plain_repeats(given: list[tuple[int, Events]], clusters: dict[str, int]) -> set[tuple[str, int]]:
    """Each event counts as often as the source has it that has it most often of those so far."""
    most: dict[object, int] = defaultdict(int)
    repeated = set()
    for number, (stream, events) in enumerate(given):
        source_id = f"s{number}"
        if source_id not in clusters:
            continue
        own: Counter[object] = Counter()
        for line, (request, seconds, hash_) in enumerate(events, 1):
            key = (clusters[source_id], request or stream, seconds, hash_)
            own[key] += 1
            if own[key] <= most[key]:
                repeated.add((source_id, line))
        for key, count in own.items():
            most[key] = max(most[key], count)
    return repeated


def plain_mixed(given: list[tuple[int, Events]], repeated: set[tuple[str, int]]) -> set[str]:
    """Return the requests of which a source repeats some events, and not all."""
    parts: dict[tuple[str, str], set[bool]] = defaultdict(set)
    for number, (_, events) in enumerate(given):
        for line, (request, *_) in enumerate(events, 1):
            if request:
                parts[f"s{number}", request].add((f"s{number}", line) in repeated)
    return {request for (_, request), kinds in parts.items() if len(kinds) == 2}


def lines_of(ranges: pl.DataFrame, tables: Held) -> set[tuple[str, int]]:
    """Return what is in `ranges`, of which no two may tell of one line, and each as many as it says."""
    told = [
        (source_id, line)
        for source_id, first, last, events in ranges.iter_rows()
        for line in range(first, last + 1)
        if events == last + 1 - first
    ]
    assert len(told) == len(set(told)) == ranges["events"].sum()
    all_events = tables.events.select("source_id", "line")
    left = set(without_repeats(all_events.lazy(), ranges).collect().iter_rows())
    assert left == set(all_events.iter_rows()) - set(told)
    return set(told)


@given(SOURCES, st.integers(1, 5), st.integers(1, 4), st.integers(0, 2))
@example([(1, [("r1", 0, 7)] * often) for often in (2, 1, 2)], 9, 9, 9)
def test_an_event_counts_once_and_as_often_as_one_source_has_it(
    given: list[tuple[int, Events]], events_at_once: int, sources_at_once: int, most_ranges: int
) -> None:
    sources, tables = tables_of(given)
    overlapping = overlapping_sources(sources)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(repeats, "_EVENTS_AT_ONCE", events_at_once)
        patch.setattr(repeats, "_SOURCES_AT_ONCE", sources_at_once)
        patch.setattr(repeats, "_MOST_RANGES", most_ranges)
        found = find_repeats(sources, overlapping, tables)
    expected = plain_repeats(given, dict(overlapping.iter_rows()))
    counts = Counter(source_id for source_id, _ in expected)
    whole = {source_id for source_id in counts if counts[source_id] == len(given[int(source_id[1:])][1])}
    assert dict(found.sources.iter_rows()) == {source_id: counts[source_id] for source_id in whole}
    assert lines_of(found.ranges, tables) == {event for event in expected if event[0] not in whole}
    assert set(found.requests["request_id"]) == plain_mixed(given, expected)
    assert dict(found.counts().iter_rows()) == counts
    first = pl.DataFrame({"source_id": ["s1"]})
    assert set(found.without(first).counts()["source_id"]) == counts.keys() - {"s1"}


def test_what_differs_in_time_alone_is_no_repeat() -> None:
    sources, tables = tables_of([(1, [("r1", 0, 7), ("r1", 2, 7)]), (1, [("r1", 1, 7)])])
    found = find_repeats(sources, overlapping_sources(sources), tables)
    assert overlapping_sources(sources).height == 2
    assert found.counts().is_empty()


def test_sources_are_compared_with_those_beside_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """A long archive has its sources in many batches, of which few are read for some of them."""
    streams = [9, 2, 7, 4]
    sources, tables = tables_of([(stream, [(f"r{stream}", 0, 7)]) for stream in [*streams, *streams]])
    asked: list[set[str]] = []
    scan_some = Held.scan_some

    def noted(held: Held, source_ids: pl.DataFrame, /) -> Iterator[Mapping[str, pl.LazyFrame]]:
        asked.append(set(source_ids["source_id"]))
        return scan_some(held, source_ids)

    monkeypatch.setattr(Held, "scan_some", noted)
    monkeypatch.setattr(repeats, "_SOURCES_AT_ONCE", 4)
    assert find_repeats(sources, overlapping_sources(sources), tables).sources.height == len(streams)
    assert asked == [{"s0", "s1", "s4", "s5"}, {"s2", "s3", "s6", "s7"}]
