"""`balance-sync run --sample`: an estimate of a whole archive, told on stdout."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import rich_click as click

from balance_sync.cli.diagnostics import note
from balance_sync.cli.progress import ProgressBar
from balance_sync.errors import UsageError

if TYPE_CHECKING:
    from balance_sync.config import RunOptions
    from balance_sync.pipeline.estimate import Estimate
    from balance_sync.pipeline.extrapolation import Count

_SHARE = re.compile(r"(\d+(?:\.\d+)?)\s*%")


def read_share(text: str) -> float:
    """Read a percentage such as ``1%``; return the share, above 0 and at most 1.

    Raises
    ------
    UsageError
        `text` is none.
    """
    match = _SHARE.fullmatch(text.strip())
    share = float(match[1]) / 100 if match else 0.0
    if not 0 < share <= 1:
        raise UsageError(
            "--sample",
            f"{text!r} cannot be meant",
            help="write a percentage such as 1%, above 0 and up to 100%",
        )
    return share


def tell_estimate(options: RunOptions, share: float, *, quiet: bool, as_json: bool) -> None:
    """Read a `share` of the archive and print what it tells of the whole."""
    from balance_sync.pipeline.estimate import estimate

    with ProgressBar(quiet=quiet) as progress:
        result = estimate(options, share, progress)
    if not quiet:
        note(
            f"read {len(result.sample.sources):,} of {result.sample.archive_sources:,} sources, "
            f"{result.sample.size_bytes / max(1, result.sample.archive_bytes):.2%} of the bytes; "
            "these are estimates, and no report was written"
        )
    if as_json:
        click.echo(json.dumps(_as_json(result), indent=2))
    else:
        click.echo("\n".join(_lines(result)))


def _lines(result: Estimate) -> list[str]:
    width = max(len(count.name) for count in (*result.records, *result.findings))
    seconds = result.reading_s
    return [
        f"{'':<{width}}  {'in the sample':>14}  {'in the archive':>14}  likely between",
        *(_line(count, width) for count in result.records),
        "",
        "findings",
        *(_line(count, width) for count in result.findings),
        "",
        f"not estimated, as they need the whole archive: {', '.join(result.rules_left_out)}; sums of money",
        "reading all of it: "
        + ("not measured, the sample was in the store" if seconds is None else _time(seconds))
        + f"; store: about {result.store_bytes / 1e6:,.0f} MB",
    ]


def _line(count: Count, width: int) -> str:
    between = "too few seen" if count.low is None else f"{count.low:,} and {count.high:,}"
    return f"{count.name:<{width}}  {count.seen:>14,}  {count.estimate:>14,}  {between}"


def _time(seconds: float) -> str:
    if seconds < 120:
        return f"about {max(1, round(seconds))} s"
    return f"about {seconds / 60:,.0f} min" if seconds < 7200 else f"about {seconds / 3600:,.1f} h"


def _as_json(result: Estimate) -> dict[str, Any]:
    def counts(found: tuple[Count, ...]) -> dict[str, dict[str, int | None]]:
        return {
            one.name: {"seen": one.seen, "estimate": one.estimate, "low": one.low, "high": one.high}
            for one in found
        }

    return {
        "sources_read": len(result.sample.sources),
        "sources": result.sample.archive_sources,
        "bytes_read": result.sample.size_bytes,
        "bytes": result.sample.archive_bytes,
        "records": counts(result.records),
        "findings": counts(result.findings),
        "not_estimated": list(result.rules_left_out),
        "reading_s": None if result.reading_s is None else round(result.reading_s, 1),
        "store_bytes": result.store_bytes,
    }
