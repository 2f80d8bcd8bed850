"""Versioned SQL rules: catalogue, lock, runner."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from balance_sync.rules.brought_forward import bring_forward
    from balance_sync.rules.catalogue import Rule, load_rules, select_rules
    from balance_sync.rules.excerpt import (
        drop_excerpt,
        excerpt_of,
        renew_episodes_of,
        renew_summaries,
    )
    from balance_sync.rules.header import Nature
    from balance_sync.rules.ledger import build_ledger, keep_ledger
    from balance_sync.rules.runner import RuleRun, run_rules
    from balance_sync.rules.summaries import build_completeness, build_summaries

__all__ = [
    "Nature",
    "Rule",
    "RuleRun",
    "bring_forward",
    "build_completeness",
    "build_ledger",
    "build_summaries",
    "drop_excerpt",
    "excerpt_of",
    "keep_ledger",
    "load_rules",
    "renew_episodes_of",
    "renew_summaries",
    "run_rules",
    "select_rules",
]

_HOMES = {
    "Nature": "header",
    "Rule": "catalogue",
    "RuleRun": "runner",
    "bring_forward": "brought_forward",
    "build_completeness": "summaries",
    "build_ledger": "ledger",
    "build_summaries": "summaries",
    "drop_excerpt": "excerpt",
    "excerpt_of": "excerpt",
    "keep_ledger": "ledger",
    "load_rules": "catalogue",
    "renew_episodes_of": "excerpt",
    "renew_summaries": "excerpt",
    "run_rules": "runner",
    "select_rules": "catalogue",
}


def __getattr__(name: str) -> Any:
    # Imported where used: the command line's --help must not pay for the runner.
    if name not in _HOMES:
        raise AttributeError(name)
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
