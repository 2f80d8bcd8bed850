"""Lines of cut sources, out of the batches that wait: what judging takes, batch by batch."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from balance_sync.logs.lines import NEVER, Lines, Origins, stream_begins, stream_limits
from balance_sync.store.dataset import Store

if TYPE_CHECKING:
    from numpy.typing import NDArray

SOURCE = ("source_id", "modified_ns")
"""What tells a source, and the same one of a file that was touched, apart."""

_FEW_EVENTS = 1_000_000
"""Up to so many are held, some 40 bytes each: they are looked through five times and more."""


@dataclass(frozen=True, slots=True)
class StoredLines:
    """The lines of the batches that hold some cut sources; many are read anew each time they are asked for.

    Attributes
    ----------
    batches
        The batches, in the order of their lines.
    numbers
        Of each batch for each of its sources the number of the source: one more than there are for one
        that is judged already, of which nothing is told.
    parts
        Of each batch for each part of a request its number; -1 for one of such a source.
    held
        The lines of a batch by its place, once they were read; `None` where they are too many.
    """

    waiting: Store
    batches: list[str]
    numbers: list[NDArray[np.int64]]
    parts: list[NDArray[np.int32]]
    held: dict[int, Lines] | None

    def __len__(self) -> int:
        return len(self.batches)

    def __iter__(self) -> Iterator[Lines]:
        return map(self._lines, range(len(self)))

    def request_ids(self, parts: Iterable[int]) -> dict[int, str]:
        """Return the ids of some requests, by their numbers."""
        wanted = np.unique(np.fromiter(parts, dtype=np.int32))
        found: dict[int, str] = {}
        for batch, numbers in zip(self.batches, self.parts, strict=True):
            here = np.flatnonzero(np.isin(numbers, wanted)) if len(found) < len(wanted) else ()
            if len(here):
                ids = _read(self.waiting, batch, "invocations", ["request_id"])["request_id"]
                found.update(zip(numbers[here].tolist(), ids[here].to_list(), strict=True))
        return found

    def _lines(self, place: int) -> Lines:
        if self.held is None:
            return self._read(place)
        if place not in self.held:
            self.held[place] = self._read(place)
        return self.held[place]

    def _read(self, place: int) -> Lines:
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
    parts, of_part = _number_parts(waiting, batches, by_batch, sources.height)
    limit = _limits(waiting, batches, by_batch)
    origins = Origins(
        limit=np.append(limit, -NEVER),
        is_one_stream=np.append((sources["stream"] != sources["path"]).to_numpy(), False),
        of_part=of_part,
    )
    held: dict[int, Lines] | None = {} if pieces["events"].sum() <= _FEW_EVENTS else None
    return StoredLines(waiting, batches, numbers, parts, held), origins


def _numbers(pieces: pl.DataFrame, sources: int) -> NDArray[np.int64]:
    numbers = np.full(pieces["in_batch"][0], sources, dtype=np.int64)
    numbers[pieces["source"].to_numpy()] = pieces["number"].to_numpy()
    return numbers


def _number_parts(
    waiting: Store, batches: list[str], by_batch: list[pl.DataFrame], most_sources: int
) -> tuple[list[NDArray[np.int32]], NDArray[np.integer[Any]]]:
    """Give one number to all parts of a request in a source; return them, and of each the source."""
    files = [_file(waiting, batch, "invocations") for batch in batches]
    heights = pl.scan_parquet(files, glob=False).select(pl.len()).collect().item()
    # Millions in a large file, in two pieces of memory that are given back as a whole.
    keys = np.empty(heights, dtype=np.uint64)
    sources = np.empty(heights, dtype=np.min_scalar_type(most_sources))
    judged, begins = [], [0]
    for batch, pieces in zip(batches, by_batch, strict=True):
        parts = _read(waiting, batch, "invocations", ["source_id", "request_id"])
        named = parts.join(
            pieces.select("source_id", "number").unique(), on="source_id", how="left", maintain_order="left"
        )
        is_judged = named["number"].is_not_null()
        judged.append(is_judged.to_numpy())
        begins.append(begins[-1] + int(is_judged.sum()))
        here = slice(*begins[-2:])
        # Hashes tell requests apart: the ids themselves would be five times as much.
        keys[here] = parts.hash_rows().filter(is_judged).to_numpy()
        sources[here] = named["number"].filter(is_judged).to_numpy()
    number, is_first = _number_keys(np.split(keys, begins[1:])[:-1])
    numbered = []
    for chosen, own in zip(judged, np.split(number, begins[1:])[:-1], strict=True):
        numbered.append(np.full(len(chosen), -1, dtype=np.int32))
        numbered[-1][chosen] = own
    return numbered, sources[: begins[-1]][is_first]


def _number_keys(keys: list[NDArray[np.uint64]]) -> tuple[NDArray[np.int32], NDArray[np.bool_]]:
    """Return numbers for keys in the order in which they are met, and which of them are the first of theirs.

    Nearly all are in one batch alone, so that only the others are sorted with their places.
    """
    several = _met_again(np.concatenate(keys))
    begin, places, again = 0, [], []
    for some in keys:
        found = np.flatnonzero(_are_among(several, some))
        places.append(begin + found)
        again.append(some[found])
        begin += len(some)
    place, key = np.concatenate(places), np.concatenate(again)
    order = np.argsort(key, kind="stable")
    place, key = place[order], key[order]
    is_new = np.diff(key, prepend=~key[:1]) != 0
    is_first = np.ones(begin, dtype=np.bool_)
    is_first[place[~is_new]] = False
    number = np.cumsum(is_first, dtype=np.int32) - np.int32(1)
    number[place] = number[place[is_new]][np.cumsum(is_new) - 1]
    return number, is_first


def _met_again(keys: NDArray[np.uint64]) -> NDArray[np.uint64]:
    keys.sort()
    return np.unique(keys[1:][keys[1:] == keys[:-1]])


def _are_among(several: NDArray[np.uint64], some: NDArray[np.uint64]) -> NDArray[np.bool_]:
    # For this many numpy's own way would sort `some`, too.
    place = np.minimum(np.searchsorted(several, some), max(len(several) - 1, 0))
    return several[place] == some if len(several) else np.zeros(len(some), dtype=np.bool_)


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
    return pl.read_parquet(_file(waiting, batch, table), columns=columns, glob=False)


def _file(waiting: Store, batch: str, table: str) -> Path:
    return waiting.batches_directory / batch / f"{table}.parquet"
