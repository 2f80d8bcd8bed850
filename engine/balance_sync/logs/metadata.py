"""Which parts of a transaction's metadata may be kept: an allow-list decides.

Metadata is JSON that the service was handed by others: it can hold names, e-mail addresses, phone
numbers and gift messages. Only the keys below, with values of the shapes below, ever enter the store;
everything else stays in the archive, where a person can look it up line by line.
"""

from __future__ import annotations

import json
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
"""Keys whose value is an object or an array of numbers, or a text that is one."""

LEFT_OUT_KEY = "_notWhole"
"""Says that the log holds the metadata in part: no key of theirs, for it is not among the allowed ones."""

_ID = rb"[0-9A-Za-z#_:.-]{1,100}"
# A word may stand in quotes of its own; nine digits or more are a telephone number.
_WORD = rb'(?!\d{9,}")(?:\\")?[0-9A-Za-z_:. -]{0,40}(?:\\")?'
_BARE = rb"null|true|false|-?[0-9][0-9.eE+-]{0,40}"
_ID_VALUE = re.compile(b'"%b"|%b' % (_ID, _BARE))
_WORD_VALUE = re.compile(b'"%b"|%b' % (_WORD, _BARE))

_GAPS = rb"[ \t\r\n]*+"
_NUMBER = rb"(?:-?[0-9]{1,40}+(?:\.[0-9]{1,40}+)?(?:[eE][+-]?[0-9]{1,3}+)?|true|false)"


def _numbers(quote: bytes) -> bytes:
    """Return the pattern of an object or an array of numbers, whose keys stand in such quotes."""
    named = _GAPS + quote + _ID + quote + _GAPS + b":" + _GAPS + _NUMBER + _GAPS
    bare = _GAPS + _NUMBER + _GAPS
    some = (rb"(?:%b(?:,%b)*+|%b)" % (each, each, _GAPS) for each in (named, bare))
    return rb"(?:\{%b\}|\[%b\])" % tuple(some)


# As it is written: of keys that come twice a decoder would show the last one alone.
_NUMBERS_VALUE = re.compile(rb'%b|"%b"' % (_numbers(b'"'), _numbers(rb'\\"')))

_UUID_OCTETS = 36
_COMMON_IDS = (
    (b'{"walletId":"wallet#', b'","deliveryId":"', b'","walletSk":"'),
    (b'{"walletId":"wallet#', b'","eventSessionId":"', b'","walletSk":"'),
    (b'{"walletId":"wallet#', b'","walletSk":"'),
)
_COMMON_ENDS = (b'"}', b'","version":"syncBalanceSQS"}', b'","version2":true}')
COMMON_SHAPES = tuple((*ids, end) for ids in _COMMON_IDS for end in _COMMON_ENDS)
"""What stands before, between and behind the UUIDs of nearly all metadata; each key and value is allowed."""


def are_common(octets: Octets, begin: NDArray[np.int64], end: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return which texts ``[begin, end)`` have the shape of nearly all metadata: some harmless ids."""
    common = np.zeros(len(begin), dtype=np.bool_)
    for shape in COMMON_SHAPES:
        length = sum(map(len, shape)) + (len(shape) - 1) * _UUID_OCTETS
        likely = np.flatnonzero(end - begin == length)
        if len(likely):
            common[likely] |= _are_common(octets, begin[likely], shape)
    return common


def _are_common(octets: Octets, begin: NDArray[np.int64], shape: tuple[bytes, ...]) -> NDArray[np.bool_]:
    """Return where the parts of `shape` stand with a UUID between each two of them."""
    *parts, ending = shape
    rows = octets.rows(begin, sum(map(len, shape)) + len(parts) * _UUID_OCTETS)
    common = np.ones(len(begin), dtype=np.bool_)
    start = 0
    for part in parts:
        common &= rows.have(start, part)
        start += len(part)
        common &= _are_uuids(octets.copies(begin + start, _UUID_OCTETS))
        start += _UUID_OCTETS
    return common & rows.have(start, ending)


def _are_uuids(copies: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Return which rows are digits, letters from a to f, and hyphens alone."""
    is_digit = (copies - np.uint8(ord("0"))) < 10
    is_letter = (copies - np.uint8(ord("a"))) < 6
    are_harmless = is_digit | is_letter | (copies == ord("-"))
    if are_harmless.all():
        return np.ones(len(copies), dtype=np.bool_)
    harmless: NDArray[np.bool_] = are_harmless.all(axis=1)
    return harmless


def allowed_metadata(text: str | None, *, left_out: str = "") -> str | None:
    """Return the JSON of the allowed keys of `text` alone, in their order, without spaces.

    Numbers keep the text they were written with. What is no JSON object gives ``{}``: it holds nothing
    that may be kept.

    Parameters
    ----------
    left_out
        What the log itself left out, which is then said under `LEFT_OUT_KEY`; of text that was cut, the keys
        that come before the cut are kept.
    """
    if text is None:
        return None
    try:
        fields = _DECODER.decode(text)
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
        # Halves of a sign, which Node writes where a text was cut within it, are JSON to most others.
        fields = _fields_before_cut(text) if left_out or _is_json(text) else {}
    kept = {key: raw for key, raw in fields.items() if key in _CHECKS and _CHECKS[key](raw)}
    if left_out:
        kept[LEFT_OUT_KEY] = msgspec.Raw(msgspec.json.encode(left_out))
    return msgspec.json.encode(kept).decode()


def _is_json(text: str) -> bool:
    try:
        _ANY_VALUE.decode(text)
    except (ValueError, RecursionError):
        return False
    return True


def _fields_before_cut(text: str) -> dict[str, msgspec.Raw]:
    """Return the fields of a JSON object that goes on behind the end of `text`, those that are whole."""
    fields: dict[str, msgspec.Raw] = {}
    at, opening = _after_gap(text, 0), "{"
    try:
        while text[at : at + 1] == opening:
            key, at = _ANY_VALUE.raw_decode(text, _after_gap(text, at + 1))
            at = _after_gap(text, at)
            if not isinstance(key, str) or text[at : at + 1] != ":":
                break
            begin = _after_gap(text, at + 1)
            _, end = _ANY_VALUE.raw_decode(text, begin)
            at = _after_gap(text, end)
            # A value at the very end may go on behind it, and so may a number before a point.
            if text[at : at + 1] not in (",", "}"):
                break
            fields[key] = msgspec.Raw(text[begin:end].encode())
            opening = ","
    except (ValueError, RecursionError):
        pass
    return fields


def _after_gap(text: str, at: int) -> int:
    while text[at : at + 1] in _GAP:
        at += 1
    return at


_GAP = (" ", "\t", "\n", "\r")
_ANY_VALUE = json.JSONDecoder()
_DECODER = msgspec.json.Decoder(dict[str, msgspec.Raw])


_CHECKS: dict[str, Callable[[msgspec.Raw], object]] = {
    **dict.fromkeys(ID_KEYS, _ID_VALUE.fullmatch),
    **dict.fromkeys(WORD_KEYS, _WORD_VALUE.fullmatch),
    **dict.fromkeys(COST_KEYS, _NUMBERS_VALUE.fullmatch),
}
"""What the value of each allowed key must pass, as it is written."""
