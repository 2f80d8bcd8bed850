"""A value whose bracket is open: what was read of it so far, and what it becomes when it closes.

The reader keeps these on a list instead of calling itself, as a log decides how deep they nest.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from balance_sync.logs.inspect_values import (
    Collection,
    ErrorValue,
    Instance,
    Key,
    Opaque,
    Pair,
    Wrapped,
)

Owner = Opaque | Wrapped | ErrorValue
_SHOWN_STEPS = 6
_SHOWN_KEY = 60
_PAIRS = " Entries]"


class Nesting:
    """One open bracket.

    Parameters
    ----------
    closer
        The bracket that closes it; "" for a wrapper that ends with its value.
    label
        What stands before the bracket.
    items
        Whether elements without keys may stand in it.
    owner
        The value whose own properties stand in the bracket; of a wrapper, what it is.
    wraps
        Whether it holds one value and nothing else: ``[Number: 3]``, ``<rejected> 3``.

    Attributes
    ----------
    level
        By how many steps Node indents what stands in it.
    """

    __slots__ = ("closer", "fields", "items", "key", "label", "level", "map_key", "owner", "wraps")

    def __init__(
        self,
        closer: str,
        label: str = "",
        *,
        items: bool = False,
        owner: Owner | None = None,
        wraps: bool = False,
    ) -> None:
        self.closer = closer
        self.label = label
        self.items: list[object] | None = [] if items else None
        self.owner = owner
        self.fields: dict[Key, object] = {}
        self.key: Key | None = None
        self.map_key: Pair | None = None
        self.wraps = wraps
        self.level = 0 if wraps else 1

    def enter(self, outer: Nesting) -> None:
        """Stand in `outer`, whose indentation a wrapper keeps, and so does a pair of an iterator."""
        self.level = outer.level if outer.label.endswith(_PAIRS) else self.level + outer.level

    @property
    def needs_key(self) -> bool:
        """Whether a key comes next."""
        return self.items is None and self.key is None and not self.wraps

    @property
    def takes_item_key(self) -> bool:
        """Whether an item comes next, or the key of a property among items."""
        return self.items is not None and self.key is None and self.map_key is None

    @property
    def replaces_value(self) -> bool:
        """Whether the key that was read came before."""
        return self.key is not None and self.key in self.fields

    def add(self, value: object) -> None:
        """Take the next value."""
        if self.key is not None:
            self.fields[self.key] = value
            self.key = None
            return
        if self.map_key is not None:
            value, self.map_key = replace(self.map_key, value=value), None
        if self.items is not None:
            self.items.append(value)

    def add_items(self, items: list[object]) -> None:
        """Take items, of which none has a key."""
        if self.items is not None:
            self.items.extend(items)

    def build(self) -> object:
        """Give the value that the closed bracket stands for."""
        if self.owner is not None:
            return replace(self.owner, fields=self.fields)
        if self.items is None:
            return Instance(self.label, self.fields) if self.label else self.fields
        if self.label or self.fields:
            return Collection(self.label, self.items, self.fields)
        return self.items

    def wrap(self, value: object, tags: str) -> Wrapped:
        """Give the wrapper with its value and the tags printed after it."""
        owner = self.owner
        if not isinstance(owner, Opaque):
            raise TypeError("a wrapper is opened with the text before its value")
        return Wrapped(owner.kind, owner.text + tags, value)

    def step(self) -> str:
        """Name the place that is being read, as a step of a path."""
        if self.key is None:
            return "" if self.items is None else f"[{len(self.items)}]"
        name = self.key if isinstance(self.key, str) else self.key.text
        shown = name if len(name) <= _SHOWN_KEY else name[:_SHOWN_KEY] + "…"
        return f".{shown}" if isinstance(self.key, str) else f"[{shown}]"


def path_of(nestings: Sequence[Nesting]) -> str:
    """Name the place that is being read, e.g. ``$.transaction.items[3]``.

    Deep paths lose their middle: with one path a loss and nesting without limit, whole ones would grow
    with the square of the text.
    """
    if len(nestings) <= 2 * _SHOWN_STEPS:
        return "$" + "".join(nesting.step() for nesting in nestings)
    outer = "".join(nesting.step() for nesting in nestings[:_SHOWN_STEPS])
    inner = "".join(nesting.step() for nesting in nestings[-_SHOWN_STEPS:])
    return f"${outer}…{inner}"
