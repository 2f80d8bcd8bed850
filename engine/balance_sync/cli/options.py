"""Options that several commands share, each written once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import rich_click as click

from balance_sync import config
from balance_sync.cli import configuration
from balance_sync.cli.option_places import telling_places
from balance_sync.cli.paths import GivenPath
from balance_sync.errors import UsageError
from balance_sync.limits import Limits

Command = TypeVar("Command", bound=Callable[..., Any])

RUN_PATH = GivenPath(exists=True)
"""Type of a finished run: its folder of reports, or its database."""

_LIMITS = Limits()
_MAGIC, _MAGIC_AT = b"DUCK", 8
"""What a DuckDB file begins with, after a checksum of eight bytes."""


def option(*names: str, **settings: Any) -> Callable[[Command], Command]:
    """Make an option that ``BALANCE_SYNC_<NAME>`` also sets."""
    long = next(name for name in names if name.startswith("--")).split("/")[0]
    variable = "BALANCE_SYNC_" + long.removeprefix("--").replace("-", "_").upper()
    return click.option(*names, envvar=variable, show_envvar=False, **settings)


def logs_argument(command: Command) -> Command:
    """Add the argument LOGS: folders, files, patterns, or ``-`` for standard input."""
    return click.argument("logs", nargs=-1, required=True, metavar="LOGS...")(command)


def against_option(command: Command) -> Command:
    """Add ``--against RUN``."""
    return click.option(
        "--against",
        multiple=True,
        type=RUN_PATH,
        metavar="RUN",
        help="Tell what changed since this run (its folder or database); of several, give the oldest first.",
    )(command)


def format_option(default: tuple[str, ...], *, none: bool = False) -> Callable[[Command], Command]:
    """Add ``--format FMT``; with `none` it may be ``none``, which `chosen_formats` reads."""
    return option(
        "--format",
        "formats",
        type=click.Choice((*config.FORMATS, config.NO_FORMAT) if none else config.FORMATS),
        multiple=True,
        default=default,
        show_default=bool(default),
        help="Report to write; may be given several times."
        + (" With 'none' there is the database alone." if none else ""),
    )


def chosen_formats(given: tuple[str, ...]) -> tuple[str, ...]:
    """Return each format of ``--format`` once; none where it is ``none``."""
    if config.NO_FORMAT in given and set(given) != {config.NO_FORMAT}:
        raise UsageError("--format none", "has another format beside it", help="leave out one of them")
    return tuple(name for name in dict.fromkeys(given) if name != config.NO_FORMAT)


def threads_option(command: Command) -> Command:
    """Add ``--threads``."""
    return option(
        "--threads",
        type=click.IntRange(1, 256),
        default=config.default_threads,
        show_default="all processors",
        help="Worker threads.",
    )(command)


def memory_option(default: str) -> Callable[[Command], Command]:
    """Add ``--memory-limit SIZE``."""
    return option(
        "--memory-limit",
        default=default,
        show_default=True,
        metavar="SIZE",
        help="Memory of all processes together, e.g. 2GB, 512MiB or 75%; a small one means fewer of them.",
    )


def verbosity_options(command: Command) -> Command:
    """Add ``-q``, ``-v`` and ``--json``."""
    command = click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")(command)
    command = click.option("-v", "--verbose", is_flag=True, help="Tell more on stderr.")(command)
    return click.option("-q", "--quiet", is_flag=True, help="No narration, no progress; warnings stay.")(
        command
    )


def config_option(command: Command) -> Command:
    """Add ``--config FILE``."""
    return click.option(
        "--config",
        metavar="FILE",
        envvar="BALANCE_SYNC_CONFIG",
        is_eager=True,
        expose_value=False,
        callback=configuration.load,
        help=f"TOML file with a section for the command; {configuration.DEFAULT_FILE} is read if there.",
    )(telling_places(command))


def store_option(command: Command) -> Command:
    """Add ``--store DIR``."""
    return option(
        "--store",
        type=GivenPath(file_okay=False),
        metavar="DIR",
        help="Folder of parsed Parquet tables; kept between runs, so that nothing is read twice.",
    )(command)


def limit_options(command: Command) -> Command:
    """Add the limits of what is read out of one file; `read_limits` takes them together."""
    command = option(
        "--max-depth",
        type=click.IntRange(min=1),
        default=_LIMITS.depth,
        show_default=True,
        metavar="N",
        help="Layers in each other, e.g. 3 of a gzip file in a tar in a zip.",
    )(command)
    command = option(
        "--max-members",
        type=click.IntRange(min=1),
        default=_LIMITS.members,
        show_default=True,
        metavar="N",
        help="Files in one archive, and in archives within it.",
    )(command)
    command = option(
        "--max-unpacked",
        default="1TiB",
        show_default=True,
        metavar="SIZE",
        help="What one file may unpack to.",
    )(command)
    return option(
        "--max-ratio",
        type=click.IntRange(min=1),
        default=_LIMITS.ratio,
        show_default=True,
        metavar="N",
        help="How many times its size a file may unpack to, beyond 100 MB.",
    )(command)


def read_limits(given: dict[str, Any]) -> Limits:
    """Take the options of `limit_options` out of `given`."""
    return Limits(
        unpacked_bytes=config.read_memory(given.pop("max_unpacked"), option="--max-unpacked"),
        ratio=given.pop("max_ratio"),
        members=given.pop("max_members"),
        depth=given.pop("max_depth"),
    )


def strict_option(command: Command) -> Command:
    """Add ``--strict``."""
    return option(
        "--strict",
        is_flag=True,
        help="Stop with code 3 at a source that cannot be read to its end, or an event that cannot be read.",
    )(command)


def period_options(command: Command) -> Command:
    """Add ``--since``, ``--until`` and ``--timezone``."""
    command = option(
        "--timezone",
        default=config.BUSINESS_ZONE,
        show_default=True,
        metavar="TZ",
        help="Business time zone.",
    )(command)
    command = option("--until", metavar="T", help="End of the period (not included).")(command)
    return option(
        "--since", metavar="T", help="Start of the period: a date in the business zone, or a time."
    )(command)


def _database(_: click.Context, __: click.Parameter, path: Path) -> Path:
    """Refuse a file that is no database before DuckDB takes it for a disk that fails."""
    try:
        with path.open("rb") as file:
            start = file.read(_MAGIC_AT + len(_MAGIC))
    except OSError:
        return path
    if start[_MAGIC_AT:] != _MAGIC:
        raise UsageError(
            str(path), "is no database of a run", help="name DIR/balance-sync.duckdb of a run with --database"
        )
    return path


def database_argument(command: Command) -> Command:
    """Add ``--database FILE`` of a finished run."""
    return option(
        "--database",
        type=GivenPath(dir_okay=False),
        metavar="FILE",
        default=Path("reports/balance-sync.duckdb"),
        show_default=True,
        callback=_database,
        help="Database of a finished run.",
    )(command)


def review_options(command: Command) -> Command:
    """Add ``--review``, ``--review-since``, ``--detector``, ``--model`` and ``--keep-model``."""
    file = GivenPath(dir_okay=False)
    for decorate in reversed(
        (
            option(
                "--review",
                "review_budget",
                type=click.IntRange(0, 100_000),
                default=config.REVIEW_BUDGET,
                show_default=True,
                metavar="N",
                help="How many unusual transactions to put before a person.",
            ),
            option(
                "--review-since",
                metavar="T",
                help="Only those from then on; the earlier ones still say what is usual.",
            ),
            option(
                "--detector",
                type=click.Choice(config.DETECTOR_NAMES),
                help=f"How to rank the unusual.  [default: {config.DETECTOR_NAME}, or that of --model]",
            ),
            option(
                "--model",
                type=file,
                metavar="FILE",
                help="Rank with a model that was kept, and measure drift.",
            ),
            option("--keep-model", type=file, metavar="FILE", help="Keep the model of these logs."),
        )
    ):
        command = decorate(command)
    return command
