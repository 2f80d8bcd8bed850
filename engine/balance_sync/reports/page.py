"""``report.html``: one self-contained page that opens from disk, without network.

Its policy lets nothing run or load but its own script and style, by their hashes.
"""

from __future__ import annotations

import base64
import hashlib
from importlib.resources import files
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from balance_sync.reports import labels, views
from balance_sync.reports.attention import points_of_attention
from balance_sync.reports.charts import findings_chart, overdraft_charts
from balance_sync.reports.data import ANOMALY_RULE
from balance_sync.reports.phrases import local_time, zone_words
from balance_sync.reports.visible_text import visible

if TYPE_CHECKING:
    from pathlib import Path

    from jinja2 import Environment

    from balance_sync.reports.data import ReportData


def write_page(path: Path, data: ReportData) -> None:
    """Write the page to `path`."""
    environment = _environment()
    css, script = _asset("report.css"), _asset("report.js")
    with path.open("w", encoding="utf-8", newline="\n") as file:
        template = environment.get_template("report.html.jinja")
        for piece in template.generate(css=css, script=script, policy=_policy(css, script), **_content(data)):
            file.write(piece)


def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    return Environment(
        loader=PackageLoader("balance_sync.reports", "templates"),
        autoescape=True,
        finalize=_shown,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _shown(value: object) -> object:
    """Return what the page shows for a value: text without hidden characters, a dash for nothing."""
    if value is None:
        return "–"
    # Markup is text of our own, which escaping and this leave alone.
    return visible(value, keep_lines=True) if type(value) is str else value


def _asset(name: str) -> Any:
    """Return a file of ours to stand in the page as it is."""
    from markupsafe import Markup

    text = files("balance_sync.reports").joinpath("templates", name).read_text(encoding="utf-8")
    return Markup(text.strip())  # noqa: S704 (a file of the package)


def _policy(css: str, script: str) -> str:
    def source(text: str) -> str:
        return f"'sha256-{base64.b64encode(hashlib.sha256(str(text).encode()).digest()).decode()}'"

    return (
        f"default-src 'none'; style-src {source(css)}; script-src {source(script)}; "
        "base-uri 'none'; form-action 'none'"
    )


def _content(data: ReportData) -> dict[str, Any]:
    context, zone = data.context, ZoneInfo(data.context.timezone)
    return {
        "data": data,
        "context": context,
        "labels": labels,
        "anomaly_rule": ANOMALY_RULE,
        "period": (local_time(data.totals.first_at, zone), local_time(data.totals.last_at, zone)),
        "asked": (local_time(context.since, zone), local_time(context.until, zone)),
        "zone": zone_words(context.timezone, data.totals.last_at),
        "tiles": views.tiles(data),
        "attention": points_of_attention(data),
        "findings_chart": findings_chart(data),
        "overdraft_charts": overdraft_charts(data),
        "exposures": views.exposures(data),
        "rule_tables": views.rule_tables(data),
        "episodes": views.episodes(data),
        "roll_forward": views.roll_forward(data),
        "top_roll_forward": views.top_roll_forward(data),
        "anomalies": views.anomalies(data),
        "control_totals": views.control_totals(data),
        "amounts": views.amounts(data),
        "read": views.what_was_read(data),
        "outcomes": views.outcomes(data),
        "rejects": views.rejects(data),
        "rules": views.rules(data),
        "sources": views.unread_sources(data),
    }
