"""Archives that several tests look at; each is made once."""

from __future__ import annotations

from pathlib import Path

import pytest
from break_plans import EVERY_BREAK
from plain_reading import Reading, read_archive

from balance_sync.generator import Answer, BreakPlan, generate_archive


@pytest.fixture(scope="session")
def broken(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Answer, Reading]:
    """Make an archive with a few breaks of every kind."""
    return _make(tmp_path_factory, "broken", text_bytes=2_500_000, seed=7, breaks=EVERY_BREAK)


@pytest.fixture(scope="session")
def sound(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Answer, Reading]:
    """Make an archive without any break."""
    return _make(tmp_path_factory, "sound", text_bytes=1_500_000, seed=11, breaks=BreakPlan.none())


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Answer, Reading]:
    """Make an archive half as large as the real export, with realistic breaks."""
    return _make(tmp_path_factory, "demo", text_bytes=8_000_000, seed=3, breaks=BreakPlan.realistic())


def _make(
    factory: pytest.TempPathFactory, name: str, *, text_bytes: int, seed: int, breaks: BreakPlan
) -> tuple[Path, Answer, Reading]:
    directory = factory.mktemp("archives") / name
    answer = generate_archive(directory, text_bytes=text_bytes, seed=seed, breaks=breaks)
    return directory, answer, read_archive(directory / "logs")
