"""Versioned SQL rules: catalogue, lock, runner."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from balance_sync.rules.brought_forward import bring_forward
    from balance_sync.rules.catalogue import Rule, load_rules, select_rules
    from balance_sync.rules.excerpt import (
        concern_users_of,
        drop_excerpt,
        excerpt_of,
        renew_summaries,
        retake_excerpt,
    )
    from balance_sync.rules.header import Nature
    from balance_sync.rules.ledger import build_ledger, keep_ledger, set_ledger_aside, take_ledger_back
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
    "concern_users_of",
    "drop_excerpt",
    "excerpt_of",
    "keep_ledger",
    "load_rules",
    "renew_summaries",
    "retake_excerpt",
    "run_rules",
    "select_rules",
    "set_ledger_aside",
    "take_ledger_back",
]

_HOMES = {
    "Nature": "header",
    "Rule": "catalogue",
    "RuleRun": "runner",
    "bring_forward": "brought_forward",
    "build_completeness": "summaries",
    "build_ledger": "ledger",
    "build_summaries": "summaries",
    "concern_users_of": "excerpt",
    "drop_excerpt": "excerpt",
    "excerpt_of": "excerpt",
    "keep_ledger": "ledger",
    "load_rules": "catalogue",
    "renew_summaries": "excerpt",
    "retake_excerpt": "excerpt",
    "run_rules": "runner",
    "select_rules": "catalogue",
    "set_ledger_aside": "ledger",
    "take_ledger_back": "ledger",
}


def __getattr__(name: str) -> Any:
    # Imported where used: the command line's --help must not pay for the runner.
    if name not in _HOMES:
        raise AttributeError(name)
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
