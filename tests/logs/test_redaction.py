"""Names, addresses, numbers and messages never get past the reading stage."""

from __future__ import annotations

import json

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from node_text import node_string

from archive_text import SYNC_NOTICE, line, request, transaction_dump, typed_fields
from balance_sync.logs.metadata import allowed_metadata
from balance_sync.logs.redaction import HIDDEN, redact
from balance_sync.logs.tables import parse_batch
from balance_sync.sources.inflate import Reading
from balance_sync.sources.reading import TextPiece
from balance_sync.sources.source import Source

PERSONAL_KEYS = (
    *("name", "firstName", "first_name", "receiverName", "senderName", "customer-name", "email", "userEmail"),
    *("phone", "phoneNumber", "phone_number", "receiverPhoneNumber", "mobile", "message", "giftMessage"),
    *("gift_message", "address", "deliveryAddress", "note", "notes", "recipient", "receiptHandle"),
)
SECRETS = (
    "Layla",
    "Layla Al-Khalifa",
    "O'Brien",
    'say "salam"',
    "a\\b",
    "ليلى",
    "two\nlines",
    "a, b: c}",
    "`x`",
)


def nested(value: object, levels: int) -> str:
    text = json.dumps(value, ensure_ascii=False)
    for _ in range(levels):
        text = json.dumps({"body": text, "id": "kept-1"}, ensure_ascii=False)
    return text


def leaks(secret: str, text: str) -> bool:
    """Tell whether a word of `secret` is in `text`."""
    words = secret.replace("\\", " ").replace("'", " ").replace('"', " ").split()
    return any(word in text for word in words if len(word) > 1)


@pytest.mark.parametrize("key", PERSONAL_KEYS)
def test_values_of_personal_keys_are_hidden_at_any_depth(key: str) -> None:
    for secret in SECRETS:
        for levels in range(4):
            text = redact(nested({"id": "kept-0", key: secret, "amount": 5}, levels))
            assert not leaks(secret, text)
            assert HIDDEN in text
            assert "kept-0" in text


@given(key=st.sampled_from(PERSONAL_KEYS), secret=st.text(min_size=1), levels=st.integers(0, 3))
def test_no_text_escapes_its_quotes(key: str, secret: str, levels: int) -> None:
    marked = f"Layla{secret}Khalifa{secret}"
    assert not leaks("Layla Khalifa", redact(nested({"id": 1, key: marked, "b": 2}, levels)))
    assert not leaks("Layla Khalifa", redact(f"{{ {key}: {node_string(marked)}, b: 2 }}"))
    inside = node_string(nested({key: marked}, levels))
    assert not leaks("Layla Khalifa", redact(f"{{ metadata: {inside}, b: 2 }}"))


@pytest.mark.parametrize(
    "text",
    [
        "{ phoneNumber: 97333123456, amount: 5 }",
        '{"phone":97333123456,"amount":5}',
        "{ name: { first: 'Layla', last: 'Khalifa' }, amount: 5 }",
        '{"names":["Layla","Khalifa"],"amount":5}',
        "{ giftMessage: 'Dear Layla,\\n' +\n    'yours, Khalifa', amount: 5 }",
        "{ giftMessage: \"Dear Layla,\\n\" +\n    'yours, Khalifa', amount: 5 }",
        "{ message: `Dear Layla`, amount: 5 }",
        "write to layla.khalifa+x@mail.example.com, amount: 5",
        "call +973 3312-3456 now, amount: 5",
        "call +97333123456 now, amount: 5",
    ],
)
def test_other_shapes_are_hidden_and_what_follows_stays(text: str) -> None:
    hidden = redact(text)
    assert not leaks("Layla Khalifa layla khalifa 97333123456 3312", hidden)
    assert HIDDEN in hidden
    assert "amount" in hidden


def test_a_value_that_does_not_end_is_hidden_to_the_end() -> None:
    assert redact("{ giftMessage: 'Dear Layla, and so on") == "{ giftMessage: '[hidden]"


@pytest.mark.parametrize(
    "text",
    [
        "{ id: 'T1', userId: 'U1', amount: 5.25, currency: 'BHD' }",
        '{"deliveryId":"d-1","messageId":"m-1","errorType":"Error"}',
        "2024-01-15T21:00:00.000Z START RequestId: x Version: $LATEST",
    ],
)
def test_ids_and_amounts_stay(text: str) -> None:
    assert redact(text) == text


def test_long_text_without_an_end_takes_linear_work() -> None:
    for text in ("name: '" * 20_000, "\\" * 200_000, "a" * 200_000, "name: {" * 20_000, "+1" * 100_000):
        assert len(redact(text)) <= 3 * len(text)


@pytest.mark.parametrize(
    ("metadata", "kept"),
    [
        ({"deliveryId": "d-1", "name": "Layla", "email": "a@b.example.com"}, {"deliveryId": "d-1"}),
        (
            {"walletId": "wallet#1", "receiverName": "Layla", "gift": {"message": "x"}},
            {"walletId": "wallet#1"},
        ),
        ({"planType": "full day", "deliveryId": "Layla Khalifa"}, {"planType": "full day"}),
        ({"country": "a@b.example.com", "kitchen": "+97333123456", "tier": "97333123456"}, {}),
        ({"goal": ["Layla"], "type": {"name": "Layla"}}, {}),
        (
            {"addonCosts": {"a-1": 2.5}, "deliveryDays": [1, 2]},
            {"addonCosts": {"a-1": 2.5}, "deliveryDays": [1, 2]},
        ),
        ({"addonCosts": {"Layla K": 2.5}, "deliveryDays": ["Layla"]}, {}),
        (
            {"addonCosts": '{"a-1": 2.5}', "deliveryDays": "[1, 2]", "addonSubscriptionCosts": []},
            {"addonCosts": '{"a-1": 2.5}', "deliveryDays": "[1, 2]", "addonSubscriptionCosts": []},
        ),
        ({"addonCosts": '{"Layla K": 2.5}', "deliveryDays": "Layla", "addonSubscriptionCosts": [[1]]}, {}),
        (
            {"subscriptionCost": 12.5, "skipBalanceUpdate": True, "tier": None},
            {"subscriptionCost": 12.5, "skipBalanceUpdate": True, "tier": None},
        ),
    ],
)
def test_only_allowed_metadata_is_kept(metadata: dict[str, object], kept: dict[str, object]) -> None:
    assert json.loads(allowed_metadata(json.dumps(metadata)) or "") == kept


@pytest.mark.parametrize("text", ["", "Layla", "[1]", '{"deliveryId":"d-1"', '"Layla"', "{'a': 1}", "null"])
def test_metadata_that_is_no_object_keeps_nothing(text: str) -> None:
    assert allowed_metadata(text) == "{}"


def test_a_value_is_judged_by_what_is_kept_of_it() -> None:
    """A decoder would show the last of two equal keys alone."""
    assert allowed_metadata('{"addonCosts":{"a":"Layla","a":1}}') == "{}"


NESTED = "[" * 5_000 + "]" * 5_000


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ('{"addonCosts":[1e999],"country":"BH"}', '{"addonCosts":[1e999],"country":"BH"}'),
        (f'{{"addonCosts":[{"9" * 5_000}],"country":"BH"}}', '{"country":"BH"}'),
        (f'{{"addonCosts":"{NESTED}","country":"BH"}}', '{"country":"BH"}'),
        (f'{{"x":{NESTED},"country":"BH"}}', "{}"),
        ('{"deliveryDays":"[1\ud8002]"}', "{}"),
        ('{"giftMessage":"cut \\ud83d","country":"BH"}', '{"country":"BH"}'),
        ('{"giftMessage":"cut \\ud83d","country":"BH"', "{}"),
    ],
)
def test_no_metadata_stops_a_run(text: str, kept: str) -> None:
    assert allowed_metadata(text) == kept


def test_metadata_keeps_the_text_of_numbers_and_the_order_of_keys() -> None:
    assert allowed_metadata('{ "type" : "a", "deliveryCost": 1.50, "x": 1, "country": "BH" }') == (
        '{"type":"a","deliveryCost":1.50,"country":"BH"}'
    )
    assert allowed_metadata(None) is None


def test_no_table_holds_personal_data() -> None:
    gift = json.dumps({"giftMessage": "Dear Layla", "phoneNumber": "+97333123456", "name": "Khalifa"})
    metadata = node_string(json.dumps({"deliveryId": "d-1", "email": "khalifa@example.com", "gift": gift}))
    dumps = [
        transaction_dump(typed_fields(metadata=metadata)),
        transaction_dump(typed_fields(metadata=metadata, amount="'none'")),
        f" {{ receiverName: 'Layla', metadata: {metadata} }}",
        f" {{ transaction: {{ receiverName: 'Layla', metadata: {metadata}",
    ]
    text = "by khalifa@example.com\n" + "".join(line(0, request(1), SYNC_NOTICE + dump) for dump in dumps)
    piece = TextPiece(Source("", "", 0, 0, "", None), text.encode(), 0, 1, True, Reading())
    tables = parse_batch([piece])
    assert tables.transactions["metadata"].to_list() == ['{"deliveryId":"d-1"}']
    assert tables.rejects.height == 4
    found = [getattr(tables, name) for name in tables.__dataclass_fields__]
    kept = [table for table in found if isinstance(table, pl.DataFrame)]
    assert len(kept) == len(found) - 2
    for table in [*kept, *parse_batch([piece._replace(is_last=False)]).evidence.values()]:
        assert not leaks("Layla Khalifa khalifa 97333123456 Dear", table.write_json())
