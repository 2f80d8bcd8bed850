"""`balance-sync ingest`: the first half of the job alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import rich_click as click

from balance_sync import config
from balance_sync.cli.diagnostics import note
from balance_sync.cli.options import (
    config_option,
    limit_options,
    logs_argument,
    memory_option,
    read_limits,
    store_option,
    strict_option,
    threads_option,
    verbosity_options,
)
from balance_sync.cli.progress import ProgressBar


@click.command()
@logs_argument
@store_option
@threads_option
@memory_option(config.INGEST_MEMORY_LIMIT)
@limit_options
@strict_option
@config_option
@verbosity_options
def ingest(
    logs: tuple[str, ...],
    store: Path | None,
    threads: int,
    memory_limit: str,
    strict: bool,
    quiet: bool,
    verbose: bool,
    as_json: bool,
    **limits: Any,
) -> int:
    """Read LOGS into Parquet tables; what the store has already is not read again."""
    from balance_sync.pipeline.budget import reading_processes
    from balance_sync.pipeline.ingest import ingest as ingest_logs

    directory = store or Path("reports/store")
    options = config.IngestOptions(
        logs, directory, threads, strict=strict, memory_limit=memory_limit, limits=read_limits(limits)
    )
    if verbose and not quiet:
        processes = reading_processes(memory_limit, threads=threads)
        note(f"memory: {memory_limit} in all; reading processes: {processes}")
    with ProgressBar(quiet=quiet) as progress:
        result = ingest_logs(options, progress)
    if as_json:
        figures = {
            "sources_read": result.sources_read,
            "sources_kept": result.sources_kept,
            "store": str(directory),
        }
        click.echo(json.dumps(figures, indent=2))
    else:
        click.echo(str(directory))
    if not quiet:
        read = result.sources_read
        note(f"{read:,} source{'' if read == 1 else 's'} read, {result.sources_kept:,} known already")
    if verbose:
        for item in result.passed_over:
            note(f"  {item.path}: {item.reason}")
    return 0
