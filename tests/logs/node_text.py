"""What Node prints for plain values, as far as records hold them."""

from __future__ import annotations

import math
from decimal import Decimal

_ESCAPES = {"\n": "\\n", "\t": "\\t", "\b": "\\b", "\f": "\\f", "\r": "\\r", "\\": "\\\\"}


def node_string(text: str) -> str:
    """Return `text` as `util.inspect` quotes it."""
    quote = "'"
    if "'" in text and '"' not in text:
        quote = '"'
    elif "'" in text and "`" not in text and "${" not in text:
        quote = "`"
    return quote + "".join(_escaped(character, quote) for character in text) + quote


def _escaped(character: str, quote: str) -> str:
    if character in _ESCAPES:
        return _ESCAPES[character]
    if character == quote == "'":
        return "\\'"
    if ord(character) < 32 or 127 <= ord(character) < 160:
        return f"\\x{ord(character):02X}"
    return character


def node_number(number: float) -> str:
    """Return `number` as JavaScript prints it: the shortest text that is read back as the same double."""
    if math.isnan(number):
        return "NaN"
    if math.isinf(number):
        return "Infinity" if number > 0 else "-Infinity"
    if number == 0:
        return "-0" if math.copysign(1, number) < 0 else "0"
    sign, digits, exponent = Decimal(repr(number)).normalize().as_tuple()
    point = len(digits) + int(exponent)
    text = "".join(map(str, digits))
    minus = "-" if sign else ""
    if 0 < point <= 21:
        whole, rest = text[:point].ljust(point, "0"), text[point:]
        return f"{minus}{whole}.{rest}" if rest else minus + whole
    if -6 < point <= 0:
        return f"{minus}0.{'0' * -point}{text}"
    rest = f".{text[1:]}" if len(text) > 1 else ""
    return f"{minus}{text[0]}{rest}e{'+' if point > 0 else '-'}{abs(point - 1)}"
