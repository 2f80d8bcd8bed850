"""Judges sources that were cut into pieces: each as a whole, when all its pieces are parsed.

Pieces may be parsed by several processes and in several runs. Until the last one is there, their batches wait
beside the store. What is judged then is numbers; no text is read again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING

from balance_sync.pipeline.doubts import is_of_streams, keep_if_doubted
from balance_sync.pipeline.stored_lines import SOURCE, stored_lines
from balance_sync.pipeline.watcher import Unwatched, Watcher
from balance_sync.store.dataset import Store
from balance_sync.store.waiting_batches import (
    admit,
    clear_if_empty,
    discard_decided,
    forget_verdict,
    is_anything_waiting,
    keep_verdict,
    read_tables,
    read_unjudged,
    verdicts,
    waits,
)

if TYPE_CHECKING:
    import polars as pl

    from balance_sync.logs.unknown_errors import Owned

_COLUMNS = (*SOURCE, "path", "stream", "piece", "is_last", "events")


def judge_cut_sources(store: Store, watcher: Watcher | None = None) -> None:
    """Judge the sources of which all pieces wait, and put their batches into the store.

    What is suspect is taken out of all tables but its own, and errors that name no request are given to
    theirs. However often this is begun and not ended, what is left in the end is the same.

    Raises
    ------
    DeliveryError
        The store cannot be written.
    """
    if not is_anything_waiting(store):
        return
    (watcher or Unwatched()).stage("judging large files", None)
    discard_decided(store)
    _carry_out_verdicts(store)
    for pieces in _complete_groups(store.waiting.manifest(_COLUMNS)):
        keep_verdict(store, pieces["batch"].unique().sort().to_list(), _judge(store.waiting, pieces))
        _carry_out_verdicts(store)
    clear_if_empty(store)


def _carry_out_verdicts(store: Store) -> None:
    for verdict, suspects in verdicts(store):
        for batch, found in suspects.items():
            if waits(store, batch):
                corrected = _corrected(store, batch, found)
                _keep_if_doubted(store, batch, corrected)
                admit(store, batch, corrected)
        forget_verdict(verdict)


def _keep_if_doubted(store: Store, batch: str, corrected: Mapping[str, pl.DataFrame] | None) -> None:
    waiting = store.waiting
    if is_of_streams(read_tables(waiting, batch, ("sources",))["sources"]):
        judged = corrected or read_tables(waiting, batch, ("sources", "suspects", "events"))
        keep_if_doubted(store, batch, judged, partial(read_unjudged, waiting, batch))


def _corrected(store: Store, batch: str, found: pl.DataFrame | None) -> dict[str, pl.DataFrame] | None:
    import polars as pl

    from balance_sync.logs.judged_tables import judged_tables

    if found is None:
        return None
    suspects = found.filter(pl.col("request_id").is_null()).drop("request_id")
    owned = found.drop_nulls("request_id").select("event", "request_id")
    return judged_tables(read_unjudged(store.waiting, batch), suspects, owned)


def _complete_groups(manifest: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """Yield the pieces of batches that share cut sources, all of which are there to their ends."""
    import polars as pl

    counted = manifest.with_columns(in_batch=pl.len().over("batch"))
    cut = _complete(counted.filter(~(pl.col("is_last") & (pl.col("piece") == 0))))
    grouped = cut.join(_groups(cut), on="batch").sort("group", "batch", "source")
    yield from grouped.partition_by("group", include_key=False, maintain_order=True)


def _complete(cut: pl.DataFrame) -> pl.DataFrame:
    """Return the pieces of batches in which each cut source has all its pieces in batches of this kind.

    A killed run may leave a batch with a piece of a file that is gone. What else is in it was read into other
    batches since, which do not wait for it.
    """
    import polars as pl

    has_all = pl.col("piece").n_unique() == pl.col("piece").filter("is_last").max() + 1
    while True:
        lacking = cut.group_by(SOURCE).agg(has_all=has_all).filter(~pl.col("has_all").fill_null(False))
        if lacking.is_empty():
            return cut
        cut = cut.join(cut.join(lacking, on=SOURCE, how="semi"), on="batch", how="anti")


def _groups(cut: pl.DataFrame) -> pl.DataFrame:
    """Return each ``batch`` with its ``group``: no two of these hold pieces of one source."""
    import polars as pl

    leaders: dict[str, str] = {}

    def leader(batch: str) -> str:
        while (above := leaders.setdefault(batch, batch)) != batch:
            leaders[batch] = leaders[above]
            batch = above
        return batch

    for batches in cut.group_by(SOURCE).agg("batch")["batch"].to_list():
        for batch in batches:
            leaders[leader(batch)] = leader(batches[0])
    groups = [leader(batch) for batch in leaders]
    names = {"batch": pl.String, "group": pl.String}
    return pl.DataFrame({"batch": list(leaders), "group": groups}, schema=names)


def _judge(waiting: Store, pieces: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """Return what was found in the batches of `pieces`, for those in which something was.

    What is suspect in them, and with its ``request_id`` each error that names none and ends one.
    """
    import polars as pl

    from balance_sync.logs.judgement import judge

    lines, origins = stored_lines(waiting, pieces)
    # The lines themselves are not kept: of a large file they would fill the memory.
    found = {
        lines.batches[one.chunk]: (one.found.frame(one.lines), one.owned) for one in judge(lines, origins)
    }
    request_ids = lines.request_ids(part for _, owned in found.values() for part in owned.part.tolist())
    return {
        batch: pl.concat([suspects, _named(owned, request_ids)], how="diagonal")
        for batch, (suspects, owned) in found.items()
    }


def _named(owned: Owned, request_ids: dict[int, str]) -> pl.DataFrame:
    import polars as pl

    ids = [request_ids[part] for part in owned.part.tolist()]
    schema = {"event": pl.UInt32, "request_id": pl.String}
    return pl.DataFrame({"event": owned.row, "request_id": ids}, schema=schema)
