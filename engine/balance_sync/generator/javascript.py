"""Numbers and strings as Node.js prints them inside an object dump.

Source: the `Number::toString` algorithm of ECMA-262 (shortest digits that read back as the same
double, exponent from 1e21 and below 1e-6) and the quoting of Node's `util.inspect`.
"""

from __future__ import annotations

from math import floor


def js_number(value: float) -> str:
    """Return `value` as JavaScript prints it: ``8``, ``79936.13636363637``, ``5.684341886080802e-14``."""
    text = repr(float(value))
    if text.endswith(".0"):
        return text[:-2]
    if "e" in text or "E" in text:
        return _without_python_exponent(text)
    return text


def _without_python_exponent(text: str) -> str:
    """Rewrite Python's exponent form (used from 1e16 and below 1e-4) as JavaScript would."""
    mantissa, _, exponent_text = text.partition("e")
    exponent = int(exponent_text)
    sign = "-" if mantissa.startswith("-") else ""
    whole, _, fraction = mantissa.lstrip("-").partition(".")
    digits = (whole + fraction).rstrip("0") if fraction == "0" else whole + fraction
    if 0 <= exponent < 21:
        return f"{sign}{digits.ljust(exponent + 1, '0')}"
    if -7 < exponent < 0:
        return f"{sign}0.{'0' * (-exponent - 1)}{digits}"
    tail = f".{digits[1:]}" if len(digits) > 1 else ""
    return f"{sign}{digits[0]}{tail}e{'+' if exponent > 0 else '-'}{abs(exponent)}"


def js_round(value: float, decimals: int = 3) -> float:
    """Round as ``Math.round(value * 10 ** decimals) / 10 ** decimals`` does: halves go up."""
    scale: int = 10**decimals
    return floor(value * scale + 0.5) / scale


def js_string(text: str) -> str:
    """Return `text` quoted as `util.inspect` quotes it.

    Single quotes unless the text holds one; then double quotes, then backticks, then single
    quotes with the inner ones escaped. The backslash is always escaped.
    """
    quote = "'"
    if "'" in text:
        if '"' not in text:
            quote = '"'
        elif "`" not in text and "${" not in text:
            quote = "`"
    escaped = text.replace("\\", "\\\\").replace("\n", "\\n").replace("\t", "\\t")
    if quote == "'" and "'" in escaped:
        escaped = escaped.replace("'", "\\'")
    return f"{quote}{escaped}{quote}"
