"""Records: the fast path and the exact reader say the same, and amounts are what the log states."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from node_text import node_number, node_string

from archive_text import (
    ERROR_NOTICE,
    SYNC_NOTICE,
    line,
    older_fields,
    request,
    sync_error_dump,
    transaction_dump,
    typed_fields,
)
from balance_sync.logs import records
from balance_sync.logs.exact_records import read_sync_error, read_transaction
from balance_sync.logs.kinds import classify
from balance_sync.logs.records import read_sync_errors, read_transactions
from balance_sync.logs.split import split_events
from balance_sync.sources.inflate import Reading
from balance_sync.sources.reading import TextPiece
from balance_sync.sources.source import Source

ONE = request(1)
# Half of all strings are the plain ones that services write, the other half is anything.
STRINGS = st.from_regex(r"[0-9A-Za-z_#-]{0,12}", fullmatch=True) | st.text(max_size=12)
# Text of metadata: JSON, and JSON within JSON.
JSON_TEXTS = st.dictionaries(
    st.sampled_from(["deliveryId", "walletId", "planType", "name", "addonCosts"]),
    STRINGS | st.dictionaries(STRINGS, st.integers() | STRINGS, max_size=2).map(json.dumps),
    max_size=3,
).map(lambda fields: json.dumps(fields, ensure_ascii=False))
NUMBERS = (
    st.floats(allow_nan=False, allow_infinity=False)
    | st.integers(-(10**6), 10**6).map(lambda thousandths: thousandths / 1000)
    | st.sampled_from([79936.13636363637, 0.40000000000005, 5.684341886080802e-14, -0.0, 1e21, 1e20, 1e-7])
)
MISSING = st.sampled_from(["undefined", "null"])
VALUES = {
    **dict.fromkeys(("id", "userId", "type", "source", "action", "currency"), STRINGS.map(node_string)),
    **dict.fromkeys(
        ("amount", "vat", "oldBalance", "newBalance", "paymentBalance"), NUMBERS.map(node_number)
    ),
    "updatePaymentBalance": st.sampled_from(["true", "false"]),
    "metadata": (JSON_TEXTS | STRINGS).map(node_string) | MISSING,
}


@st.composite
def dumps(draw: st.DrawFn) -> str:
    names = draw(st.sampled_from([list(typed_fields()), list(older_fields())]))
    if draw(st.integers(0, 9)) == 0:
        names = draw(st.permutations(names))
    values = {}
    for name in names:
        odd = draw(st.integers(0, 40)) == 0
        values[name] = draw(MISSING | NUMBERS.map(node_number) if odd else VALUES[name])
    return transaction_dump(values)


def events_of(notice: str, dumped: list[str]) -> Any:
    text = "".join(line(at, ONE, notice + dump) for at, dump in enumerate(dumped)).encode()
    return classify(split_events([TextPiece(Source("", "", 0, 0, "", None), text, 0, 1, True, Reading())]))


def read(dump: str) -> dict[str, Any]:
    """Read one transaction the way that ingestion does."""
    rows, rejects = read_transactions(events_of(SYNC_NOTICE, [dump]))
    assert rows.height + rejects.height == 1
    return (rows if rows.height else rejects).drop("event").rows(named=True)[0]


def read_fields(**changed: str) -> dict[str, Any]:
    return read(transaction_dump(typed_fields(**changed)))


@given(st.lists(dumps(), min_size=1, max_size=6))
def test_fast_and_exact_readers_agree(dumped: list[str]) -> None:
    rows, rejects = read_transactions(events_of(SYNC_NOTICE, dumped))
    found = {row.pop("event"): row for row in rows.rows(named=True)}
    reasons = dict(rejects.select("event", "reason").iter_rows())
    assert found.keys() | reasons.keys() == set(range(len(dumped)))
    assert not found.keys() & reasons.keys()
    for event, dump in enumerate(dumped):
        record, reason = read_transaction(dump + "\n\n")
        assert reasons.get(event, "") == reason
        assert found.get(event, {}) == record


@given(user=STRINGS.filter(bool), amounts=st.tuples(NUMBERS, NUMBERS))
def test_fast_and_exact_readers_agree_on_sync_errors(user: str, amounts: tuple[float, float]) -> None:
    subscription, payment = map(node_number, amounts)
    dump = sync_error_dump(node_string(user), subscription, payment)
    rows, rejects = read_sync_errors(events_of(ERROR_NOTICE, [dump]))
    record, reason = read_sync_error(dump)
    assert rows.drop("event").rows(named=True) == ([] if reason else [record])
    assert rejects["reason"].to_list() == ([reason] if reason else [])
    if not reason:
        assert record["user_id"] == user


@given(STRINGS.filter(bool), STRINGS)
def test_strings_are_read_as_they_were(user: str, action: str) -> None:
    row = read_fields(userId=node_string(user), action=node_string(action))
    assert (row["user_id"], row["action"]) == (user, action)


@pytest.mark.parametrize("dump", [transaction_dump(typed_fields()), transaction_dump(older_fields())])
def test_records_as_the_service_writes_them_take_the_fast_path(
    monkeypatch: pytest.MonkeyPatch, dump: str
) -> None:
    def refuse(dump: str) -> tuple[dict[str, object], str]:
        raise AssertionError(dump)

    monkeypatch.setattr(records, "read_transaction", refuse)
    assert read(dump)["user_id"] == "U1"


def test_older_records_lack_what_was_not_logged_yet() -> None:
    row = read(transaction_dump(older_fields()))
    assert {name for name, value in row.items() if value is None} == {
        *("type", "source_kind", "action", "payment_balance", "update_payment_balance", "metadata")
    }


@pytest.mark.parametrize(
    ("printed", "amount"),
    [
        ("79936.13636363637", "79936.13636363637"),
        ("0.40000000000005", "0.40000000000005"),
        ("5.684341886080802e-14", "0.000000000000056843"),
        ("-2.5e-18", "-0.000000000000000002"),
        ("1.5e-18", "0.000000000000000002"),
        ("0.1234567890123456785", "0.123456789012345678"),
        ("-0", "0"),
        ("1e-7", "0.0000001"),
        ("999999999999999.9", "999999999999999.9"),
        ("12n", "12"),
    ],
)
def test_amounts_are_what_the_log_states(printed: str, amount: str) -> None:
    row = read_fields(amount=printed)
    assert row["amount"] == Decimal(amount)
    assert not row["amount"].is_signed() or Decimal(amount) < 0


@pytest.mark.parametrize(
    ("printed", "reason"),
    [
        ("1e+21", "amount has more than 15 digits before the point"),
        ("1000000000000000", "amount has more than 15 digits before the point"),
        ("NaN", "amount is NaN"),
        ("-Infinity", "amount is -Infinity"),
        ("'5'", "amount is not a number"),
        ("true", "amount is not a number"),
        ("undefined", "amount is missing"),
        ("null", "amount is missing"),
    ],
)
def test_amounts_that_are_none_are_rejected(printed: str, reason: str) -> None:
    assert read_fields(amount=printed) == {"reason": reason}


@pytest.mark.parametrize("field", ["id", "userId"])
def test_a_record_without_an_id_is_rejected(field: str) -> None:
    assert read_fields(**{field: "''"}) == {"reason": f"{field} is empty"}
    assert read_fields(**{field: "undefined"}) == {"reason": f"{field} is missing"}


def test_fields_that_may_be_missing_are_null() -> None:
    row = read_fields(
        type="undefined", source="null", action="undefined", paymentBalance="undefined", vat="null",
        currency="undefined", metadata="undefined", updatePaymentBalance="undefined",
    )  # fmt: skip
    names = ("type", "source_kind", "action", "payment_balance", "vat", "currency", "metadata")
    assert [row[name] for name in (*names, "update_payment_balance")] == [None] * 8


TYPED = typed_fields()
ONE_LINE = f" {{ transaction: {{ {', '.join(f'{name}: {value}' for name, value in TYPED.items())} }} }}"


@pytest.mark.parametrize(
    "dump",
    [
        transaction_dump(dict(reversed(TYPED.items()))),
        ONE_LINE,
        transaction_dump({**TYPED, "extra": "[Object]"}),
        transaction_dump({**TYPED, "action": "`DELIVERY_DEDUCTION`"}),
        transaction_dump({**TYPED, "action": '"DELIVERY_DEDUCTION"'}),
        transaction_dump({**TYPED, "action": "'DELIVERY' +\n      '_DEDUCTION'"}),
        transaction_dump(TYPED).replace("\n", "\r"),
        transaction_dump(TYPED) + " arn:aws:sns:us-east-1:000000000000:topic",
    ],
    ids=["order", "one-line", "more-fields", "backtick", "double", "joined", "returns", "trailing"],
)
def test_other_layouts_give_the_same_record(dump: str) -> None:
    assert read(dump) == read(transaction_dump(TYPED))


@pytest.mark.parametrize(
    ("dump", "reason"),
    [
        ("", "the dump cannot be read"),
        (" {\n  transaction: {\n    id: 'T1',\n", "the dump cannot be read"),
        (" { transaction: 'T1' }", "the dump holds no transaction object"),
        (" { transaction: [Object] }", "the dump holds no transaction object"),
        (" { id: 'T1' }", "the dump holds no transaction object"),
        (" 'T1'", "what follows the notice is no object"),
    ],
)
def test_what_is_no_record_is_rejected_with_its_reason(dump: str, reason: str) -> None:
    found = read(dump)
    assert found.keys() == {"reason"}
    assert found["reason"].startswith(reason)


def test_octets_that_are_no_utf8_cost_only_themselves() -> None:
    text = line(0, ONE, SYNC_NOTICE + transaction_dump(typed_fields())).encode()
    broken = text.replace(b"'DELIVERY_DEDUCTION'", b"'DELIVERY\xff'")
    piece = TextPiece(Source("", "", 0, 0, "", None), broken + text, 0, 1, True, Reading())
    rows, rejects = read_transactions(classify(split_events([piece])))
    actions = rows.sort("event")["action"].to_list()
    assert actions == ["DELIVERY\N{REPLACEMENT CHARACTER}", "DELIVERY_DEDUCTION"]
    assert rejects.is_empty()


@pytest.mark.parametrize("label", ["Transaction", "[Object: null prototype]"])
def test_a_class_instance_is_read_like_a_plain_object(label: str) -> None:
    from balance_sync.logs.exact_records import read_sync_error

    dump = f" {label} {{ userId: 'u1', subscriptionBalance: 1.5, paymentBalance: -2 }}"
    record, reason = read_sync_error(dump)
    assert reason == ""
    assert record == {
        "user_id": "u1",
        "subscription_balance": Decimal("1.5"),
        "payment_balance": Decimal(-2),
    }
