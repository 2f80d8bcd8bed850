"""Takes personal data out of text that must be kept although it could not be read.

What could not be read has no keys to allow, so this works by patterns, and rather hides too much:
e-mail addresses, telephone numbers, and the values of keys that name a person or carry a message.
"""

from __future__ import annotations

import re

HIDDEN = "[hidden]"

_EMAIL = re.compile(r"[\w.+%-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,5}")
_PHONE = re.compile(r"\+\d[\d ()-]{6,18}\d")
_PERSONAL_KEY = re.compile(
    r"""(?ix)
    (\b(?:name|first_?name|last_?name|full_?name|e?mail|phone|phone_?number|mobile|address|notes?|message
        |gift_?message|sender|recipient|actor|receiptHandle)\b
     \\{0,8}["'`]?\s{0,4}:\s{0,4})
    (\\{0,8})(["'`])
    """
)


def redact(text: str) -> str:
    """Return `text` with personal data replaced by ``[hidden]``, in linear time."""
    text = _PHONE.sub(HIDDEN, _EMAIL.sub(HIDDEN, text))
    parts: list[str] = []
    position = 0
    while match := _PERSONAL_KEY.search(text, position):
        closing = match[2] + match[3]
        end = text.find(closing, match.end())
        end = len(text) if end < 0 else end
        parts += (text[position : match.end()], HIDDEN)
        position = end
    return "".join([*parts, text[position:]])
