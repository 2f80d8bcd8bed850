"""Writes the files of a new rule: one that works, fires and stays silent, to be changed from there."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

from balance_sync.errors import DeliveryError, UsageError
from balance_sync.rules.catalogue import RESERVED_IDS, built_in_directory, load_rules
from balance_sync.store.sql_files import repository_directory

_RULE = '''\
/*---
id = "{id}"
version = 1
title = "Say in a few words what is wrong"
severity = "warning"                # info | warning | error | critical
status = "active"                   # experimental | active | deprecated
nature = "event"                    # event, or state: lasts until a later record shows otherwise
created = {today}
changed = "First version."
reads = ["ledger"]                  # see `balance-sync rules show` of others, and sql/README.md
description = """
Say what the rule finds and what it means, in words an accountant uses.
"""
known_gaps = [
    "Say what the rule cannot see.",
]
false_positives = [
    "Say when it fires although nothing is wrong.",
]
triage = """
Say what to look at first.
"""

[params.largest_amount]
type = "DECIMAL(38, 18)"
default = "1000"
help = "Amounts above this are reported."
---*/
SELECT
    coalesce(l.transaction_id, l.request_id, '') AS subject,
    l.user_id,
    l.transaction_id,
    l.request_id,
    l.logged_at,
    l.currency,
    'subscription' AS wallet,
    $largest_amount AS expected,
    l.amount AS actual,
    l.amount - $largest_amount AS difference,
    'The amount is ' || money_words(l.amount, l.currency, l.minor_unit) || '.' AS explanation,
    l.source_id,
    l.line
FROM ledger AS l
WHERE l.amount > $largest_amount
'''

_FIRES = """\
# Each case must find something. Amounts are text, so that they are exact.
[[case]]
name = "an amount above the largest"

[[case.transactions]]
transaction_id = "t1"
user_id = "u1"
logged_at = 2024-01-31T21:00:00Z
currency = "BHD"
type = "DEBIT"
amount = "1000.001"
vat = "0"
old_balance = "1500"
new_balance = "499.999"

[[case.expect]]
subject = "t1"
difference = "0.001"
"""

_CLEAN = """\
# Each case must find nothing.
[[case]]
name = "the largest amount itself"

[[case.transactions]]
transaction_id = "t1"
user_id = "u1"
logged_at = 2024-01-31T21:00:00Z
currency = "BHD"
type = "DEBIT"
amount = "1000"
vat = "0"
old_balance = "1500"
new_balance = "500"
"""


def new_rule(rule_id: str, rules_directory: Path | None, *, today: date) -> tuple[Path, ...]:
    """Write rule file and fixtures of a new rule; return their paths.

    Parameters
    ----------
    rule_id
        Lower case letters, digits and underscores.
    rules_directory
        The user's folder, made where there is none; `None` for a built-in rule, in the repository.

    Raises
    ------
    UsageError
        The id cannot be one, is taken, or there is no repository.
    """
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,62}", rule_id):
        raise UsageError(
            rule_id, "is no id for a rule", help="use lower case letters, digits and underscores"
        )
    if rule_id in RESERVED_IDS or rule_id in {rule.header.id for rule in load_rules(check_lock=False)}:
        raise UsageError(rule_id, "is a built-in rule", help="choose another id")
    if rules_directory is None:
        repository = repository_directory()
        if repository is None:
            raise UsageError("rules new", "no folder is named", help="name yours with --rules-dir DIR")
        rule_folder, fixture_folder = built_in_directory() / rule_id, repository / "tests" / "rules" / rule_id
    else:
        rule_folder = fixture_folder = rules_directory / rule_id
    if rule_folder.exists():
        raise UsageError(
            str(rule_folder), "exists already", help="choose another id, or write the next version there"
        )
    contents = {
        rule_folder / "v1.sql": _RULE.format(id=rule_id, today=today.isoformat()),
        fixture_folder / "fires.toml": _FIRES,
        fixture_folder / "clean.toml": _CLEAN,
    }
    for path, text in contents.items():
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        except OSError as error:
            raise DeliveryError(str(path), "cannot be written", reason=str(error.strerror)) from error
    return tuple(contents)
