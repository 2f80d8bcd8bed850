"""Which parts of a transaction's metadata may be kept: an allow-list decides.

Metadata is JSON that the service was handed by others: it can hold names, e-mail addresses, phone
numbers and gift messages. Only the keys below, with values of the shapes below, ever enter the store;
everything else stays in the archive, where a person can look it up line by line.
"""

from __future__ import annotations

import re

import msgspec
import polars as pl

ID_KEYS = frozenset(
    {
        *("walletId", "walletSk", "deliveryId", "eventSessionId", "subscriptionId", "invoiceId", "orderId"),
        *("addonSubscriptionId", "giftId", "couponId", "transactionId", "originalTransactionId"),
    }
)
"""Keys whose value is an identifier: letters, digits and ``# _ : . -``."""

WORD_KEYS = frozenset(
    {
        *("version", "version2", "API_VERSION_2", "planType", "deliveryTime", "type", "frequency"),
        *("renewalDate", "goal", "dietType", "tier", "country", "kitchen", "currency", "brand"),
        *("paymentProvider", "paymentMethod", "couponDiscount", "subscriptionCost", "addonDayCount"),
        *("referralBalanceDiscount", "dayAllowance", "retryRenewalAttempt", "deliveryDate", "deliveryCost"),
        *("startDate", "endDate", "skipBalanceUpdate"),
    }
)
"""Keys whose value is a code word, a date, a number or a flag."""

COST_KEYS = frozenset({"addonCosts", "addonSubscriptionCosts", "deliveryDays"})
"""Keys whose value is an object or an array of numbers."""

_ID = re.compile(r"[0-9A-Za-z#_:.-]{1,100}\Z")
_WORD = re.compile(r"\"?[0-9A-Za-z_:. -]{0,40}\"?\Z")
_LONG_DIGITS = re.compile(r"\+?\d{9,}\Z")

_COMMON = (
    r'^\{"walletId":"wallet#[0-9a-f-]{36}","deliveryId":"[0-9a-f-]{36}","walletSk":"[0-9a-f-]{36}"'
    r'(?:,"version":"syncBalanceSQS")?\}$'
)


def is_common(metadata: pl.Series) -> pl.Series:
    """Return where `metadata` is missing, or has the shape of nearly all: three ids, harmless as it is."""
    return metadata.str.contains(_COMMON).fill_null(True)


def allowed_metadata(text: str | None) -> str | None:
    """Return the JSON of the allowed keys of `text` alone, in their order, without spaces.

    Numbers keep the text they were written with. What is no JSON object gives ``{}``: it holds nothing
    that may be kept.
    """
    if text is None:
        return None
    try:
        fields = _DECODER.decode(text)
    except (msgspec.DecodeError, UnicodeEncodeError):
        return "{}"
    kept = {key: value for key, value in fields.items() if _may_stay(key, bytes(value))}
    return msgspec.json.encode(kept).decode()


_DECODER = msgspec.json.Decoder(dict[str, msgspec.Raw])


def _may_stay(key: str, raw: bytes) -> bool:
    if key in COST_KEYS:
        return _is_numbers(raw)
    if key not in ID_KEYS and key not in WORD_KEYS:
        return False
    value = msgspec.json.decode(raw)
    if value is None or isinstance(value, bool | int | float):
        return True
    if not isinstance(value, str):
        return False
    if key in ID_KEYS:
        return bool(_ID.match(value))
    return bool(_WORD.match(value)) and not _LONG_DIGITS.match(value)


def _is_numbers(raw: bytes) -> bool:
    value = msgspec.json.decode(raw)
    if isinstance(value, str):
        try:
            value = msgspec.json.decode(value)
        except msgspec.DecodeError:
            return False
    if isinstance(value, dict):
        return all(_ID.match(key) and isinstance(item, int | float) for key, item in value.items())
    return isinstance(value, list) and all(isinstance(item, int | float) for item in value)
