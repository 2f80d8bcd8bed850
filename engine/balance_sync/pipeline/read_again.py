"""Which batches go from the store again, so that their files are read anew: they may give more now.

A file that the system would not open may have been mended, one that a limit has stopped may be read on with a
higher one, and a batch whose tables are not whole holds nothing that could be relied on.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from balance_sync.sources.opening import UNOPENED

if TYPE_CHECKING:
    from balance_sync.limits import Limits
    from balance_sync.store.dataset import Store

_STOPPED = {
    re.compile(r"stopped after ([\d,]+) members"): "members",
    re.compile(r"more than ([\d,]+) times the size of the file"): "ratio",
    re.compile(r"stopped after ([\d,]+) unpacked bytes: that is the limit"): "unpacked_bytes",
    re.compile(r"more than ([\d,]+) layers deep"): "depth",
}
"""What a source says that was stopped by a limit (`balance_sync.sources.streams`), and by which."""


def forget_what_may_give_more(store: Store, limits: Limits) -> None:
    """Remove batches of damaged tables, of files that could not be opened, or that lower limits stopped."""
    for batch in store.batches():
        if store.is_damaged(batch):
            store.forget(batch)
    for batch in set(_batches_to_read_again(store, limits)):
        store.forget(batch)


def _batches_to_read_again(store: Store, limits: Limits) -> Iterator[str]:
    import polars as pl

    told = pl.concat_str("problem", "note", separator="\n", ignore_nulls=True)
    likely = told.str.contains("--max-", literal=True) | told.str.starts_with(UNOPENED)
    found = store.manifest(("problem", "note"), each=lambda part: part.filter(likely))
    for batch, problem, note in found.select("batch", "problem", "note").iter_rows():
        words = f"{problem or ''}\n{note or ''}"
        if words.startswith(UNOPENED) or _goes_further(words, limits):
            yield batch


def _goes_further(words: str, limits: Limits) -> bool:
    stops = ((pattern.search(words), name) for pattern, name in _STOPPED.items())
    return any(stop and int(stop[1].replace(",", "")) < getattr(limits, name) for stop, name in stops)
