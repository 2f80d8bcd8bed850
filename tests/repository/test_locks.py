"""The lock files: complete, hashed, without addresses, and what pyproject.toml asks for."""

from __future__ import annotations

import tomllib
from importlib.metadata import PackageNotFoundError, requires
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

LOCKS = ["requirements.lock", "requirements-dev.lock", "requirements-build.lock"]


def _locked(path: Path) -> list[Requirement]:
    """Read the requirements of a lock file, hashes left out."""
    joined = path.read_text(encoding="utf-8").replace("\\\n", " ")
    return [Requirement(line.split("--hash")[0].strip()) for line in joined.splitlines()]


def _as_pins(requirements: list[Requirement]) -> set[str]:
    return {f"{canonicalize_name(each.name)}{each.specifier}" for each in requirements}


@pytest.fixture(scope="module")
def project(root: Path) -> dict:
    return tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", LOCKS)
def test_each_line_is_a_package_with_a_version_and_hashes(root: Path, name: str) -> None:
    joined = (root / name).read_text(encoding="utf-8").replace("\\\n", " ")
    for line in joined.splitlines():
        requirement, *hashes = line.split("--hash=sha256:")
        pinned = Requirement(requirement.strip())
        assert [specifier.operator for specifier in pinned.specifier] == ["=="]
        assert pinned.url is None
        assert hashes, line
        assert all(len(digest.strip()) == 64 for digest in hashes), line


def test_what_the_project_asks_for_is_locked(root: Path, project: dict) -> None:
    runtime = [Requirement(text) for text in project["project"]["dependencies"]]
    groups = project["dependency-groups"]
    development = [Requirement(text) for text in groups["dev"] if isinstance(text, str)]
    build = [Requirement(text) for text in groups["build"]]
    assert _as_pins(runtime) <= _as_pins(_locked(root / "requirements.lock"))
    assert _as_pins(development) <= _as_pins(_locked(root / "requirements-dev.lock"))
    assert _as_pins(build) <= _as_pins(_locked(root / "requirements-build.lock"))
    assert set(project["build-system"]["requires"]) <= set(groups["build"])


def test_the_smaller_locks_are_parts_of_the_largest(root: Path) -> None:
    everything = _as_pins(_locked(root / "requirements-dev.lock"))
    assert _as_pins(_locked(root / "requirements.lock")) <= everything
    assert _as_pins(_locked(root / "requirements-build.lock")) <= everything


@pytest.mark.parametrize("name", LOCKS)
def test_what_the_locked_packages_need_is_locked(root: Path, name: str) -> None:
    locked = _locked(root / name)
    versions = {
        canonicalize_name(each.name): next(iter(each.specifier)).version
        for each in locked
        if each.marker is None or each.marker.evaluate()
    }
    missing = []
    for package in versions:
        for needed in _needs(package):
            pinned = versions.get(canonicalize_name(needed.name))
            if pinned is None or not needed.specifier.contains(pinned, prereleases=True):
                missing.append(f"{package} needs {needed}")
    assert missing == []


def _needs(package: str) -> list[Requirement]:
    """Look up what an installed package requires here, without its extras."""
    try:
        texts = requires(package) or []
    except PackageNotFoundError:
        return []
    needed = [Requirement(text) for text in texts]
    return [each for each in needed if each.marker is None or each.marker.evaluate({"extra": ""})]
