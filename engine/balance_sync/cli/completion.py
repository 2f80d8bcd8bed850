"""`balance-sync completion`: prints the shell's completion script."""

from __future__ import annotations

import rich_click as click
from click.shell_completion import get_completion_class


@click.command()
@click.argument("shell", type=click.Choice(("bash", "zsh", "fish")))
@click.pass_context
def completion(context: click.Context, shell: str) -> None:
    """Print the completion script of SHELL.

    For bash: balance-sync completion bash > ~/.local/share/bash-completion/completions/balance-sync
    """
    kind = get_completion_class(shell)
    root = context.find_root().command
    if kind is not None:
        click.echo(kind(root, {}, "balance-sync", "_BALANCE_SYNC_COMPLETE").source())
