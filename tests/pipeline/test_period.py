"""A period is judged by what was before it, and has nothing of it: months add up to the whole."""

from __future__ import annotations

import json
import random
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import duckdb
import pytest

from archive_text import STREAM, synced, write_export
from balance_sync.config import RunOptions
from balance_sync.generator import generate_archive
from balance_sync.pipeline.run import RunResult, run
from balance_sync.reports.pseudonyms import pseudonymise
from balance_sync.store.reading import read_only_session
from balance_sync.vocabulary import Severity

TIMES = {
    "transactions": "logged_at",
    "sync_errors": "logged_at",
    "messages": "started_at",
    "invocations": "started_at",
    "suspects": "logged_at",
    "findings": "logged_at",
}


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make an archive, and beside its logs the database of a run over all of it."""
    folder = tmp_path_factory.mktemp("period")
    generate_archive(folder, text_bytes=1_000_000, seed=5)
    judge(folder, folder / "whole")
    return folder


def judge(folder: Path, output: Path, **options: Any) -> RunResult:
    chosen = RunOptions(
        (str(folder / "logs"),),
        output=output,
        store=folder / "store",
        formats=("json",),
        threads=1,
        **options,
    )
    return run(chosen)


def rows(output: Path, table: str, since: datetime, until: datetime) -> list[tuple[Any, ...]]:
    """Return the table's rows of the period, in order; of findings those of the rules."""
    # Through text: fetching times with a zone as Python objects would need pytz.
    query = f"""
        SELECT t::VARCHAR FROM {table} AS t WHERE {TIMES[table]} >= $since AND {TIMES[table]} < $until
        {"AND rule <> 'anomaly'" if table == "findings" else ""} ORDER BY ALL
    """
    with duckdb.connect(str(output / "balance-sync.duckdb"), read_only=True) as connection:
        return connection.execute(query, {"since": since, "until": until}).fetchall()


def times(output: Path) -> list[datetime]:
    query = "SELECT epoch_us(logged_at) FROM transactions ORDER BY logged_at"
    with duckdb.connect(str(output / "balance-sync.duckdb"), read_only=True) as connection:
        return [
            datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=at)
            for (at,) in connection.execute(query).fetchall()
        ]


BEGINNING, END = datetime(1970, 1, 2, tzinfo=UTC), datetime(2099, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def months(archive: Path) -> list[tuple[datetime, datetime, RunResult]]:
    """Judge three periods that are the whole archive together."""
    logged = times(archive / "whole")
    # The very times of transactions, which begin a period and do not end one.
    cuts = [BEGINNING, logged[len(logged) // 3], logged[2 * len(logged) // 3], END]
    return [
        (since, until, judge(archive, archive / f"month-{number}", since=since, until=until))
        for number, (since, until) in enumerate(pairwise(cuts))
    ]


def test_periods_have_each_row_and_each_finding_once(
    archive: Path, months: list[tuple[datetime, datetime, RunResult]]
) -> None:
    found = dict.fromkeys(TIMES, 0)
    for since, until, result in months:
        output = result.database.parent
        counted = sum(count for rule, count in result.findings.items() if rule != "anomaly")
        for table in TIMES:
            part = rows(output, table, BEGINNING, END)
            assert part == rows(archive / "whole", table, since, until), table
            found[table] += len(part)
        assert counted == len(rows(output, "findings", BEGINNING, END))
    assert found == {table: len(rows(archive / "whole", table, BEGINNING, END)) for table in TIMES}
    assert found["findings"] > 100


def test_the_first_transaction_of_a_period_is_held_against_the_last_one_before_it(tmp_path: Path) -> None:
    day = 86_400_000
    text = synced(0, 1) + synced(day, 2, userId="'U1'", oldBalance="90", newBalance="85")
    write_export(tmp_path / "logs", {STREAM: text})
    rules = {"rules": ("continuity",)}
    assert judge(tmp_path, tmp_path / "whole", **rules).findings == {"continuity": 1}
    since = times(tmp_path / "whole")[1]
    result = judge(tmp_path, tmp_path / "month", since=since, **rules)
    assert result.findings == {"continuity": 1}
    assert result.worst == Severity.ERROR
    assert times(tmp_path / "month") == [since]
    # The same period once more is judged by what was before it, too.
    assert judge(tmp_path, tmp_path / "month", since=since, **rules).findings == {"continuity": 1}


ACCOUNTS = """
    SELECT
        user_id, currency, opening, closing,
        credits, debits, unexplained_continuity, unexplained_arithmetic, rounding, transactions
    FROM roll_forward
"""


def accounts(output: Path) -> dict[tuple[str, str], tuple[Any, ...]]:
    """Return the roll-forward of each subscriber and currency: opening, closing, then what adds up."""
    with duckdb.connect(str(output / "balance-sync.duckdb"), read_only=True) as connection:
        return {(user, currency): own for user, currency, *own in connection.execute(ACCOUNTS).fetchall()}


def require_months_to_add_up(months: list[Path], whole: Path) -> None:
    """Hold the roll-forwards of periods that follow each other against that of the whole."""
    for output in months:
        totals = json.loads((output / "summary.json").read_text())["control_totals"]
        assert [total for total in totals if not total["holds"]] == []
    parts = [accounts(output) for output in months]
    for earlier, later in pairwise(parts):
        assert {key: own[1] for key, own in earlier.items()}.items() <= {
            key: own[0] for key, own in later.items()
        }.items()
    for key, (opening, closing, *added) in accounts(whole).items():
        own = [part[key] for part in parts if key in part]
        assert (own[0][0], own[-1][1]) == (opening, closing)
        assert [sum(amounts) for amounts in zip(*(one[2:] for one in own), strict=True)] == added


def test_each_month_opens_with_what_the_one_before_closed_with(
    archive: Path, months: list[tuple[datetime, datetime, RunResult]]
) -> None:
    require_months_to_add_up([result.database.parent for _, _, result in months], archive / "whole")


@pytest.mark.parametrize("seed", range(2))
def test_transactions_that_are_stated_again_in_a_later_month_are_no_second_link(
    seed: int, tmp_path: Path
) -> None:
    draw = random.Random(seed)
    texts = []
    for number in range(1, 40):
        balances = {
            "oldBalance": draw.choice(("100", "95")),
            "newBalance": draw.choice(("95", "95.0004", "80")),
        }
        own = {"id": f"'T{draw.randint(1, 12)}'", "userId": draw.choice(("'U1'", "'U2'"))}
        currency = draw.choice(("'BHD'", "'BHD'", "'SAR'"))
        texts.append(synced(number * 60_000, number, **own, **balances, currency=currency))
    write_export(tmp_path / "logs", {STREAM: "".join(texts)})
    rules = {"rules": ("continuity", "lost_update", "arithmetic")}
    judge(tmp_path, tmp_path / "whole", **rules)
    logged = times(tmp_path / "whole")
    cuts = [BEGINNING, logged[len(logged) // 3], logged[-8], END]
    months = [
        judge(tmp_path, tmp_path / f"{since}", since=since, until=until, **rules).database.parent
        for since, until in pairwise(cuts)
    ]
    require_months_to_add_up(months, tmp_path / "whole")


def test_nothing_of_the_whole_is_left_beside_the_database(archive: Path) -> None:
    judge(archive, archive / "late", since=times(archive / "whole")[-5])
    assert not list(archive.rglob("whole.duckdb*"))


def test_a_period_of_which_there_is_nothing(archive: Path) -> None:
    result = judge(archive, archive / "nothing", since=datetime(2098, 1, 1, tzinfo=UTC))
    assert sum(result.findings.values()) == 0
    assert result.events == 0


def test_transactions_of_before_that_findings_name_have_pseudonyms(tmp_path: Path) -> None:
    first, again = synced(0, 1, id="'first-of-all'"), synced(1_000, 2, userId="'U1'", action="'OTHER'")
    write_export(tmp_path / "logs", {STREAM: first + again + synced(2_000, 3, userId="'U1'")})
    judge(tmp_path, tmp_path / "whole", rules=("repeated_delivery",))
    output = tmp_path / "month"
    judge(tmp_path, output, since=times(tmp_path / "whole")[2], rules=("repeated_delivery",))
    with read_only_session(output / "balance-sync.duckdb") as connection:
        query = "SELECT explanation FROM findings"
        assert "first-of-all" in str(connection.execute(query).fetchall())
        pseudonymise(connection, b"0123456789abcdef")
        assert "by transaction T-" in str(connection.execute(query).fetchall())
