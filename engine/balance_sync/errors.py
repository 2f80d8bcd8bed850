"""Every expected failure, one tree: what went wrong, why, and what to do next.

Only the command line turns these into text and exit codes, so a stage raises them
and never prints or exits. Anything else that escapes is a bug (exit code 70).
"""

from __future__ import annotations

from enum import IntEnum
from functools import partial
from typing import Any


class ExitCode(IntEnum):
    """What the process says when it ends (the contract of the command line)."""

    DONE = 0
    FINDINGS = 1
    USAGE = 2
    INPUT = 3
    RESOURCES = 4
    DELIVERY = 5
    BUG = 70
    INTERRUPTED = 130


class BalanceSyncError(Exception):
    """An expected failure.

    Parameters
    ----------
    where
        The file, line, option or rule that is meant, e.g. ``logs/a.gz:17``.
    what
        One clause in lower case: what is wrong there.
    reason
        The underlying cause, where it adds something.
    help
        The next thing to do.
    """

    exit_code: ExitCode = ExitCode.BUG

    def __init__(self, where: str, what: str, *, reason: str = "", help: str = "") -> None:
        super().__init__(f"{where}: {what}")
        self.where = where
        self.what = what
        self.reason = reason
        self.help = help

    def __reduce__(self) -> tuple[Any, ...]:
        """Let it come whole from another process, which makes it again of what this names."""
        return partial(type(self), reason=self.reason, help=self.help), (self.where, self.what)


class UsageError(BalanceSyncError):
    """An option, an argument or a configuration file that cannot be meant."""

    exit_code = ExitCode.USAGE


class RuleFileError(BalanceSyncError):
    """A rule file that breaks the contract of rule files, or was changed after release."""

    exit_code = ExitCode.USAGE


class InputError(BalanceSyncError):
    """No logs found, or logs that cannot be read and may not be passed over."""

    exit_code = ExitCode.INPUT


class ResourceError(BalanceSyncError):
    """Memory, disk or time ran out; the same command may succeed with other limits."""

    exit_code = ExitCode.RESOURCES


class DeliveryError(BalanceSyncError):
    """A result exists and could not be written where it belongs."""

    exit_code = ExitCode.DELIVERY
