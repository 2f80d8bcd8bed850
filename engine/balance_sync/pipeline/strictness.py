"""What `--strict` refuses: a result that does not rest on everything there is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from balance_sync.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable

    import polars as pl

    from balance_sync.config import IngestOptions
    from balance_sync.sources.source import PassedOver
    from balance_sync.store.dataset import Store


def refuse_what_was_not_read(
    options: IngestOptions, store: Store, files: pl.DataFrame, passed_over: Iterable[PassedOver]
) -> None:
    """Raise InputError for the first folder, file or event that could not be read; and where there is none.

    Parameters
    ----------
    files
        `FILE_KEY` of all files of the run.
    """
    _refuse_unseen(passed_over)
    _refuse_nothing(options, store, files)
    _refuse_problems(store, files)
    _refuse_rejects(store, files)


def _refuse_unseen(passed_over: Iterable[PassedOver]) -> None:
    for one in passed_over:
        if one.may_be_logs:
            raise InputError(
                one.path, one.reason, help="permit it or remove it, or run without --strict to leave it out"
            )


def _refuse_nothing(options: IngestOptions, store: Store, files: pl.DataFrame) -> None:
    """Raise InputError where all is empty: what should have given logs may have failed."""
    import polars as pl

    from balance_sync.store.file_keys import FILE_KEY, file_key

    sources = store.manifest(
        ("file", "file_bytes", "modified_ns", "events"), each=lambda part: part.filter(pl.col("events") > 0)
    ).with_columns(file_key())
    if sources.join(files, on=FILE_KEY, how="semi").is_empty():
        raise InputError(
            ", ".join(options.logs),
            "holds no log events",
            help="look at what wrote it, or run without --strict",
        )


def _refuse_problems(store: Store, files: pl.DataFrame) -> None:
    import polars as pl

    from balance_sync.store.file_keys import FILE_KEY, file_key

    sources = store.manifest(
        ("file", "file_bytes", "modified_ns", "path", "problem"),
        each=lambda part: part.filter(pl.col("problem").is_not_null()),
    ).with_columns(file_key())
    for path, problem in sources.join(files, on=FILE_KEY, how="semi").select("path", "problem").iter_rows():
        raise InputError(
            path, problem, help="mend or remove the file, or run without --strict to keep what it holds"
        )


def _refuse_rejects(store: Store, files: pl.DataFrame) -> None:
    import polars as pl

    from balance_sync.store.file_keys import FILE_KEY, file_key

    tables = store.files("rejects")
    if not tables:
        return
    rejects = pl.scan_parquet(tables, glob=False).select("source_id", "line", "reason").collect()
    sources = store.manifest(
        ("file", "file_bytes", "modified_ns", "path", "source_id"),
        each=lambda part: part.join(rejects, on="source_id", how="semi"),
    ).with_columns(file_key())
    paths = sources.join(files, on=FILE_KEY, how="semi").select("source_id", "path").unique()
    told = rejects.join(paths, on="source_id").sort("path", "line", "reason")
    found = told.unique(maintain_order=True)
    for row in found.head(1).iter_rows(named=True):
        more = f", and {found.height - 1:,} more" if found.height > 1 else ""
        raise InputError(
            f"{row['path']}:{row['line']}",
            f"an event cannot be read{more}",
            reason=row["reason"],
            help="run without --strict to keep all others; `run --rejects FILE` lists what cannot be read",
        )
