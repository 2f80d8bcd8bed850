"""All rules that a run can choose from: the built-in ones and those of the user's own folder."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from balance_sync.errors import RuleFileError, UsageError
from balance_sync.rules.header import RuleHeader, RuleStatus, SqlFile, read_sql_file
from balance_sync.rules.lock import check_released, read_lock
from balance_sync.store.sql_files import sql_directory

RESERVED_IDS = ("anomaly",)
"""Rules that are no SQL files; a file must not take their names."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One version of one rule.

    Attributes
    ----------
    built_in
        Shipped with the product, rather than from the user's folder.
    released
        Its hash is in the lock file, so it can never change.
    """

    file: SqlFile[RuleHeader]
    built_in: bool
    released: bool

    @property
    def header(self) -> RuleHeader:
        """What the file says about the rule."""
        return self.file.header

    @property
    def key(self) -> str:
        """``id@version``."""
        return self.file.key

    @property
    def directory(self) -> Path:
        """The folder that holds all versions of the rule."""
        return self.file.path.parent


def load_rules(rules_directory: Path | None = None, *, check_lock: bool = True) -> tuple[Rule, ...]:
    """Return all versions of all rules, by id and version.

    Parameters
    ----------
    rules_directory
        The user's own rules, laid out like ``sql/rules``: ``<id>/v<version>.sql``.
    check_lock
        Refuse released files that were changed; off only to report or to release them.

    Raises
    ------
    RuleFileError
        A file breaks the contract, was changed after its release, or takes another rule's name.
    """
    built_in = _read_directory(built_in_directory(), built_in=True, check_lock=check_lock)
    if rules_directory is None:
        return built_in
    if not rules_directory.is_dir():
        raise UsageError(str(rules_directory), "is no folder", help="name the folder that holds your rules")
    own = _read_directory(rules_directory, built_in=False, check_lock=check_lock)
    taken = {rule.header.id for rule in built_in} | set(RESERVED_IDS)
    for rule in own:
        if rule.header.id in taken:
            raise RuleFileError(
                str(rule.file.path),
                f"{rule.header.id!r} is a built-in rule",
                help="give your rule another id",
            )
    return tuple(sorted((*built_in, *own), key=lambda rule: (rule.header.id, rule.header.version)))


def built_in_directory() -> Path:
    """Return the folder of the built-in rules."""
    return sql_directory() / "rules"


def lock_directory(rules_directory: Path | None) -> Path:
    """Return the folder whose lock file holds the rules of `rules_directory` (`None`: the built-in ones)."""
    return sql_directory() if rules_directory is None else rules_directory


def select_rules(rules: Iterable[Rule], selection: Sequence[str]) -> tuple[Rule, ...]:
    """Return the rules that `selection` names, each once, in the order of their ids.

    Parameters
    ----------
    rules
        What there is to choose from.
    selection
        ``id`` for the newest active version or ``id@version``; none at all for every rule's newest
        active version.

    Raises
    ------
    UsageError
        No such rule or version, or two versions of one rule.
    """
    by_key = {rule.key: rule for rule in rules}
    newest = {r.header.id: r for r in by_key.values() if r.header.status is RuleStatus.ACTIVE}
    if not selection:
        return tuple(newest.values())
    chosen: dict[str, Rule] = {}
    for word in selection:
        rule = by_key.get(word) or newest.get(word)
        if rule is None:
            raise _unknown(word, (*newest, *by_key))
        if chosen.setdefault(rule.header.id, rule) is not rule:
            raise UsageError(
                f"--rule {word}",
                f"{chosen[rule.header.id].key} is chosen already",
                help="run two versions of a rule one after the other, into two output folders",
            )
    return tuple(chosen[name] for name in sorted(chosen))


def _unknown(word: str, known: Sequence[str]) -> UsageError:
    near = difflib.get_close_matches(word, known, n=1)
    hint = f"did you mean {near[0]!r}? " if near else ""
    return UsageError(
        f"--rule {word}", "there is no such rule", help=f"{hint}`balance-sync rules list` shows them all"
    )


def _read_directory(directory: Path, *, built_in: bool, check_lock: bool) -> tuple[Rule, ...]:
    locked = read_lock(directory.parent if built_in else directory).rules
    rules = []
    for stray in sorted(directory.glob("*.sql")):
        raise RuleFileError(
            str(stray), "a rule must be in a folder of its own", help="move it to <id>/v<version>.sql"
        )
    for path in sorted(directory.glob("*/*.sql")):
        file = read_sql_file(path, RuleHeader)
        _check_place(file)
        released = (
            check_released(file, locked, must=built_in) if check_lock else locked.get(file.key) == file.sha256
        )
        rules.append(Rule(file, built_in, released))
    return tuple(sorted(rules, key=lambda rule: (rule.header.id, rule.header.version)))


def _check_place(file: SqlFile[RuleHeader]) -> None:
    """Raise where folder and file name do not say what the header says."""
    wanted = (file.header.id, f"v{file.header.version}.sql")
    if (file.path.parent.name, file.path.name) != wanted:
        line = next((n for n, s in enumerate(file.sql.splitlines(), 1) if re.match(r"(id|version)\b", s)), 1)
        raise RuleFileError(
            f"{file.path}:{line}",
            f"the header says {file.key}, so the file must be {'/'.join(wanted)}",
            help="rename the file or correct the header; a changed rule is a new file",
        )
