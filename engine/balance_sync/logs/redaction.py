"""Takes personal data out of text that must be kept although it could not be read.

What could not be read has no keys to allow, so this works by patterns, and rather hides too much:
e-mail addresses, telephone numbers, and the values of keys that name a person or carry a message.
"""

from __future__ import annotations

import re

HIDDEN = "[hidden]"

_DOMAIN = re.compile(r"@[\w-]{1,63}(?:\.[\w-]{1,63}){1,5}")
_NOT_MAILBOX = re.compile(r"[^\w.+%-]")
_MAILBOX_SIGNS = 64
_PHONE = re.compile(r"\+\d[\d ()-]{6,18}\d")
_PERSONAL_KEY = re.compile(
    r"""(?x)
    # A set of first letters that stands alone is found many times as fast as words that may begin here.
    [nempasrNEMPASR]
    (?i:
        (?<=n)(?:ames?|otes?) | (?<=e)-?mail | (?<=p)hone | (?<=m)(?:obile|essages?) | (?<=a)(?:ddress|ctor)
        | (?<=s)ender | (?<=r)(?:ecipient|eceiver|eceipthandle)
    )
    (?i:[_-]?(?:number|no|address|text|body|line)\d?)?
    (\\{0,15}) ["'`]? \s{0,4} : \s{0,4}
    """
)
_QUOTE = re.compile(r"(\\{0,15})([\"'`])")
_JOIN = re.compile(r"\s{0,8}\+\s{1,40}(?=[\\\"'`])")
_BARE_END = re.compile(r"[,}\]\r\n]")
_BRACKETS = re.compile(r"[{\[}\]]")


def redact(text: str) -> str:
    """Return `text` with personal data replaced by ``[hidden]``, in linear time."""
    text = _PHONE.sub(HIDDEN, _without_addresses(text))
    parts: list[str] = []
    position = 0
    while match := _PERSONAL_KEY.search(text, position):
        begin, end = _value_span(text, match.end())
        parts += (text[position:begin], HIDDEN)
        position = end
    return "".join([*parts, text[position:]])


def _without_addresses(text: str) -> str:
    """Return `text` without e-mail addresses; looked for from the @, for anything may be a mailbox."""
    parts: list[str] = []
    position = 0
    for domain in _DOMAIN.finditer(text):
        before = text[max(position, domain.start() - _MAILBOX_SIGNS) : domain.start()]
        *_, mailbox = _NOT_MAILBOX.split(before)
        if mailbox:
            parts += (text[position : domain.start() - len(mailbox)], HIDDEN)
            position = domain.end()
    return "".join([*parts, text[position:]])


def _value_span(text: str, begin: int) -> tuple[int, int]:
    """Return where the value that begins at `begin` is, without its quotes."""
    quote = _QUOTE.match(text, begin)
    if quote:
        end = _string_end(text, quote)
        while (join := _JOIN.match(text, min(end + len(quote[0]), len(text)))) and (
            following := _QUOTE.match(text, join.end())
        ):
            end = _string_end(text, following)
        return quote.end(), end
    if text[begin : begin + 1] in ("{", "["):
        return begin, _brackets_end(text, begin)
    bare = _BARE_END.search(text, begin)
    return begin, bare.start() if bare else len(text)


def _string_end(text: str, opening: re.Match[str]) -> int:
    """Return the offset of the closing quote: one with no more backslashes before it than the opening."""
    position = opening.end()
    while (found := text.find(opening[2], position)) >= 0:
        backslashes = found - len(text[position:found].rstrip("\\")) - position
        if backslashes <= len(opening[1]):
            return found - backslashes
        position = found + 1
    return len(text)


def _brackets_end(text: str, begin: int) -> int:
    """Return the offset behind the bracket that closes the one at `begin`; those in strings count too."""
    depth = 0
    for bracket in _BRACKETS.finditer(text, begin):
        depth += 1 if bracket[0] in "{[" else -1
        if depth == 0:
            return bracket.end()
    return len(text)
