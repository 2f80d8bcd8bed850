"""The image without Docker: its entry point, and its build commands run in an empty folder."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


def _is_real_root() -> bool:
    """Tell whether this process may become any user: root, and root of the machine itself."""
    if sys.platform != "linux" or os.geteuid() != 0 or not shutil.which("setpriv"):
        return False
    return Path("/proc/self/uid_map").read_text(encoding="ascii").split()[1] == "0"


needs_root = pytest.mark.skipif(not _is_real_root(), reason="only root can become somebody else")


@pytest.fixture
def app() -> Iterator[Path]:
    """Make a folder like the image's /app, which any user may enter."""
    with tempfile.TemporaryDirectory(prefix="balance-sync-app-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        for part in ("logs", "reports"):
            (folder / part).mkdir()
        yield folder


@pytest.mark.parametrize(
    ("logs_owner", "reports_owner", "expected"),
    [(0, 0, 10001), (2001, 0, 2001), (2001, 2002, 2002), (0, 2002, 2002)],
    ids=["all-of-root", "reports-made-by-docker", "reports-of-somebody", "logs-of-root"],
)
@needs_root
def test_entry_point_becomes_the_owner_of_the_folders(
    root: Path, app: Path, logs_owner: int, reports_owner: int, expected: int
) -> None:
    os.chown(app / "logs", logs_owner, logs_owner)
    os.chown(app / "reports", reports_owner, reports_owner)
    program = "id -u; id -G; touch reports/written; grep NoNewPrivs /proc/self/status"
    ran = _enter(root, app, "sh", "-c", program)
    assert ran.stdout.split() == [str(expected), str(expected), "NoNewPrivs:", "1"], ran.stderr
    assert (app / "reports" / "written").stat().st_uid == expected


@needs_root
def test_entry_point_passes_arguments_and_exit_code_on(root: Path, app: Path) -> None:
    ran = _enter(root, app, "sh", "-c", 'echo "$#:$1"; exit 3', "program", "two words")
    assert (ran.stdout, ran.returncode) == ("1:two words\n", 3)


@needs_root
def test_entry_point_leaves_another_user_alone(root: Path, app: Path) -> None:
    program = ["setpriv", "--reuid", "2003", "--clear-groups", "sh", str(app / "entry.sh"), "id", "-u"]
    shutil.copy(root / "docker-entrypoint.sh", app / "entry.sh")
    ran = subprocess.run(program, cwd=app, capture_output=True, text=True, check=False)
    assert ran.stdout == "2003\n", ran.stderr


def _enter(root: Path, app: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["sh", str(root / "docker-entrypoint.sh"), *arguments],
        cwd=app,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("gcc"), reason="the image's build needs gcc")
def test_image_steps_work_in_an_empty_folder(root: Path, app: Path) -> None:
    """What the Dockerfile copies and runs is enough for its own CMD, without Docker."""
    instructions = _instructions(root / "Dockerfile")
    build, venv = app / "build", app / "opt"
    build.mkdir()
    environment = _clean_environment()
    for keyword, words in instructions[: _second_stage(instructions)]:
        if keyword == "COPY":
            _copy(root, words[:-1], build)
        elif keyword == "ENV":
            environment |= dict(word.split("=", 1) for word in words)
        # The image's packages are not put on this machine, which must have a compiler as well.
        elif keyword == "RUN" and words[0] != "apt-get":
            command = [word.replace("/opt/balance-sync", str(venv)) for word in words]
            subprocess.run(command, cwd=build, check=True, env=environment)
    shutil.rmtree(build)
    program = str(venv / "bin" / "balance-sync")
    _make_archive(venv / "bin" / "python", app / "logs")
    default = json.loads(" ".join(dict(instructions)["CMD"]))
    arguments = [word.replace("/app", str(app)) for word in default]
    subprocess.run([program, *arguments], cwd=app, check=True)
    assert {"report.xlsx", "report.html", "summary.json"} <= {
        path.name for path in (app / "reports").iterdir()
    }


def _instructions(dockerfile: Path) -> list[tuple[str, list[str]]]:
    lines = [line for line in dockerfile.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    joined = "\n".join(lines).replace("\\\n", " ")
    split = [line.split(maxsplit=1) for line in joined.splitlines() if line.strip()]
    return [(keyword, rest.split() if rest.startswith("[") else shlex.split(rest)) for keyword, rest in split]


def _second_stage(instructions: list[tuple[str, list[str]]]) -> int:
    stages = [number for number, (keyword, _) in enumerate(instructions) if keyword == "FROM"]
    return stages[1]


def _copy(root: Path, names: list[str], folder: Path) -> None:
    """Copy as COPY does: only what .dockerignore lets into the build."""
    allowed = (root / ".dockerignore").read_text(encoding="utf-8").splitlines()
    for name in names:
        assert f"!{name}" in allowed
        if (root / name).is_dir():
            shutil.copytree(root / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(root / name, folder)


def _clean_environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name not in {"PYTHONPATH", "VIRTUAL_ENV"}}


def _make_archive(python: Path, folder: Path) -> None:
    program = (
        "from pathlib import Path; from balance_sync.generator import generate_archive;"
        f"generate_archive(Path({str(folder)!r}), text_bytes=200_000, seed=3)"
    )
    subprocess.run([str(python), "-c", program], check=True)
