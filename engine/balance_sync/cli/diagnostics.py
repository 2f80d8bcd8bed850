"""The only writer to stderr, and the one place where failures become exit codes."""

from __future__ import annotations

import errno
import os
import sys
import tempfile
import traceback

import click

from balance_sync.cli.option_places import place_of
from balance_sync.errors import BalanceSyncError, ExitCode

EXIT_CODES_HELP = (
    "Exit codes: 0 done; 1 findings at or above --fail-on; 2 usage, configuration or rule file; "
    "3 input; 4 resources; 5 a result could not be delivered; 70 a bug; 130 interrupted."
)


_LINES = "\n"
"""Errors tell some things in several lines."""


def note(text: str) -> None:
    """Tell something on stderr that is no error."""
    click.echo(text, err=True)


def exit_code_of(error: BaseException) -> int:
    """Say what happened on stderr, and return the exit code that it means."""
    if isinstance(error, click.exceptions.Exit):
        return error.exit_code
    if isinstance(error, SystemExit):
        if isinstance(error.__context__, BrokenPipeError):
            # The reader of our output has gone. Click exits with 1, which would mean findings.
            return ExitCode.DONE
        return error.code if isinstance(error.code, int) else ExitCode.BUG
    if isinstance(error, BalanceSyncError):
        _say(error.where, error.what, reason=error.reason, help=error.help)
        return error.exit_code
    if isinstance(error, click.ClickException):
        return _usage(error)
    if isinstance(error, KeyboardInterrupt | click.Abort):
        _say("interrupted", "nothing half done was kept", help="run the same command again to go on")
        return ExitCode.INTERRUPTED
    if isinstance(error, BrokenPipeError):
        # The reader of our output has gone; stop the interpreter from complaining about it at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return ExitCode.DONE
    if _is_full_disk(error):
        where = str(getattr(error, "filename", None) or "output")
        _say(where, "the disk is full", help="free disk space, or write elsewhere")
        return ExitCode.DELIVERY
    if isinstance(error, MemoryError):
        _say("memory", "ran out", help="lower --threads or --memory-limit, or free memory")
        return ExitCode.RESOURCES
    return _bug(error)


def _is_full_disk(error: BaseException) -> bool:
    """Return whether that is what failed: Polars and DuckDB say so in errors of their own."""
    if isinstance(error, OSError):
        return error.errno in (errno.ENOSPC, errno.EDQUOT)
    return any(os.strerror(number) in str(error) for number in (errno.ENOSPC, errno.EDQUOT))


def _usage(error: click.ClickException) -> int:
    context = getattr(error, "ctx", None)
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        click.echo(error.format_message(), err=True)
        return ExitCode.USAGE
    where = context.command_path.removeprefix("balance-sync ") if context else "usage"
    hint = f"see {context.command_path} --help" if context else ""
    what = error.format_message()
    if context and isinstance(error, click.BadParameter) and error.param is not None:
        place = place_of(context, error.param)
        where, what = (place, error.message) if place and not place.startswith("-") else (where, what)
    _say(where, what.rstrip("."), help=hint)
    return ExitCode.USAGE


def _bug(error: BaseException) -> int:
    try:
        # A new file that nobody else can read: a traceback may show what a log says.
        handle, path = tempfile.mkstemp(prefix="balance-sync-", suffix=".log")
        with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace") as file:
            file.write("".join(traceback.format_exception(error)))
        place = f"the traceback is in {path}"
    except OSError:
        place = "and the traceback could not be written"
    summary = f"{type(error).__name__}: {error}".splitlines()[0]
    _say("bug", summary[:300], reason=place, help="please report it with that file and `balance-sync info`")
    return ExitCode.BUG


def _say(where: str, what: str, *, reason: str = "", help: str = "") -> None:
    lines = [f"balance-sync: error: {visible(where)}: {visible(what, keep=_LINES)}"]
    if reason:
        lines.append(f"  reason: {visible(reason, keep=_LINES)}")
    if help:
        lines.append(f"  help: {visible(help, keep=_LINES)}")
    click.echo("\n".join(lines), err=True)


def visible(text: str, *, keep: str = "") -> str:
    """Return `text` with control and direction-changing characters escaped: it may come from a log.

    Those in `keep` stay. With a line feed an identifier could forge a line of what is printed.
    """
    return "".join(
        character if character.isprintable() or character in keep else repr(character)[1:-1]
        for character in text
    )
