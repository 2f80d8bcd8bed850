"""What a file is, told by its first bytes and never by its name."""

from __future__ import annotations

import re
from enum import StrEnum

HEAD_BYTES = 1 << 16
"""Bytes that are looked at."""


class Form(StrEnum):
    """What bytes are."""

    TEXT = "text"
    UTF16 = "UTF-16 text"
    GZIP = "gzip"
    ZSTD = "zstd"
    BZIP2 = "bzip2"
    XZ = "xz"
    ZIP = "zip"
    TAR = "tar"
    BINARY = "binary"


COMPRESSIONS = frozenset({Form.GZIP, Form.ZSTD, Form.BZIP2, Form.XZ})
ARCHIVES = frozenset({Form.ZIP, Form.TAR})

MAGIC = {
    Form.GZIP: re.compile(rb"\x1f\x8b"),
    Form.ZSTD: re.compile(rb"\x28\xb5\x2f\xfd|[\x50-\x5f]\x2a\x4d\x18"),
    # The magic of the first block, or of an end without one, tells it from text that begins with BZh.
    Form.BZIP2: re.compile(rb"BZh[1-9](?:1AY&SY|\x17rE8P\x90|.{0,5}\Z)", re.DOTALL),
    Form.XZ: re.compile(rb"\xfd7zXZ\0"),
    # A member, or the end of an archive without members.
    Form.ZIP: re.compile(rb"PK(?:\x03\x04|\x05\x06|00PK\x03\x04)"),
}

_OTHERS = (
    (b"%PDF-", "a PDF document"),
    (b"\x89PNG\r\n\x1a\n", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"GIF8", "a GIF picture"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (b"Rar!\x1a\x07", "a RAR archive"),
    (b"\x04\x22\x4d\x18", "lz4"),
    (b"\xff\x06\0\0sNaPpY", "snappy"),
    (b"\x1f\x9d", "compress (.Z)"),
    (b"LZIP", "lzip"),
    (b"PAR1", "a Parquet file"),
    (b"ORC", "an ORC file"),
    (b"Obj\x01", "an Avro file"),
    (b"SQLite format 3\0", "an SQLite database"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an Office document"),
    (b"\x7fELF", "a program"),
    (b"MZ", "a program"),
)
"""What else begins with what: files that lie among logs, and compressions that are not read."""

_JSON = re.compile(rb"\s*[\[{]")
_RECORD_KEY = re.compile(
    rb'"(?:messageType|logEvents|events|results|@message|@timestamp|eventId|ingestionTime)"\s*:'
    rb'|"(?:awslogs|kinesis|kinesisSchemaVersion|SequenceNumber|recordId)"\s*:'
    rb'|"timestamp"\s*:\s*\d|"(?:timestamp|time)"\s*:\s*"\d{4}-'
)
_STAMP = re.compile(rb"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", re.MULTILINE)
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")
_TAR_BLOCK = 512
_TAR_SUM = slice(148, 156)
# What no text of logs is made of. NUL is among it, and ESC is not: terminals' colours begin with it.
_CONTROL = bytes(code for code in range(32) if code not in b"\t\n\r\f\b\x1b")
_MOST_CONTROL = 1 / 20


def recognise(head: bytes) -> Form:
    """Tell what bytes are that begin with `head`, their first `HEAD_BYTES`.

    Text is whatever has a line that begins with a time, and whatever looks like text at all: what stands in
    it is for the reader of events to say.
    """
    for form, magic in MAGIC.items():
        if magic.match(head):
            return form
    if head.startswith(_UTF16_MARKS):
        return Form.UTF16
    if _is_tar(head[:_TAR_BLOCK]):
        return Form.TAR
    if head.startswith(b"%PDF-"):
        # Much of it may be text.
        return Form.BINARY
    return Form.TEXT if _STAMP.search(head) or _is_text(head) else Form.BINARY


def named_binary(head: bytes) -> str:
    """Say what bytes are that are no log text and begin with `head`; "" where that is not known."""
    named = next((name for magic, name in _OTHERS if head.startswith(magic)), "")
    is_short = named == "a program" and len(head) < _TAR_BLOCK
    return f"it is {named}" if named and not is_short else ""


def holds_records(head: bytes) -> bool:
    """Return whether text that begins with `head` is JSON that holds events."""
    return bool(_JSON.match(head) and _RECORD_KEY.search(head))


def _is_tar(block: bytes) -> bool:
    """Return whether `block` is the header of a tar archive's first member: its checksum says so."""
    digits = block[_TAR_SUM].strip(b" \0")
    if len(block) < _TAR_BLOCK or not re.fullmatch(rb"[0-7]{1,7}", digits):
        return False
    return int(digits, 8) == sum(block) - sum(block[_TAR_SUM]) + 8 * ord(" ")


def _is_text(head: bytes) -> bool:
    control = len(head) - len(head.translate(None, _CONTROL))
    if control > len(head) * _MOST_CONTROL:
        return False
    readable = head.decode("utf-8", "replace")
    # A character that the head cuts in two is none of the broken ones.
    return readable[:-1].count("\ufffd") <= len(readable) * _MOST_CONTROL
