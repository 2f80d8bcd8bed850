"""Files in every form that logs come in, made of the texts of log streams."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import sys
import tarfile
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

from record_forms import LOSSY, RECORDED, STREAM_LOSSY, STREAM_RECORDED

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

Streams = Mapping[str, bytes]
"""Text by the name of its stream."""


def packed(text: bytes) -> bytes:
    return gzip.compress(text, mtime=0)


def in_members(text: bytes) -> bytes:
    """Return several gzip members back to back, some empty, with zeros between and behind them."""
    middle = len(text) // 2
    return packed(text[:middle]) + packed(b"") + b"\0" * 512 + packed(text[middle:]) + b"\0" * 64


def zipped(files: Mapping[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name), content, method)
    return out.getvalue()


class _Unseekable(io.RawIOBase):
    """A pipe: what is written tells its sizes behind the data."""

    def __init__(self) -> None:
        self.written = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        self.written += data  # type: ignore[operator]
        return len(data)  # type: ignore[arg-type]


def piped_zip(files: Mapping[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = _Unseekable()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name), content, method)
    return bytes(out.written)


def tarred(files: Mapping[str, bytes], layout: int = tarfile.PAX_FORMAT) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=layout) as archive:
        for name, content in files.items():
            header = tarfile.TarInfo(name)
            header.size = len(content)
            archive.addfile(header, io.BytesIO(content))
    return out.getvalue()


def _export(streams: Streams, pack: Callable[[bytes], bytes] = packed) -> dict[str, bytes]:
    return {f"export/{name}/000000.gz": pack(text) for name, text in streams.items()}


def _from_a_mac(streams: Streams) -> bytes:
    files = _export(streams)
    beside = {f"__MACOSX/{name.rpartition('/')[0]}/._000000.gz": b"\0\5\26\7" for name in files}
    return zipped({**files, **beside, "export/.DS_Store": b"\0\0\0\1Bud1"})


COMPRESSED: dict[str, Callable[[bytes], bytes]] = {
    "plain": lambda text: text,
    "gzip": packed,
    "gzip-members": in_members,
    "gzip-twice": lambda text: packed(in_members(text)),
    "zstd": lambda text: zstd.compress(text, options={zstd.CompressionParameter.checksum_flag: 1}),
    "zstd-frames": lambda text: zstd.compress(text[:999]) + zstd.compress(text[999:]),
    "bzip2": bz2.compress,
    "xz": lzma.compress,
    "gzip-in-xz": lambda text: lzma.compress(packed(text)),
    "crlf": lambda text: text.replace(b"\n", b"\r\n"),
    "utf8-mark": lambda text: b"\xef\xbb\xbf" + text,
    "utf16-le": lambda text: b"\xff\xfe" + text.decode().encode("utf-16-le"),
    "utf16-be": lambda text: b"\xfe\xff" + text.decode().encode("utf-16-be"),
    "utf16-crlf-gzip": lambda text: packed(text.decode().replace("\n", "\r\n").encode("utf-16")),
}
"""How the file of one stream is written; all are called ``000000.gz``, for a name says nothing."""

ARCHIVED: dict[str, Callable[[Streams], bytes]] = {
    "zip": lambda streams: zipped(_export(streams)),
    "zip-of-a-mac": _from_a_mac,
    "zip-of-text": lambda streams: zipped(_export(streams, bytes)),
    "zip-bzip2": lambda streams: zipped(_export(streams, bytes), zipfile.ZIP_BZIP2),
    "zip-stored": lambda streams: zipped(_export(streams, bytes), zipfile.ZIP_STORED),
    "zip-piped": lambda streams: piped_zip(_export(streams, bytes)),
    "zip-piped-stored": lambda streams: piped_zip(_export(streams), zipfile.ZIP_STORED),
    "tar": lambda streams: tarred(_export(streams)),
    "tar-gnu": lambda streams: tarred(_export(streams), tarfile.GNU_FORMAT),
    "tar-ustar": lambda streams: tarred(_export(streams), tarfile.USTAR_FORMAT),
    "tar-gz": lambda streams: packed(tarred(_export(streams, bytes))),
    "tar-zst": lambda streams: zstd.compress(tarred(_export(streams))),
    "tar-xz-in-zip": lambda streams: zipped({"logs.tar.xz": lzma.compress(tarred(_export(streams)))}),
    "zip-in-tar-gz": lambda streams: packed(tarred({"logs.zip": zipped(_export(streams))})),
}
"""How all streams are written into one file."""


def write_form(form: str, streams: Streams, folder: Path) -> Path:
    """Write `streams` in one of the forms and return the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    if form in _OF_STREAMS:
        for name, text in streams.items():
            (folder / name).mkdir()
            (folder / name / "000000.gz").write_bytes(_OF_STREAMS[form](text))
    else:
        (folder / "logs").write_bytes(_OF_ALL[form](streams))
    return folder


_OF_STREAMS = {**COMPRESSED, **STREAM_RECORDED, **STREAM_LOSSY}
_OF_ALL = {**ARCHIVED, **RECORDED, **LOSSY}
FORMS = (*COMPRESSED, *ARCHIVED, *RECORDED, *STREAM_RECORDED)
LOSSY_FORMS = (*LOSSY, *STREAM_LOSSY)
