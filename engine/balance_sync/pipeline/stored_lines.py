"""Lines of cut sources, out of the batches that wait: what judging takes, batch by batch."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from balance_sync.logs.lines import NEVER, Lines, Origins, stream_begins, stream_limits
from balance_sync.store.dataset import Store

if TYPE_CHECKING:
    from numpy.typing import NDArray

SOURCE = ("source_id", "modified_ns")
"""What tells a source, and the same one of a file that was touched, apart."""


@dataclass(frozen=True, slots=True)
class StoredLines:
    """The lines of the batches that hold some cut sources, each time they are asked for read anew.

    Attributes
    ----------
    batches
        The batches, in the order of their lines.
    numbers
        Of each batch for each of its sources the number of the source: one more than there are for one
        that is judged already, of which nothing is told.
    parts
        Of each batch for each part of a request its number; -1 for one of such a source.
    """

    waiting: Store
    batches: list[str]
    numbers: list[NDArray[np.int64]]
    parts: list[NDArray[np.int64]]

    def __len__(self) -> int:
        return len(self.batches)

    def __iter__(self) -> Iterator[Lines]:
        return (self[place] for place in range(len(self)))

    def __getitem__(self, place: int) -> Lines:
        batch = self.batches[place]
        events = _read(self.waiting, batch, "events", ["source", "line", "at", "kind", "part"])
        differ = _read(self.waiting, batch, "times_apart", ["event", "apart"])
        apart = np.zeros(events.height, dtype=np.int64)
        apart[differ["event"].to_numpy()] = differ["apart"].to_numpy()
        part = events["part"].cast(pl.Int64).fill_null(-1).to_numpy()
        return Lines(
            source=self.numbers[place][events["source"].to_numpy()],
            line=events["line"].to_numpy(),
            at=events["at"].to_physical().fill_null(NEVER).to_numpy(),
            kind=events["kind"].to_physical().to_numpy(),
            # One element more, for events without a request.
            part=np.append(self.parts[place], -1)[part],
            apart=apart,
        )


def stored_lines(waiting: Store, pieces: pl.DataFrame) -> tuple[StoredLines, Origins]:
    """Return the lines of cut sources, and what is known of these.

    Parameters
    ----------
    pieces
        ``source_id, modified_ns, path, stream, piece, events, batch, source`` and ``in_batch``, how many
        sources are in the batch; of all pieces of the sources, in the order of batch and source.
    """
    sources = pieces.select(*SOURCE, "path", "stream").unique(SOURCE, keep="first").sort(SOURCE)
    known = sources.with_row_index("number").select(*SOURCE, "number")
    by_batch = pieces.join(known, on=SOURCE, maintain_order="left").partition_by(
        "batch", maintain_order=True, include_key=False
    )
    batches = pieces["batch"].unique(maintain_order=True).to_list()
    numbers = [_numbers(some, sources.height) for some in by_batch]
    parts, of_part = _number_parts(waiting, batches, by_batch)
    limit = _limits(waiting, batches, by_batch)
    origins = Origins(
        limit=np.append(limit, -NEVER),
        is_one_stream=np.append((sources["stream"] != sources["path"]).to_numpy(), False),
        of_part=of_part,
    )
    return StoredLines(waiting, batches, numbers, parts), origins


def _numbers(pieces: pl.DataFrame, sources: int) -> NDArray[np.int64]:
    numbers = np.full(pieces["in_batch"][0], sources, dtype=np.int64)
    numbers[pieces["source"].to_numpy()] = pieces["number"].to_numpy()
    return numbers


def _number_parts(
    waiting: Store, batches: list[str], by_batch: list[pl.DataFrame]
) -> tuple[list[NDArray[np.int64]], NDArray[np.int64]]:
    """Give one number to all parts of a request in a source; return them, and of each the source."""
    keys, of_key, rows, heights = [], [], [], []
    for batch, pieces in zip(batches, by_batch, strict=True):
        parts = _read(waiting, batch, "invocations", ["source_id", "request_id"])
        named = parts.join(
            pieces.select("source_id", "number").unique(), on="source_id", how="left", maintain_order="left"
        )
        judged = named["number"].is_not_null()
        heights.append(named.height)
        rows.append(judged.arg_true().to_numpy())
        # Hashes tell requests apart: the ids themselves would be five times as much.
        keys.append(parts.hash_rows().filter(judged).to_numpy())
        of_key.append(named["number"].filter(judged).cast(pl.Int64).to_numpy())
    _, first, number = np.unique(np.concatenate(keys), return_index=True, return_inverse=True)
    ends = np.cumsum([len(some) for some in keys])
    numbered = []
    for height, own, some in zip(heights, rows, np.split(number, ends[:-1]), strict=True):
        numbered.append(np.full(height, -1, dtype=np.int64))
        numbered[-1][own] = some
    return numbered, np.concatenate(of_key)[first]


def _limits(waiting: Store, batches: list[str], by_batch: list[pl.DataFrame]) -> NDArray[np.int64]:
    streams = pl.concat(
        _read(waiting, batch, "streams", ["began_on", "early"])[pieces["source"]].hstack(
            pieces.select("number", "piece", "events")
        )
        for batch, pieces in zip(batches, by_batch, strict=True)
    )
    # A process that outlived a killed run may have put a piece into another batch, too.
    each_once = streams.unique(["number", "piece"])
    told = each_once.group_by("number").agg(pl.col("began_on").first(), pl.col("early", "events").sum())
    told = told.sort("number")
    begins = stream_begins(told["began_on"].to_list())
    return stream_limits(begins, told["early"].to_numpy(), told["events"].to_numpy())


def _read(waiting: Store, batch: str, table: str, columns: list[str]) -> pl.DataFrame:
    file: Path = waiting.batches_directory / batch / f"{table}.parquet"
    return pl.read_parquet(file, columns=columns)
