"""What Node left out of a dump is said beside what it printed, and never taken for the whole."""

from __future__ import annotations

import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from archive_text import sync_error_dump, transaction_dump, typed_fields
from balance_sync.logs.exact_records import read_sync_error, read_transaction
from balance_sync.logs.metadata import LEFT_OUT_KEY, allowed_metadata

FIELDS = {"walletId": "wallet#1", "deliveryId": "d-1", "planType": "Basic", "subscriptionCost": 12.5}


def metadata_of(printed: str) -> dict[str, object]:
    record, reason = read_transaction(transaction_dump(typed_fields(metadata=printed)))
    assert reason == ""
    kept: dict[str, object] = json.loads(str(record["metadata"]))
    return kept


def test_metadata_that_node_cut_says_so_and_keeps_what_comes_before():
    printed = """'{"deliveryId":"d-1","planType":"Bas'... 12345 more characters"""
    assert metadata_of(printed) == {"deliveryId": "d-1", LEFT_OUT_KEY: "string cut, 12345 missing"}


def test_so_does_metadata_that_was_printed_as_an_object():
    printed = "{ deliveryId: 'd-1', orderId: 'o-1'... 5 more characters, addons: [Object], more: [Array] }"
    assert metadata_of(printed)[LEFT_OUT_KEY] == "string cut, 5 missing; [Object]"
    assert metadata_of("[Object]") == {LEFT_OUT_KEY: "[Object]"}


def test_whole_metadata_says_nothing():
    assert LEFT_OUT_KEY not in metadata_of("""'{"deliveryId":"d-1"}'""")
    assert metadata_of(f"""'{{"{LEFT_OUT_KEY}":"string cut","deliveryId":"d-1"}}'""") == {"deliveryId": "d-1"}


@pytest.mark.parametrize("name", ["id", "userId", "currency", "type", "action"])
def test_a_value_that_was_cut_is_not_another_value(name):
    dump = transaction_dump(typed_fields(**{name: "'DEBIT'... 3 more characters"}))
    record, reason = read_transaction(dump)
    assert record == {}
    assert reason == f"{name} is not whole: string cut, 3 missing"


def test_two_values_are_none():
    dump = transaction_dump(typed_fields()).replace("amount: 5,", "amount: 5,\n    amount: 500,")
    assert read_transaction(dump) == ({}, "amount is not whole: duplicate key")
    record, reason = read_sync_error(sync_error_dump(user="'U'... 1 more character"))
    assert (record, reason) == ({}, "userId is not whole: string cut, 1 missing")


def test_what_is_cut_elsewhere_costs_nothing():
    dump = transaction_dump(typed_fields(comment="'x'... 9 more characters", extra="[Object]"))
    record, reason = read_transaction(dump)
    assert (record["transaction_id"], reason) == ("T1", "")
    assert LEFT_OUT_KEY not in str(record["metadata"])


@given(cut=st.integers(0, 200), indent=st.sampled_from([None, 2]), nested=st.booleans())
@example(cut=99, indent=2, nested=False)  # in the middle of 12.5
def test_what_is_kept_of_a_cut_object_is_whole(cut, indent, nested):
    fields = {"message": {"deep": [1, "x"]}, **FIELDS} if nested else FIELDS
    text = json.dumps(fields, indent=indent)
    kept = json.loads(allowed_metadata(text[:cut], left_out="string cut") or "")
    assert kept.pop(LEFT_OUT_KEY) == "string cut"
    assert kept == {name: FIELDS[name] for name in list(FIELDS)[: len(kept)]}
    if cut >= len(text):
        assert kept == FIELDS


@given(text=st.text(max_size=60))
def test_any_text_is_cut_json_or_none(text):
    kept = json.loads(allowed_metadata(text, left_out="string cut") or "")
    assert kept[LEFT_OUT_KEY] == "string cut"
