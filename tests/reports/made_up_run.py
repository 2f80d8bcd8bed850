"""A finished run about made-up subscribers: some in order, some not, some hostile."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import duckdb

from balance_sync.feedback.publish import record_feedback
from balance_sync.feedback.standing import weigh
from balance_sync.feedback.statements import Decision, Entry, Scope, Statement, Subject
from balance_sync.reports.context import ReportContext, RuleRun
from balance_sync.reports.queries import report_sql
from balance_sync.rules import build_summaries, run_rules
from balance_sync.rules.header import Nature
from balance_sync.store.session import lock_down
from balance_sync.store.tables import create_tables

START = datetime(2024, 1, 1, 6, 0, tzinfo=UTC)
HOSTILE = (
    '=HYPERLINK("http://evil.example","x")',
    "<script>alert(1)</script>",
    "+1-@\ttab",
    "\u202etxt.exe",
    "nul\x00bell\x07",
    "<r><t>rich</t></r>",
    "_x0041__x0042_",
    " led and trailed ",
    "http://evil.example/a",
    "'=1",
)


def transaction(number, user="subscriber-1", currency="BHD", **fields):
    """Give a row of `transactions`; what is not said is in order."""
    row = {
        "transaction_id": f"tx-{number:04}",
        "user_id": user,
        "logged_at": START + timedelta(hours=number),
        "request_id": f"request-{number:04}",
        "message_id": f"message-{number:04}",
        "type": "DEBIT",
        "source_kind": "SUBSCRIPTION",
        "action": "DELIVERY_DEDUCTION",
        "currency": currency,
        "amount": Decimal("9"),
        "vat": Decimal("0"),
        "old_balance": Decimal("100"),
        "new_balance": Decimal("91"),
        "payment_balance": None,
        "update_payment_balance": True,
        "metadata": f'{{"deliveryId":"delivery-{number}","planType":"Basic"}}',
        "outcome": "published",
        "source_id": "source-a",
        "line": 10 * number + 1,
    }
    return row | fields


def usual_transactions():
    """Give transactions that break most rules about ledgers, in three currencies and a missing one."""
    rows = [
        transaction(1, old_balance=Decimal(100), new_balance=Decimal(91)),
        transaction(2, old_balance=Decimal(91), new_balance=Decimal(82), payment_balance=Decimal("-5.25")),
        # Starts from the balance that the one before started from.
        transaction(3, old_balance=Decimal(91), new_balance=Decimal(82)),
        # Money appeared, and the figures do not add up.
        transaction(4, old_balance=Decimal(90), new_balance=Decimal("80.5")),
        transaction(5, "subscriber-2", "SAR", old_balance=Decimal(4), new_balance=Decimal(-5)),
        transaction(6, "subscriber-2", "SAR", old_balance=Decimal(-5), new_balance=Decimal("-103371.09"))
        | {"amount": Decimal("103366.09")},
        transaction(
            7, "subscriber-3", "BHD", old_balance=Decimal(50), new_balance=Decimal("13.199999999999996")
        )
        | {"amount": Decimal("36.800000000000004")},
        transaction(
            8, "subscriber-3", "BHD", old_balance=Decimal("13.199999999999996"), new_balance=Decimal(15)
        )
        | {"amount": Decimal("-1.800000000000004")},
        transaction(9, "subscriber-4", None, type=None, action=None, metadata=None),
        transaction(10, "subscriber-5", "JPY", type="CREDIT", old_balance=Decimal(0), new_balance=Decimal(9)),
        transaction(11, "subscriber-5", "JPY", old_balance=Decimal(9), new_balance=Decimal(0)),
    ]
    rows += [
        transaction(20 + number, text, "KWD", action=text, metadata='{"deliveryId":"=1+1","planType":"@x"}')
        for number, text in enumerate(HOSTILE)
    ]
    return rows


SYNC_ERRORS = (
    ("subscriber-1", "82", "77.5", 1, 1041),
    ("subscriber-1", "82", "77.5", 30, 1042),
    ("subscriber-2", "-5", "10.123456789012345678", 31, 1043),
)


@contextmanager
def made_up_run(transactions=None, *, sync_errors=SYNC_ERRORS, rejects=(), anomalies=True, locked=True):
    """Give a session on a finished run and the context of its report."""
    with duckdb.connect(":memory:") as connection:
        connection.execute("SET TimeZone = 'UTC'")
        create_tables(connection)
        rows = usual_transactions() if transactions is None else transactions
        _insert(connection, "transactions", rows)
        _insert(connection, "messages", [_message(row) for row in rows])
        kinds = _kinds(rows, sync_errors, rejects)
        _insert(connection, "sources", _sources(rows, sum(kinds.values())))
        _insert(connection, "rejects", rejects)
        _insert(
            connection,
            "sync_errors",
            [
                {
                    "user_id": user,
                    "subscription_balance": Decimal(subscription),
                    "payment_balance": Decimal(payment),
                    "logged_at": START + timedelta(hours=hours),
                    "request_id": f"sync-{line}",
                    "source_id": "source-a",
                    "line": line,
                }
                for user, subscription, payment, hours, line in sync_errors
            ],
        )
        runs = run_rules(connection)
        # What rules say in words is theirs, and these tests are about how it is shown.
        connection.execute("UPDATE findings SET explanation = rule || ' in line ' || line, rule_version = 1")
        found = _flag_first(connection) if anomalies and rows else 0
        if found and transactions is None:
            _decide(connection)
        states = [run.id for run in runs if run.nature is Nature.STATE]
        build_summaries(connection, state_rules=states, timezone="Asia/Bahrain")
        if locked:
            lock_down(connection)
        yield connection, context_of(runs, anomalies=found if anomalies else None, kinds=kinds)


def _kinds(rows, sync_errors, rejects):
    """Return how many events of each kind there would be, with an END for each transaction."""
    if not rows:
        return {}
    records = {"transaction": len(rows) + len(rejects), "sync_error": len(sync_errors)}
    return {"end": len(rows), "processing": len(rows), **records}


def context_of(runs, *, anomalies, kinds):
    """Give the context of a run of `runs`, and of the detector where it ran."""
    rules = [
        RuleRun(
            *(
                run.id,
                1,
                run.severity,
                f"Title of {run.id}",
                f"What {run.id}\n means.",
                "0" * 64,
                run.findings,
            ),
            triage=f"What\n to do about {run.id}.",
        )
        for run in runs
    ]
    if anomalies is not None:
        rules.append(RuleRun("anomaly", 1, "warning", "Unusual", "What is odd.", "f" * 64, anomalies))
    return ReportContext(
        run_id="0123456789abcdef",
        version="1.2.3",
        timezone="Asia/Bahrain",
        rules=tuple(rules),
        inputs=("logs",),
        options=(("review", "50"),),
        event_kinds=tuple(sorted(kinds.items())),
        started_at=START,
        finished_at=START,
        elapsed_s=1.5,
    )


def _insert(connection, table, rows):
    for row in rows:
        names = ", ".join(row)
        marks = ", ".join(f"${name}" for name in row)
        connection.execute(f"INSERT INTO {table} ({names}) VALUES ({marks})", row)


def _message(row):
    return {
        "message_id": row["message_id"],
        "request_id": row["request_id"],
        "started_at": row["logged_at"],
        "outcome": row["outcome"],
        "transaction_id": row["transaction_id"],
        "source_id": row["source_id"],
        "line": row["line"],
    }


def _sources(rows, events):
    if not rows:
        return []
    times = [row["logged_at"] for row in rows]
    whole = {
        "source_id": "source-a",
        "path": "export/2024-01-01-[$LATEST]abc/000000.gz",
        "size_bytes": 1000,
        "text_bytes": 5000,
        "event_bytes": 5000,
        "content_hash": "a" * 64,
        "events": events,
        "repeated_events": 0,
        "first_at": min(times),
        "last_at": max(times),
        "status": "read",
    }
    broken = whole | {"source_id": "source-b", "path": "export/=b.gz", "events": 0}
    broken |= {"text_bytes": 0, "event_bytes": 0}
    return [whole, broken | {"status": "damaged", "reason": "truncated at byte 17"}]


def _decide(connection):
    """Decide about findings of rules, the flagged transaction, and one that is set aside for it."""
    connection.execute(
        """
        INSERT INTO anomalies_set_aside
        SELECT 'aside-finding', transaction_id, user_id, currency, source_id, line, 0.5, 98.25, 'odd hour', 4
        FROM transactions ORDER BY logged_at, line LIMIT 1 OFFSET 1
        """
    )
    entries = [
        Entry(number, statement, "", f"hash-{number}")
        for number, statement in enumerate(_statements(connection), start=1)
    ]
    record_feedback(
        connection,
        entries,
        weigh(entries, as_of=None, cap=100),
        review_budget=50,
        daily_cap=100,
        ranking_ignored=False,
    )


def _statements(connection):
    overdraft = "SELECT min(finding_id) FROM findings WHERE rule = 'overdraft'"
    out_of_sync = "SELECT min(finding_id) FROM findings WHERE rule = 'discrepancy'"
    said = {"decided_by": "Aisha", "decided_at": START}
    for query, rule, decision, note, scope in (
        (overdraft, "overdraft", "confirmed", "=1+1 <b> told the bank " * 5, "finding"),
        (out_of_sync, "discrepancy", "accepted", "agreed in March", "rule+subscriber"),
        ("SELECT 'anomaly-finding'", "anomaly", "needs_information", "", "finding"),
        ("SELECT 'aside-finding'", "anomaly", "false_positive", "خدمة", "finding"),
    ):
        ((finding,),) = connection.execute(query).fetchall()
        subject = Subject(finding, rule, "subscriber-1", "BHD")
        yield Statement(subject=subject, decision=Decision(decision), note=note, scope=Scope(scope), **said)


def _move_levels(connection):
    """Tell of a night and of levels, as the detector would."""
    connection.execute(report_sql("no_periods").replace("TEMP ", ""))
    connection.execute(
        """
        INSERT INTO unusual_nights VALUES
        ('debits', NULL, '2024-01-01', '2024-01-02', 2, 'fewer', 12, 326.5, 8.31, '12 debits on 2 days'),
        ('repeats', '=1', '2024-01-01', '2024-01-01', 1, 'more', 1078, 0.5, 15.84, '=1,078 repeated debits')
        """
    )
    connection.execute(
        """
        INSERT INTO change_points VALUES
        ('balance', 'subscriber-1', 'BHD', '2024-01-01', '2024-01-02', 72, 9896.0005, 99.99,
            'a balance of about 9896.0005 BHD, 72.000 BHD before', 'tx-0001', 'source-a', 11),
        ('spending', '<b>', NULL, '2024-01-02', '2024-01-02', 4, 9, 8.11, 'debits of about <b>9.00</b>',
            '=tx', 'source-a', 21),
        ('volume', NULL, 'SAR', '2024-01-02', '2024-01-02', 13, 54, 0.62, '54 debits a day in SAR, 13 before',
            NULL, NULL, NULL)
        """
    )


def _flag_first(connection):
    """Flag the first transaction, as the detector would."""
    connection.execute(
        """
        CREATE TABLE anomalies AS
        SELECT
            transaction_id, user_id, source_id, line, 0.75::DECIMAL(9, 6) AS score,
            99.5::DECIMAL(9, 4) AS percentile, 1 AS rank,
            'amount <b>9.000</b> BHD; usual is 1 to 2' AS reasons
        FROM transactions ORDER BY logged_at, line LIMIT 1
        """
    )
    connection.execute("CREATE TABLE anomaly_reasons AS SELECT 1 AS rank, 1 AS place, 'amount' AS reason")
    connection.execute(
        "CREATE TABLE anomaly_totals AS SELECT 9 AS examined, 2 AS explained, 1 AS flagged, 0 AS set_aside,"
        " 3 AS most_per_subscriber, 2 AS learned_from"
    )
    connection.execute(
        "CREATE TABLE anomaly_drift AS"
        " SELECT 'pause' AS feature, 0.3125::DECIMAL(9, 4) AS psi, 'changed' AS verdict"
    )
    _move_levels(connection)
    connection.execute(
        """
        INSERT INTO findings BY NAME
        SELECT
            'anomaly-finding' AS finding_id, 'anomaly' AS rule, 1 AS rule_version, 'warning' AS severity,
            t.user_id, t.transaction_id, t.request_id, t.logged_at, t.currency, a.reasons AS explanation,
            t.source_id, t.line
        FROM anomalies AS a INNER JOIN transactions AS t ON a.source_id = t.source_id AND a.line = t.line
        """
    )
    return 1
