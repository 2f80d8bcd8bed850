"""`balance-sync info`: versions and limits, for bug reports."""

from __future__ import annotations

import json
import platform
import sys

import rich_click as click

from balance_sync import __version__, config

PACKAGES = ("polars", "duckdb", "pyarrow", "numpy", "scikit-learn", "xlsxwriter", "isal", "click")


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
def info(as_json: bool) -> None:
    """Print versions and limits; nothing of your data."""
    from importlib import metadata

    from balance_sync import compiled
    from balance_sync.rules import load_rules
    from balance_sync.store.sql_files import sql_directory

    facts = {
        "balance-sync": __version__,
        "python": sys.version.split()[0],
        "platform": platform.platform(),
        "processors": str(config.default_threads()),
        **{package: metadata.version(package) for package in PACKAGES},
        **{f"extra {extra}": _extra(package) for extra, package in config.EXTRAS.items()},
        "compiled passes": _passes(compiled.ARE_BUILT, compiled.are_used()),
        "memory limit": config.MEMORY_LIMIT,
        "spill limit": config.SPILL_LIMIT,
        "business time zone": config.BUSINESS_ZONE,
        "sql": str(sql_directory()),
        "rules": " ".join(rule.key for rule in load_rules()),
    }
    if as_json:
        click.echo(json.dumps(facts, indent=2))
        return
    for name, value in facts.items():
        click.echo(f"{name:<19} {value}")


def _passes(are_built: bool, are_used: bool) -> str:
    return "used" if are_used else "left aside" if are_built else "not built: logs are read more slowly"


def _extra(package: str) -> str:
    from importlib import metadata

    try:
        return f"{package} {metadata.version(package)}"
    except metadata.PackageNotFoundError:
        return "not installed"
