"""JSON values that follow each other in a stream, with or without anything between them, one at a time."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import msgspec

from balance_sync.sources.reading import Reading
from balance_sync.sources.streams import Stream

_LARGEST_VALUE = 8 << 20
"""Bytes of a value that is read whole; of a larger one, the events that it lists are read one by one."""

_READ_BYTES = 1 << 18
_BETWEEN = re.compile(rb"[ \t\r\n,\x1e]*")
_BETWEEN_OBJECTS = re.compile(rb"[ \t\r\n,\x1e\[\]]*")
"""The same and the brackets of an array that holds everything: its values are what is in it."""

_TOKEN = re.compile(rb'"(?:[^"\\]++|\\.)*+"|["{}\[\]]', re.DOTALL)
_LIST = re.compile(rb'"(events|logEvents|results|[Rr]ecords)"\s*:\s*\[')
_NAMES = {
    name: re.compile(rb'"%b"\s*:\s*("(?:[^"\\]|\\.){1,600}")' % name.encode())
    for name in ("logGroup", "logStream")
}
_OPENING = frozenset(b"{[")

_USUAL_ENDS = ((b"\n", 0), (b'}{"', 1), (b'},{"', 1))
"""What mostly stands where a value ends, and how much of it belongs to the value."""

_LONGEST_GUESS = 2 << 20
"""Bytes of a value whose end is guessed."""

_MOST_MISGUESSED = 8 << 20
"""Bytes looked through for wrong guesses, beyond those of right ones, after which no more are made."""
_MOST_WASTED = 16 << 20
"""Bytes looked through in vain, over and over, before what is left of a file is taken for no JSON."""

_MOST_WASTED_A_BYTE = 64
"""The same for each byte of the file so far: many small files of this kind must not take long either."""

_MOST_OPEN = 1 << 16
"""Brackets without an end that are remembered."""

_MOST_LISTS = 8
"""Lists within each other without an end in sight: damage leaves a few behind, a thousand are an attack."""


class JsonValues:
    """The values of a stream, decoded; what is no value is told and passed over.

    Parameters
    ----------
    reading
        Gets the problem where the values are damaged, or end in the middle of one.
    decode
        Makes a value of its text, and raises what `msgspec.json.decode` does, which decodes what stands in a
        list that is read value by value.
    """

    def __init__(
        self,
        stream: Stream,
        reading: Reading,
        decode: Callable[[bytes | memoryview], Any] = msgspec.json.decode,
    ) -> None:
        self._stream = stream
        self._reading = reading
        self._decode = decode
        self._text = b""
        self._at = 0
        self._passed = 0
        self._wasted = 0
        self._unclosed: frozenset[int] = frozenset()
        self._usual_end = 0
        self._misguessed = 0

    def __iter__(self) -> Iterator[Any]:
        """Give out the objects and, one by one, what an array around them holds."""
        while self._skip(_BETWEEN_OBJECTS):
            if self._text[self._at] == ord("{"):
                yield from self._value()
            else:
                self._pass_over()

    def _value(self, lists: int = 0) -> Iterator[Any]:
        decode = msgspec.json.decode if lists else self._decode
        if self._misguessed < _MOST_MISGUESSED:
            guessed = self._guessed_value(decode)
            if guessed is not None:
                yield guessed
                return
        end = self._end_of_value()
        if end is None:
            listed = None
            if lists < _MOST_LISTS and not self._is_hopeless:
                listed = _LIST.search(self._text, self._at, self._at + _READ_BYTES)
            if listed:
                yield from self._listed(listed, lists + 1)
            else:
                self._pass_over()
            return
        begin, self._at = self._at, end
        # Who gets somewhere may look ahead again: the second of two large objects is no damage.
        self._wasted = max(0, self._wasted - (end - begin))
        try:
            yield decode(self._text[begin:end])
        except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
            self._reading.tell(f"JSON damaged at byte {self._passed + begin}: {error}")

    def _guessed_value(self, decode: Callable[[bytes | memoryview], Any]) -> Any:
        """Return the value that ends where values mostly do; `None` where it does not end there.

        What decodes from its first bracket to its last is the value, so that its signs need not be looked at
        one by one.
        """
        end = self._guessed_end()
        try:
            value = decode(memoryview(self._text)[self._at : end])
        except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
            self._misguessed += end - self._at
            self._usual_end = (self._usual_end + 1) % len(_USUAL_ENDS)
            return None
        self._misguessed = max(0, self._misguessed - (end - self._at))
        self._wasted = max(0, self._wasted - (end - self._at))
        self._at = end
        return value

    def _guessed_end(self) -> int:
        sign, of_value = _USUAL_ENDS[self._usual_end]
        seen = 0
        while True:
            found = self._text.find(sign, self._at + seen)
            if found >= 0:
                return found + of_value
            held = len(self._text) - self._at
            if held >= _LONGEST_GUESS or not self._more(held + 1):
                return len(self._text)
            # The sign may begin in what is at hand and end in what is not.
            seen = max(held - len(sign) + 1, 0)

    def _listed(self, listed: re.Match[bytes], lists: int) -> Iterator[Any]:
        """Give out the values of a list, one by one, where the object is too large or has no end."""
        named = {
            name: _name(pattern.search(self._text, self._at, listed.start()))
            for name, pattern in _NAMES.items()
        }
        self._at = listed.end()
        while self._skip(_BETWEEN) and self._text[self._at] in _OPENING:
            for value in self._value(lists):
                # Behind damage may stand another object that says of itself where it belongs.
                is_event = listed[1] == b"logEvents" and "messageType" not in value
                yield {"logEvents": [value], **named} if is_event else value
        if self._more(1):
            # Behind the list stands what the object says beside it.
            self._at += 1
            end = self._end_of_value(depth=1)
            if end is None:
                self._reading.tell(f"JSON object without an end at byte {self._passed + self._at}")
            self._at = len(self._text) if end is None else end
        else:
            self._reading.tell(f"JSON cut short at byte {self._passed + self._at}")

    def _skip(self, between: re.Pattern[bytes]) -> bool:
        """Go to the next sign that is none of those `between` values; return whether there is one."""
        while self._more(1):
            skipped = between.match(self._text, self._at)
            self._at = skipped.end() if skipped else self._at
            if self._at < len(self._text):
                return True
        return False

    def _more(self, size: int) -> bool:
        """Have `size` bytes at hand; return whether there are so many."""
        held = len(self._text) - self._at
        if held < size:
            self._passed += self._at
            self._text = self._text[self._at :] + self._stream.read(max(size - held, _READ_BYTES))
            self._at = 0
        return len(self._text) - self._at >= size

    def _end_of_value(self, *, depth: int = 0) -> int | None:
        """Return where the value that begins here ends; `None` if it does not, or is too large."""
        if not depth and self._passed + self._at in self._unclosed:
            return None
        begins_value, seen = not depth, 0
        while True:
            held = len(self._text) - self._at
            goes_on_at = held
            for token in _TOKEN.finditer(self._text, self._at + seen):
                if token[0] == b'"':
                    # The rest of the string is not at hand.
                    goes_on_at = token.start() - self._at
                    break
                if len(token[0]) == 1:
                    depth += 1 if token[0][0] in _OPENING else -1
                    if depth == 0:
                        return token.end()
            seen = goes_on_at
            if held >= _LARGEST_VALUE or not self._more(held + 1):
                self._wasted += held
                if begins_value and held < _LARGEST_VALUE:
                    self._unclosed = frozenset(self._open_brackets())
                return None

    def _open_brackets(self) -> list[int]:
        """Return where in the stream the brackets are that nothing closes, looked for up to its end.

        A value that begins at one of them need not be looked through again: each in each other, they would
        take the square of their number.
        """
        brackets: list[int] = []
        beyond = 0
        for token in _TOKEN.finditer(self._text, self._at):
            if token[0] == b'"':
                break
            if len(token[0]) > 1:
                continue
            if token[0][0] not in _OPENING:
                if beyond:
                    beyond -= 1
                elif brackets:
                    brackets.pop()
            elif len(brackets) < _MOST_OPEN:
                brackets.append(self._passed + token.start())
            else:
                beyond += 1
        return brackets

    @property
    def _is_hopeless(self) -> bool:
        seen = self._passed + len(self._text)
        return self._wasted > min(_MOST_WASTED, _MOST_WASTED_A_BYTE * seen)

    def _pass_over(self) -> None:
        """Go on at the next object, or end."""
        self._reading.tell(f"no whole JSON value at byte {self._passed + self._at}")
        if self._is_hopeless:
            for _ in self._stream.rest():
                pass
            self._at = len(self._text)
            return
        self._at += 1
        while self._more(2):
            found = self._text.find(b'{"', self._at)
            if found >= 0:
                self._at = found
                return
            self._at = len(self._text) - 1
        self._at = len(self._text)


def _name(named: re.Match[bytes] | None) -> str:
    try:
        return msgspec.json.decode(named[1], type=str) if named else ""
    except (msgspec.DecodeError, UnicodeDecodeError):
        return ""
