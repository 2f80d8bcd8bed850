from collections.abc import Callable
from datetime import date

from balance_sync.sources.plain_folders import Listed
from balance_sync.sources.source import Source
from balance_sync.sources.walk import Entry

def plain_folders(folder: bytes, inner: list[bytes]) -> list[list[tuple[str, int, int]] | None]: ...
def told_sources(
    folder: str,
    folder_label: str,
    listed: Listed,
    source_type: type[Source],
    entry_type: type[Entry],
    exceptions: frozenset[str],
    folder_exceptions: frozenset[str],
    day_of: Callable[[str], tuple[bool, date | None]],
) -> list[Source | Entry]: ...
def touch(paths: list[bytes], most: int, octets: int, all_octets: int, asks: bool) -> int: ...
