"""Which parts of a transaction's metadata may be kept: an allow-list decides.

Metadata is JSON that the service was handed by others: it can hold names, e-mail addresses, phone
numbers and gift messages. Only the keys below, with values of the shapes below, ever enter the store;
everything else stays in the archive, where a person can look it up line by line.
"""

from __future__ import annotations

import re
from collections.abc import Callable
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
_COMMON_STARTS = tuple(
    sum(map(len, _COMMON_PARTS[:count])) + count * _UUID_OCTETS for count in range(len(_COMMON_PARTS) + 1)
)


def are_common(octets: Octets, begin: NDArray[np.int64], end: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return which texts ``[begin, end)`` have the shape of nearly all metadata: three harmless ids."""
    common = np.zeros(len(begin), dtype=np.bool_)
    for ending in _COMMON_ENDS:
        length = _COMMON_STARTS[-1] + len(ending)
        likely = np.flatnonzero(end - begin == length)
        if len(likely):
            common[likely] = _are_common(octets, begin[likely], ending)
    return common


def _are_common(octets: Octets, begin: NDArray[np.int64], ending: bytes) -> NDArray[np.bool_]:
    rows = octets.rows(begin, _COMMON_STARTS[-1] + len(ending))
    common = rows.have(_COMMON_STARTS[-1], ending)
    for part, start in zip(_COMMON_PARTS, _COMMON_STARTS, strict=False):
        common &= rows.have(start, part)
        common &= _are_uuids(octets.copies(begin + start + len(part), _UUID_OCTETS))
    return common


def _are_uuids(copies: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Return which rows are digits, letters from a to f, and hyphens alone."""
    is_digit = (copies - np.uint8(ord("0"))) < 10
    is_letter = (copies - np.uint8(ord("a"))) < 6
    are_harmless = is_digit | is_letter | (copies == ord("-"))
    if are_harmless.all():
        return np.ones(len(copies), dtype=np.bool_)
    harmless: NDArray[np.bool_] = are_harmless.all(axis=1)
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
    kept = {key: raw for key, raw in fields.items() if key in _CHECKS and _CHECKS[key](raw)}
    return msgspec.json.encode(kept).decode()


_DECODER = msgspec.json.Decoder(dict[str, msgspec.Raw])


def _is_numbers(raw: msgspec.Raw) -> bool:
    value = msgspec.json.decode(raw)
    if isinstance(value, str):
        try:
            value = msgspec.json.decode(value)
        except msgspec.DecodeError:
            return False
    if isinstance(value, dict):
        return all(_ID_KEY.fullmatch(key) and isinstance(item, int | float) for key, item in value.items())
    return isinstance(value, list) and all(isinstance(item, int | float) for item in value)


_CHECKS: dict[str, Callable[[msgspec.Raw], object]] = {
    **dict.fromkeys(ID_KEYS, _ID_VALUE.fullmatch),
    **dict.fromkeys(WORD_KEYS, _WORD_VALUE.fullmatch),
    **dict.fromkeys(COST_KEYS, _is_numbers),
}
"""What the value of each allowed key must pass, as it is written."""
