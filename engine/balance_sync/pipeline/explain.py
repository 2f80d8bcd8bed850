"""The proof of one finding: its chain, its arithmetic, and the log lines that it came from."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

from balance_sync.arrow_rows import rows_of
from balance_sync.errors import InputError, UsageError
from balance_sync.feedback.statements import DETECTOR
from balance_sync.pipeline.ingest import find_store
from balance_sync.pipeline.log_lines import sources_read
from balance_sync.sources.batching import plan_batches
from balance_sync.sources.discovery import discover
from balance_sync.sources.source import Source
from balance_sync.sources.standard_input import FILE_NAME

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_CHAIN_ROWS = 3


@dataclass(frozen=True, slots=True)
class LogEvent:
    """One event as the archive has it: ``text`` is verbatim, without its final line breaks."""

    path: str
    line: int
    text: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """A finding and everything it leads back to.

    Attributes
    ----------
    finding
        The row of `findings`, by column.
    chain
        Rows of the ledger around the finding, of the same subscriber and currency, in order.
    path
        Of the source that the finding's line is in.
    events
        The log events of the finding's request, and of the transaction before it in the chain.
    missing
        Why there are none: the source cannot be found or does not say any more what it said.
    sql
        The text of the rule's file, or of the detector's features; "" if it is not at hand any more.
    """

    finding: dict[str, Any]
    chain: tuple[dict[str, Any], ...]
    path: str
    events: tuple[LogEvent, ...]
    missing: InputError | None
    sql: str


def explain(database: Path, finding: str, *, logs: tuple[str, ...] = ()) -> Explanation:
    """Gather the proof of the finding whose id begins with `finding`.

    Parameters
    ----------
    logs
        Where the archive is now; by default where the run read it.

    Raises
    ------
    UsageError
        No finding, or several, have such an id; or there is no such database.
    """
    from balance_sync.rules import excerpt_of
    from balance_sync.store.reading import read_only_session

    with read_only_session(database) as connection:
        row = _finding(connection, finding, database)
        with excerpt_of(connection, row["user_id"]):
            chain = _chain(connection, row)
        places = _places(row, chain)
        paths = _paths(connection, {source for source, _, _ in places})
        options = json.loads(connection.execute("SELECT options FROM runs").fetchall()[0][0])
    missing = None
    events: tuple[LogEvent, ...] = ()
    try:
        events = _read_events(places, paths, options, logs)
    except InputError as error:
        missing = error
    return Explanation(row, chain, paths[row["source_id"]], events, missing, _rule_sql(row, options))


def _read_events(
    places: list[tuple[str, str | None, int]],
    paths: dict[str, str],
    options: dict[str, Any],
    logs: tuple[str, ...],
) -> tuple[LogEvent, ...]:
    sources = _locate(paths, options, logs)
    events = [event for place in places for event in _events(sources[place[0]], place[1], place[2])]
    unique = {(event.path, event.line): event for event in events}
    return tuple(sorted(unique.values(), key=_order))


def _rule_sql(finding: dict[str, Any], options: dict[str, Any]) -> str:
    from balance_sync.rules import load_rules
    from balance_sync.store.sql_files import sql_directory

    name, version = finding["rule"], finding["rule_version"]
    if name == DETECTOR:
        from balance_sync.anomalies.features import FEATURES_VERSION
        from balance_sync.anomalies.publish import RULE_VERSION

        features = sql_directory() / "features" / f"v{FEATURES_VERSION}.sql"
        return features.read_text(encoding="utf-8") if version == RULE_VERSION else ""
    own = options.get("rules_directory")
    rules = load_rules(Path(own) if own and Path(own).is_dir() else None)
    return next((rule.file.sql for rule in rules if rule.key == f"{name}@{version}"), "")


def _order(event: LogEvent) -> tuple[str, str, int]:
    return event.text[:24], event.path, event.line


def _finding(connection: DuckDBPyConnection, finding: str, database: Path) -> dict[str, Any]:
    rows = _rows(
        connection,
        "SELECT * FROM findings WHERE starts_with(finding_id, $id) ORDER BY finding_id",
        id=finding,
    )
    if len(rows) == 1:
        return rows[0]
    if not rows:
        raise UsageError(
            finding,
            f"no finding of {database} has an id that begins so",
            help="ids are in the column finding_id",
        )
    raise UsageError(finding, f"{len(rows)} findings have an id that begins so", help="give more of the id")


def _chain(connection: DuckDBPyConnection, finding: dict[str, Any]) -> tuple[dict[str, Any], ...]:
    """Return the ledger around the finding's time: a few rows before, its own, and the next."""
    query = """
        WITH around AS (
            SELECT *, row_number() OVER (ORDER BY logged_at, transaction_id, source_id, line) AS place
            FROM ledger
            WHERE user_id = $user AND ($currency IS NULL OR currency IS NOT DISTINCT FROM $currency)
        ),
        here AS (SELECT max(place) AS place FROM around WHERE logged_at <= $at)
        SELECT around.* EXCLUDE (metadata) FROM around, here
        WHERE around.place BETWEEN here.place - $before AND here.place + 1
        ORDER BY around.place
    """
    bound = {
        "user": finding["user_id"],
        "currency": finding["currency"],
        "at": finding["logged_at"],
        "before": _CHAIN_ROWS,
    }
    return tuple(_rows(connection, query, **bound))


def _paths(connection: DuckDBPyConnection, sources: set[str]) -> dict[str, str]:
    query = "SELECT source_id, path FROM sources WHERE list_contains($sources, source_id)"
    return dict(connection.execute(query, {"sources": sorted(sources)}).fetchall())


def _rows(connection: DuckDBPyConnection, query: str, **bound: Any) -> list[dict[str, Any]]:
    return rows_of(connection.sql(query, params=bound))


def _places(finding: dict[str, Any], chain: tuple[dict[str, Any], ...]) -> list[tuple[str, str | None, int]]:
    """Return source, request and line of the finding and of the transaction that came before it."""
    places = [(finding["source_id"], finding["request_id"], finding["line"])]
    own = next((row for row in chain if row["transaction_id"] == finding["transaction_id"]), None)
    previous = own and own.get("previous_transaction_id")
    places += [
        (row["source_id"], None, row["line"])
        for row in chain
        if previous and row["transaction_id"] == previous
    ]
    return places


def _locate(paths: dict[str, str], options: dict[str, Any], logs: tuple[str, ...]) -> dict[str, Source]:
    labels = {path: source for source, path in paths.items()}
    if logs:
        found = _among(labels, logs)
    else:
        # Not opened, for a run that is going on may be writing into it.
        manifest = find_store(Path(options["store"])).manifest(source_ids=paths)
        found = sources_read(manifest, options["logs"])
    for label, source in labels.items():
        if source not in found:
            raise InputError(
                label, "the source cannot be found", help="name the folder of the logs with --logs"
            )
    return found


def _among(labels: dict[str, str], logs: tuple[str, ...]) -> dict[str, Source]:
    """Find the sources, or the archives that they are in, among `logs`."""
    files = {file.label: file for file in discover(logs).sources}
    found = {}
    for label, source in labels.items():
        # The label of what is in an archive begins with the archive's.
        parts = label.split("/")
        holders = ("/".join(parts[:count]) for count in range(len(parts), 0, -1))
        file = next((files[holder] for holder in holders if holder in files), None)
        if file is None and parts[0] == FILE_NAME and len(files) == 1:
            # What came by standard input may lie anywhere now.
            (file,) = files.values()
            label = "/".join([file.label, *parts[1:]])
        if file is not None:
            member = Source(label, file.path, 0, file.modified_ns, label, None, file)
            found[source] = file if label == file.label else member
    return found


def _events(source: Source, request_id: str | None, line: int) -> list[LogEvent]:
    """Return the events of a request in `source`, or the one event at `line`."""
    import polars as pl

    from balance_sync.logs.scan import classified_frame

    chosen = pl.col("line") == line
    if request_id is not None:
        chosen |= pl.col("request_id") == request_id
    found = []
    pieces = chain.from_iterable(
        chain.from_iterable(batch() for batch in plan_batches([source.file or source]))
    )
    for piece in pieces:
        if piece.source.label != source.label:
            continue
        events = classified_frame([piece]).filter(chosen)
        found += [
            LogEvent(source.label, number, bytes(text).decode("utf-8", "replace").rstrip("\n"))
            for number, text in events.select("line", "text").iter_rows()
        ]
    if not any(event.line == line for event in found):
        raise InputError(
            f"{source.label}:{line}", "no event starts here any more", help="the file has changed since"
        )
    return found


def arithmetic(finding: dict[str, Any]) -> tuple[tuple[str, Decimal], ...]:
    """Return the finding's figures, as far as it has them, each with what the reports call it."""
    from balance_sync.reports.labels import rule_words

    words = rule_words(finding["rule"])
    return tuple(
        (getattr(words, column), finding[column])
        for column in ("expected", "actual", "difference")
        if finding[column] is not None
    )


def local_time(instant: datetime | None, timezone: str) -> str:
    """Return `instant` in the business zone, to the second, with the zone's name."""
    from zoneinfo import ZoneInfo

    return "" if instant is None else f"{instant.astimezone(ZoneInfo(timezone)):%Y-%m-%d %H:%M:%S} {timezone}"
