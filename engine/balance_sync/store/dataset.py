"""What was parsed, kept as immutable Parquet files: one folder a batch, made whole or not at all.

A batch is written beside and renamed into place, so a killed run leaves either a batch or none. Its
``sources.parquet`` is its part of the manifest: which sources (or pieces of one) it holds, with size,
time and content hash. All batches together are the store; reading them again adds nothing.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from balance_sync.errors import DeliveryError
from balance_sync.store.sole_use import sole_use

if TYPE_CHECKING:
    import polars as pl

TABLES = (
    "events",
    "transactions",
    "sync_errors",
    "messages",
    "invocations",
    "suspects",
    "dropped_logs",
    "rejects",
    "sources",
)

MANIFEST_COLUMNS = (
    *("source_id", "path", "location", "stream", "size_bytes", "modified_ns", "content_hash"),
    *("piece", "is_last", "text_bytes", "event_bytes", "events", "first_at", "last_at", "problem"),
    *("note", "members", "file", "file_bytes", "log_group"),
)
"""``file`` and ``file_bytes`` are those of the file that a source is, or is in; so is ``modified_ns``.
``members`` is how many sources are in an archive, and null for what is none. ``log_group`` is what records
name, and null where nothing does."""

_FILES_AT_ONCE = 20
"""Of the manifest: one by one they take three times as long, and of all at once every row is held twice."""

_ELSEWHERE = "name another folder with --store"


@dataclass(frozen=True, slots=True)
class Store:
    """The folder of parsed batches.

    Parameters
    ----------
    directory
        Made where there is none.
    version
        Names the parser; batches of other versions are left alone and never read, nor are those of another
        version of Polars, whose hashes may be others.
    """

    directory: Path
    version: str

    @property
    def batches_directory(self) -> Path:
        """Where this version's batches are."""
        return self._all_batches / self.batch_version

    @property
    def batch_version(self) -> str:
        """Names the parser, and the library whose hashes batches hold."""
        import polars as pl

        return f"{self.version}-{pl.__version__}"

    @property
    def _all_batches(self) -> Path:
        return self.directory / "batches"

    @property
    def is_new(self) -> bool:
        """Whether nothing has ever been kept in it, of whatever version: to tell takes no Polars."""
        return not any(self._all_batches.glob("*/*"))

    @property
    def working_directory(self) -> Path:
        """Where batches are written before they are renamed."""
        return self.directory / "working"

    @property
    def waiting(self) -> Store:
        """Where batches are that hold pieces of cut sources, until those are judged as a whole."""
        return Store(self.directory / "waiting", self.version)

    @property
    def doubted(self) -> Store:
        """Where batches are as they were before they were judged, if other sources may tell more of them."""
        return Store(self.directory / "doubted", self.version)

    @property
    def settled(self) -> Store:
        """Where such batches are with what other sources of a run have told."""
        return Store(self.directory / "settled", self.version)

    @contextmanager
    def sole_use(self) -> Iterator[None]:
        """Let no other process write to the store while the block runs.

        Raises
        ------
        ResourceError
            Another one does.
        DeliveryError
            The store cannot be written.
        """
        with ExitStack() as stack:
            use = sole_use(self.directory / "lock", of=self.directory, otherwise=_ELSEWHERE)
            try:
                stack.enter_context(use)
            except OSError as error:
                raise self._unwritable(error) from error
            yield

    def _unwritable(self, error: OSError) -> DeliveryError:
        return DeliveryError(
            str(self.directory), "the store cannot be written", reason=str(error.strerror), help=_ELSEWHERE
        )

    def open(self) -> None:
        """Make the folders, and remove what a killed run left half written."""
        try:
            self._all_batches.mkdir(parents=True, exist_ok=True)
            self.clear()
            # A process of a killed run that has not ended yet may have written meanwhile.
            self.working_directory.mkdir(exist_ok=True)
        except OSError as error:
            raise self._unwritable(error) from error

    def clear(self) -> None:
        """Remove what is half written: by a killed run, or by a process of one that went on for a moment."""
        for store in (self, self.waiting, self.doubted, self.settled):
            shutil.rmtree(store.working_directory, ignore_errors=True)

    def claim(self, name: str) -> bool:
        """Return whether this is the first to claim `name`, of all processes, since the store was opened.

        Raises
        ------
        DeliveryError
            The store cannot be written.
        """
        try:
            with (self.working_directory / f"claimed-{name}").open("x"):
                return True
        except FileExistsError:
            return False
        except OSError as error:
            raise self._unwritable(error) from error

    def batches(self) -> list[str]:
        """Return the ids of all complete batches, in order; none where there is no store."""
        if not self.batches_directory.is_dir():
            return []
        return sorted(entry.name for entry in os.scandir(self.batches_directory) if entry.is_dir())

    def files(self, table: str) -> list[Path]:
        """Return the Parquet files of `table`, one a batch, in the order of the batches."""
        return [self.batches_directory / batch / f"{table}.parquet" for batch in self.batches()]

    def manifest(
        self,
        columns: Sequence[str] = MANIFEST_COLUMNS,
        *,
        source_ids: Collection[str] | None = None,
        batches: Sequence[str] | None = None,
        each: Callable[[pl.DataFrame], pl.DataFrame] = lambda part: part,
    ) -> pl.DataFrame:
        """Return `columns` of every piece of every source, or of these sources.

        And beside them ``batch``, and ``source``, UInt32, the place of the piece in its batch; they come in
        the order of the two.

        Parameters
        ----------
        batches
            What is looked through; `None` for all.
        each
            Makes what is returned of the rows of some batches, before the next ones are read.
        """
        import polars as pl

        chosen = True if source_ids is None else pl.col("source_id").is_in(sorted(source_ids))
        names = self.batches() if batches is None else sorted(batches)
        files = [self.batches_directory / batch / "sources.parquet" for batch in names]
        parts = (
            self._scan_manifest(files[begin : begin + _FILES_AT_ONCE], columns).filter(chosen).collect()
            for begin in range(0, len(files), _FILES_AT_ONCE)
        )
        schema = {name: _manifest_schema()[name] for name in columns}
        nothing = pl.DataFrame(schema={"source": pl.UInt32, **schema, "batch": pl.String})
        return pl.concat([each(nothing), *map(each, parts)])

    def _scan_manifest(self, files: list[Path], columns: Sequence[str]) -> pl.LazyFrame:
        import polars as pl

        parquet = "parquet_file"
        batch = pl.col(parquet).str.strip_prefix(str(self.batches_directory)).str.strip_suffix(files[0].name)
        return pl.scan_parquet(files, include_file_paths=parquet, glob=False).select(
            pl.int_range(pl.len(), dtype=pl.UInt32).over(parquet).alias("source"),
            *columns,
            batch.str.strip_chars("/\\").alias("batch"),
        )

    def is_damaged(self, batch: str) -> bool:
        """Return whether a table of the batch is missing or cut."""
        folder = self.batches_directory / batch
        return not all(_is_whole(folder / f"{table}.parquet") for table in TABLES)

    def forget(self, batch: str) -> None:
        """Remove the batch: its files are read again."""
        for store in (self, self.doubted):
            shutil.rmtree(store.batches_directory / batch, ignore_errors=True)

    def has(self, batch: str) -> bool:
        """Return whether the batch of that id is kept already."""
        return (self.batches_directory / batch).is_dir()

    def commit(self, batch: str, tables: Mapping[str, pl.DataFrame]) -> None:
        """Write a batch under its id. The same batch written twice is the same batch."""
        working = self.working_directory / f"{batch}.{os.getpid()}"
        final = self.batches_directory / batch
        if final.exists():
            return
        try:
            for folder in (working, final.parent):
                folder.mkdir(parents=True, exist_ok=True)
            for name, table in tables.items():
                # A file that is open already costs Polars less than a path.
                with (working / f"{name}.parquet").open("wb") as file:
                    if table.is_empty():
                        file.write(_empty_file(tuple(table.schema.items())))
                    else:
                        _write(table, file)
            _put_in_place(working, final)
        except OSError as error:
            shutil.rmtree(working, ignore_errors=True)
            raise DeliveryError(
                str(final),
                "a batch cannot be written",
                reason=str(error.strerror or error),
                help="free disk space or name another folder with --store; what was read so far is kept",
            ) from error


def _is_whole(file: Path) -> bool:
    """Return whether a Parquet file has its end, which says how long what tells of the rows is."""
    try:
        with file.open("rb") as opened:
            size = opened.seek(0, os.SEEK_END)
            opened.seek(-min(size, 8), os.SEEK_END)
            end = opened.read()
    except OSError:
        return False
    return end[4:] == b"PAR1" and int.from_bytes(end[:4], "little") < size


def _write(table: pl.DataFrame, file: BinaryIO) -> None:
    table.write_parquet(file, compression="uncompressed", statistics=False)


@cache
def _empty_file(schema: tuple[tuple[str, pl.DataType], ...]) -> bytes:
    """Return the file of a table without rows, as some of most batches are."""
    import polars as pl

    file = BytesIO()
    _write(pl.DataFrame(schema=dict(schema)), file)
    return file.getvalue()


def _put_in_place(working: Path, final: Path) -> None:
    try:
        working.rename(final)
    except OSError:
        # Another process was first with the same batch.
        if not final.is_dir():
            raise
        shutil.rmtree(working)


def source_id(label: str, content_hash: str) -> str:
    """Return the id of a source: the same content under the same label has the same id."""
    return hashlib.sha256(f"{content_hash}\n{label}".encode("utf-8", "surrogateescape")).hexdigest()[:16]


def batch_id(sources: pl.DataFrame) -> str:
    """Return the id of a batch: a hash of which pieces of which sources it holds."""
    columns = (sources[name].to_list() for name in ("source_id", "modified_ns", "piece", "text_bytes"))
    return hashlib.sha256(repr(list(columns)).encode()).hexdigest()[:20]


def _manifest_schema() -> dict[str, pl.DataType | type[pl.DataType]]:
    import polars as pl

    time = pl.Datetime("us", "UTC")
    integers = (
        *("size_bytes", "modified_ns", "piece", "text_bytes", "event_bytes", "events", "members"),
        "file_bytes",
    )
    kinds: dict[str, pl.DataType | type[pl.DataType]] = {
        **dict.fromkeys(integers, pl.Int64),
        "is_last": pl.Boolean,
        "first_at": time,
        "last_at": time,
    }
    return {name: kinds.get(name, pl.String) for name in MANIFEST_COLUMNS}


def manifest_frame(columns: Mapping[str, Sequence[object]]) -> pl.DataFrame:
    """Return a manifest with `MANIFEST_COLUMNS`; of those that are not given, every value is null."""
    import polars as pl

    schema = _manifest_schema()
    height = len(next(iter(columns.values())))
    # Expressions would be planned anew for each batch, which takes longer than the lists.
    nothing = [None] * height
    return pl.DataFrame(
        [pl.Series(name, columns.get(name, nothing), dtype=kind) for name, kind in schema.items()]
    )
