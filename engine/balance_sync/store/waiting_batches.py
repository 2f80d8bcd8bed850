"""Batches that wait until the sources which they hold pieces of were judged as a whole.

Batches that share such sources are decided upon together: the verdict is written first, whole or not at all,
and then they go into the store one by one. A run that is killed between leaves a verdict to be carried out.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from balance_sync.errors import DeliveryError
from balance_sync.store.dataset import TABLES, Store

if TYPE_CHECKING:
    import polars as pl

EVIDENCE = ("times_apart", "platform_lines", "streams")
"""The tables of a batch that is not judged which the store does not keep."""


def read_unjudged(place: Store, batch: str) -> dict[str, pl.DataFrame]:
    """Return all tables of a batch that is not judged."""
    return read_tables(place, batch, (*TABLES, *EVIDENCE))


def read_tables(place: Store, batch: str, tables: Sequence[str]) -> dict[str, pl.DataFrame]:
    """Return some tables of a batch."""
    import polars as pl

    folder = place.batches_directory / batch
    return {name: pl.read_parquet(folder / f"{name}.parquet", glob=False) for name in tables}


def keep_verdict(store: Store, batches: Sequence[str], suspects: Mapping[str, pl.DataFrame]) -> None:
    """Keep what was found in some of the `batches` of a group, until `forget_verdict`.

    Raises
    ------
    DeliveryError
        It cannot be written.
    """
    import polars as pl

    found = [some.with_columns(batch=pl.lit(batch)) for batch, some in suspects.items()]
    nothing = pl.DataFrame(schema={"event": pl.UInt32, "batch": pl.String})
    # A batch without a suspect has a row with nothing else.
    rows = pl.DataFrame({"batch": batches}).join(
        pl.concat(found) if found else nothing, on="batch", how="left"
    )
    name = hashlib.sha256(repr(batches).encode()).hexdigest()[:20]
    working = store.waiting.working_directory / f"{name}.{os.getpid()}.parquet"
    with _writing(store.waiting.directory):
        for folder in (working.parent, _verdicts_directory(store)):
            folder.mkdir(parents=True, exist_ok=True)
        rows.write_parquet(working)
        working.rename(_verdicts_directory(store) / f"{name}.parquet")


def verdicts(store: Store) -> Iterator[tuple[Path, dict[str, pl.DataFrame | None]]]:
    """Yield the verdicts that are kept, each with what was found in each of its batches, if anything."""
    import polars as pl

    for file in sorted(_verdicts_directory(store).glob("*.parquet")):
        rows = pl.read_parquet(file, glob=False)
        found = rows.drop_nulls("event").partition_by("batch", as_dict=True, include_key=False)
        yield file, {batch: found.get((batch,)) for batch in rows["batch"].unique().sort()}


def forget_verdict(verdict: Path) -> None:
    """Forget a verdict that was carried out."""
    verdict.unlink()


def admit(store: Store, batch: str, corrected: Mapping[str, pl.DataFrame] | None) -> None:
    """Put a waiting batch into the store: as it is, or with the tables that take their place.

    Raises
    ------
    DeliveryError
        It cannot be written.
    """
    waiting = store.waiting.batches_directory / batch
    if corrected is not None:
        store.commit(batch, corrected)
    with _writing(store.directory):
        if corrected is None and not (store.batches_directory / batch).exists():
            for name in EVIDENCE:
                (waiting / f"{name}.parquet").unlink(missing_ok=True)
            store.batches_directory.mkdir(exist_ok=True)
            waiting.rename(store.batches_directory / batch)
        else:
            shutil.rmtree(waiting)


def discard_decided(store: Store) -> None:
    """Remove batches that the store has: a process that outlived a killed run may have made them again."""
    done = set(store.waiting.batches()) & set(store.batches())
    for batch in done:
        shutil.rmtree(store.waiting.batches_directory / batch, ignore_errors=True)


def waits(store: Store, batch: str) -> bool:
    """Return whether a batch waits."""
    return (store.waiting.batches_directory / batch).is_dir()


def is_anything_waiting(store: Store) -> bool:
    """Return whether there is a batch that waits, or a verdict that was not carried out."""
    return bool(store.waiting.batches()) or any(_verdicts_directory(store).glob("*.parquet"))


def clear_if_empty(store: Store) -> None:
    """Remove the folders where nothing waits."""
    if not is_anything_waiting(store):
        shutil.rmtree(store.waiting.directory, ignore_errors=True)


def _verdicts_directory(store: Store) -> Path:
    return store.waiting.directory / "verdicts" / store.version


@contextmanager
def _writing(directory: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise DeliveryError(
            str(directory),
            "the store cannot be written",
            reason=str(error.strerror or error),
            help="free disk space or name another folder with --store; what was read so far is kept",
        ) from error
