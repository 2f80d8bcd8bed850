"""`balance-sync demo`: the main job on the reader's own logs, or on an archive made up for the purpose."""

from __future__ import annotations

from pathlib import Path

import rich_click as click

from balance_sync import config
from balance_sync.cli.calling import command
from balance_sync.cli.diagnostics import note
from balance_sync.cli.paths import GivenPath
from balance_sync.cli.progress import ProgressBar
from balance_sync.cli.run import tell

DEMO_TEXT_BYTES = 20_000_000
DEFAULT_LOGS = Path("logs")


@click.command()
@click.argument("logs", required=False, type=GivenPath())
@click.option(
    "-o",
    "--output",
    type=GivenPath(file_okay=False),
    default=Path("reports"),
    show_default=True,
    metavar="DIR",
    help="Folder of the reports.",
)
@click.option("--seed", default=1, show_default=True, help="Another seed, another archive.")
@click.option("-q", "--quiet", is_flag=True, help="No narration, no progress; warnings stay.")
def demo(logs: Path | None, output: Path, seed: int, quiet: bool) -> None:
    """Run on LOGS, or on ./logs where that exists, or on a realistic archive made on the spot.

    Says at the end which file to open.
    """
    from balance_sync.pipeline.run import run as run_pipeline

    chosen = logs or (DEFAULT_LOGS if DEFAULT_LOGS.exists() else None)
    if chosen is None:
        chosen = _made_up(output, seed, quiet=quiet)
    options = config.RunOptions(logs=(str(chosen),), output=output)
    with ProgressBar(quiet=quiet) as progress:
        result = run_pipeline(options, progress)
    tell(result, quiet=quiet, verbose=False, as_json=False)
    workbook = next((path for path in result.reports if path.suffix == ".xlsx"), output)
    click.echo(f"\nOpen {workbook} (or {workbook.with_suffix('.html')} in a browser).")
    click.echo(
        f"What a finding rests on: {command('explain', '--database', result.database, 'FINDING_ID')}\n"
        "(each row of the sheets of findings has its id)"
    )


def _made_up(output: Path, seed: int, *, quiet: bool) -> Path:
    from balance_sync.generator import generate_archive

    directory = output / "demo-archive"
    if not (directory / "answer.json").is_file():
        if not quiet:
            note(f"no logs given: making up an archive in {directory}")
        generate_archive(directory, text_bytes=DEMO_TEXT_BYTES, seed=seed)
    return directory / "logs"
