"""``rules.lock.json``: the hash of each released version of a rule and of each version of a view.

A released version never changes, so a report can be made again as it was; whoever changes a rule
writes a new version beside it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import msgspec

from balance_sync.errors import RuleFileError
from balance_sync.rules.header import RuleHeader, SqlFile, ViewHeader

LOCK_NAME = "rules.lock.json"


class Lock(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The file's content: ``id@version`` to sha256."""

    rules: dict[str, str] = {}
    views: dict[str, str] = {}


@dataclass(frozen=True, slots=True)
class LockChange:
    """What `update_lock` wrote, or would have to write."""

    path: Path
    added: tuple[str, ...]


def read_lock(directory: Path) -> Lock:
    """Return the lock of `directory`; an empty one where there is no file."""
    path = directory / LOCK_NAME
    if not path.is_file():
        return Lock()
    try:
        return msgspec.json.decode(path.read_bytes(), type=Lock)
    except (OSError, msgspec.DecodeError) as error:
        raise RuleFileError(str(path), "the lock file cannot be read", reason=str(error)) from error


def check_released(
    file: SqlFile[RuleHeader] | SqlFile[ViewHeader], locked: dict[str, str], *, must: bool
) -> bool:
    """Return whether `file` is a released version.

    Raises
    ------
    RuleFileError
        It was changed after its release, or (`must`) it is not released.
    """
    released = locked.get(file.key)
    if released is None and must:
        raise RuleFileError(
            str(file.path),
            f"{file.key} is not in {LOCK_NAME}",
            help="release it with `balance-sync rules lock`",
        )
    if released is not None and released != file.sha256:
        raise RuleFileError(
            str(file.path),
            f"{file.key} was changed after its release",
            reason=f"its sha256 is {file.sha256[:12]}…, released was {released[:12]}…",
            help="put the file back as it was, and write the change as a new version",
        )
    return released is not None


def update_lock(
    directory: Path,
    rules: Iterable[SqlFile[RuleHeader]],
    views: Iterable[SqlFile[ViewHeader]],
    *,
    write: bool = True,
) -> LockChange:
    """Add to the lock of `directory` what it lacks; released versions are never overwritten.

    Raises
    ------
    RuleFileError
        A released version was changed, or its file is gone.
    """
    lock = read_lock(directory)
    rules, views = tuple(rules), tuple(views)
    for rule in rules:
        check_released(rule, lock.rules, must=False)
    for view in views:
        check_released(view, lock.views, must=False)
    gone = sorted(set(lock.rules) - {rule.key for rule in rules})
    if gone:
        raise RuleFileError(
            str(directory / LOCK_NAME),
            f"{gone[0]} is released and its file is gone",
            help='put it back with status = "deprecated"; released rules are never deleted',
        )
    all_rules = lock.rules | {rule.key: rule.sha256 for rule in rules}
    all_views = lock.views | {view.key: view.sha256 for view in views}
    added = tuple(sorted((set(all_rules) - set(lock.rules)) | (set(all_views) - set(lock.views))))
    path = directory / LOCK_NAME
    if write and (added or not path.is_file()):
        content = {"rules": dict(sorted(all_rules.items())), "views": dict(sorted(all_views.items()))}
        path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    return LockChange(path, added)
