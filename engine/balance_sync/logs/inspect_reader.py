"""The exact reader of Node's `util.inspect` text, as written by Node 12 to 24.

A dump is not JSON: keys are bare, three kinds of quotes are in use, long strings are joined with ``+``,
and what the value had is partly left out (`Loss`). This reader follows the grammar and never the
layout, keeps its own stack (nesting is up to whoever wrote the log), and never evaluates anything.
"""

from __future__ import annotations

import re
from decimal import Decimal

from balance_sync.logs import inspect_descriptions as descriptions
from balance_sync.logs import inspect_lexer as lexer
from balance_sync.logs.inspect_colours import without_colours
from balance_sync.logs.inspect_nesting import Nesting, Owner, path_of
from balance_sync.logs.inspect_tokens import ItemKey, read_key, read_token
from balance_sync.logs.inspect_values import (
    CUT_OFF,
    UNDEFINED,
    Dump,
    DumpError,
    ErrorValue,
    Kind,
    Loss,
    LossKind,
    Opaque,
    Pair,
)

__all__ = ["UNDEFINED", "Dump", "DumpError", "read_dump"]

_SPACE = re.compile(r"[ \t\r\n]*+")
_SIMPLE_VALUE = r"(?:'([^'\\\r\n]*+)'|(-?[0-9]++(?:\.[0-9]++)?+)|(true|false|null|undefined))"
_SIMPLE_ENTRY = re.compile(
    rf"[ \r\n]*+(?:([A-Za-z_][A-Za-z_0-9]*+)|'([^'\\\r\n]*+)'): {_SIMPLE_VALUE}(?=[,\r\n]| \}})"
)
_SIMPLE_ITEM = re.compile(rf"[ \r\n]*+{_SIMPLE_VALUE},")
_REFERENCE = re.compile(r"<ref \*([0-9]{1,18})> ")
_MORE_ITEMS = re.compile(r"\.\.\. ([0-9]{1,18}) more items?+(?!\w)")
_ARROW = re.compile(r"[ \r\n]*+=>(?=\s)")
_OPENS_FIELDS = re.compile(r" \{(?=\s)")
_OPENS_FIELDS_BELOW = re.compile(r" \{(?=[\r\n])")
_GOT_VALUE = re.compile(r" (?=[^\s}\]>=])")
_WITH_FIELDS_AT_ROOT = frozenset({Kind.CLASS, Kind.FUNCTION})
_WITH_FIELDS = _WITH_FIELDS_AT_ROOT | {Kind.BOXED, Kind.DATE, Kind.REGEXP}

_NOTHING = object()


def read_dump(text: str, start: int = 0) -> Dump:
    """Read one value that `util.inspect` printed.

    Parameters
    ----------
    text
        Text that holds the dump; more may follow it.
    start
        Where the dump begins, white space before it allowed.

    Returns
    -------
    Dump
        The value, where it ends, and what the dump left out of it.

    Raises
    ------
    DumpError
        What stands there is no dump, or is cut short.

    Notes
    -----
    Time and memory grow in proportion to the text from `start` on, whatever it is; give one message, not
    a whole log.

    Examples
    --------
    >>> read_dump("{ id: 'a', amount: -0.5 } and more")
    Dump(value={'id': 'a', 'amount': Decimal('-0.5')}, end=25, losses=(), references=())
    """
    if text.find("\x1b[", start) < 0:
        return _Reader(text).read(start)
    plain = without_colours(text, start)
    try:
        dump = _Reader(plain.text).read(start)
    except DumpError as error:
        raise DumpError(error.reason, plain.original(error.offset)) from None
    return Dump(dump.value, plain.original(dump.end), dump.losses, dump.references)


class _Reader:
    """The state of one reading: either a value was just read, or one is due at `pos`."""

    __slots__ = ("losses", "pos", "references", "stack", "text", "value")

    def __init__(self, text: str) -> None:
        self.text = text
        self.pos = 0
        self.value: object = _NOTHING
        self.stack: list[Nesting] = []
        self.losses: list[Loss] = []
        self.references: list[tuple[int, str]] = []

    def read(self, start: int) -> Dump:
        self.pos = start
        while True:
            nesting = self.stack[-1] if self.stack else None
            if self.value is _NOTHING:
                if nesting is not None and nesting.needs_key:
                    self._read_entries(nesting)
                elif nesting is not None and nesting.takes_item_key:
                    self._read_items(nesting)
                else:
                    self._read_value(nesting)
            elif nesting is not None:
                self._take_value(nesting)
            else:
                return Dump(self.value, self.pos, tuple(self.losses), tuple(self.references))

    def _read_entries(self, nesting: Nesting) -> None:
        """Read entries ``key: value`` up to the first whose value is not simple, and that one's key."""
        text, fields, pos = self.text, nesting.fields, self.pos
        while match := _SIMPLE_ENTRY.match(text, pos):
            bare, quoted, string, number, constant = match.groups()
            key = quoted if bare is None else bare
            if key in fields:
                self._note_repeated(nesting, key)
            if string is not None:
                fields[key] = string
            else:
                fields[key] = Decimal(number) if number is not None else lexer.CONSTANTS[constant]
            pos = match.end()
            if text[pos] != ",":
                self.pos = pos
                self._end_entry(nesting)
                return
            pos += 1
        self.pos = pos
        self._read_key(nesting)

    def _read_items(self, nesting: Nesting) -> None:
        """Read items up to the first that is not simple, and begin with that one."""
        text, pos = self.text, self.pos
        items: list[object] = []
        while match := _SIMPLE_ITEM.match(text, pos):
            string, number, constant = match.groups()
            if string is not None:
                items.append(string)
            else:
                items.append(Decimal(number) if number is not None else lexer.CONSTANTS[constant])
            pos = match.end()
        nesting.add_items(items)
        self.pos = pos
        self._read_value(nesting)

    def _note_repeated(self, nesting: Nesting, key: str) -> None:
        nesting.key = key
        self._lose(LossKind.DUPLICATE_KEY)
        nesting.key = None

    def _read_key(self, nesting: Nesting) -> None:
        self._skip_space()
        found = read_key(self.text, self.pos)
        if found is not None:
            nesting.key, self.pos = found[0], found[1] + 1
        elif nesting.label and not nesting.fields:
            nesting.items = []
        else:
            raise DumpError("a key is due" if self.pos < len(self.text) else CUT_OFF, self.pos)

    def _read_value(self, nesting: Nesting | None) -> None:
        self._skip_space()
        text, pos = self.text, self.pos
        if text.startswith("...", pos):
            self._read_more_items(nesting)
        elif reference := _REFERENCE.match(text, pos):
            self.references.append((int(reference[1]), path_of(self.stack)))
            self.pos = reference.end()
        else:
            token, self.pos = read_token(text, pos, nesting, level=nesting.level if nesting else 0)
            if isinstance(token, Nesting):
                self._open(token)
            elif isinstance(token, ItemKey):
                self.stack[-1].key = token.key
            else:
                self._finish(token)

    def _read_more_items(self, nesting: Nesting | None) -> None:
        match = _MORE_ITEMS.match(self.text, self.pos)
        if match is None or nesting is None or not nesting.takes_item_key:
            raise DumpError("not a value", self.pos)
        self._lose(LossKind.MORE_ITEMS, int(match[1]))
        self.pos = match.end()
        self._end_entry(nesting)

    def _open(self, nesting: Nesting) -> None:
        """Enter a bracket whose opening was read, and leave it if it is empty."""
        self.value = _NOTHING
        if isinstance(nesting.owner, Opaque) and nesting.closer == ">":
            self._lose_from(nesting.owner)
        if self.stack:
            nesting.enter(self.stack[-1])
        self.stack.append(nesting)
        self._skip_space()
        if not nesting.wraps and self.text.startswith(nesting.closer, self.pos):
            self.stack.pop()
            self.value = nesting.build()
            self.pos += 1

    def _finish(self, value: object) -> None:
        """Take a value: note what the dump leaves out of it, and read its own properties."""
        self.value = value
        if isinstance(value, str):
            cut = lexer.CUT.match(self.text, self.pos)
            if cut:
                self._lose(LossKind.STRING_CUT, int(cut[1]))
                self.pos = cut.end()
            return
        if isinstance(value, Opaque):
            got = (
                _GOT_VALUE.match(self.text, self.pos) if self.stack and value.kind is Kind.ACCESSOR else None
            )
            if got:
                self.pos = got.end()
                self._open(Nesting("", owner=value, wraps=True))
                return
            self._lose_from(value)
        if isinstance(value, Owner):
            opening = self._opening_of_fields(value)
            if opening:
                self.pos = opening.end()
                self._open(Nesting("}", owner=value))

    def _opening_of_fields(self, value: Owner) -> re.Match[str] | None:
        """Find the brace of a value's own properties; at the root it may be the message's next argument."""
        if isinstance(value, ErrorValue):
            opening = _OPENS_FIELDS_BELOW if value.frames else _OPENS_FIELDS
            return opening.match(self.text, self.pos)
        takes = _WITH_FIELDS if self.stack else _WITH_FIELDS_AT_ROOT
        return _OPENS_FIELDS.match(self.text, self.pos) if value.kind in takes else None

    def _take_value(self, nesting: Nesting) -> None:
        """Put the value that was read where it belongs."""
        if nesting.wraps:
            self._close_wrapper(nesting)
        elif nesting.takes_item_key and self._becomes_key(nesting):
            self.value = _NOTHING
        else:
            if nesting.replaces_value:
                self._lose(LossKind.DUPLICATE_KEY)
            nesting.add(self.value)
            self._end_entry(nesting)

    def _becomes_key(self, nesting: Nesting) -> bool:
        """See whether the value turns out to be a key: ``'a-b': 1`` or ``'a' => 1``."""
        arrow = _ARROW.match(self.text, self.pos)
        if arrow:
            nesting.map_key = Pair(self.value, None)
            self.pos = arrow.end()
            return True
        if not self.text.startswith(":", self.pos):
            return False
        if isinstance(self.value, str):
            nesting.key = self.value
        elif isinstance(self.value, Opaque) and self.value.kind is Kind.SYMBOL:
            printed = self.value.text
            nesting.key = descriptions.symbol_key(printed, self.pos - len(printed))
        else:
            raise DumpError("not a key", self.pos)
        self.pos += 1
        return True

    def _close_wrapper(self, nesting: Nesting) -> None:
        if not self.text.startswith(nesting.closer, self.pos):
            raise DumpError(f"{nesting.closer} is due", self.pos)
        self.stack.pop()
        self.pos += len(nesting.closer)
        tags = ""
        if self.stack:  # at the root what follows is the message's next argument
            tags, self.pos = descriptions.read_tags(self.text, self.pos)
        wrapped = nesting.wrap(self.value, tags)
        if wrapped.kind is Kind.BOXED:
            self._finish(wrapped)
        else:
            self.value = wrapped

    def _end_entry(self, nesting: Nesting) -> None:
        self._skip_space()
        found = self.text[self.pos : self.pos + 1]
        if not found:
            raise DumpError(CUT_OFF, self.pos)
        if found == nesting.closer:
            self.stack.pop()
            self.value = nesting.build()
        elif found == ",":
            self.value = _NOTHING
        else:
            raise DumpError(f", or {nesting.closer} is due", self.pos)
        self.pos += 1

    def _skip_space(self) -> None:
        self.pos = _SPACE.match(self.text, self.pos).end()  # type: ignore[union-attr]  # matches everywhere

    def _lose(self, kind: LossKind, missing: int = 0) -> None:
        self.losses.append(Loss(kind, path_of(self.stack), missing))

    def _lose_from(self, value: Opaque) -> None:
        loss = descriptions.loss_of(value)
        if loss:
            self._lose(*loss)
