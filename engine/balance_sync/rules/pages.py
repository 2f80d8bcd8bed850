"""Generates what people read about the rules from the rules themselves: a catalogue and a page each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import groupby
from pathlib import Path

from balance_sync.errors import UsageError
from balance_sync.rules.catalogue import Rule
from balance_sync.rules.header import Parameter
from balance_sync.rules.views import View
from balance_sync.store.sql_files import repository_directory

_CATALOGUE = """\
# The SQL of balance-sync

Generated from the files' headers by `balance-sync rules docs`; do not edit.

- `schema/` makes the tables; `views/` computes, once a run, what several rules read or what is told
  about findings; `rules/<id>/v<version>.sql` are the rules, one SELECT a file.
- A released version never changes: `rules.lock.json` holds its sha256, and a run refuses a file that
  differs. A change is a new file `v<n+1>.sql`; `--rule <id>@<version>` runs an old one.
- A rule reads the tables it declares, binds its `$parameters`, and selects
  `subject, user_id, transaction_id, request_id, logged_at, currency, wallet, expected, actual, difference,
  explanation, source_id, line`, where `difference = actual - expected` and `subject` is the natural key
  of what the finding is about.
"""


def render_pages(rules: Iterable[Rule], views: Mapping[str, View]) -> dict[Path, str]:
    """Return the text of each generated page by its path in the repository.

    Raises
    ------
    UsageError
        The package does not run from its repository.
    """
    repository = repository_directory()
    if repository is None:
        raise UsageError(
            "rules docs", "the pages are generated in the repository", help="clone it and install from it"
        )
    by_id = {name: tuple(versions) for name, versions in groupby(rules, key=lambda rule: rule.header.id)}
    pages = {repository / "sql" / "README.md": _catalogue(by_id, views)}
    for name, versions in by_id.items():
        pages[repository / "docs" / "rules" / f"{name}.md"] = rule_page(versions)
    return pages


def _catalogue(by_id: Mapping[str, tuple[Rule, ...]], views: Mapping[str, View]) -> str:
    lines = [_CATALOGUE, "## Rules", "", "| rule | version | severity | what it finds |", "|---|---|---|---|"]
    for name, versions in by_id.items():
        header = versions[-1].header
        lines.append(
            f"| [`{name}`](../docs/rules/{name}.md) | {header.version} | {header.severity} | {header.title} |"
        )
    lines += ["", "## Views", ""]
    for name, view in views.items():
        reads = ", ".join(f"`{table}`" for table in view.header.reads)
        lines += [
            f"### `{name}` (version {view.header.version})",
            "",
            f"Reads {reads}.",
            "",
            view.header.description,
        ]
    return "\n".join(lines).rstrip() + "\n"


def rule_page(versions: tuple[Rule, ...]) -> str:
    """Return the page of a rule, newest version first, as Markdown."""
    newest = versions[-1].header
    lines = [
        f"# {newest.id}: {newest.title}",
        "",
        f"Severity **{newest.severity}** · version {newest.version} · {newest.status} · "
        f"its findings are {newest.nature}s · reads {', '.join(f'`{table}`' for table in newest.reads)}",
        "",
        newest.description.strip(),
        "",
        *_section("What to do", [newest.triage.strip()]),
        *_section("What it misses", [f"- {gap}" for gap in newest.known_gaps]),
        *_section("When it fires and nothing is wrong", [f"- {reason}" for reason in newest.false_positives]),
        *_section("Parameters", [_parameter(name, kind) for name, kind in sorted(newest.params.items())]),
        "## Versions",
        "",
        *(_version(rule) for rule in reversed(versions)),
        "",
        "## SQL",
        "",
        "```sql",
        versions[-1].file.query.rstrip(),
        "```",
    ]
    return "\n".join(lines) + "\n"


def _section(title: str, body: list[str]) -> list[str]:
    return [f"## {title}", "", *body, ""] if body else []


def _parameter(name: str, parameter: Parameter) -> str:
    return f"- `{name}` ({parameter.type}, default `{parameter.default}`): {parameter.help}"


def _version(rule: Rule) -> str:
    header = rule.header
    ended = f" Deprecated: {header.deprecated_because}" if header.deprecated_because else ""
    return f"- {header.version} ({header.created}): {header.changed}{ended}"
