"""Small ledgers of a meal-subscription business, in a real database that the rules have judged."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pyarrow as pa

from balance_sync.anomalies.detect import Method, detect
from balance_sync.feedback.standing import weigh
from balance_sync.rules.runner import run_rules
from balance_sync.schema import SYNC_ERRORS, TRANSACTIONS
from balance_sync.store.session import lock_down, open_session
from balance_sync.store.tables import create_tables

MIDNIGHT = datetime(2024, 1, 1, 21, 0, tzinfo=UTC)
"""Midnight of the business day in Asia/Bahrain, when deliveries are deducted."""

ZONE = "Asia/Bahrain"


def transaction(user, at, amount, *, action="DELIVERY_DEDUCTION", type_="DEBIT", currency="BHD", **more):
    identifier = more.pop("transaction_id", f"{at:%m%dT%H%M%S%f}-{user}-{action}")
    row = dict.fromkeys(TRANSACTIONS.names) | {
        "transaction_id": identifier,
        "user_id": user,
        "logged_at": at,
        "request_id": f"request-{identifier}",
        "type": type_,
        "action": action,
        "currency": currency,
        "amount": Decimal(amount),
        "vat": Decimal(0),
        "outcome": "published",
        "source_id": f"source-{user}",
        "line": 1 + int((at - MIDNIGHT).total_seconds()),
    }
    return row | more


def ordinary_moves(subscribers=30, days=16):
    """Return deliveries every night and a payment in the daytime, by subscriber; balances are still open."""
    rows = []
    for number in range(subscribers):
        user, price = f"user-{number:03}", Decimal(7 + number % 3)
        for day in range(days):
            at = MIDNIGHT + timedelta(days=day, minutes=1, seconds=(number * 7 + day * 3) % 50)
            rows.append(transaction(user, at, price))
        paid = MIDNIGHT + timedelta(days=number % 10, hours=10 + number % 9, minutes=number)
        rows.append(transaction(user, paid, price * 20, action="RENEW_SUBSCRIPTION", type_="CREDIT"))
    return rows


def chained(rows, *, start=Decimal(500)):
    """Give each row without balances those that follow from its subscriber's earlier ones."""
    balances = {}
    for row in sorted(rows, key=lambda r: (r["logged_at"], r["transaction_id"])):
        if row["old_balance"] is None and row["amount"] is not None:
            old = balances.get(row["user_id"], start)
            new = old + (row["amount"] if row["type"] == "CREDIT" else -row["amount"])
            gap = (row["payment_balance"] - new) if row["payment_balance"] is not None else Decimal(0)
            row.update(old_balance=old, new_balance=new, payment_balance=new + gap)
            balances[row["user_id"]] = new
    return rows


@contextmanager
def judged(rows, spill: Path, *, sync_errors=(), threads=1) -> Iterator:
    """Give a locked-down session with the ledger of `rows` and the findings of the rules."""
    connection = open_session(
        None, memory_limit="512MB", threads=threads, spill_directory=spill, spill_limit="1GB"
    )
    try:
        create_tables(connection)
        fill(connection, "transactions", TRANSACTIONS, rows)
        fill(connection, "sync_errors", SYNC_ERRORS, sync_errors)
        lock_down(connection)
        run_rules(connection)
        yield connection
    finally:
        connection.close()


def fill(connection, table, schema, rows):
    connection.register("given", pa.Table.from_pylist(list(rows), schema=schema))
    connection.execute(f"INSERT INTO {table} BY NAME SELECT * FROM given")
    connection.unregister("given")


def found(connection, *, budget=10, threads=1, timezone=ZONE, decisions=(), **method):
    """Rank; `decisions` are `balance_sync.feedback.statements.Entry`."""
    standing = weigh(decisions, as_of=None, cap=10_000)
    return detect(
        connection,
        review_budget=budget,
        method=Method(seed=1, timezone=timezone, threads=threads, **method),
        deciding=standing.deciding,
        answers=standing.answers(),
    )


def identifiers(result):
    return [anomaly.context.transaction_id for anomaly in result.anomalies]
