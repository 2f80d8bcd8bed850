"""The README and its companions: the commands that are run from them, and the links in them."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from balance_sync.cli.program import program

LINK = re.compile(r"\]\(([^)\s]+)\)|(?:src|href)=\"([^\"]+)\"")
COMMAND = "<!-- {0} -->\n```sh\n([^\n]+)\n```\n<!-- /{0} -->"


@pytest.fixture(scope="module")
def readme(root: Path) -> str:
    return (root / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("name", "essence"), [("run-command", "balance-sync demo"), ("test-command", "python -m pytest")]
)
def test_readme_marks_the_command_that_ci_runs(readme: str, name: str, essence: str) -> None:
    (command,) = re.findall(COMMAND.format(name), readme)
    assert command.startswith("sh install.sh")
    assert essence in command


@pytest.mark.parametrize(
    "command",
    [
        "docker build -t calo_balance_sync .",
        'docker run -v "$(pwd)/logs:/app/logs" -v "$(pwd)/reports:/app/reports" calo_balance_sync',
    ],
)
def test_readme_prints_the_image_commands(readme: str, command: str) -> None:
    assert f"\n{command}\n" in readme


def test_readme_tells_of_every_command(readme: str) -> None:
    section = readme.split("## The command line")[1].split("\n## ")[0]
    assert [
        name for name in program.commands if not re.search(rf"^\| `{name}\b", section, re.MULTILINE)
    ] == []


def test_readme_tells_of_every_rule(root: Path, readme: str) -> None:
    rules = sorted(path.name for path in (root / "sql" / "rules").iterdir() if path.is_dir())
    assert [rule for rule in rules if f"| `{rule}` |" not in readme] == []


def test_links_between_documents_lead_somewhere(root: Path, texts: dict[Path, str]) -> None:
    broken = [
        f"{path.relative_to(root)}: {target}"
        for path, text in texts.items()
        if path.suffix == ".md"
        for target in (found.group(1) or found.group(2) for found in LINK.finditer(text))
        if "://" not in target
        and not target.startswith(("#", "mailto:"))
        and not (path.parent / target.split("#")[0]).exists()
    ]
    assert broken == []


@pytest.mark.skipif(not shutil.which("make"), reason="needs make")
def test_every_make_target_says_what_it_does(root: Path) -> None:
    makefile = (root / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z][a-z-]*):", makefile, re.MULTILINE))
    shown = subprocess.run(["make", "help"], cwd=root, check=True, capture_output=True, text=True).stdout
    assert {line.split()[0] for line in shown.splitlines() if line.startswith("  ")} == targets
