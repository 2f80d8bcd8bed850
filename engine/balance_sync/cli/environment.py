"""Environment variables that look like options and are none: said, not silently ignored."""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterator

import click

from balance_sync.cli.diagnostics import note, visible

PREFIX = "BALANCE_SYNC_"


def tell_unknown_variables(program: click.Group, also: tuple[str, ...]) -> None:
    """Note each variable of the program's prefix that no option of any command reads.

    Parameters
    ----------
    also
        Variables that are read otherwise.
    """
    given = sorted(name for name in os.environ if name.startswith(PREFIX))
    if not given:
        return
    known = {*also, *_variables(program)}
    for name in given:
        if name not in known:
            close = difflib.get_close_matches(name, sorted(known), n=1)
            hint = f"; did you mean {close[0]}?" if close else ""
            note(f"warning: {visible(name)} is no setting of this program and is ignored{hint}")


def _variables(command: click.Command) -> Iterator[str]:
    for parameter in command.params:
        names = parameter.envvar or ()
        yield from (names,) if isinstance(names, str) else names
    if isinstance(command, click.Group):
        for child in command.commands.values():
            yield from _variables(child)
