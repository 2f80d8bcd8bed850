"""What a built wheel carries."""

from __future__ import annotations

import subprocess
import sys
import sysconfig
from pathlib import Path
from zipfile import ZipFile

import pytest

from balance_sync import compiled


@pytest.fixture(scope="module")
def wheel(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _build(root, tmp_path_factory.mktemp("wheel"))


def _build(root: Path, folder: Path) -> Path:
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)],
        cwd=root,
        check=True,
        capture_output=True,
    )
    (built,) = folder.glob("*.whl")
    return built


def test_wheel_carries_every_sql_file_and_every_module(root: Path, wheel: Path, tracked: list[Path]) -> None:
    carried = set(ZipFile(wheel).namelist())
    sql = {
        f"balance_sync/_sql/{path.relative_to(root / 'sql')}"
        for path in tracked
        if root / "sql" in path.parents
    }
    package = root / "engine" / "balance_sync"
    modules = {str(path.relative_to(package.parent)) for path in tracked if package in path.parents}
    modules = {name for name in modules if not name.endswith((".pyx", ".pxi"))}
    assert sql
    assert sql | modules <= carried


@pytest.mark.skipif(not compiled.ARE_BUILT, reason="built without the compiled passes")
def test_wheel_carries_the_compiled_passes_for_this_machine(wheel: Path) -> None:
    ending = sysconfig.get_config_var("EXT_SUFFIX")
    carried = ZipFile(wheel).namelist()
    assert {f"balance_sync/compiled/{name}{ending}" for name in ("files", "passes")} <= set(carried)
    assert not wheel.name.endswith("none-any.whl")


def test_wheel_carries_nothing_else(wheel: Path) -> None:
    tops = {name.split("/")[0].split("-")[0] for name in ZipFile(wheel).namelist()}
    assert tops == {"balance_sync"}


def test_building_twice_gives_the_same_bytes(root: Path, wheel: Path, tmp_path: Path) -> None:
    assert _build(root, tmp_path).read_bytes() == wheel.read_bytes()
