"""A slow and simple reading of an archive, made of nothing but regular expressions and dictionaries.

It shares no code with the generator or with the product: it is what their answers are held against.
"""

from __future__ import annotations

import gzip
import re
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from decimal import Decimal, localcontext
from pathlib import Path

EVENT = re.compile(rb"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z ", re.MULTILINE)
APPLICATION = re.compile(r"(\S+Z)\t(\S+)\t(\w+)\t(.*)", re.DOTALL)
DECIMALS = {"BHD": 3, "KWD": 3}
PLATFORM = (
    ('{"_aws"', "EMF"),
    ("INIT_START ", "INIT_START"),
    ("INIT_REPORT ", "INIT_REPORT"),
    ("RequestId: ", "RUNTIME"),
    ("Unknown application error", "UNKNOWN"),
)
STEPS = (
    ("Processing message ", "PROCESSING", None),
    ("Start syncing the balance {", "SYNC", None),
    ("Subscription balance and payment balance are not in sync", "NOT_IN_SYNC", None),
    ("SubscriptionBalanceUpdated event published", "PUBLISHED", "published"),
    ("Skipping the process, balance is already synced", "SYNCED", "already_synced"),
    ("Balance is already synced", "SYNCED", "already_synced"),
    ("Skipping the balance sync for create", "CREATE", "skipped_create"),
    ("Skipping the process, Update Payment Balance Flag is set to false", "FLAG", "skipped_flag"),
    ("{\n  message: 'Subscriber will have a negative balance", "REJECTED", "rejected_negative"),
)


@dataclass
class Reading:
    files: int = 0
    disordered: int = 0
    kinds: Counter = field(default_factory=Counter)
    kind_bytes: Counter = field(default_factory=Counter)
    text_sizes: list = field(default_factory=list)
    gzip_sizes: list = field(default_factory=list)
    ids: Counter = field(default_factory=Counter)
    transactions: list = field(default_factory=list)
    sync_errors: list = field(default_factory=list)
    messages: list = field(default_factory=list)

    @property
    def events(self) -> int:
        return sum(self.kinds.values())


def read_archive(logs: Path) -> Reading:
    reading = Reading()
    for path in sorted(logs.rglob("*.gz")):
        packed = path.read_bytes()
        text = gzip.decompress(packed)
        reading.files += 1
        reading.text_sizes.append(len(text))
        reading.gzip_sizes.append(len(packed))
        _read_text(text, reading)
    return reading


def _read_text(text: bytes, reading: Reading) -> None:
    starts = [m.start() for m in EVENT.finditer(text)]
    assert starts[0] == 0
    events = [text[a:b] for a, b in zip(starts, [*starts[1:], len(text)], strict=True)]
    times = [event[:24].decode() for event in events]
    reading.disordered += times != sorted(times)
    requests, endings = defaultdict(list), {}
    for number in sorted(range(len(events)), key=lambda n: (times[n], n)):
        assert events[number].endswith(b"\n\n")
        body = events[number][25:-2].decode()
        kind, request, step = _classify(body, times[number])
        reading.kinds[kind] += 1
        reading.kind_bytes[kind] += len(events[number])
        if kind == "START":
            reading.ids["request", request] += 1
        if kind == "REPORT" and ("Status: timeout" in body or "Status: error" in body):
            endings[request] = "failed"
        if step is not None:
            requests[request].append((times[number], *step))
    for request, steps in requests.items():
        _follow(steps, endings.get(request, "incomplete"), reading)


def _classify(body: str, at: str) -> tuple:
    """Return an event's kind, its request and, for one that tells something of a message, a step."""
    match = APPLICATION.fullmatch(body)
    if match is None:
        return _classify_platform(body)
    inner, request, level, text = match.groups()
    assert inner == at
    for beginning, kind, outcome in STEPS:
        if text.startswith(beginning):
            value = text[19:] if kind == "PROCESSING" else _fields(text)
            return kind, request, (kind, outcome or value)
    if level == "ERROR":
        return ("CRASH", None, None) if request == "undefined" else ("ERROR", request, ("ERROR", "failed"))
    return "DEBUG", request, None


def _classify_platform(body: str) -> tuple:
    for beginning, kind in PLATFORM:
        if body.startswith(beginning):
            return kind, None, None
    if " Task timed out after " in body:
        return "TIMEOUT", None, None
    word, _, request, *_ = body.split()
    assert word in ("START", "END", "REPORT")
    return word, request, None


def _fields(text: str) -> dict:
    values = dict(re.findall(r"^(?:  |    )(\w+): (.*?),?$", text, re.MULTILINE))
    return {k: v[1:-1] if v[0] in "'`\"" else v for k, v in values.items()}


def _follow(steps: list, ending: str, reading: Reading) -> None:
    messages = []
    for at, kind, value in steps:
        if kind == "PROCESSING":
            messages.append({"id": value, "at": at, "outcome": None, "transactions": []})
            reading.ids["message", value] += 1
        elif kind == "SYNC":
            record = {**value, "at": at, "message": messages[-1]}
            messages[-1]["transactions"].append(record)
            reading.transactions.append(record)
            reading.ids["transaction", value["id"]] += 1
        elif kind == "NOT_IN_SYNC":
            reading.sync_errors.append({**value, "at": at})
        else:
            messages[-1]["outcome"] = messages[-1]["outcome"] or value
    for message in messages:
        message["outcome"] = message["outcome"] or ending
    reading.messages += messages


def tolerance(currency: str | None) -> Decimal:
    return Decimal(5).scaleb(-DECIMALS.get(currency, 2) - 1)


def findings(reading: Reading) -> dict:
    """Apply the rules by their words."""
    with localcontext(prec=80):
        return {**_by_transaction(reading), **_by_message(reading), **_by_sync_error(reading)}


def _by_transaction(reading: Reading) -> dict:
    found, sums = defaultdict(list), defaultdict(Decimal)
    chains, delivered, seen = {}, set(), set()
    for t in sorted(reading.transactions, key=lambda t: (t["at"], t["id"])):
        amount, vat, old, new = (Decimal(t[k]) for k in ("amount", "vat", "oldBalance", "newBalance"))
        within, kind = tolerance(t["currency"]), t.get("type")
        sums[f"{t['currency']}/{kind}"] += amount
        signs = {"CREDIT": [1], "DEBIT": [-1], None: [1, -1]}[kind]
        delivery = _delivery(t)
        fired = {
            "overdraft_ledger": new < 0,
            "overdraft_payment": Decimal(t.get("paymentBalance", "0")) < 0,
            "negative_amount": amount < 0,
            "sub_minor_unit": amount != round(amount, DECIMALS.get(t["currency"], 2)),
            "arithmetic": all(abs(old + sign * (amount - vat) - new) > within for sign in signs),
            "duplicate_ids": t["id"] in seen,
            "repeated_delivery": delivery is not None and delivery in delivered,
        }
        seen.add(t["id"])
        delivered.add(delivery)
        if t["message"]["outcome"] not in ("failed", "rejected_negative"):
            before, after = chains.get((t["userId"], t["currency"]), (old, old))
            broken = abs(old - after) > within
            fired["lost_update"] = broken and abs(old - before) <= within
            fired["continuity"] = broken and not fired["lost_update"]
            chains[t["userId"], t["currency"]] = (old, new)
        for rule, fires in fired.items():
            found[rule] += [t["id"]] * fires
    return {**{rule: sorted(ids) for rule, ids in found.items()}, "amounts": dict(sums)}


def _delivery(t: dict) -> tuple | None:
    match = re.search(r'"deliveryId":"([^"]+)"', t.get("metadata", ""))
    deducted = t.get("type") == "DEBIT" and t.get("action") == "DELIVERY_DEDUCTION"
    return (t["userId"], match[1]) if match and deducted else None


def _by_message(reading: Reading) -> dict:
    outcomes = Counter(m["outcome"] for m in reading.messages)
    return {
        "outcomes": dict(outcomes),
        "failed_sync": outcomes["failed"],
        "incomplete_sync": sum(
            m["outcome"] == "incomplete" and bool(m["transactions"]) for m in reading.messages
        ),
        "repeated_messages": len(reading.messages) - len({m["id"] for m in reading.messages}),
        "users": len({t["userId"] for t in reading.transactions}),
    }


def _by_sync_error(reading: Reading) -> dict:
    currencies = {t["userId"]: t["currency"] for t in reading.transactions}
    beyond = [
        abs(Decimal(e["subscriptionBalance"]) - Decimal(e["paymentBalance"]))
        > tolerance(currencies.get(e["userId"]))
        for e in reading.sync_errors
    ]
    return {
        "discrepancies": sum(beyond),
        "near_discrepancies": len(beyond) - sum(beyond),
        "sync_errors_negative_payment": sum(Decimal(e["paymentBalance"]) < 0 for e in reading.sync_errors),
    }
