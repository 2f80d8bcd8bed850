"""Data inside a page's script element, where no text of it can end the element or become markup."""

from __future__ import annotations

import json
from typing import Any

_ESCAPES = {ord(sign): f"\\u{ord(sign):04x}" for sign in "<>&\u2028\u2029"}


def embedded_json(value: Any) -> str:
    r"""Return `value` as JSON for a ``<script type="application/json">``.

    The signs that mean something to HTML, and the line ends that older JavaScript does not take in a string,
    are escaped; JSON has them in strings only.

    Examples
    --------
    >>> embedded_json("</script><!--")
    '"\\u003c/script\\u003e\\u003c!--"'
    """
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).translate(_ESCAPES)
