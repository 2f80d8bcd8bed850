"""The exact reader of Node's `util.inspect` text, as written by Node 12 to 24.

A dump is not JSON: keys are bare, three kinds of quotes are in use, long strings are joined with ``+``,
and what the value had is partly left out (`Loss`). This reader follows the grammar and never the
layout, keeps its own stack (nesting is up to whoever wrote the log), and never evaluates anything.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

from balance_sync.logs.inspect_colours import without_colours
from balance_sync.logs.inspect_frame import Frame
from balance_sync.logs.inspect_lexer import (
    CUT,
    end_of_enclosed,
    is_error_heading,
    read_constant,
    read_error,
    read_number,
    read_primitive,
    read_string,
    starts_item_error,
)
from balance_sync.logs.inspect_values import (
    UNDEFINED,
    Dump,
    DumpError,
    ErrorValue,
    Kind,
    Loss,
    LossKind,
    Opaque,
    Wrapped,
)

__all__ = ["UNDEFINED", "Dump", "DumpError", "read_dump"]

_SPACE = re.compile(r"[ \t\r\n]*+")
_SIMPLE_ENTRY = re.compile(
    r"[ \r\n]*+(?:([A-Za-z_][A-Za-z_0-9]*+)|'([^'\\\r\n]*+)'): "
    r"(?:'([^'\\\r\n]*+)'|(-?[0-9]++(?:\.[0-9]++)?)|(true|false|null|undefined))(?=[,\r\n]| \})"
)
