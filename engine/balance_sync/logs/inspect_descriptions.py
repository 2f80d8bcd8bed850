"""What Node prints by description: ``[Function: f]``, ``<Buffer 68>``, ``/a/g``, labels, bracketed keys.

Told apart by their text alone; each keeps that text, so nothing is lost where the telling is wrong.
"""

from __future__ import annotations

import re

from balance_sync.logs.inspect_errors import is_error_heading, read_error, without_indentation
from balance_sync.logs.inspect_lexer import QUOTES, end_of_enclosed, read_string, unescape
from balance_sync.logs.inspect_values import DumpError, ErrorValue, Key, Kind, LossKind, Opaque

Described = Opaque | ErrorValue

_NAME = r"[^\s\[\](){}<>,:;'\"`=/\\+]++"
_TAGS = r"(?: \[[^\s\]][^\]\r\n]{0,200}+\])*+"
_LABEL = re.compile(
    r"(?:(?:\[[^\[\]\r\n]*+\] )?"
    r"\[(?:[^\[\]\r\n]*?: null prototype|Arguments|Module|(?:Map|Set) (?:Iterator|Entries))\]"
    rf"|{_NAME}(?:\([0-9]++\))?(?: <[^\r\n]{{0,500}}?>)?){_TAGS}(?= [\[{{][\s\]}}])"
)
_HOLDS_ITEMS = re.compile(r"\([0-9]+\)|\b(?:Weak)?(?:Map|Set)\b|\bPromise\b")
_LITERAL_PREFIX = rf"(?:{_NAME}{_TAGS} )?"
_REGEXP = re.compile(
    rf"{_LITERAL_PREFIX}/(?:[^/\\\[\r\n]++|\\.|\[(?:[^\]\\\r\n]++|\\.)*+\])++/[a-z]*+(?![\w$/])"
)
_DATE = re.compile(
    rf"{_LITERAL_PREFIX}"
    r"(?:Invalid Date|[+-]?[0-9]{4,6}-[0-9]{2}-[0-9]{2}T[0-9:]{8}\.[0-9]{3}Z)(?!\w)"
)
_CUSTOM = re.compile(
    r"(?:new )?[A-Za-z_$][\w$.]*+"
    r"(?:\((?:'[^'\\\r\n]*+'|\"[^\"\\\r\n]*+\"|[^()'\"\r\n]++)*+\)|<[^<>\r\n]*+>)"
)

_WRAPPER = re.compile(
    r"\[((?:Number|String|Boolean|BigInt|Symbol)(?: \([^)\r\n]{0,200}+\))?|Getter(?:/Setter)?): "
)
_TAGS_ALONE = re.compile(_TAGS)
_MARK = re.compile(r"\[(?:(Getter/Setter|Getter|Setter)|Circular(?: \*[0-9]{1,18})?)\](?!:)")
_FUNCTION = re.compile(r"\[(?:Async)?(?:Generator)?Function\b")
# A function with properties of its own that are too deep; in Node 12 any function without a name as well.
_UNNAMED_FUNCTION = re.compile(r"\[(?:Async)?(?:Generator)?Function\]")
_DEPTH = 2  # down to which console.log prints everything
_FUNCTION_TAIL = re.compile(rf"(?: {_NAME})?{_TAGS}(?=[,\r\n]| [{{}}\]])")
_DEEPER = re.compile(rf"\[(?:{_NAME}|[^\[\]\r\n]*: null prototype)(?: <[^\r\n]*>)?{_TAGS}\]")
# Not in brackets of its own: what has no prototype, and what such a class or module is called.
_DEEPER_WITHOUT_PROTOTYPE = re.compile(
    r"\[[^\[\]\r\n]*: null prototype\](?: \[[^\[\]\r\n]{0,200}+\])*+(?=[,\r\n>\]]| [}\]=]|$)"
)
_FIELDS = re.compile(r" \{(?=\s)")
_LONGEST_NAME = 1000
_INTERRUPTED = ": Inspection interrupted prematurely. Maximum call stack size exceeded.]"

_LITERALS = (
    (_DATE, Kind.DATE),
    (_REGEXP, Kind.REGEXP),
    (re.compile(r"Proxy \[Array\]"), Kind.OMITTED),
    (re.compile(r"\(detached\)"), Kind.MARKER),
)

_HOLES = re.compile(r"<[0-9]{1,18} empty items?>")
_BINARY = re.compile(
    r"<(?:[A-Za-z_$][\w$]*+ )?(?:[0-9a-f]{2}(?: [0-9a-f]{2})*+)?(?: ?\.\.\. [0-9]{1,18} more bytes?)?(?=>|, )"
)
_NO_BYTES = re.compile(r"<[A-Za-z_$][\w$]*+ ")
_REJECTED = re.compile(r"<rejected>(?= )")
_MARKER = re.compile(r"<[A-Za-z][A-Za-z ]*+>")
_THREW = re.compile(r"<Inspection threw \(")
_MORE_BYTES = re.compile(r"\.\.\. ([0-9]+) more bytes?>$")
_LONGEST_COUNT = 40

_BRACKETED_KEY = re.compile(r"\[(Symbol\([^\r\n]{0,300}?\)|(?!['\"`])[^\[\]\r\n]{0,300}+)\](?=:\s)")


def match_label(text: str, pos: int) -> re.Match[str] | None:
    """Match what stands before a bracket: ``Tx``, ``Foo(3)``, ``[Object: null prototype]``, ``X [tag]``."""
    return _LABEL.match(text, pos)


def holds_items(label: str) -> bool:
    """Tell whether the braces after `label` hold items rather than keys, whatever they look like."""
    return _HOLDS_ITEMS.search(label) is not None


def read_bracketed_key(text: str, pos: int) -> tuple[Key, int] | None:
    """Read ``[Symbol(k)]``, ``['__proto__']`` or ``[length]`` before its colon; None if it is no key."""
    if text[pos + 1 : pos + 2] in QUOTES and text.startswith("[", pos):
        quoted, end = read_string(text, pos + 1)
        return ("__proto__" if quoted == "__proto__" else Opaque(Kind.HIDDEN, quoted)), end + 1
    match = _BRACKETED_KEY.match(text, pos)
    if match is None:
        return None
    name = match[1]
    if name.startswith("Symbol("):
        return symbol_key(name, pos + 1), match.end()
    return Opaque(Kind.HIDDEN, unescape(name, pos + 1)), match.end()


def symbol_key(printed: str, offset: int) -> Opaque:
    """Give the key that `printed` at `offset` stands for; in keys, unlike values, symbols are escaped."""
    return Opaque(Kind.SYMBOL, unescape(printed, offset))


def match_wrapper(text: str, pos: int) -> re.Match[str] | None:
    """Match ``[Number: `` or ``[Getter: ``, which hold a value before their ``]``."""
    return _WRAPPER.match(text, pos)


def wrapper_kind(name: str) -> Kind:
    """Tell an accessor with its value from a boxed primitive."""
    return Kind.ACCESSOR if name.startswith("Getter") else Kind.BOXED


def read_tags(text: str, pos: int) -> tuple[str, int]:
    """Read the ``[tag]`` of a boxed primitive, mostly none."""
    match = _TAGS_ALONE.match(text, pos)
    return (match[0], match.end()) if match else ("", pos)


def read_bracketed(text: str, pos: int, *, level: int) -> tuple[Described, int]:
    """Read what starts with ``[`` and is neither an array, a label nor a wrapper, `level` brackets deep."""
    nested, deep = level > 0, level > _DEPTH
    if mark := _MARK.match(text, pos):
        kind = Kind.CIRCULAR if mark[1] is None else Kind.ACCESSOR
        return Opaque(kind, mark[1] or mark[0]), mark.end()
    if is_error_heading(text, pos):
        return read_error(text, pos, level=level)
    deeper = _DEEPER_WITHOUT_PROTOTYPE.match(text, pos)
    if deeper and not deeper[0].startswith("[Function"):
        return Opaque(Kind.OMITTED, deeper[0]), deeper.end()
    end = end_of_enclosed(text, pos, level=level)
    printed = text[pos:end]
    if _FUNCTION.match(printed):
        tail = _FUNCTION_TAIL.match(text, end) if nested else None
        end = tail.end() if tail else end
        omitted = deep and _UNNAMED_FUNCTION.fullmatch(printed) and not _FIELDS.match(text, end)
        kind = Kind.OMITTED if omitted else Kind.FUNCTION
        return Opaque(kind, text[pos:end]), end
    if printed.startswith("[class "):
        return Opaque(Kind.CLASS, printed), end
    if printed.startswith("[External"):
        return Opaque(Kind.MARKER, printed), end
    omitted = len(printed) < _LONGEST_NAME and _DEEPER.fullmatch(printed) and not _FIELDS.match(text, end)
    if omitted or printed.endswith(_INTERRUPTED):
        return Opaque(Kind.OMITTED, printed), end
    return ErrorValue(without_indentation(printed[1:-1], level)), end


def read_angled(text: str, pos: int) -> tuple[Opaque, int]:
    """Read ``<Buffer 68 65``, ``<68 65``, ``<2 empty items>``, ``<pending>`` and their like.

    Of binary data the closing bracket is left, as a buffer's own properties stand before it.
    """
    if match := _HOLES.match(text, pos):
        return Opaque(Kind.HOLES, match[0]), match.end()
    if match := _BINARY.match(text, pos):
        return Opaque(Kind.BINARY, match[0] + ">"), match.end()
    if match := _REJECTED.match(text, pos):
        return Opaque(Kind.REJECTED, match[0]), match.end()
    if match := _MARKER.match(text, pos):
        return Opaque(Kind.MARKER, match[0]), match.end()
    if _THREW.match(text, pos):
        end = text.find(")>]", pos)
        if end >= 0:
            return Opaque(Kind.MARKER, text[pos : end + 2]), end + 2
    raise DumpError("not a value", pos)


def match_no_bytes(text: str, pos: int) -> re.Match[str] | None:
    """Match the beginning of a buffer that holds nothing, as far as a key of its own."""
    return _NO_BYTES.match(text, pos)


def read_literal(text: str, pos: int) -> tuple[Opaque, int] | None:
    """Read a date or a regular expression, with the name of a class before it; None if it is neither."""
    for pattern, kind in _LITERALS:
        match = pattern.match(text, pos)
        if match:
            return Opaque(kind, match[0]), match.end()
    return None


def read_custom(text: str, pos: int) -> tuple[Opaque, int]:
    """Read what a class prints of itself: ``new ObjectId('…')``, ``Moment<…>``."""
    match = _CUSTOM.match(text, pos)
    if match is None:
        raise DumpError("not a value", pos)
    return Opaque(Kind.CUSTOM, match[0]), match.end()


def loss_of(value: Opaque) -> tuple[LossKind, int] | None:
    """Tell what a description leaves out, and how much of it if that is printed."""
    if value.kind is Kind.ACCESSOR:
        return (LossKind.GETTER, 0) if value.text != "Setter" else None
    if value.kind is Kind.BINARY:
        more = _MORE_BYTES.search(value.text[-_LONGEST_COUNT:])
        return (LossKind.MORE_BYTES, int(more[1])) if more else None
    if value.text == "<items unknown>":
        return LossKind.ITEMS_UNKNOWN, 0
    losses = {Kind.OMITTED: LossKind.OBJECT, Kind.CIRCULAR: LossKind.CIRCULAR}
    return (losses[value.kind], 0) if value.kind in losses else None
