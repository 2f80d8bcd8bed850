"""Two implementations must agree: the rules' SQL and the slow reading in plain Python."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ledger_strategies import tables
from rule_oracle import ORACLES, roll_forward

from balance_sync.rules import build_summaries, keep_ledger, load_rules, run_rules
from balance_sync.rules.fixtures import fill_tables, found_rows
from balance_sync.rules.parameters import parameter_texts
from ledger_forms import ledgers_in_place, stand_in_order

RULES = {rule.header.id: rule for rule in load_rules(check_lock=False)}
STATES = [name for name, rule in RULES.items() if rule.header.nature == "state"]


def searching(examples):
    return settings(
        max_examples=examples, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
    )


def comparable(rows):
    columns = (
        "source_id",
        "line",
        "wallet",
        "subject",
        "user_id",
        "transaction_id",
        "request_id",
        "logged_at",
    )
    figures = ("currency", "expected", "actual", "difference")
    return sorted(
        (tuple(row[column] for column in (*columns, *figures)) for row in rows),
        key=lambda row: tuple(str(value) for value in row),
    )


def test_every_rule_has_an_oracle():
    assert set(ORACLES) == set(RULES)


def check_agreement(bench, tables, *, in_place):
    with ledgers_in_place(wanted=in_place):
        fill_tables(bench, tables)
        if in_place:
            stand_in_order(bench)
            keep_ledger(bench)
    for name, rule in RULES.items():
        texts = parameter_texts(name, rule.header.params, {}, timezone="Asia/Bahrain")
        found = found_rows(bench, rule, texts)
        assert comparable(found) == comparable(ORACLES[name](tables)), name
        assert all(row["explanation"] for row in found), name


@searching(15)
@given(tables=tables, in_place=st.booleans())
def test_rules_agree_with_the_oracle(bench, tables, in_place):
    check_agreement(bench, tables, in_place=in_place)


@pytest.mark.slow
@searching(50)
@given(tables=tables, in_place=st.booleans())
def test_rules_agree_with_the_oracle_on_many_tables(bench, tables, in_place):
    check_agreement(bench, tables, in_place=in_place)


def run_all(connection, tables):
    fill_tables(connection, tables)
    stand_in_order(connection)
    run_rules(connection)
    build_summaries(connection, state_rules=STATES, timezone="Asia/Bahrain")
    return {
        name: connection.sql(f"FROM {name} ORDER BY ALL").to_arrow_table().to_pylist()
        for name in ("findings", "roll_forward", "episodes")
    }


def check_run(bench, tables, order):
    made = run_all(bench, tables)
    check_roll_forward(bench, tables, made)
    ids = [finding["finding_id"] for finding in made["findings"]]
    assert len(set(ids)) == len(ids)
    assert sum(episode["findings"] for episode in made["episodes"]) == len(ids)
    shuffled = {name: order.sample(rows, len(rows)) for name, rows in tables.items()}
    with ledgers_in_place():
        assert run_all(bench, shuffled) == made


def check_roll_forward(bench, tables, made):
    expected = roll_forward(tables["transactions"])
    assert {
        (r["user_id"], r["currency"]): (
            r["opening"],
            r["credits"],
            r["debits"],
            r["closing"],
            r["transactions"],
        )
        for r in made["roll_forward"]
    } == expected
    links = {
        (row["source_id"], row["line"])
        for row in bench.sql("SELECT source_id, line FROM ledger WHERE applied").to_arrow_table().to_pylist()
    }

    def explained(row, *rules, applied=True):
        return sum(
            (
                f["difference"]
                for f in made["findings"]
                if f["rule"] in rules
                and (f["user_id"], f["currency"]) == (row["user_id"], row["currency"])
                and ((f["source_id"], f["line"]) in links) is applied
            ),
            Decimal(0),
        )

    for row in made["roll_forward"]:
        unexplained = row["unexplained_continuity"] + row["unexplained_arithmetic"]
        total = row["opening"] + row["credits"] - row["debits"] + unexplained + row["rounding"]
        assert total == row["closing"]
        assert row["unexplained_continuity"] == explained(row, "lost_update", "continuity")
        assert row["unexplained_arithmetic"] == explained(row, "arithmetic")
        assert row["arithmetic_outside_chain"] == explained(row, "arithmetic", applied=False)


@searching(6)
@given(tables=tables, order=st.randoms(use_true_random=False))
def test_a_run_adds_up_whatever_the_order_of_rows(bench, tables, order):
    check_run(bench, tables, order)


@pytest.mark.slow
@searching(20)
@given(tables=tables, order=st.randoms(use_true_random=False))
def test_many_runs_add_up_whatever_the_order_of_rows(bench, tables, order):
    check_run(bench, tables, order)
