"""The `balance-sync` program: its group of commands and its entry point."""

from __future__ import annotations

import sys

import rich_click as click

from balance_sync import __version__, compiled
from balance_sync.cli import (
    completion,
    demo,
    explain,
    feedback,
    info,
    ingest,
    query,
    report,
    rules,
    run,
    subscriber,
)
from balance_sync.cli.diagnostics import EXIT_CODES_HELP, exit_code_of
from balance_sync.cli.environment import tell_unknown_variables
from balance_sync.cli.interrupts import interrupts_noticed

PROGRAM = "balance-sync"


@click.group(
    name=PROGRAM,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
    epilog=EXIT_CODES_HELP,
)
@click.version_option(__version__, prog_name=PROGRAM)
def program() -> None:
    """Rebuild every subscriber's ledger from the balance-sync logs, and find what cannot be right.

    Start with `balance-sync demo`, or with your own logs: `balance-sync run LOGS`.
    """
    tell_unknown_variables(program, (report.KEY_VARIABLE, compiled.VARIABLE))


for _command in (
    run.run,
    demo.demo,
    ingest.ingest,
    report.report,
    report.diff,
    report.reveal,
    subscriber.subscriber,
    explain.explain,
    feedback.feedback,
    query.query,
    rules.rules,
    info.info,
    completion.completion,
):
    program.add_command(_command)


def main() -> None:
    """Run the program on the process's arguments, and exit with the code of the contract."""
    with interrupts_noticed() as noticed:
        try:
            code = program.main(prog_name=PROGRAM, standalone_mode=False)
        except BaseException as error:
            code = exit_code_of(KeyboardInterrupt() if noticed.is_set() else error)
        _wait_for_processes()
    sys.exit(code if isinstance(code, int) else 0)


def _wait_for_processes() -> None:
    # Most commands have none.
    if "balance_sync.pipeline.processes" in sys.modules:
        from balance_sync.pipeline.processes import wait_for_those_let_go

        wait_for_those_let_go()
