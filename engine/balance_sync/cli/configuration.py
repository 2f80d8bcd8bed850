"""Options from a TOML file: below flags and the environment, above the defaults."""

from __future__ import annotations

import difflib
import tomllib
from pathlib import Path
from typing import Any

import click

from balance_sync.cli.option_places import PLACES_KEY
from balance_sync.errors import UsageError

DEFAULT_FILE = "balance-sync.toml"


def load(context: click.Context, _: click.Parameter, path: str | None) -> None:
    """Take the command's section of the file as its defaults (a click callback of ``--config``).

    Raises
    ------
    UsageError
        The file is missing, is no TOML, or names an option that the command does not have.
    """
    if path is None and not Path(DEFAULT_FILE).is_file():
        return
    file = Path(path or DEFAULT_FILE)
    try:
        content = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(str(file), "cannot be read", reason=str(error.strerror)) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(str(file), "is no TOML", reason=str(error)) from error
    _check_sections(content, context, file)
    section = content.get(context.info_name or "", {})
    if not isinstance(section, dict):
        raise UsageError(f"{file}: [{context.info_name}]", "is no table")
    context.meta[PLACES_KEY] = {}
    context.default_map = {**(context.default_map or {}), **_known(section, context, file)}


def _check_sections(content: dict[str, Any], context: click.Context, file: Path) -> None:
    program = context.find_root().command
    commands = program.commands if isinstance(program, click.Group) else {}
    configured = [name for name, command in commands.items() if _takes_a_file(command)]
    for name in content:
        if configured and name not in configured:
            known = name in commands
            close = [] if known else difflib.get_close_matches(name, configured, n=1)
            sections = ", ".join(f"[{one}]" for one in configured)
            raise UsageError(
                f"{file}: [{name}]",
                "this command takes no options from a file" if known else "there is no such command",
                help=f"did you mean [{close[0]}]?" if close else f"there may be {sections}",
            )


def _takes_a_file(command: click.Command) -> bool:
    return any("--config" in parameter.opts for parameter in command.params)


def _known(section: dict[str, Any], context: click.Context, file: Path) -> dict[str, Any]:
    parameters = {parameter.name: parameter for parameter in context.command.params if parameter.name}
    spelled = {
        option.removeprefix("--"): name
        for name, parameter in parameters.items()
        for option in (f"--{_spelling(name)}", *parameter.opts)
        if option.startswith("--")
    }
    known = {}
    for key, value in section.items():
        name = spelled.get(key.replace("_", "-"))
        if name is None:
            close = difflib.get_close_matches(key.replace("_", "-"), spelled, n=1)
            raise UsageError(
                f"{file}: [{context.info_name}]",
                f"there is no option {key!r}",
                help=f"did you mean {close[0]!r}?" if close else "see the options with --help",
            )
        place = f"{file}: [{context.info_name}] {key}"
        context.meta[PLACES_KEY][name] = place
        if isinstance(parameters[name].type, click.Path) and not isinstance(value, str):
            raise UsageError(place, "is no text", help="put the path between quotes")
        known[name] = [value] if parameters[name].multiple and isinstance(value, str) else value
    return known


def _spelling(name: str) -> str:
    return name.replace("_", "-")
