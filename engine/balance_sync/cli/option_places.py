"""Where the value of an option stands that cannot be meant: a flag, a variable or a place in a file."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, TypeVar

import click
from click.core import ParameterSource

from balance_sync.errors import UsageError

Command = TypeVar("Command", bound=Callable[..., Any])

PLACES_KEY = "balance_sync.option_places"
"""Of a context's `meta`: for each parameter that a configuration file sets, where it does."""


def place_of(context: click.Context, parameter: click.Parameter) -> str:
    """Return where the value of `parameter` stands; nothing where it is the default."""
    source = context.get_parameter_source(parameter.name or "")
    if source is ParameterSource.ENVIRONMENT:
        return str(parameter.envvar)
    if source is ParameterSource.DEFAULT_MAP:
        return str(context.meta.get(PLACES_KEY, {}).get(parameter.name, ""))
    return max(parameter.opts, key=len) if source is ParameterSource.COMMANDLINE else ""


def telling_places(command: Command) -> Command:
    """Let errors of `command` that name an option name the place where its value stands."""

    @functools.wraps(command)
    def told(*arguments: Any, **options: Any) -> Any:
        try:
            return command(*arguments, **options)
        except UsageError as error:
            context = click.get_current_context()
            for parameter in context.command.params:
                option, space, value = error.where.partition(" ")
                if option in parameter.opts:
                    error.where = (place_of(context, parameter) or option) + space + value
            raise

    return told  # type: ignore[return-value]
