from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from balance_sync.errors import RuleFileError, UsageError
from balance_sync.rules import Nature, build_ledger, build_summaries, load_rules, run_rules, runner
from balance_sync.rules.fixtures import fill_tables
from balance_sync.store.session import lock_down, open_session
from balance_sync.store.tables import create_tables

START = datetime(2024, 1, 31, 20, 30, tzinfo=UTC)
STATES = ["discrepancy", "overdraft"]


def event(number, old, new, amount, **columns):
    row = {
        "transaction_id": f"t{number}",
        "user_id": "u1",
        "logged_at": START + timedelta(hours=number),
        "request_id": f"r{number}",
        "currency": "BHD",
        "type": "DEBIT",
        "amount": amount,
        "old_balance": old,
        "new_balance": new,
    }
    return row | columns


def record(number, subscription, payment, **columns):
    balances = {"subscription_balance": subscription, "payment_balance": payment}
    row = {"user_id": "u1", "logged_at": START + timedelta(hours=number), "request_id": f"e{number}"}
    return row | balances | columns


def episodes(bench, rule, timezone="Asia/Bahrain", **tables):
    fill_tables(bench, tables)
    run_rules(bench)
    build_summaries(bench, state_rules=STATES, timezone=timezone)
    found = bench.sql(f"SELECT * FROM episodes WHERE rule = '{rule}' ORDER BY first_at").to_arrow_table()
    return found.to_pylist()


def told(rows, *columns):
    return [tuple(row[column] for column in columns) for row in rows]


def test_runs_are_recorded_with_what_they_ran(bench):
    fill_tables(bench, {"transactions": [event(1, "1", "-2", "3")]})
    runs = run_rules(bench, selection=["overdraft@1", "arithmetic"])
    hashes = {rule.key: rule.file.sha256 for rule in load_rules()}
    assert [(run.id, run.version, run.findings) for run in runs] == [
        ("arithmetic", 1, 0),
        ("overdraft", 1, 1),
    ]
    assert runs[1].sha256 == hashes["overdraft@1"]
    assert runs[1].parameters == {"lowest_balance": "0"}
    assert (runs[1].severity, runs[1].nature) == ("critical", Nature.STATE)
    stored = bench.execute("SELECT rule, rule_version, severity, user_id FROM findings").fetchall()
    assert stored == [("overdraft", 1, "critical", "u1")]


def test_parameters_are_given_by_rule(bench):
    fill_tables(bench, {"transactions": [event(1, "10", "7", "3")]})
    (run,) = run_rules(
        bench, selection=["overdraft"], parameters={"overdraft": {"lowest_balance": Decimal("7.5")}}
    )
    assert (run.findings, run.parameters) == (1, {"lowest_balance": "7.5"})
    rows = bench.execute("SELECT expected::VARCHAR FROM findings").fetchall()
    assert rows == [("7.500000000000000000",)]


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"overdraft": {"floor": 1}}, "no such parameter"),
        ({"overdraft": {"lowest_balance": "a lot"}}, "'a lot' is no DECIMAL"),
        ({"overdraft": {"lowest_balance": "NaN"}}, "is no amount"),
        ({"arithmetic": {"x": 1}}, "its rule does not run"),
    ],
)
def test_wrong_parameters_are_usage_errors(bench, parameters, message):
    with pytest.raises(UsageError, match=message):
        run_rules(bench, selection=["overdraft"], parameters=parameters)


def test_a_parameter_called_timezone_takes_the_runs_time_zone(own_rule, bench):
    own_rule(
        "[params.largest_amount]",
        '[params.timezone]\ntype = "VARCHAR"\ndefault = "UTC"\nhelp = "Zone."\n\n[params.largest_amount]',
    )
    directory = own_rule("WHERE l.amount", "WHERE hour(l.logged_at AT TIME ZONE $timezone) < 6 AND l.amount")
    fill_tables(bench, {"transactions": [event(1, "3000", "1000", "2000")]})
    choice = {"selection": ["large_amount"], "rules_directory": directory}
    assert run_rules(bench, **choice, timezone="UTC")[0].findings == 0
    assert run_rules(bench, **choice, timezone="Asia/Bahrain")[0].findings == 1


def test_own_rules_run_beside_the_built_in_ones(own_rule, bench):
    fill_tables(bench, {"transactions": [event(1, "3000", "1000", "2000")]})
    runs = run_rules(bench, rules_directory=own_rule("First", "First"))
    assert {run.id for run in runs} >= {"large_amount", "overdraft"}
    assert sum(run.findings for run in runs) == 1


def test_a_profile_of_each_query_is_kept(bench, tmp_path):
    fill_tables(bench, {"transactions": [event(1, "1", "-2", "3")]})
    run_rules(bench, selection=["overdraft", "arithmetic"], profile_directory=tmp_path / "profile")
    names = sorted(path.name for path in (tmp_path / "profile").iterdir())
    assert names == ["00_ledger.txt", "01_arithmetic.txt", "02_overdraft.txt"]
    assert "ledger" in (tmp_path / "profile" / "02_overdraft.txt").read_text()


def test_a_changed_built_in_rule_does_not_run(bench, monkeypatch, tmp_path):
    import shutil

    from balance_sync.store.sql_files import sql_directory

    copy = tmp_path / "sql"
    shutil.copytree(sql_directory(), copy)
    path = copy / "rules" / "overdraft" / "v1.sql"
    path.write_text(path.read_text().replace("< $lowest_balance", "<= $lowest_balance"))
    monkeypatch.setattr("balance_sync.rules.catalogue.sql_directory", lambda: copy)
    with pytest.raises(RuleFileError, match="changed after its release"):
        run_rules(bench)


def test_a_changed_view_does_not_run(bench, monkeypatch, tmp_path):
    import shutil

    from balance_sync.store.sql_files import sql_directory

    copy = tmp_path / "sql"
    shutil.copytree(sql_directory(), copy)
    path = copy / "views" / "ledger.sql"
    path.write_text(path.read_text() + "LIMIT 1\n")
    monkeypatch.setattr("balance_sync.rules.views.sql_directory", lambda: copy)
    with pytest.raises(RuleFileError, match="ledger@2 was changed"):
        build_ledger(bench)


def test_overdraft_episodes_open_and_close(bench):
    chain = [
        event(1, "5", "-1", "6"),
        event(2, "-1", "-3", "2"),
        event(3, "-3", "7", "10", type="CREDIT"),
        event(4, "7", "-0.5", "7.5"),
    ]
    found = episodes(bench, "overdraft", transactions=chain)
    assert told(found, "wallet", "status", "findings", "worst", "amount_at_risk") == [
        ("subscription", "closed", 2, Decimal(-3), Decimal(3)),
        ("subscription", "open", 1, Decimal("-0.5"), Decimal("0.5")),
    ]


def test_the_payment_wallet_is_judged_by_events_that_state_it(bench):
    chain = [
        event(1, "50", "49", "1", payment_balance="-1"),
        event(2, "49", "48", "1"),
        event(3, "48", "47", "1", payment_balance="-2"),
        event(4, "47", "46", "1"),
    ]
    found = episodes(bench, "overdraft", transactions=chain)
    assert told(found, "wallet", "status", "findings") == [("payment", "open", 2)]


def test_discrepancy_episodes_end_where_balances_agree(bench):
    records = [record(1, "10", "12"), record(2, "9", "11"), record(5, "8", "8.5")]
    agreeing = [
        event(3, "10", "8", "2", payment_balance="8"),
        event(4, "8", "7", "1", payment_balance="7.0004"),
    ]
    found = episodes(bench, "discrepancy", sync_errors=records, transactions=agreeing)
    assert told(found, "status", "findings", "worst", "last_difference", "amount_at_risk") == [
        ("closed", 2, Decimal(2), Decimal(2), Decimal(2)),
        ("open", 1, Decimal("0.5"), Decimal("0.5"), Decimal("0.5")),
    ]


def test_a_transaction_that_states_no_payment_balance_proves_no_agreement(bench):
    found = episodes(
        bench,
        "discrepancy",
        sync_errors=[record(1, "10", "12"), record(3, "9", "11")],
        transactions=[event(2, "10", "8", "2"), event(4, "8", "7", "1")],
    )
    assert told(found, "status", "findings") == [("open", 2)]


def test_a_record_of_the_same_request_outweighs_the_transaction(bench):
    found = episodes(
        bench,
        "discrepancy",
        sync_errors=[record(1, "10", "12"), record(3, "9", "11", request_id="r2")],
        transactions=[event(2, "10", "8", "2", payment_balance="8")],
    )
    assert told(found, "status", "findings") == [("open", 2)]


def test_events_in_a_row_are_one_episode(bench):
    chain = [
        event(1, "10", "9", "3"),
        event(2, "9", "8", "3"),
        event(3, "8", "5", "3"),
        event(4, "5", "4", "3"),
    ]
    found = episodes(bench, "arithmetic", transactions=chain)
    assert told(found, "status", "findings", "amount_at_risk") == [
        ("event", 2, Decimal(4)),
        ("event", 1, Decimal(2)),
    ]


def test_days_are_those_of_the_business(bench):
    chain = [event(0, "10", "9", "3"), event(1, "9", "8", "3")]
    (found,) = told(episodes(bench, "arithmetic", transactions=chain), "first_day", "last_day")
    assert found == (date(2024, 1, 31), date(2024, 2, 1))
    (found,) = told(episodes(bench, "arithmetic", "UTC", transactions=chain), "first_day", "last_day")
    assert found == (date(2024, 1, 31), date(2024, 1, 31))


def test_findings_about_messages_follow_their_transactions(bench):
    messages = [
        {"message_id": f"m{n}", "request_id": f"r{n}", "started_at": START, "outcome": "failed"}
        | {"transaction_id": f"t{n}"}
        for n in (1, 2, 4)
    ]
    nameless = {"message_id": "m9", "request_id": "r9", "started_at": START, "outcome": "failed"}
    chain = [event(n, str(10 - n), str(9 - n), "1", message_id=f"m{n}") for n in (1, 2, 3, 4)]
    found = episodes(bench, "failed_sync", transactions=chain, messages=[*messages, nameless, nameless])
    assert sorted(told(found, "user_id", "findings"), key=str) == [("u1", 1), ("u1", 2), (None, 1), (None, 1)]


def test_the_published_ledger_is_a_view_that_survives_a_rename(tmp_path):
    limits = {
        "memory_limit": "100MB",
        "threads": 1,
        "spill_directory": tmp_path / "s",
        "spill_limit": "100MB",
    }
    connection = open_session(tmp_path / "run.part", **limits)
    create_tables(connection)
    connection.execute(
        "INSERT INTO transactions BY NAME SELECT 't1' AS transaction_id, 'u1' AS user_id, 5 AS old_balance,"
        " 4 AS new_balance, TIMESTAMPTZ '2024-01-31 21:00:00Z' AS logged_at, 'a' AS source_id, 1 AS line"
    )
    lock_down(connection)
    run_rules(connection, timezone=runner.BUSINESS_TIMEZONE)
    build_summaries(connection, state_rules=STATES, timezone=runner.BUSINESS_TIMEZONE)
    connection.close()
    (tmp_path / "run.part").rename(tmp_path / "balance-sync.duckdb")
    connection = open_session(tmp_path / "balance-sync.duckdb", **limits)
    assert connection.execute("SELECT transaction_id, applied FROM ledger").fetchall() == [("t1", True)]
    assert connection.execute("SELECT count(*) FROM roll_forward").fetchall() == [(1,)]
    connection.close()
