"""What each event is taken for, and which message outcome it shows."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest

from archive_text import (
    ALREADY_SYNCED,
    ERROR_NOTICE,
    NEGATIVE,
    PUBLISHED,
    SKIPPED_CREATE,
    SKIPPED_FLAG,
    SYNC_NOTICE,
    end,
    event,
    line,
    processing,
    report,
    request,
    stamp,
    start,
    sync_error,
    transaction,
)
from balance_sync.logs.kinds import KINDS, OUTCOME_OF_KIND
from balance_sync.logs.scan import classified_frame
from balance_sync.sources.inflate import Reading
from balance_sync.sources.reading import TextPiece
from balance_sync.sources.source import Source

ONE = request(1)
NEGATIVE_DUMP = f"{{\n  message: '{NEGATIVE}',\n  data: {{ userId: 'U1', currentBalance: 6.6 }}\n}}"


def classified(text: str | bytes) -> pl.DataFrame:
    content = text.encode() if isinstance(text, str) else text
    return classified_frame([TextPiece(Source("", "", 0, 0, "", None), content, 0, 1, True, Reading())])


def only(text: str | bytes) -> dict[str, Any]:
    (row,) = classified(text).rows(named=True)
    return row


@pytest.mark.parametrize(
    ("text", "kind", "request_id", "outcome"),
    [
        (start(0, ONE), "start", ONE, None),
        (end(0, ONE), "end", ONE, None),
        (report(0, ONE), "report", ONE, None),
        (report(0, ONE, status="timeout"), "report", ONE, "failed"),
        (report(0, ONE, status="error\tError Type: Runtime.ExitError"), "report", ONE, "failed"),
        (report(0, ONE)[:-1] + "XRAY TraceId: 1-a\tSegmentId: b\tSampled: true\t\n\n", "report", ONE, None),
        (event(0, "INIT_START Runtime Version: nodejs:20.v14\tARN: a"), "init_start", None, None),
        (event(0, "INIT_REPORT Init Duration: 1 ms\tStatus: error"), "init_report", None, None),
        (event(0, "RESTORE_START Runtime Version: java"), "restore", None, None),
        (event(0, '{"_aws":{"Timestamp":1}}'), "metrics", None, None),
        (event(0, f"{stamp(0)} {ONE} Task timed out after 3.00 seconds"), "timeout", ONE, "failed"),
        (event(0, f"RequestId: {ONE} Error: Runtime exited\nRuntime.ExitError"), "crash", ONE, "failed"),
        (event(0, "Unknown application error occurred\nRuntime.Unknown"), "unknown_error", None, None),
        (event(0, "EXTENSION\tName: x"), "extension", None, None),
        (event(0, "    at Object.<anonymous> (/var/task/a.js:1:1)"), "other", None, None),
        (event(0, ""), "other", None, None),
        ("2024-02-31T00:00:00.000Z END RequestId: x\n", "preamble", None, None),
        ("anything\n", "preamble", None, None),
    ],
)
def test_platform_lines(text: str, kind: str, request_id: str | None, outcome: str | None) -> None:
    row = only(text)
    assert (row["kind"], row["request_id"], row["outcome"]) == (kind, request_id, outcome)
    assert row["level"] is None


@pytest.mark.parametrize(
    ("message", "level", "kind"),
    [
        ("Processing message m-1", "INFO", "processing"),
        (SYNC_NOTICE + " {", "INFO", "transaction"),
        (ERROR_NOTICE + " {", "ERROR", "sync_error"),
        (PUBLISHED, "INFO", "published"),
        (PUBLISHED + " { id: 'x' } arn:aws:sns:x", "INFO", "published"),
        (ALREADY_SYNCED, "INFO", "already_synced"),
        ("Balance is already synced from other listeners", "INFO", "already_synced"),
        (SKIPPED_CREATE, "INFO", "skipped_create"),
        (SKIPPED_FLAG, "INFO", "skipped_flag"),
        (NEGATIVE, "ERROR", "rejected_negative"),
        (NEGATIVE_DUMP, "INFO", "rejected_negative"),
        (NEGATIVE_DUMP.replace("\n", "\r"), "INFO", "rejected_negative"),
        (f"{{ message: '{NEGATIVE}' }}", "INFO", "rejected_negative"),
        ("Invoke Error \t{}", "ERROR", "application_error"),
        ("bye", "FATAL", "application_error"),
        ("careful", "WARN", "application"),
        ("details", "DEBUG", "application"),
        ("more details", "TRACE", "application"),
        ("", "INFO", "application"),
    ],
)
def test_application_lines(message: str, level: str, kind: str) -> None:
    text = line(0, ONE, message, level)
    row = only(text)
    assert (row["kind"], row["level"], row["request_id"]) == (kind, level, ONE)
    assert row["outcome"] == OUTCOME_OF_KIND.get(kind)
    assert row["text"] == text.encode()


NOTICES = (ALREADY_SYNCED, SKIPPED_FLAG, NEGATIVE, NEGATIVE_DUMP, PUBLISHED, SYNC_NOTICE, ERROR_NOTICE)


@pytest.mark.parametrize("notice", NOTICES)
@pytest.mark.parametrize(
    "dump",
    [
        "{{ text: '{}' }}",
        "{{\n  text: '{}'\n}}",
        "Sending notification {{ text: '{}' }}",
        "Sending notification {{\n  text: '{}'\n}}",
        "Sending notification\n{}",
        "Sending notification\r{}",
        "Sending '{}'",
        "Sending [ '{}' ]",
        "{{ é: {} }}",
    ],
)
def test_text_inside_a_dump_never_changes_the_kind(dump: str, notice: str) -> None:
    assert only(line(0, ONE, dump.format(notice)))["kind"] == "application"


def test_an_unknown_request_is_read_as_none() -> None:
    row = only(line(0, "undefined", 'Uncaught Exception \t{"errorType":"Error"}', "ERROR"))
    assert (row["kind"], row["level"], row["request_id"]) == ("application_error", "ERROR", None)
    row = only(line(0, "", "Processing message m-1"))
    assert (row["kind"], row["request_id"]) == ("processing", None)


def test_an_unknown_level_is_no_application_line() -> None:
    assert only(line(0, ONE, "x", "NOTICE"))["kind"] == "other"


def test_invalid_utf8_never_hides_a_kind() -> None:
    rows = classified(
        line(0, ONE, ALREADY_SYNCED).encode().replace(b"listeners", b"listeners\xff")
        + line(0, ONE, SYNC_NOTICE).encode().replace(b"balance", b"balance\xff")
        + line(0, "\N{LATIN SMALL LETTER E WITH ACUTE}" * 36, PUBLISHED).encode()
    )
    assert rows["kind"].to_list() == ["already_synced", "transaction", "published"]


def test_a_notice_whose_dump_is_cut_inside_a_letter_is_still_one() -> None:
    for width in range(128):
        message = SKIPPED_FLAG.replace("'DONATION'", f"'{'x' * width}{'ع' * 40}'")
        assert only(line(0, ONE, message))["kind"] == "skipped_flag"


def test_every_event_is_of_one_known_kind() -> None:
    text = start(0, ONE) + processing(1, ONE, "m") + transaction(2, ONE) + sync_error(3, ONE) + end(4, ONE)
    kinds = classified("before\n" + text)["kind"]
    assert kinds.null_count() == 0
    assert set(kinds) <= set(KINDS)
