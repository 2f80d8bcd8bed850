"""Another revision beside this one: both run in turn, by one suite, each with the packages that it locks."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from tempfile import mkdtemp

from benchmarks.speed.archives import archive, cache_folder
from benchmarks.speed.case import Case, Place
from benchmarks.speed.engine import SUITE_ROOT, Engine
from benchmarks.speed.session import Run, RunError, Session, open_session, this_engine

_HEADER = (
    "| case | size | shape | base s (least–most) | this s (least–most) | this / base | base MB | this MB |\n"
    "|---|---|---|---|---|---|---|---|"
)


def compare(revision: str, points: Sequence[tuple[Case, str, str]], *, repeats: int) -> int:
    """Measure `points` of both versions in turn; return 1 if this one fails or answers wrongly."""
    failed = False
    with checked_out(revision) as base, open_session() as session:
        print(_HEADER)
        for case, size, shape in points:
            where = f"{case.name} ({size}, {shape})"
            try:
                of = archive(size, shape) if case.shapes else None
                places = (session.place(base, of), session.place(this_engine(), of))
                pairs = _alternate(session, case, places, repeats)
            except RunError as error:
                # A stage is called by its inner doors, and another revision need not have them.
                print(f"left out: {where}: {error}", file=sys.stderr, flush=True)
                failed |= error.engine == this_engine()
                continue
            for name, runs in zip((revision, "this version"), zip(*pairs, strict=True), strict=True):
                for text in runs[0].wrong:
                    print(f"wrong answer of {name}: {where}: {text}", file=sys.stderr, flush=True)
                    failed |= name != revision
            print(_row(case, size, shape, pairs), flush=True)
    return int(failed)


def _alternate(
    session: Session, case: Case, places: tuple[Place, Place], repeats: int
) -> list[tuple[Run, Run]]:
    for place in places:
        session.prepare(case.program, place)
        session.warm(place)
    return [
        (session.run(case.program, places[0]), session.run(case.program, places[1])) for _ in range(repeats)
    ]


def _row(case: Case, size: str, shape: str, pairs: list[tuple[Run, Run]]) -> str:
    sides = list(zip(*pairs, strict=True))
    seconds = [[run.seconds for run in side] for side in sides]
    shown = [f"{median(each):.3g} ({min(each):.3g}–{max(each):.3g})" for each in seconds]
    ratio = median(run.unit_s for run in sides[1]) / median(run.unit_s for run in sides[0])
    peaks = [f"{max(run.peak_mb for run in side):,.0f}" for side in sides]
    where = (size, shape) if case.shapes else ("-", "-")
    return f"| {' | '.join([case.name, *where, *shown, f'**{ratio:.3f}**', *peaks])} |"


@contextmanager
def checked_out(revision: str) -> Iterator[Engine]:
    """Give a version of balance-sync from a temporary work tree.

    It runs on this environment's packages where it locks the same ones, else on an environment of its own.
    """
    cache_folder().mkdir(parents=True, exist_ok=True)
    folder = Path(mkdtemp(prefix="base-", dir=cache_folder()))
    tree = folder / "base"
    try:
        _git("worktree", "add", "--quiet", "--detach", str(tree), revision)
        _compile_passes(tree)
        yield Engine(tree, _python_for(tree, folder / "venv"))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        _git("worktree", "prune")


def _compile_passes(tree: Path) -> None:
    """Build the compiled passes of the work tree, if those of this one are built: a checkout has none."""
    maker = tree / "engine" / "compile_passes.py"
    if maker.exists() and any(SUITE_ROOT.glob("engine/balance_sync/compiled/*.so")):
        subprocess.run([sys.executable, str(maker)], check=True)


def _git(*arguments: str) -> None:
    done = subprocess.run(["git", *arguments], cwd=SUITE_ROOT, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise ValueError(f"git {' '.join(arguments)}: {done.stderr.strip()}")


def _python_for(tree: Path, venv: Path) -> Path:
    lock = "requirements.lock"
    if (tree / lock).read_bytes() == (SUITE_ROOT / lock).read_bytes():
        return Path(sys.executable)
    subprocess.run(["sh", "install.sh", "--venv", str(venv), "--packages-only"], cwd=tree, check=True)
    return venv / "bin" / "python"
