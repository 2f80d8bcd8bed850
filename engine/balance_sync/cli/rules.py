"""`balance-sync rules`: look at the rules, check them, try them on fixtures, release them, begin one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import rich_click as click

from balance_sync.cli.paths import GivenPath

if TYPE_CHECKING:
    from collections.abc import Callable

    from balance_sync.rules.catalogue import Rule

_rules_dir = click.option(
    "--rules-dir",
    "rules_directory",
    type=GivenPath(file_okay=False),
    help="Folder of your own rules, laid out as <id>/v<version>.sql.",
)
_as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


def _options(*decorators: Callable[..., Any]) -> Callable[..., Any]:
    def decorate(command: Callable[..., Any]) -> Callable[..., Any]:
        for decorator in reversed(decorators):
            command = decorator(command)
        return command

    return decorate


@click.group()
def rules() -> None:
    """Look at the rules, check them, try them on fixtures, release them, begin a new one."""


@rules.command("list")
@_options(_rules_dir, _as_json)
def list_rules(rules_directory: Path | None, *, as_json: bool) -> None:
    """List all rules and versions."""
    from balance_sync.rules import load_rules

    found = load_rules(rules_directory)
    if as_json:
        _echo_json([_rule_fields(rule) for rule in found])
        return
    width = max(len(rule.key) for rule in found)
    for rule in found:
        header = rule.header
        note = "" if header.status == "active" else f" ({header.status})"
        origin = "" if rule.built_in else f" [{'own' if rule.released else 'own, unreleased'}]"
        click.echo(f"{rule.key:<{width}}  {header.severity:<8}  {header.title}{note}{origin}")


@rules.command()
@click.argument("rule")
@_options(_rules_dir, _as_json)
def show(rule: str, rules_directory: Path | None, *, as_json: bool) -> None:
    """Show a RULE (id or id@version): what it finds, what it misses, what to do, and its SQL."""
    from balance_sync.rules import load_rules, select_rules
    from balance_sync.rules.pages import rule_page

    (chosen,) = select_rules(load_rules(rules_directory), [rule])
    if as_json:
        _echo_json(_rule_fields(chosen) | {"sql": chosen.file.query})
    else:
        click.echo(rule_page((chosen,)), nl=False)


@rules.command()
@_options(_rules_dir, _as_json)
def validate(rules_directory: Path | None, *, as_json: bool) -> None:
    """Check that all rules keep the contract of rule files."""
    from balance_sync.errors import RuleFileError
    from balance_sync.rules import load_rules
    from balance_sync.rules.lint import lint_rules
    from balance_sync.rules.views import load_views

    found = load_rules(rules_directory)
    load_views()
    problems = lint_rules(found)
    if as_json:
        _echo_json([{"where": p.where, "what": p.what, "help": p.help} for p in problems])
    else:
        for problem in problems:
            click.echo(f"{problem.where}: {problem.what}\n  help: {problem.help}")
        if not problems:
            click.echo(f"{len(found)} rules, all as they must be")
    if problems:
        raise RuleFileError(
            "rules validate", _count(len(problems), "problem"), help="they are listed on stdout"
        )


@rules.command()
@click.argument("names", metavar="[RULE]...", nargs=-1)
@_options(_rules_dir, _as_json)
def test(names: tuple[str, ...], rules_directory: Path | None, *, as_json: bool) -> None:
    """Run the fixtures of RULEs (default: all), built-in ones where the repository is at hand."""
    from balance_sync.errors import RuleFileError, UsageError
    from balance_sync.rules import load_rules, select_rules
    from balance_sync.rules.fixtures import run_fixtures

    found = load_rules(rules_directory, check_lock=False)
    results = run_fixtures(select_rules(found, names) if names else found)
    if not results:
        raise UsageError("rules test", "there are no fixtures", help="name your rules with --rules-dir DIR")
    failed = [result for result in results if result.problem]
    if as_json:
        _echo_json(
            [
                {"rule": r.rule, "file": str(r.file), "case": r.case, "problem": r.problem or None}
                for r in results
            ]
        )
    else:
        for result in failed:
            click.echo(f"{result.file}: {result.rule}: {result.case}: {result.problem}")
        click.echo(f"{len(results)} cases, {len(results) - len(failed)} as expected, {len(failed)} not")
    if failed:
        raise RuleFileError(
            "rules test", f"not as expected: {_count(len(failed), 'case')}", help="they are listed on stdout"
        )


@rules.command()
@click.option("--check", is_flag=True, help="Write nothing; fail if a rule is not released or was changed.")
@_rules_dir
def lock(rules_directory: Path | None, *, check: bool) -> None:
    """Release the rules: record their hashes in rules.lock.json, after which they never change."""
    from balance_sync.errors import RuleFileError
    from balance_sync.rules import load_rules
    from balance_sync.rules.catalogue import lock_directory
    from balance_sync.rules.lint import refuse_problems
    from balance_sync.rules.lock import update_lock
    from balance_sync.rules.views import load_views

    own = rules_directory is not None
    found = [rule for rule in load_rules(rules_directory, check_lock=False) if rule.built_in is not own]
    refuse_problems(found)
    views = () if own else load_views(check_lock=False).values()
    change = update_lock(
        lock_directory(rules_directory), [rule.file for rule in found], views, write=not check
    )
    if check and change.added:
        raise RuleFileError(
            str(change.path), f"{', '.join(change.added)} not released", help="run `balance-sync rules lock`"
        )
    for key in change.added:
        click.echo(f"released {key}")
    if not change.added:
        click.echo(f"{change.path}: nothing to release")


@rules.command()
@click.argument("rule_id", metavar="ID")
@_rules_dir
def new(rule_id: str, rules_directory: Path | None) -> None:
    """Begin a new rule ID: a file that works, and its fixtures."""
    from datetime import UTC, datetime

    from balance_sync.rules.scaffold import new_rule

    for path in new_rule(rule_id, rules_directory, today=datetime.now(UTC).date()):
        click.echo(str(path))


@rules.command()
@click.option("--check", is_flag=True, help="Write nothing; fail if a page is out of date.")
def docs(*, check: bool) -> None:
    """Write sql/README.md and docs/rules/ from the rules' headers (in the repository)."""
    from balance_sync.errors import RuleFileError
    from balance_sync.rules import load_rules
    from balance_sync.rules.pages import render_pages
    from balance_sync.rules.views import load_views

    pages = render_pages(load_rules(check_lock=False), load_views(check_lock=False))
    for path, text in pages.items():
        if path.is_file() and path.read_text(encoding="utf-8") == text:
            continue
        if check:
            raise RuleFileError(str(path), "is out of date", help="run `balance-sync rules docs`")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        click.echo(str(path))


def _rule_fields(rule: Rule) -> dict[str, Any]:
    import msgspec

    header: dict[str, Any] = msgspec.to_builtins(rule.header)
    return header | {
        "sha256": rule.file.sha256,
        "built_in": rule.built_in,
        "released": rule.released,
        "path": str(rule.file.path),
    }


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _echo_json(value: object) -> None:
    import json

    click.echo(json.dumps(value, ensure_ascii=False, indent=2))
