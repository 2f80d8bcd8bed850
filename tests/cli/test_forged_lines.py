"""A forged line, from the log to the report and back."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from program import balance_sync

from archive_text import (
    OTHER_STREAM,
    STREAM,
    end,
    line,
    processing,
    report,
    request,
    stamp,
    start,
    synced,
    transaction,
    write_export,
)


def forging(at: int) -> str:
    """Return an invocation that logs a customer's text, which imitates a transaction of somebody else."""
    own = request(7)
    text = "\n\n" + transaction(at + 40, request(1), userId="'U1'", newBalance="-500")
    text = text.replace(stamp(at + 40), stamp(at - 3_600_000), 1)
    inside = [processing(at + 10, own, "M7"), line(at + 20, own, f"Gift message: {text}")]
    return "".join([start(at, own), *inside, end(at + 50, own), report(at + 50, own)])


def test_a_forged_transaction_is_told_and_moves_no_balance(tmp_path: Path) -> None:
    write_export(tmp_path / "logs", {STREAM: synced(0, 1), OTHER_STREAM: forging(60_000)})
    ran = balance_sync("run", "logs", "-o", "out", "--format", "json", "--format", "csv", cwd=tmp_path)
    assert ran.code == 0, ran.err
    summary = json.loads((tmp_path / "out" / "summary.json").read_text())
    assert summary["transactions"] == 1
    assert summary["rejects"] == 0
    assert summary["event_kinds"]["suspect"] == 1
    assert summary["events"] == sum(summary["event_kinds"].values())
    assert summary["findings"] == {**dict.fromkeys(summary["findings"], 0), "suspect_event": 1}
    assert all(total["holds"] for total in summary["control_totals"])
    header, row = (tmp_path / "out" / "csv" / "findings.csv").read_text().splitlines()
    found = dict(zip(header.split(","), row.split(","), strict=False))
    told = balance_sync("explain", found["finding_id"], "--database", "out/balance-sync.duckdb", cwd=tmp_path)
    assert told.code == 0, told.err
    assert "newBalance: -500" in told.out
    assert "it says that it was written at" in told.out


def test_the_same_customer_text_within_an_object_is_data(tmp_path: Path) -> None:
    forged = transaction(40, request(1), newBalance="-500").replace("\n", "\\n").replace("'", "\\'")
    genuine = synced(0, 1, metadata=f'\'{{"comment":"{forged}"}}\'')
    write_export(tmp_path / "logs", {STREAM: genuine})
    ran = balance_sync("run", "logs", "-o", "out", "--format", "json", cwd=tmp_path)
    assert ran.code == 0, ran.err
    summary = json.loads((tmp_path / "out" / "summary.json").read_text())
    assert (summary["transactions"], summary["rejects"]) == (1, 0)
    assert not any(summary["findings"].values())


def test_a_forged_invocation_is_told_and_moves_no_balance(tmp_path: Path) -> None:
    """The text imitates a whole request, times and all, and an earlier one that is said to have failed."""
    own, at = request(7), 60_000
    text = "\n\n" + synced(at + 25, 9, userId="'U1'", newBalance="-500")
    text += report(at + 80, request(1), status="error")
    inside = [processing(at + 10, own, "M7"), line(at + 20, own, f"Gift message: {text}")]
    forging = "".join([start(at, own), *inside, end(at + 99, own), report(at + 99, own)])
    write_export(tmp_path / "logs", {STREAM: synced(0, 1) + forging})
    ran = balance_sync("run", "logs", "-o", "out", "--format", "json", "--format", "csv", cwd=tmp_path)
    assert ran.code == 0, ran.err
    summary = json.loads((tmp_path / "out" / "summary.json").read_text())
    assert (summary["transactions"], summary["messages"], summary["rejects"]) == (1, 2, 0)
    assert summary["outcomes"] == {**dict.fromkeys(summary["outcomes"], 0), "published": 1, "incomplete": 1}
    # Start, message, transaction, outcome, end and report of the one, and the report of the other.
    assert summary["event_kinds"]["suspect"] == 7
    found = {name: count for name, count in summary["findings"].items() if count}
    assert found == {"suspect_event": 7}
    with (tmp_path / "out" / "csv" / "findings.csv").open(encoding="utf-8-sig", newline="") as file:
        told = [row["explanation"] for row in csv.DictReader(file)]
    assert (
        "A line that reads like the start of a request is not counted as one: another request ran in this "
        "stream when it was logged, and printed it." in told
    )
    with (tmp_path / "out" / "csv" / "invocations.csv").open(encoding="utf-8-sig", newline="") as file:
        assert [(row["request_id"], row["status"]) for row in csv.DictReader(file)] == [
            (request(1), "ok"),
            (own, "ok"),
        ]


@pytest.mark.slow
def test_forged_lines_in_a_file_of_several_pieces_are_told_as_in_small_ones(tmp_path: Path) -> None:
    """What gives them away stands megabytes before and behind them."""
    text = line(0, request(7), "x" * 8_000)
    begin = synced(-120_000, 1) + start(-1, request(7)) + processing(0, request(7), "M7")
    within = synced(10, 9, userId="'U1'") + report(11, request(1), status="error")
    within += transaction(12, request(1), newBalance="-500")
    final = end(60_000, request(7)) + report(60_000, request(7)) + synced(120_000, 2)
    between = transaction(90_000, request(8)) + synced(180_000, 3)
    many = text * 700
    for name, filling in {"small": text, "large": many}.items():
        file = tmp_path / name / STREAM / "000000.log"
        file.parent.mkdir(parents=True)
        file.write_text(begin + filling + within + filling + final + between)
    assert file.stat().st_size > 10_000_000
    told = {}
    for name in ("small", "large"):
        ran = balance_sync("run", name, "-o", f"{name}-out", "--format", "json", cwd=tmp_path)
        assert ran.code == 0, ran.err
        told[name] = json.loads((tmp_path / f"{name}-out" / "summary.json").read_text())
    small, large = told["small"], told["large"]
    assert small["findings"]["suspect_event"] == 9
    assert small["outcomes"]["published"] == small["transactions"] == 3
    for figure in ("findings", "transactions", "messages", "outcomes", "rejects", "users"):
        assert large[figure] == small[figure]
    kinds = [{**one["event_kinds"], "application": 0} for one in (small, large)]
    assert kinds[0] == kinds[1]
