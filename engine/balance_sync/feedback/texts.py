"""Decisions as CSV and as JSON lines: written in full, and read back."""

from __future__ import annotations

import csv
import io
import json
import re
from typing import TYPE_CHECKING, Any

from balance_sync.errors import InputError
from balance_sync.feedback.rows import Row

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from balance_sync.feedback.statements import Entry

COLUMNS = (
    *("entry_id", "finding_id", "rule", "user_id", "currency", "transaction_id", "decision", "note"),
    *("decided_by", "decided_at", "scope", "until", "source", "source_sha256", "entry_hash"),
)

_FORMULA = re.compile(r"'*[=+\-@\t\r\n\0＝＋－＠]")
"""What a spreadsheet takes for a formula, and what such a text looks like with apostrophes before it."""

MOST_BYTES = 256 << 20


def entry_fields(entry: Entry) -> dict[str, Any]:
    """Return an entry by `COLUMNS`, times and days as ISO 8601."""
    said, about = entry.statement, entry.statement.subject
    return {
        "entry_id": entry.entry_id,
        **{name: getattr(about, name) for name in ("finding_id", "rule", "user_id", "currency")},
        "transaction_id": about.transaction_id,
        "decision": said.decision.value,
        "note": said.note,
        "decided_by": said.decided_by,
        "decided_at": said.decided_at.isoformat().replace("+00:00", "Z"),
        "scope": said.scope.value,
        "until": said.until.isoformat() if said.until else None,
        "source": said.source,
        "source_sha256": said.source_sha256,
        "entry_hash": entry.entry_hash,
    }


def as_json_lines(entries: Iterable[Entry]) -> str:
    """Return one JSON object a line."""
    return "".join(json.dumps(entry_fields(one), ensure_ascii=False) + "\n" for one in entries)


def as_csv(entries: Iterable[Entry]) -> str:
    """Return CSV with a header; an apostrophe stands before what a spreadsheet would take for a formula."""
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    for one in entries:
        fields = entry_fields(one)
        writer.writerow(
            {name: _guarded(cell) if isinstance(cell, str) else cell for name, cell in fields.items()}
        )
    return text.getvalue()


def read_texts(path: Path, content: bytes) -> Iterator[Row]:
    """Read the rows of a CSV file or of JSON lines, whichever `path` is named as.

    Raises
    ------
    InputError
        It is no such file.
    """
    if len(content) > MOST_BYTES:
        raise InputError(str(path), "is too large to be a file of decisions")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(str(path), "is no UTF-8 text", reason=str(error)) from error
    yield from _json_rows(path, text) if path.suffix.lower() in {".jsonl", ".json"} else _csv_rows(path, text)


def _csv_rows(path: Path, text: str) -> Iterator[Row]:
    # Of a text with quotes, the line that a record ends in is not the one that it begins in.
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header = next(reader, [])
        names = [name.strip().casefold().replace(" ", "_") for name in header]
        if not {"finding_id", "decision"} <= set(names):
            raise InputError(
                f"{path}:1",
                "has no columns finding_id and decision",
                help="import what `feedback export` wrote, or a report.xlsx",
            )
        at = reader.line_num + 1
        for cells in reader:
            if any(cells):
                fields = dict(zip(names, map(_unguarded, cells), strict=False))
                yield Row(f"line {at}", **{name: fields.get(name, "") for name in Row.texts()})
            at = reader.line_num + 1
    except csv.Error as error:
        raise InputError(f"{path}:{reader.line_num}", "is no CSV", reason=str(error)) from error


def _json_rows(path: Path, text: str) -> Iterator[Row]:
    # Not splitlines(): it also ends a line at characters that JSON leaves as they are.
    for at, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            fields = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise InputError(f"{path}:{at}", "is no JSON object on one line", reason=str(error)) from error
        if not isinstance(fields, dict) or not all(
            isinstance(fields.get(name), str | int | None) for name in Row.texts()
        ):
            raise InputError(
                f"{path}:{at}", "is no object of texts", help="import what `feedback export` wrote"
            )
        yield Row(f"line {at}", **{name: _text(fields.get(name)) for name in Row.texts()})


def _text(value: str | int | None) -> str:
    return "" if value is None else str(value)


def _guarded(text: str) -> str:
    return f"'{text}" if _FORMULA.match(text) else text


def _unguarded(text: str) -> str:
    return text[1:] if text.startswith("'") and _FORMULA.match(text) else text
