"""Small files of every form of a container, to begin fuzzing with."""

from __future__ import annotations

from archive_text import synced
from forms_of import ARCHIVED, COMPRESSED
from record_forms import RECORDED, STREAM_RECORDED

_PACKED = frozenset({"zip", "tar", "gzip", "zstd", "bzip2", "xz"})


def container_seeds(target: str) -> dict[str, bytes]:
    """Return contents of files by the names of their forms; none for targets that are no containers."""
    texts = {
        f"2024-01-15-[$LATEST]{letter * 32}": synced(number * 100, number).encode()
        for number, letter in enumerate("ab")
    }
    first = next(iter(texts.values()))
    if target == "records":
        return {name: pack(texts) for name, pack in RECORDED.items()} | {
            name: pack(first) for name, pack in STREAM_RECORDED.items()
        }
    if target not in _PACKED:
        return {}
    files = {name: pack(first) for name, pack in COMPRESSED.items()}
    files |= {name: pack(texts) for name, pack in ARCHIVED.items()}
    return {name: content for name, content in files.items() if target in name.split("-")}
