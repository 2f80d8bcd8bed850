"""The next token where a value is due: a whole value, a bracket that opens, or the key of an extra property.

Pure functions of the text, a place in it, and the bracket around it; what is kept between tokens is
the reader's.
"""

from __future__ import annotations

from dataclasses import dataclass

from balance_sync.logs import inspect_descriptions as descriptions
from balance_sync.logs import inspect_errors as errors
from balance_sync.logs import inspect_lexer as lexer
from balance_sync.logs.inspect_nesting import Nesting
from balance_sync.logs.inspect_values import CUT_OFF, DumpError, Key, Kind, Opaque

_NUMBER_BEGINS = frozenset("+-0123456789")
_ARRAY_BEGINS = frozenset(" \t\r\n]")


@dataclass(frozen=True, slots=True)
class ItemKey:
    """The key of a property among items: ``extra`` in ``[ 1, extra: 'e' ]``."""

    key: Key


def read_token(text: str, pos: int, within: Nesting | None, *, level: int) -> tuple[object, int]:
    """Read the token at `pos`, `level` brackets deep, of which `within` is the innermost.

    Returns
    -------
    token, end
        A `Nesting` for a bracket that opened, an `ItemKey` (its colon read too), or a value; and where
        it ends.

    Raises
    ------
    DumpError
        Nothing that `util.inspect` prints stands there.
    """
    first = text[pos : pos + 1]
    if first in lexer.QUOTES:
        return lexer.read_string(text, pos)
    if first in _NUMBER_BEGINS:
        return lexer.read_number(text, pos)
    if first == "{":
        return Nesting("}"), pos + 1
    if first == "[":
        return _read_bracket(text, pos, within, level)
    if first == "<":
        return _read_angle(text, pos)
    return _read_word(text, pos, within, level)


def read_key(text: str, pos: int) -> tuple[Key, int] | None:
    """Read a key up to its colon; None if what stands there is none."""
    bare = lexer.BARE_KEY.match(text, pos)
    if bare:
        return bare[0], bare.end()
    if text[pos : pos + 1] in lexer.QUOTES:
        found: tuple[Key, int] | None = lexer.read_string(text, pos)
    elif text.startswith("Symbol(", pos):
        end = lexer.end_of_enclosed(text, pos + 6, level=1)
        found = descriptions.symbol_key(text[pos:end], pos), end
    else:
        found = descriptions.read_bracketed_key(text, pos)
    return found if found is not None and text.startswith(":", found[1]) else None


def _read_bracket(text: str, pos: int, within: Nesting | None, level: int) -> tuple[object, int]:
    if text[pos + 1 : pos + 2] in _ARRAY_BEGINS:
        return Nesting("]", items=True), pos + 1
    wrapper = descriptions.match_wrapper(text, pos)
    if wrapper:
        owner = Opaque(descriptions.wrapper_kind(wrapper[1]), wrapper[1])
        return Nesting("]", owner=owner, wraps=True), wrapper.end()
    return (
        _read_label(text, pos)
        or _read_item_key(text, pos, within)
        or descriptions.read_bracketed(text, pos, level=level)
    )


def _read_angle(text: str, pos: int) -> tuple[object, int]:
    no_bytes = descriptions.match_no_bytes(text, pos)
    if no_bytes and read_key(text, no_bytes.end()):
        return Nesting(">", owner=Opaque(Kind.BINARY, no_bytes[0] + ">")), no_bytes.end()
    value, end = descriptions.read_angled(text, pos)
    if value.kind is Kind.REJECTED:
        return Nesting("", owner=value, wraps=True), end
    if value.kind is not Kind.BINARY:
        return value, end
    # A buffer's own properties stand inside: <Buffer 68 65, name: 'x'>.
    return (Nesting(">", owner=value) if text[end] == "," else value), end + 1


def _read_word(text: str, pos: int, within: Nesting | None, level: int) -> tuple[object, int]:
    if pos >= len(text):
        raise DumpError(CUT_OFF, pos)
    constant = lexer.read_constant(text, pos)
    if constant:
        return constant
    if text.startswith("Symbol(", pos):
        end = lexer.end_of_enclosed(text, pos + 6, level=level)
        return Opaque(Kind.SYMBOL, text[pos:end]), end
    found = (
        descriptions.read_literal(text, pos) or _read_item_key(text, pos, within) or _read_label(text, pos)
    )
    if found:
        return found
    if errors.is_error_heading(text, pos):
        return errors.read_error(text, pos, level=level)
    if within is not None:
        return descriptions.read_custom(text, pos)
    raise DumpError("not a value", pos)


def _read_label(text: str, pos: int) -> tuple[object, int] | None:
    match = descriptions.match_label(text, pos)
    if match is None:
        return None
    label = match[0]
    end = match.end() + 2
    if text[end - 1] == "[":
        return Nesting("]", label, items=True), end
    return Nesting("}", label, items=descriptions.holds_items(label)), end


def _read_item_key(text: str, pos: int, within: Nesting | None) -> tuple[object, int] | None:
    if within is None or not within.takes_item_key or errors.starts_item_error(text, pos):
        return None
    found = read_key(text, pos)
    return found and (ItemKey(found[0]), found[1] + 1)
