"""Judges a filled database: the rules, the detector, and what sums their findings up."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from balance_sync.config import RunOptions
from balance_sync.feedback.statements import DETECTOR
from balance_sync.pipeline.detection import is_ranked, record_anomalies
from balance_sync.pipeline.second_process import SecondProcess

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from balance_sync.feedback.standing import Standing
    from balance_sync.reports.context import RuleRun
    from balance_sync.rules import Rule


@dataclass(frozen=True, slots=True)
class RulesRun:
    """The SQL rules as they ran.

    Attributes
    ----------
    runs
        In the order of their ids.
    states
        Ids of those whose findings are states.
    """

    runs: tuple[RuleRun, ...] = ()
    states: tuple[str, ...] = ()

    def with_findings_of(self, connection: DuckDBPyConnection) -> RulesRun:
        """Return the same with as many findings as the database has."""
        counts = dict(connection.execute("SELECT rule, count(*) FROM findings GROUP BY rule").fetchall())
        return replace(self, runs=tuple(replace(run, findings=counts.get(run.rule, 0)) for run in self.runs))


def chosen_rules(options: RunOptions) -> tuple[Rule, ...]:
    """Return the SQL rules that `options` choose, in the order of their ids."""
    from balance_sync.rules import load_rules, select_rules

    chosen = _sql_rules(options)
    return select_rules(load_rules(options.rules_directory), chosen) if chosen or not options.rules else ()


def judge_all(
    connection: DuckDBPyConnection,
    options: RunOptions,
    rules: tuple[Rule, ...],
    second: SecondProcess,
    standing: Standing,
) -> tuple[RuleRun, ...]:
    """Run the `rules`, then the detector on what they leave, then sum their findings up.

    Parameters
    ----------
    standing
        The decisions, which rules do not look at.
    """
    return sum_up(connection, options, run_chosen_rules(connection, options, rules), second, standing)


def sum_up(
    connection: DuckDBPyConnection,
    options: RunOptions,
    ran: RulesRun,
    second: SecondProcess,
    standing: Standing,
) -> tuple[RuleRun, ...]:
    """Run the detector on what the rules leave that `ran`, then sum their findings up.

    Parameters
    ----------
    connection
        With the ledger, and the findings of the rules.
    """
    from balance_sync.rules import build_summaries

    runs = ran.runs
    if is_ranked(options):
        runs = (*runs, record_anomalies(connection, options, second, standing))
    build_summaries(connection, state_rules=ran.states, timezone=options.timezone)
    return runs


def judge_changes(
    connection: DuckDBPyConnection,
    options: RunOptions,
    rules: tuple[Rule, ...],
    second: SecondProcess,
    standing: Standing,
) -> tuple[RuleRun, ...]:
    """Do the same for a database to which something was added, judging only whom the addition concerns.

    Parameters
    ----------
    connection
        With the findings of the run before, and what changed since (`balance_sync.pipeline.addition`).
    """
    from balance_sync.rules import (
        build_completeness,
        build_ledger,
        drop_excerpt,
        renew_episodes_of,
        renew_summaries,
    )

    ran = run_chosen_rules(connection, options, rules, concerned_only=True)
    runs = ran.runs
    renew_summaries(connection, state_rules=ran.states, timezone=options.timezone)
    drop_excerpt(connection)
    if is_ranked(options):
        build_ledger(connection)
        runs = (*runs, record_anomalies(connection, options, second, standing))
        # Whoever is no longer flagged has an episode less, and whoever is now has one more.
        renew_episodes_of(connection, DETECTOR, state_rules=ran.states, timezone=options.timezone)
    build_completeness(connection, timezone=options.timezone)
    return runs


def run_chosen_rules(
    connection: DuckDBPyConnection,
    options: RunOptions,
    rules: tuple[Rule, ...],
    *,
    concerned_only: bool = False,
) -> RulesRun:
    """Run the `rules`, as `chosen_rules` gives them, and make the ledger that they read."""
    from balance_sync.reports.context import RuleRun
    from balance_sync.rules import build_ledger, run_rules
    from balance_sync.rules.header import Nature

    if not rules:
        build_ledger(connection)
        return RulesRun()
    runs = run_rules(
        connection,
        selection=_sql_rules(options),
        rules_directory=options.rules_directory,
        timezone=options.timezone,
        profile_directory=options.profile_directory,
        concerned_only=concerned_only,
    )
    headers = {rule.key: rule.header for rule in rules}
    told = tuple(
        RuleRun(
            rule=done.id,
            version=done.version,
            severity=done.severity,
            title=done.title,
            description=headers[f"{done.id}@{done.version}"].description,
            sha256=done.sha256,
            findings=done.findings,
            triage=headers[f"{done.id}@{done.version}"].triage,
        )
        for done in runs
    )
    return RulesRun(told, tuple(done.id for done in runs if done.nature is Nature.STATE))


def _sql_rules(options: RunOptions) -> list[str]:
    return [word for word in options.rules if word.partition("@")[0] != DETECTOR]
