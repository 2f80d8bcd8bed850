"""Reports for people who may not know whom they are about: every identifier becomes a pseudonym.

A pseudonym is a keyed hash (HMAC-SHA-256) of the identifier, so the same one stands for the same subscriber
in every report made with the key, and only who holds the key and the run's database can tell which.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from balance_sync.errors import UsageError

if TYPE_CHECKING:
    import pyarrow as pa
    from duckdb import DuckDBPyConnection

LEAST_KEY_BYTES = 16

_KINDS = {
    "user_id": "S",
    "transaction_id": "T",
    "previous_transaction_id": "T",
    "message_id": "M",
    "finding_id": "F",
    "first_finding_id": "F",
    "last_finding_id": "F",
    "decided_by": "P",
}
"""Columns of identifiers, and the letter their pseudonyms begin with."""

_TEXTS = ("explanation", "reasons", "reason")
"""Columns of sentences, in which identifiers are looked for word by word."""

_LEFT_OUT = ("metadata", "text", "note")
"""Columns of the service's own text, and of people's, in which anything may stand."""

_CHARACTERS = 16
_WORDS = re.compile(r"[^\s()]+")
_PUNCTUATION = ".,:;'\""


def pseudonym(key: bytes, kind: str, identifier: str) -> str:
    """Return the pseudonym of an identifier, e.g. ``S-K7Q2M4ZC5XWB3J6A``: 80 bits of its keyed hash."""
    digest = hmac.digest(key, f"{kind}\0{identifier}".encode("utf-8", "surrogatepass"), hashlib.sha256)
    return f"{kind}-{base64.b32encode(digest).decode()[:_CHARACTERS]}"


def pseudonymise(connection: DuckDBPyConnection, key: bytes) -> None:
    """Put temporary tables in the place of all tables of this session, with pseudonyms for identifiers.

    Texts of the service's own (metadata, rejected events) are left out. Sources, lines and request ids stay:
    they name places in the logs, which only who may read the logs can open.

    Parameters
    ----------
    connection
        A session on a finished run's database; nothing is written to it.
    key
        At least `LEAST_KEY_BYTES`.

    Raises
    ------
    UsageError
        The key is too short.
    """
    tables = _tables(connection)
    names = _pseudonyms(connection, tables, key)
    _register(connection, "pseudonyms", names)
    words = {identifier: name for (_, identifier), name in names.items()}
    for table, columns in tables.items():
        _replace_table(connection, table, columns, words)
    connection.unregister("pseudonyms")


def pseudonymised_findings(findings: pa.Table, key: bytes) -> pa.Table:
    """Return findings of another run with the same pseudonyms, and without the sentences.

    These may name transactions that neither run has a finding about.
    """
    import pyarrow as pa

    for place, name in enumerate(findings.column_names):
        values = findings[name].to_pylist()
        kind = _KINDS.get(name)
        if kind:
            names = [None if one is None else pseudonym(key, kind, one) for one in values]
            findings = findings.set_column(place, name, pa.array(names, pa.string()))
        elif name in _TEXTS:
            findings = findings.set_column(place, name, pa.nulls(len(values), pa.string()))
    return findings


def reveal(connection: DuckDBPyConnection, key: bytes, wanted: Iterable[str]) -> dict[str, str | None]:
    """Return the identifier behind each of the `wanted` pseudonyms, `None` where the run has none such.

    Raises
    ------
    UsageError
        The key is too short.
    """
    names = _pseudonyms(connection, _tables(connection), key)
    identifiers = {name: identifier for (_, identifier), name in names.items()}
    return {name: identifiers.get(name) for name in wanted}


def _tables(connection: DuckDBPyConnection) -> dict[str, list[str]]:
    """Return the tables and views of the run that hold identifiers or texts, with their columns."""
    rows = connection.execute(
        """
        SELECT table_name, list(column_name ORDER BY column_index) AS columns
        FROM duckdb_columns()
        WHERE schema_name = 'main' AND NOT internal AND database_name = current_database()
        GROUP BY table_name ORDER BY table_name
        """
    ).fetchall()
    concerned = {*_KINDS, *_TEXTS, *_LEFT_OUT}
    return {table: columns for table, columns in rows if concerned & set(columns)}


def _pseudonyms(
    connection: DuckDBPyConnection, tables: Mapping[str, list[str]], key: bytes
) -> dict[tuple[str, str], str]:
    """Return the pseudonym of every kind and identifier."""
    if len(key) < LEAST_KEY_BYTES:
        raise UsageError(
            "the key of the pseudonyms",
            f"has {len(key)} bytes and needs {LEAST_KEY_BYTES}",
            help="`openssl rand -hex 32 > pseudonyms.key` makes one",
        )
    names: dict[tuple[str, str], str] = {}
    for table, columns in tables.items():
        for column in columns:
            kind = _KINDS.get(column)
            if kind:
                query = f'SELECT DISTINCT "{column}" FROM "{table}" WHERE "{column}" IS NOT NULL'  # noqa: S608
                for (identifier,) in connection.execute(query).fetchall():
                    names[kind, identifier] = pseudonym(key, kind, identifier)
    return names


def _register(connection: DuckDBPyConnection, name: str, names: Mapping[tuple[str, str], str]) -> None:
    import pyarrow as pa

    rows = {
        "kind": pa.array([kind for kind, _ in names], pa.string()),
        "identifier": pa.array([identifier for _, identifier in names], pa.string()),
        "pseudonym": pa.array(list(names.values()), pa.string()),
    }
    connection.register(name, pa.table(rows))


def _replace_table(
    connection: DuckDBPyConnection, table: str, columns: list[str], words: Mapping[str, str]
) -> None:
    """Put a temporary table of the same name before `table`."""
    shown, joins = [], []
    for place, column in enumerate(columns):
        if column in _KINDS:
            shown.append(f'p{place}.pseudonym AS "{column}"')
            joins.append(
                f"LEFT JOIN pseudonyms AS p{place} ON p{place}.kind = '{_KINDS[column]}' "
                f'AND p{place}.identifier = r."{column}"'
            )
        elif column in _LEFT_OUT:
            shown.append(f'NULL::VARCHAR AS "{column}"')
        else:
            shown.append(f'r."{column}"')
    rows = connection.sql(f'SELECT {", ".join(shown)} FROM "{table}" AS r {" ".join(joins)}').to_arrow_table()  # noqa: S608
    for column in set(columns) & set(_TEXTS):
        rows = _with_words_replaced(rows, column, words)
    connection.register("pseudonymised_rows", rows)
    connection.execute(f'CREATE TEMP TABLE "{table}" AS SELECT * FROM pseudonymised_rows')  # noqa: S608
    connection.unregister("pseudonymised_rows")


def _with_words_replaced(rows: pa.Table, column: str, words: Mapping[str, str]) -> pa.Table:
    import pyarrow as pa

    # Identifiers that are no single word are rare, so each is looked for by itself.
    odd = sorted((one for one in words if not _is_word(one)), key=len, reverse=True)
    place = rows.column_names.index(column)
    texts = [None if text is None else replaced(text, words, odd) for text in rows[column].to_pylist()]
    return rows.set_column(place, column, pa.array(texts, pa.string()))


def _is_word(identifier: str) -> bool:
    return bool(_WORDS.fullmatch(identifier)) and identifier == identifier.strip(_PUNCTUATION)


def replaced(text: str, words: Mapping[str, str], odd: Iterable[str] = ()) -> str:
    """Return `text` with pseudonyms for the identifiers in it: `words` that stand alone, and `odd` ones."""
    for identifier in odd:
        if identifier and identifier in text:
            text = text.replace(identifier, words[identifier])

    def shown(match: re.Match[str]) -> str:
        word = match[0]
        bare = word.strip(_PUNCTUATION)
        return word.replace(bare, words[bare]) if bare in words else word

    return _WORDS.sub(shown, text)
