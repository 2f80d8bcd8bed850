"""What a dump of Node's `util.inspect` can say, as values that keep every distinction it makes.

Apart from the reader, because those who use a dump need these types and none of the reading.

==========================  =================================================================
printed                     read as
==========================  =================================================================
``{ a: 1 }``                `dict` in printed order; keys are `str`, symbols and hidden keys
                            (``[Symbol(k)]``, ``[length]``) are `Opaque`
``[ 1, 2 ]``                `list`
``'text'``                  `str`, lone surrogates kept
``1.5 -0 NaN 1e-7``         `decimal.Decimal` of the printed digits
``12n``                     `int`
``true false null``         `bool`, `None`
``undefined``               `UNDEFINED`
``Tx { id: 'a' }``          `Instance`
``Map(1) { 'a' => 1 }``     `Collection`, as is all else that holds items: sets, typed arrays,
                            iterators, promises, proxies, ``Foo(2) [ 1, 2 ]``, ``[ 1, extra: 2 ]``
``Error: m⏎    at f (…)``   `ErrorValue`
``[Number: 3] [Getter: 5]`` `Wrapped`
anything else               `Opaque`: a kind and the printed text
==========================  =================================================================
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum, StrEnum
from typing import Final


class Undefined(Enum):
    """The type of `UNDEFINED`: JavaScript's undefined, which is neither null nor a missing key."""

    UNDEFINED = "undefined"


UNDEFINED: Final = Undefined.UNDEFINED


class Kind(StrEnum):
    """What an opaque or wrapped value stands for."""

    ACCESSOR = "accessor"
    BIGINT = "bigint"  # too long for Python's conversion of digits
    BINARY = "binary"  # <Buffer 68 65>, <68 65>
    BOXED = "boxed"
    CIRCULAR = "circular"
    CLASS = "class"
    CUSTOM = "custom"  # a class that prints itself: new ObjectId('…'), Moment<…>
    DATE = "date"
    FUNCTION = "function"
    HIDDEN = "hidden"  # the key of a property that cannot be enumerated
    HOLES = "holes"
    MARKER = "marker"  # <pending>, <items unknown>, (detached)
    OMITTED = "omitted"  # [Object]: deeper than the dump goes
    REGEXP = "regexp"
    REJECTED = "rejected"
    SYMBOL = "symbol"


@dataclass(frozen=True, slots=True)
class Opaque:
    """A value known by its printed text alone, e.g. ``[Function: f]``; `fields` are its own properties."""

    kind: Kind
    text: str
    fields: dict[Key, object] | None = None


@dataclass(frozen=True, slots=True)
class Wrapped:
    """A value inside another: ``[Number: 3]`` (text ``Number``), ``[Getter: 5]``, ``<rejected> 3``."""

    kind: Kind
    text: str
    value: object
    fields: dict[Key, object] | None = None


@dataclass(frozen=True, slots=True)
class ErrorValue:
    """An error: `heading` is name and message, `frames` the lines of its stack without indentation."""

    heading: str
    frames: tuple[str, ...] = ()
    fields: dict[Key, object] | None = None


@dataclass(frozen=True, slots=True)
class Instance:
    """An object with something before its brace: ``Tx``, ``[Object: null prototype]``, ``X [tag]``."""

    label: str
    fields: dict[Key, object]


@dataclass(frozen=True, slots=True)
class Pair:
    """An entry ``key => value`` of a map."""

    key: object
    value: object


@dataclass(frozen=True, slots=True)
class Collection:
    """Whatever holds items; `label` is printed before its bracket, "" for an array with extra keys."""

    label: str
    items: list[object]
    fields: dict[Key, object] = field(default_factory=dict)


Key = str | Opaque


class LossKind(StrEnum):
    """Why a dump holds less than the value had."""

    CIRCULAR = "circular"
    DUPLICATE_KEY = "duplicate key"  # the last one is kept
    GETTER = "getter"
    ITEMS_UNKNOWN = "items unknown"
    MORE_BYTES = "more bytes"
    MORE_ITEMS = "more items"
    OBJECT = "[Object]"  # of any class: deeper than the dump goes
    STRING_CUT = "string cut"


@dataclass(frozen=True, slots=True)
class Loss:
    """Something the dump itself left out.

    Parameters
    ----------
    kind
        What was left out.
    path
        Where, e.g. ``$.transaction.items[3]``; long keys and the middle of deep paths are shortened.
    missing
        How many characters, items or bytes; 0 where the dump does not say.
    """

    kind: LossKind
    path: str
    missing: int = 0

    def __str__(self) -> str:
        return f"{self.kind} at {self.path}"


@dataclass(frozen=True, slots=True)
class Dump:
    """One value read from text.

    Parameters
    ----------
    value
        The value, see the module's table.
    end
        Offset just past the value in the text that was given.
    losses
        What the dump left out, in the order of the text.
    references
        Number and path of every ``<ref *n>``, which ``[Circular *n]`` points at.
    """

    value: object
    end: int
    losses: tuple[Loss, ...] = ()
    references: tuple[tuple[int, str], ...] = ()


CUT_OFF = "the text ends before the value does"


class DumpError(ValueError):
    """Text that is no dump, or a dump that is cut short.

    Parameters
    ----------
    reason
        One clause in lower case.
    offset
        Where in the text reading stopped.
    """

    def __init__(self, reason: str, offset: int) -> None:
        super().__init__(f"{reason} at offset {offset}")
        self.reason = reason
        self.offset = offset
