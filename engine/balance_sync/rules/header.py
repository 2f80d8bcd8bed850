"""The header of a SQL file: TOML in the block comment that the file begins with.

    /*---
    id = "overdraft"
    …
    ---*/
    SELECT …

A header says what a rule finds and what it misses, in an accountant's words; from it come the
catalogue, `rules show` and the rules sheet of the workbook.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Generic, Literal, TypeVar

import msgspec

from balance_sync.errors import RuleFileError

_OPENING = "/*---\n"
_CLOSING = "\n---*/\n"

Name = Annotated[str, msgspec.Meta(pattern=r"^[a-z][a-z0-9_]{0,62}\Z")]
Text = Annotated[str, msgspec.Meta(min_length=1)]


class Nature(StrEnum):
    """Whether a finding is a state that lasts until a later record shows otherwise, or an event."""

    STATE = "state"
    EVENT = "event"


class RuleStatus(StrEnum):
    """How far a rule version has come; runs take the newest active version unless told otherwise."""

    EXPERIMENTAL = "experimental"
    ACTIVE = "active"
    DEPRECATED = "deprecated"


ParameterType = Literal["DECIMAL(38, 18)", "BIGINT", "VARCHAR", "BOOLEAN", "DATE", "TIMESTAMP WITH TIME ZONE"]


class Parameter(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A `$named` parameter of a SQL file. The default is text, whatever the type, so that it is exact."""

    type: ParameterType
    default: str
    help: Text


class RuleHeader(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What a rule's file says about the rule."""

    id: Name
    version: Annotated[int, msgspec.Meta(ge=1)]
    title: Text
    severity: Literal["info", "warning", "error", "critical"]
    status: RuleStatus
    nature: Nature
    created: date
    changed: Text
    description: Text
    reads: Annotated[tuple[Name, ...], msgspec.Meta(min_length=1)]
    known_gaps: tuple[Text, ...]
    false_positives: tuple[Text, ...]
    triage: Text
    deprecated_because: str = ""
    params: dict[Name, Parameter] = {}


class ViewHeader(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What a view's file says about the view."""

    id: Name
    version: Annotated[int, msgspec.Meta(ge=1)]
    title: Text
    created: date
    reads: tuple[Name, ...]
    description: Text
    params: dict[Name, Parameter] = {}


Header = TypeVar("Header", RuleHeader, ViewHeader)


@dataclass(frozen=True, slots=True)
class SqlFile(Generic[Header]):
    """A SQL file taken apart.

    Attributes
    ----------
    path
        Where it was read.
    header
        Its validated header.
    sql
        The whole text, header included, so that line numbers of SQL errors are those of the file.
    sha256
        Of the text with LF line ends, whatever the checkout made of them.
    """

    path: Path
    header: Header
    sql: str
    sha256: str

    @property
    def key(self) -> str:
        """``id@version``."""
        return f"{self.header.id}@{self.header.version}"

    @property
    def query(self) -> str:
        """The statement alone, without header and semicolon, ready to stand in another one."""
        return self.sql.split(_CLOSING, 1)[1].strip().removesuffix(";") + "\n"


def read_sql_file(path: Path, kind: type[Header]) -> SqlFile[Header]:
    """Read and validate the file at `path`.

    Raises
    ------
    RuleFileError
        The file cannot be read, or its header is missing, no TOML, or not what `kind` wants; with
        file and line.
    """
    try:
        text = path.read_bytes().decode("utf-8").replace("\r\n", "\n")
    except (OSError, UnicodeDecodeError) as error:
        raise RuleFileError(str(path), "cannot be read as UTF-8 text", reason=str(error)) from error
    if not text.startswith(_OPENING) or _CLOSING not in text:
        raise RuleFileError(
            f"{path}:1",
            "there is no header",
            help="begin with a line '/*---', TOML, and a line '---*/'; `balance-sync rules new` shows how",
        )
    header = _read_header(path, text[len(_OPENING) : text.index(_CLOSING) + 1], kind)
    if (
        isinstance(header, RuleHeader)
        and header.status is RuleStatus.DEPRECATED
        and not header.deprecated_because
    ):
        raise RuleFileError(str(path), "a deprecated rule must say why", help='add deprecated_because = "…"')
    return SqlFile(path, header, text, hashlib.sha256(text.encode()).hexdigest())


# Views are read for every ledger that is made, and always say the same.
@cache
def _read_header(path: Path, toml: str, kind: type[Header]) -> Header:
    try:
        fields: dict[str, Any] = tomllib.loads(toml)
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"line (\d+)", str(error))
        line = int(found[1]) + 1 if found else 1
        raise RuleFileError(f"{path}:{line}", "the header is no valid TOML", reason=str(error)) from error
    try:
        return msgspec.convert(fields, kind)
    except msgspec.ValidationError as error:
        raise RuleFileError(
            f"{path}:{_line_of_field(toml, str(error))}",
            "the header is not as it must be",
            reason=str(error),
            help=f"fields of a header: {', '.join(kind.__struct_fields__)}",
        ) from error


def _line_of_field(toml: str, message: str) -> int:
    """Return the file's line that `message` is about; the header's first where it names none."""
    named = re.search(r"unknown field `(\w+)`|`\$\.[^`]*?(\w+)(?:\[[^\]]*\])?`", message)
    if named:
        field = named[1] or named[2]
        for number, line in enumerate(toml.splitlines(), start=2):
            if re.match(rf"\[?(params\.)?{re.escape(field)}\b", line):
                return number
    return 1
