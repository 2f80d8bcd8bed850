"""The same logs give the same results, whatever they come as."""

from __future__ import annotations

import gzip
import json
import os
import pty
import subprocess
import sys
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from filled import Database, fill

from archive_text import STREAM, end, event, processing, report, request, stamp, start
from balance_sync.config import RunOptions
from balance_sync.generator.archive import generate_archive
from balance_sync.pipeline.explain import explain
from balance_sync.pipeline.run import run
from forms_of import FORMS, LOSSY_FORMS, write_form
from record_forms import RECORDED, STREAM_RECORDED, insights_csv

_PLACE = ("source_id", "line")
_COMPARED = ("transactions", "sync_errors", "messages", "invocations", "suspects", "rejects", "findings")


@cache
def streams_of(root: Path, *, text_bytes: int = 120_000) -> dict[str, bytes]:
    """Return the text of each stream of a generated archive."""
    generate_archive(root, text_bytes=text_bytes, seed=7)
    texts = {file.parent.name: gzip.decompress(file.read_bytes()) for file in sorted(root.rglob("000000.gz"))}
    return {**texts, STREAM: _ended_early().encode()}


def _ended_early() -> str:
    """Return requests that the platform ended, of which it tells in lines of forms of its own."""
    timed_out, crashed, unknown = (request(number) for number in range(3))
    return "".join(
        [
            event(0, "INIT_START Runtime Version: nodejs:20.v1\tRuntime Version ARN: arn:aws:lambda:x"),
            start(1, timed_out),
            processing(2, timed_out, "of the one that took too long"),
            event(3_000, f"{stamp(3_000)} {timed_out} Task timed out after 3.00 seconds"),
            end(3_001, timed_out),
            report(3_001, timed_out, status="timeout"),
            start(4_000, crashed),
            processing(4_001, crashed, "of the one that crashed"),
            event(
                4_002,
                f"RequestId: {crashed} Error: Runtime exited with error: signal: killed\nRuntime.ExitError",
            ),
            end(4_003, crashed),
            report(4_003, crashed, status="error"),
            start(5_000, unknown),
            processing(5_001, unknown, "of the one that is unknown"),
            event(5_002, "Unknown application error occurred\nRuntime.Unknown"),
            end(5_003, unknown),
            report(5_003, unknown),
        ]
    )


@pytest.fixture(scope="module")
def streams(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    return streams_of(tmp_path_factory.mktemp("generated"))


@pytest.fixture(scope="module")
def expected(streams: dict[str, bytes], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return read_form("gzip", streams, tmp_path_factory.mktemp("expected"))


def read_form(form: str, streams: dict[str, bytes], folder: Path) -> dict[str, Any]:
    logs = write_form(form, streams, folder / "logs")
    return without_place(fill(logs, store=folder / "store", judged=True))


def without_place(found: Database) -> dict[str, Any]:
    tables = {}
    for table in _COMPARED:
        rows = [
            {name: value for name, value in row.items() if name not in _PLACE} for row in found.tables[table]
        ]
        tables[table] = sorted(rows, key=repr)
    return {**tables, "kinds": found.kinds, "problems": found.filled.problems}


def _rarer_slow(forms: Iterable[str]) -> list[Any]:
    """Return the forms, those that others are much like as cases that are slow together."""
    frequent = {"gzip", "plain", "gzip-members", "zstd", "zip", "tar-gz", "utf16-le", "crlf"}
    frequent |= {"firehose", "filter-log-events", "json-lines", "insights-csv", "tail", "kinesis-events"}
    return [form if form in frequent else pytest.param(form, marks=pytest.mark.slow) for form in forms]


@pytest.mark.parametrize("form", _rarer_slow(FORMS))
def test_every_form_gives_the_same_tables(
    form: str, streams: dict[str, bytes], expected: dict[str, Any], tmp_path: Path
) -> None:
    assert read_form(form, streams, tmp_path) == expected
    assert len(expected["transactions"]) > 50
    assert {finding["rule"] for finding in expected["findings"]} >= {"lost_update", "discrepancy"}


@pytest.mark.parametrize("separator", [";", "\t"])
def test_an_insights_export_may_be_separated_otherwise(
    separator: str, streams: dict[str, bytes], expected: dict[str, Any], tmp_path: Path
) -> None:
    (tmp_path / "logs").write_bytes(insights_csv(streams, separator))
    assert without_place(fill(tmp_path / "logs", store=tmp_path / "store", judged=True)) == expected


@pytest.mark.parametrize("form", LOSSY_FORMS)
def test_forms_that_say_less_of_the_platform_give_the_same_of_the_application(
    form: str, streams: dict[str, bytes], expected: dict[str, Any], tmp_path: Path
) -> None:
    found = read_form(form, streams, tmp_path)
    for table in ("transactions", "sync_errors", "messages", "findings"):
        assert found[table] == expected[table]
    outcomes = {message["message_id"]: message["outcome"] for message in expected["messages"]}
    ended_early = ("took too long", "crashed", "is unknown")
    assert {outcomes[f"of the one that {end}"] for end in ended_early} == {"failed"}


@pytest.fixture(scope="module")
def many_streams(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    return streams_of(tmp_path_factory.mktemp("generated"), text_bytes=3_000_000)


@pytest.fixture(scope="module")
def expected_of_many(
    many_streams: dict[str, bytes], tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Any]:
    return read_form("gzip", many_streams, tmp_path_factory.mktemp("expected"))


@pytest.mark.slow
@pytest.mark.parametrize("form", [*RECORDED, *STREAM_RECORDED, *LOSSY_FORMS])
def test_records_and_printed_lines_give_the_same_of_many_streams(
    form: str, many_streams: dict[str, bytes], expected_of_many: dict[str, Any], tmp_path: Path
) -> None:
    """What happens once in a thousand requests, such as two events of one millisecond, happens here, too."""
    found = read_form(form, many_streams, tmp_path)
    for table in ("transactions", "sync_errors", "messages", "findings"):
        assert found[table] == expected_of_many[table]
    assert len(expected_of_many["messages"]) > 1_800


@pytest.mark.slow
@pytest.mark.parametrize("form", ["gzip-twice", "zstd", "zip-piped", "tar-gz", "zip-in-tar-gz"])
def test_small_batches_and_second_runs_change_nothing(
    form: str, streams: dict[str, bytes], expected: dict[str, Any], tmp_path: Path
) -> None:
    logs = write_form(form, streams, tmp_path / "logs")
    first = fill(logs, store=tmp_path / "store", batch_bytes=5_000, judged=True)
    again = fill(logs, store=tmp_path / "store", judged=True)
    assert again.ingested.sources_read == 0
    assert without_place(again) == without_place(first) == expected


def test_forms_of_the_same_logs_beside_each_other_count_once(
    streams: dict[str, bytes], expected: dict[str, Any], tmp_path: Path
) -> None:
    for form in ("gzip", "zip-of-text", "tar-zst", "crlf", "utf16-le"):
        write_form(form, streams, tmp_path / "logs" / form)
    found = fill(tmp_path / "logs", store=tmp_path / "store", judged=True)
    assert without_place(found) == expected


@pytest.mark.parametrize("form", ["gzip", "zip-of-a-mac", "zip-in-tar-gz"])
def test_a_finding_leads_back_to_its_line(form: str, streams: dict[str, bytes], tmp_path: Path) -> None:
    logs = write_form(form, streams, tmp_path / "logs")
    result = run(RunOptions((str(logs),), output=tmp_path / "out", formats=("json",), threads=1))
    finding = _a_finding(result.database)
    explained = explain(result.database, finding["finding_id"])
    assert explained.events == explain(result.database, finding["finding_id"], logs=(str(logs),)).events
    (event,) = [event for event in explained.events if event.line == finding["line"]]
    stream = next(name for name in streams if f"/{name}/" in f"/{event.path}")
    lines = streams[stream].decode().split("\n")
    assert event.text.split("\n")[0] == lines[event.line - 1]


def _a_finding(database: Path) -> dict[str, Any]:
    from balance_sync.store.reading import read_only_session

    with read_only_session(database) as connection:
        query = "SELECT finding_id, line FROM findings WHERE rule <> 'anomaly' ORDER BY finding_id LIMIT 1"
        return dict(zip(("finding_id", "line"), connection.execute(query).fetchall()[0], strict=True))


def piped(content: bytes, store: Path, *more: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "balance_sync", "ingest", "-", *more, "--store", str(store), "--json"]
    done = subprocess.run(command, input=content, capture_output=True, check=True)
    return dict(json.loads(done.stdout))


@pytest.mark.parametrize("form", ["tar-gz", "filter-log-events"])
def test_standard_input_is_read_like_a_file(
    form: str, streams: dict[str, bytes], expected: dict[str, Any], tmp_path: Path
) -> None:
    content = (write_form(form, streams, tmp_path / "logs") / "logs").read_bytes()
    assert piped(content, tmp_path / "store")["sources_read"] == 1
    assert piped(content, tmp_path / "store")["sources_kept"] == 1
    assert piped(content + b"\0" * 1024, tmp_path / "store")["sources_read"] == 1
    (tmp_path / "stdin").mkdir()
    copied = tmp_path / "stdin" / "stdin"
    copied.write_bytes(content)
    assert without_place(fill(copied, store=tmp_path / "other", judged=True)) == expected
    assert not list((tmp_path / "store").rglob("stdin"))


def test_a_terminal_is_no_standard_input(tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "balance_sync", "ingest", "-", "--store", str(tmp_path / "store")]
    done = subprocess.run(command, stdin=theirs, capture_output=True, check=False)
    os.close(ours)
    os.close(theirs)
    assert done.returncode == 3
    assert b"standard input is no file and no pipe" in done.stderr
