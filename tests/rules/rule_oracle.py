"""The rules once more, in plain Python and slowly: what the SQL must agree with.

Written from the rules' definitions, row by row, with no thought of speed. Rows are dictionaries with
every column of their table; money is `Decimal`, times are aware.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from decimal import ROUND_HALF_UP, Decimal, localcontext

from balance_sync.currency import minor_unit, tolerance

NOT_APPLIED = ("rejected_negative", "failed")
NOTHING = Decimal(0)


def event_order(event):
    return (event["logged_at"], event["source_id"], event["line"])


def chain_order(event):
    # SQL sorts an absent id last.
    identity = event["transaction_id"]
    return (event["logged_at"], identity is None, identity or "", event["source_id"], event["line"])


def build_ledger(transactions):
    """Return copies of the events with everything the rules derive from them."""
    ledger = [dict(event) for event in sorted(transactions, key=chain_order)]
    stated = set()
    for event in sorted(ledger, key=event_order):
        took_effect = event["outcome"] not in NOT_APPLIED
        states = tuple(
            event[c] for c in ("transaction_id", "user_id", "currency", "old_balance", "new_balance")
        )
        event["repeats_earlier"] = took_effect and states[0] is not None and states in stated
        if took_effect:
            stated.add(states)
        known = None not in (event["user_id"], event["old_balance"], event["new_balance"])
        event["applied"] = took_effect and known and not event["repeats_earlier"]
    last = {}
    for event in ledger:
        event["tolerance"] = tolerance(event["currency"])
        event["net"] = (event["amount"] or NOTHING) - (event["vat"] or NOTHING)
        event["direction"] = direction(event)
        event["expected"] = expected_balance(event)
        event["previous"] = None
        if event["applied"]:
            chain = (event["user_id"], event["currency"])
            event["previous"] = last.get(chain)
            last[chain] = event
    return ledger


def direction(event):
    if event["type"] in ("CREDIT", "DEBIT"):
        return event["type"]
    old, new, net = event["old_balance"], event["new_balance"], event["net"]
    if old is None or new is None:
        return None
    errors = {"CREDIT": abs(old + net - new), "DEBIT": abs(old - net - new)}
    best = min(errors, key=errors.__getitem__)
    if errors[best] <= event["tolerance"]:
        return best
    return "CREDIT" if new > old else "DEBIT"


def expected_balance(event):
    if event["direction"] is None or event["old_balance"] is None:
        return None
    return event["old_balance"] + (event["net"] if event["direction"] == "CREDIT" else -event["net"])


def finding(row, subject, expected, actual, **columns):
    difference = None if expected is None or actual is None else actual - expected
    kept = ("user_id", "transaction_id", "request_id", "logged_at", "currency", "source_id", "line")
    made = {name: row.get(name) for name in kept} | {"wallet": None} | columns
    return made | {"subject": subject, "expected": expected, "actual": actual, "difference": difference}


def subject_of(event):
    return event["transaction_id"] or event["request_id"] or ""


def overdraft(tables):
    for event in build_ledger(tables["transactions"]):
        for wallet, balance in (
            ("subscription", event["new_balance"]),
            ("payment", event["payment_balance"]),
        ):
            if balance is not None and balance < 0:
                yield finding(event, f"{subject_of(event)}/{wallet}", NOTHING, balance, wallet=wallet)


def currency_at(user_id, moment, transactions):
    stated = [t for t in transactions if t["user_id"] == user_id and t["currency"] is not None]
    before = [t for t in stated if t["logged_at"] <= moment]
    if user_id is None or not stated:
        return None
    nearest = (
        max(before, key=lambda t: t["logged_at"]) if before else min(stated, key=lambda t: t["logged_at"])
    )
    return min(t["currency"] for t in stated if t["logged_at"] == nearest["logged_at"])


def discrepancy(tables):
    for record in tables["sync_errors"]:
        subscription, payment = record["subscription_balance"], record["payment_balance"]
        currency = currency_at(record["user_id"], record["logged_at"], tables["transactions"])
        if None not in (subscription, payment) and abs(payment - subscription) > tolerance(currency):
            subject = f"{record['user_id'] or ''}/{record['request_id'] or ''}"
            yield finding(record, subject, subscription, payment, currency=currency)


def arithmetic(tables):
    for event in build_ledger(tables["transactions"]):
        expected, actual = event["expected"], event["new_balance"]
        if None not in (expected, actual) and abs(actual - expected) > event["tolerance"]:
            yield finding(event, subject_of(event), expected, actual, wallet="subscription")


def breaks(tables):
    """Yield links that do not start where the link before ended, and whether both started alike."""
    for event in build_ledger(tables["transactions"]):
        before = event["previous"]
        if before and abs(event["old_balance"] - before["new_balance"]) > event["tolerance"]:
            alike = abs(event["old_balance"] - before["old_balance"]) <= event["tolerance"]
            made = finding(
                event, subject_of(event), before["new_balance"], event["old_balance"], wallet="subscription"
            )
            yield made, alike


def lost_update(tables):
    return (made for made, alike in breaks(tables) if alike)


def continuity(tables):
    return (made for made, alike in breaks(tables) if not alike)


def duplicate_transaction(tables):
    seen, applied = set(), set()
    for event in sorted(build_ledger(tables["transactions"]), key=event_order):
        identity = event["transaction_id"]
        if identity is None:
            continue
        if identity in seen:
            again = event["applied"] and identity in applied
            expected = event["old_balance"] if again else event["new_balance"]
            made = finding(event, identity, expected, event["new_balance"], wallet="subscription")
            yield made if again else made | {"difference": NOTHING}
        seen.add(identity)
        if event["applied"]:
            applied.add(identity)


def delivery_of(event):
    try:
        return json.loads(event["metadata"] or "").get("deliveryId")
    except ValueError:
        return None


def repeated_delivery(tables):
    seen = set()
    for event in build_ledger(tables["transactions"]):
        delivery = delivery_of(event)
        debit = event["action"] == "DELIVERY_DEDUCTION" and event["direction"] == "DEBIT"
        if not debit or not delivery or event["user_id"] is None or event["repeats_earlier"]:
            continue
        if (event["user_id"], delivery) in seen:
            void = event["outcome"] in NOT_APPLIED
            actual = event["old_balance"] if void else event["new_balance"]
            made = finding(event, subject_of(event), event["old_balance"], actual, wallet="subscription")
            yield made | {"difference": NOTHING} if void else made
        seen.add((event["user_id"], delivery))


def negative_amount(tables):
    for event in build_ledger(tables["transactions"]):
        if event["amount"] is not None and event["amount"] < 0:
            yield finding(event, subject_of(event), NOTHING, event["amount"], wallet="subscription")


def message_finding(message, transactions):
    keys = ("request_id", "message_id", "transaction_id")
    own = [
        event
        for event in build_ledger(transactions)
        if all(event[k] is not None and event[k] == message[k] for k in keys)
        and event["logged_at"] >= message["started_at"]
    ]
    event = min(own, key=event_order, default=None)
    change = None
    if event is not None:
        change = -event["net"] if event["direction"] == "DEBIT" else event["net"]
    row = message | {"logged_at": message["started_at"]}
    row |= {name: event and event[name] for name in ("user_id", "currency")}
    return finding(
        row, message["message_id"] or message["request_id"] or "", change, change and NOTHING * change
    )


def incomplete_sync(tables):
    for message in tables["messages"]:
        if message["outcome"] == "incomplete" and message["transaction_id"] is not None:
            yield message_finding(message, tables["transactions"])


def failed_sync(tables):
    for message in tables["messages"]:
        if message["outcome"] == "failed":
            yield message_finding(message, tables["transactions"])


def repeated_message(tables):
    seen = set()
    for message in sorted(tables["messages"], key=lambda m: (m["started_at"], m["source_id"], m["line"])):
        identity = message["message_id"]
        if identity is not None and identity in seen:
            own = [
                event
                for event in tables["transactions"]
                if event["transaction_id"] is not None
                and event["transaction_id"] == message["transaction_id"]
            ]
            event = min(own, key=event_order, default={"user_id": None, "currency": None})
            row = message | {"logged_at": message["started_at"]}
            yield finding(row | {k: event[k] for k in ("user_id", "currency")}, identity, None, None)
        seen.add(identity)


def sub_minor_unit(tables):
    with localcontext(prec=60):
        for event in tables["transactions"]:
            if event["amount"] is None:
                continue
            unit = Decimal(1).scaleb(-minor_unit(event["currency"]))
            nearest = (event["amount"] / unit).quantize(Decimal(1), rounding=ROUND_HALF_UP) * unit
            if nearest != event["amount"]:
                yield finding(event, subject_of(event), nearest, event["amount"])


def suspect_event(tables):
    for suspect in tables["suspects"]:
        yield finding(suspect, f"{suspect['request_id'] or ''}/{suspect['kind']}", None, None)


ORACLES = {
    oracle.__name__: oracle
    for oracle in (
        arithmetic,
        continuity,
        discrepancy,
        duplicate_transaction,
        failed_sync,
        incomplete_sync,
        lost_update,
        negative_amount,
        overdraft,
        repeated_delivery,
        repeated_message,
        sub_minor_unit,
        suspect_event,
    )
}


def roll_forward(transactions):
    """Return (user, currency) to opening, credits, debits, closing and number of links."""
    chains = defaultdict(list)
    for event in build_ledger(transactions):
        if event["applied"]:
            chains[event["user_id"], event["currency"]].append(event)
    rows = {}
    for key, chain in chains.items():
        sums = Counter()
        for event in chain:
            sums[event["direction"]] += event["net"]
        rows[key] = (
            chain[0]["old_balance"],
            NOTHING + sums["CREDIT"],
            NOTHING + sums["DEBIT"],
            chain[-1]["new_balance"],
            len(chain),
        )
    return rows
