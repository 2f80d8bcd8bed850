"""Runs rules on the tables of a session and records what they find."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from balance_sync.errors import UsageError
from balance_sync.rules.catalogue import Rule, load_rules, select_rules
from balance_sync.rules.excerpt import forget_findings, take_excerpt
from balance_sync.rules.header import Nature
from balance_sync.rules.ledger import build_ledger
from balance_sync.rules.lint import refuse_problems
from balance_sync.rules.parameters import bound_values, parameter_texts
from balance_sync.rules.views import write_profile
from balance_sync.store.findings import record_findings
from balance_sync.store.session import database_errors

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

BUSINESS_TIMEZONE = "Asia/Bahrain"


@dataclass(frozen=True, slots=True)
class RuleRun:
    """What a run ran, as it is recorded with the run.

    Attributes
    ----------
    sha256
        Of the rule's file.
    nature
        Whether its findings are states or events.
    parameters
        The value of each parameter, as text, by name.
    findings
        How many it found.
    """

    id: str
    version: int
    sha256: str
    title: str
    severity: str
    nature: Nature
    parameters: dict[str, str]
    findings: int


def run_rules(
    connection: DuckDBPyConnection,
    *,
    selection: Sequence[str] = (),
    rules_directory: Path | None = None,
    parameters: Mapping[str, Mapping[str, object]] | None = None,
    timezone: str = BUSINESS_TIMEZONE,
    profile_directory: Path | None = None,
    concerned_only: bool = False,
) -> tuple[RuleRun, ...]:
    """Build the ledger, run the chosen rules in the order of their ids, and record their findings.

    Parameters
    ----------
    connection
        A session with the published tables filled; best locked down.
    selection
        ``id`` or ``id@version``; none for the newest active version of every rule.
    rules_directory
        The user's own rules, which run beside the built-in ones.
    parameters
        Values other than the defaults: rule id to parameter name to value.
    timezone
        IANA name of the business time zone, for rules with a parameter ``timezone``.
    profile_directory
        Where to keep a query profile of each rule; every query then runs twice.
    concerned_only
        Judge anew only the subscribers whom changes concern (see `balance_sync.rules.excerpt`), and keep the
        other findings. For built-in rules alone, which are written so that nothing else changes.

    Raises
    ------
    RuleFileError
        A rule file breaks the contract or was changed after its release.
    UsageError
        No such rule, version or parameter.
    ResourceError
        Memory or disk ran out.
    """
    chosen = select_rules(load_rules(rules_directory), selection)
    given = parameters or {}
    for name in sorted(set(given) - {rule.header.id for rule in chosen}):
        raise UsageError(
            f"{name}.{next(iter(given[name]), '')}", "its rule does not run", help="choose it with --rule"
        )
    texts = {
        rule.key: parameter_texts(
            rule.header.id, rule.header.params, given.get(rule.header.id, {}), timezone=timezone
        )
        for rule in chosen
    }
    # The built-in rules are what their released hashes say, and were checked before their release.
    refuse_problems(tuple(rule for rule in chosen if not rule.built_in))
    if concerned_only:
        take_excerpt(connection)
        forget_findings(connection, [rule.header.id for rule in chosen])
    else:
        build_ledger(connection, profile_directory=profile_directory)
    runs = tuple(
        _run_rule(connection, rule, texts[rule.key], number, profile_directory, beside_others=concerned_only)
        for number, rule in enumerate(chosen, start=1)
    )
    return _with_all_findings(connection, runs) if concerned_only else runs


def _with_all_findings(connection: DuckDBPyConnection, runs: tuple[RuleRun, ...]) -> tuple[RuleRun, ...]:
    counts = dict(connection.execute("SELECT rule, count(*) FROM findings GROUP BY rule").fetchall())
    return tuple(replace(run, findings=counts.get(run.id, 0)) for run in runs)


def _run_rule(
    connection: DuckDBPyConnection,
    rule: Rule,
    texts: Mapping[str, str],
    number: int,
    profile_directory: Path | None,
    *,
    beside_others: bool,
) -> RuleRun:
    header, query = rule.header, rule.file.query
    values = bound_values(header.params, texts)
    with database_errors(rule.key):
        if profile_directory is not None:
            write_profile(connection, query, values, profile_directory / f"{number:02}_{header.id}.txt")
        found = record_findings(
            connection,
            rule=header.id,
            version=header.version,
            severity=header.severity,
            rows_sql=query,
            parameters=values,
            beside_others=beside_others,
        )
    return RuleRun(
        header.id,
        header.version,
        rule.file.sha256,
        header.title,
        header.severity,
        header.nature,
        dict(texts),
        found,
    )
