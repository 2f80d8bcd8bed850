"""What becomes of each source of a run: its status, and all that is told of it, a few sources at a time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from balance_sync.pipeline.found_sources import find_sources

if TYPE_CHECKING:
    from balance_sync.store.dataset import Store
    from balance_sync.store.file_keys import KnownFiles

STATUSES = pl.Enum(["archive", "damaged", "duplicate", "empty", "read", "unreadable"])

_CONTENT = ("content", "content_too")
_REMARK = pl.coalesce("problem", "note")


def outline(sources: pl.DataFrame) -> pl.DataFrame:
    """Return a row of some 80 bytes for each source of `balance_sync.pipeline.found_sources.FoundSources`.

    Returns
    -------
    DataFrame
        ``source_id``, ``stream`` (a hash of it, UInt64), ``has_stream``, ``events, first_at, last_at``;
        ``status`` if it is no copy; ``may_be_copy``; and ``content``, ``content_too``: two hashes of its
        content's hash.
    """
    is_archive = pl.col("members").is_not_null()
    is_whole = pl.col("problem").is_null()
    is_empty = pl.col("text_bytes") == 0
    status = (
        pl.when(is_archive & is_whole)
        .then(pl.lit("archive"))
        .when(is_archive)
        .then(pl.lit("damaged"))
        .when(is_empty)
        .then(pl.when(is_whole).then(pl.lit("empty")).otherwise(pl.lit("unreadable")))
        .when(is_whole)
        .then(pl.lit("read"))
        .otherwise(pl.lit("damaged"))
    )
    return sources.select(
        "source_id",
        *("events", "first_at", "last_at"),
        stream=pl.col("stream").hash(),
        has_stream=pl.col("stream") != pl.col("path"),
        status=status.cast(STATUSES),
        may_be_copy=~is_archive & ~is_empty,
        content=pl.col("content_hash").hash(1),
        content_too=pl.col("content_hash").hash(2),
    )


def tell_copies(outlined: pl.DataFrame) -> pl.DataFrame:
    """Return all outlines of a run with their ``row`` and the final ``status``.

    ``original`` is, of a copy, the row of the first source of the same content. That content is the same is
    told by both hashes of its SHA-256.
    """
    content = outlined.select("may_be_copy", *_CONTENT).with_row_index("row")
    ordered = content["content"].sort()
    # Nearly all content is there once.
    twice = ordered.filter(ordered == ordered.shift(1)).unique()
    equal = content.filter(pl.col("content").is_in(twice.implode()))
    originals = equal.select("row", "may_be_copy", original=pl.col("row").first().over(_CONTENT))
    copies = originals.filter("may_be_copy", pl.col("row") != pl.col("original"))
    original = pl.repeat(None, outlined.height, dtype=pl.UInt32, eager=True)
    told = outlined.drop("may_be_copy", *_CONTENT).with_columns(
        row=content["row"], original=original.scatter(copies["row"], copies["original"])
    )
    status = pl.when(pl.col("original").is_null()).then("status").otherwise(pl.lit("duplicate", STATUSES))
    return told.with_columns(status=status)


@dataclass(frozen=True, slots=True)
class ToldSources:
    """The sources of a run with all that is told of them, in their order.

    Attributes
    ----------
    store, files
        Where they are looked up again, where they are too many to be held; `None` for all that are there.
    held
        What `find_sources` gives, where they are few.
    outlines
        ``row, status, original`` of all of them.
    """

    store: Store
    files: KnownFiles | None
    held: tuple[pl.DataFrame, ...] | None
    outlines: pl.DataFrame

    def __iter__(self) -> Iterator[pl.DataFrame]:
        """Yield some sources at a time.

        Yields
        ------
        DataFrame
            ``row, source_id, path, stream, log_group, size_bytes, text_bytes, event_bytes, content_hash,
            events, first_at, last_at, status, reason``.
        """
        wanted = self.outlines["original"].drop_nulls().unique()
        paths = pl.DataFrame(schema={"original": pl.UInt32, "original_path": pl.String})
        begin = 0
        for sources in self._found():
            some = self.outlines[begin : begin + sources.height]
            begin += sources.height
            told = sources.with_columns(
                some["row"], some["status"].cast(pl.String), some["original"], reason=_REMARK
            )
            if not wanted.is_empty():
                # An original comes before its copies.
                here = told.filter(pl.col("row").is_in(wanted.implode()))
                paths = pl.concat([paths, here.select(original="row", original_path="path")])
                told = _with_originals(told, paths)
            yield told.drop("original", "problem", "note", "members")

    def _found(self) -> Iterator[pl.DataFrame]:
        if self.held is not None:
            yield from self.held
        else:
            yield from (found.sources for found in find_sources(self.store, self.files))


def _with_originals(told: pl.DataFrame, paths: pl.DataFrame) -> pl.DataFrame:
    joined = told.join(paths, on="original", how="left", maintain_order="left")
    copy_of = pl.lit("same content as ") + pl.col("original_path")
    return joined.with_columns(
        reason=pl.when(pl.col("original").is_null()).then("reason").otherwise(copy_of)
    ).drop("original_path")
