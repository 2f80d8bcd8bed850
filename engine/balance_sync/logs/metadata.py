"""Which parts of a transaction's metadata may be kept: an allow-list decides.

Metadata is JSON that the service was handed by others: it can hold names, e-mail addresses, phone
numbers and gift messages. Only the keys below, with values of the shapes below, ever enter the store;
everything else stays in the archive, where a person can look it up line by line.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import msgspec
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from balance_sync.logs.octets import Octets

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

_ID = rb"[0-9A-Za-z#_:.-]{1,100}"
# A word may stand in quotes of its own; nine digits or more are a telephone number.
_WORD = rb'(?!\d{9,}")(?:\\")?[0-9A-Za-z_:. -]{0,40}(?:\\")?'
_BARE = rb"null|true|false|-?[0-9][0-9.eE+-]{0,40}"
_ID_VALUE = re.compile(b'"%b"|%b' % (_ID, _BARE))
_WORD_VALUE = re.compile(b'"%b"|%b' % (_WORD, _BARE))
_ID_KEY = re.compile(_ID.decode())

_COMMON_PARTS = (b'{"walletId":"wallet#', b'","deliveryId":"', b'","walletSk":"')
_COMMON_ENDS = (b'"}', b'","version":"syncBalanceSQS"}')
_UUID_OCTETS = 36


def are_common(octets: Octets, begin: NDArray[np.int64], end: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return which texts ``[begin, end)`` have the shape of nearly all metadata: three ids, harmless as it is."""
    starts = np.cumsum([0, *(len(part) + _UUID_OCTETS for part in _COMMON_PARTS)])
    common = np.ones(len(begin), dtype=np.bool_)
    for part, start in zip(_COMMON_PARTS, starts.tolist(), strict=False):
        common &= octets.begins(begin + start, part)
    ends = [octets.begins(begin + starts[-1], one) & (end - begin == starts[-1] + len(one)) for one in _COMMON_ENDS]
    common &= np.logical_or.reduce(ends)
    rows = np.flatnonzero(common)
    for part, start in zip(_COMMON_PARTS, starts.tolist(), strict=False):
        common[rows] &= _are_uuids(octets.blocks(begin[rows] + start + len(part), _UUID_OCTETS))
    return common


def _are_uuids(blocks: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Return which rows are digits, letters from a to f, and hyphens alone."""
    is_digit = (blocks - np.uint8(ord("0"))) < 10
    is_letter = (blocks - np.uint8(ord("a"))) < 6
    is_harmless = is_digit | is_letter | (blocks == ord("-"))
    if is_harmless.all():
        return np.ones(len(blocks), dtype=np.bool_)
    harmless: NDArray[np.bool_] = is_harmless.all(axis=1)
    return harmless


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
    kept = [f'"{key}":{bytes(value).decode()}' for key, value in fields.items() if _may_stay(key, value)]
    return "{" + ",".join(kept) + "}"


_DECODER = msgspec.json.Decoder(dict[str, msgspec.Raw])


def _may_stay(key: str, raw: msgspec.Raw) -> bool:
    if key in ID_KEYS:
        return _ID_VALUE.fullmatch(raw) is not None
    if key in WORD_KEYS:
        return _WORD_VALUE.fullmatch(raw) is not None
    return key in COST_KEYS and _is_numbers(bytes(raw))


def _is_numbers(raw: bytes) -> bool:
    value = msgspec.json.decode(raw)
    if isinstance(value, str):
        try:
            value = msgspec.json.decode(value)
        except msgspec.DecodeError:
            return False
    if isinstance(value, dict):
        return all(_ID_KEY.fullmatch(key) and isinstance(item, int | float) for key, item in value.items())
    return isinstance(value, list) and all(isinstance(item, int | float) for item in value)
