"""Prints values as Node 20's `util.inspect` does: quotes, escapes, line breaks, columns, joined strings.

The counterpart of the reader for property tests; its layout is compared with real Node's in the slow tests.
Values are those of `balance_sync.logs.inspect_values`; nothing is left out (depth and limits are infinite).
"""

from __future__ import annotations

import math
import re
import unicodedata
from decimal import Decimal

from balance_sync.logs.inspect_values import (
    UNDEFINED,
    Collection,
    ErrorValue,
    Instance,
    Opaque,
    Pair,
)

_IDENTIFIER = re.compile(r"[a-zA-Z_][a-zA-Z_0-9]*\Z")
_UNSAFE = re.compile("[\x00-\x1f\\\\\x7f-\x9f\ud800-\udfff]")
_UNSAFE_OR_QUOTE = re.compile("[\x00-\x1f'\\\\\x7f-\x9f\ud800-\udfff]")
_SHORT_ESCAPES = {"\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r", "\\": "\\\\", "'": "\\'"}


def js_number(value: float) -> str:
    """Print a double as JavaScript does."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    sign = "-" if math.copysign(1, value) < 0 else ""
    if value == 0:
        return f"{sign}0"
    mantissa, _, exponent_text = f"{Decimal(repr(abs(value))):e}".partition("e")
    digits = mantissa.replace(".", "").rstrip("0")
    exponent = int(exponent_text)
    if -7 < exponent < 0:
        return f"{sign}0.{'0' * (-exponent - 1)}{digits}"
    if 0 <= exponent < 21:
        digits = digits.ljust(exponent + 1, "0")
        fraction = digits[exponent + 1 :]
        return sign + digits[: exponent + 1] + (f".{fraction}" if fraction else "")
    return f"{sign}{digits[0]}{'.' + digits[1:] if digits[1:] else ''}e{exponent:+d}"


def quoted(text: str) -> str:
    """Print a string in the quotes that need the fewest escapes."""
    quote, unsafe = "'", _UNSAFE_OR_QUOTE
    if "'" in text and '"' not in text:
        quote, unsafe = '"', _UNSAFE
    elif "'" in text and "`" not in text and "${" not in text:
        quote, unsafe = "`", _UNSAFE
    return quote + unsafe.sub(_escape, text) + quote


def _escape(match: re.Match[str]) -> str:
    character = match[0]
    if character in _SHORT_ESCAPES:
        return _SHORT_ESCAPES[character]
    code = ord(character)
    return f"\\u{code:x}" if code > 0xFF else f"\\x{code:02X}"


def _units(text: str) -> int:
    """Count UTF-16 units, which is what JavaScript calls length."""
    return len(text) + sum(character > "\uffff" for character in text)


def _columns(text: str) -> int:
    """Count columns of a terminal."""
    columns = 0
    for character in text:
        if unicodedata.category(character) not in ("Cc", "Cf", "Mn", "Me"):
            columns += 2 if unicodedata.east_asian_width(character) in "FW" else 1
    return columns


class InspectWriter:
    """One printing.

    Parameters
    ----------
    break_length, compact
        The options of those names: what a line may hold, and how many inner levels share one.
    """

    def __init__(self, break_length: float = 80, compact: int = 3) -> None:
        self.break_length = break_length
        self.compact = compact
        self.innermost = 0

    def write(self, value: object, indent: int = 0, level: int = 0) -> str:
        """Print `value`, which begins at column `indent` inside `level` brackets."""
        match value:
            case str():
                return self._string(value, indent)
            case dict():
                return self._bracketed("{", "}", [], value, indent, level)
            case list():
                return self._bracketed("[", "]", value, {}, indent, level)
            case Instance():
                return self._bracketed(f"{value.label} {{", "}", [], value.fields, indent, level)
            case Collection():
                opening, closing = ("[", "]") if _is_array(value) else ("{", "}")
                label = f"{value.label} " if value.label else ""
                return self._bracketed(label + opening, closing, value.items, value.fields, indent, level)
            case ErrorValue():
                stack = "\n".join([value.heading, *(f"    {frame}" for frame in value.frames)])
                return self._with_fields(
                    stack.replace("\n", "\n" + " " * indent), value.fields, indent, level
                )
            case Opaque():
                return self._with_fields(value.text, value.fields, indent, level)
        return _primitive(value)

    def _string(self, text: str, indent: int) -> str:
        length = _units(text)
        if length > 16 and length > self.break_length - indent - 4:
            lines = [line for line in re.split(r"(?<=\n)", text) if line]
            return (" +\n" + " " * (indent + 2)).join(map(quoted, lines))
        return quoted(text)

    def _with_fields(self, base: str, fields: dict | None, indent: int, level: int) -> str:
        if not fields:
            return base
        return self._bracketed("{", "}", [], fields, indent, level, base=base)

    def _bracketed(
        self,
        opening: str,
        closing: str,
        items: list,
        fields: dict,
        indent: int,
        level: int,
        *,
        base: str = "",
    ) -> str:
        if not items and not fields and not base:
            return opening + closing
        level += 1
        self.innermost = level
        output = [self._item(item, indent + 2, level) for item in items]
        for key, value in fields.items():
            output.append(f"{_key(key)}: {self.write(value, indent + 2, level)}")
        return self._lay_out(output, base, opening, closing, items, indent, level)

    def _item(self, item: object, indent: int, level: int) -> str:
        if isinstance(item, Pair):
            return f"{self.write(item.key, indent, level)} => {self.write(item.value, indent, level)}"
        return self.write(item, indent, level)

    def _lay_out(
        self, output: list[str], base: str, opening: str, closing: str, items: list, indent: int, level: int
    ) -> str:
        entries = len(output)
        if closing == "]" and entries > 6:
            output = self._grouped(output, items, indent)
        prefix = f"{base} " if base else ""
        if self.innermost - level < self.compact and entries == len(output):
            start = len(output) + indent + _units(opening) + _units(base) + 10
            length = sum(map(_units, output)) + len(output) + start
            if (
                length <= self.break_length
                and "\n" not in base
                and not any("\n" in entry for entry in output)
            ):
                return f"{prefix}{opening} {', '.join(output)} {closing}"
        line = "\n" + " " * indent
        return f"{prefix}{opening}{line}  {f',{line}  '.join(output)}{line}{closing}"

    def _grouped(self, output: list[str], items: list, indent: int) -> list[str]:
        """Set the entries of an array in columns, if they are many and short."""
        lengths = [_columns(entry) for entry in output]
        total = sum(lengths) + 2 * len(lengths)
        widest = max(lengths) + 2
        if not (widest * 3 + indent < self.break_length and (total / widest > 5 or widest <= 8)):
            return output
        bias = max(widest - 3 - math.sqrt(widest - total / len(output)), 1)
        columns = min(
            math.floor(math.sqrt(2.5 * bias * len(output)) / bias + 0.5),
            math.floor((self.break_length - indent) / widest) if self.break_length < math.inf else 15,
            self.compact * 4,
            15,
        )
        if columns <= 1:
            return output
        widths = [max(lengths[column::columns]) + 2 for column in range(columns)]
        numbers = len(items) == len(output) and all(_is_number(item) for item in items)
        return [
            _row(
                output[start : start + columns], lengths[start : start + columns], widths, align_right=numbers
            )
            for start in range(0, len(output), columns)
        ]


def _row(entries: list[str], lengths: list[int], widths: list[int], *, align_right: bool) -> str:
    row = ""
    last = len(entries) - 1
    for index, (entry, length, width) in enumerate(zip(entries, lengths, widths, strict=False)):
        if index == last:
            return row + " " * (width - 2 - length if align_right else 0) + entry
        padding = " " * (width - length - 2)
        row += f"{padding}{entry}, " if align_right else f"{entry}, {padding}"
    return row


def _is_array(value: Collection) -> bool:
    return not value.label or re.search(r"Array|^Foo", value.label) is not None


def _is_number(value: object) -> bool:
    return isinstance(value, Decimal | int) and not isinstance(value, bool)


def _key(key: str | Opaque) -> str:
    if isinstance(key, Opaque):
        return f"[{_UNSAFE_OR_QUOTE.sub(_escape, key.text)}]"
    if key == "__proto__":
        return "['__proto__']"
    return key if _IDENTIFIER.match(key) else quoted(key)


def _primitive(value: object) -> str:
    if value is None or value is UNDEFINED:
        return "null" if value is None else "undefined"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return js_number(float(value))
    return f"{value}n"


def write_dump(value: object, *, break_length: float = 80, compact: int = 3) -> str:
    """Print `value` as `util.inspect` would."""
    return InspectWriter(break_length, compact).write(value)
