"""What no tracked file may say."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

# Addresses that are part of a format, of a specification or of an example, never fetched; a name
# without a dot is nobody's.
KNOWN_HOSTS = re.compile(
    r"(www\.w3\.org|www\.apache\.org|schemas\.(openxmlformats\.org|microsoft\.com)|json-schema\.org"
    r"|keepachangelog\.com|semver\.org|([\w-]+\.)*example(\.(com|org|net))?|127\.0\.0\.1|[\w-]+)"
)
ADDRESS = re.compile(r"\b(?:https?|ftp)://([^\s/:&\"'`)>\]]+)")
# In two parts, so that this file does not say what it forbids.
MACHINE_PATH = re.compile(r"(?<![\w.$}-])/" + r"work/")
UNFINISHED = re.compile(r"\b(" + "|".join(["TO" + "DO", "FIX" + "ME", "XX" + "X"]) + r")\b")


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        (MACHINE_PATH, "a path of one machine"),
        (UNFINISHED, "unfinished work"),
        (re.compile(r"[ \t]+$(?<!  )", re.MULTILINE), "blanks at a line's end"),
    ],
    ids=["machine-path", "unfinished", "trailing-blanks"],
)
def test_no_file_holds(root: Path, texts: dict[Path, str], pattern: re.Pattern[str], reason: str) -> None:
    holding = [
        f"{path.relative_to(root)}:{text.count(chr(10), 0, found.start()) + 1}: {reason}"
        for path, text in texts.items()
        if not _is_evidence(path)
        for found in pattern.finditer(text)
    ]
    assert holding == []


def test_no_file_names_a_host_to_fetch_from(root: Path, texts: dict[Path, str]) -> None:
    named = {
        f"{path.relative_to(root)}: {found.group(1)}"
        for path, text in texts.items()
        for found in ADDRESS.finditer(text)
        if not KNOWN_HOSTS.fullmatch(found.group(1))
    }
    assert named == set()


def test_lock_files_and_settings_name_no_index(root: Path) -> None:
    settings = [*root.glob("requirements*"), root / "pyproject.toml", root / "Dockerfile"]
    options = re.compile(r"--(?:extra-)?index-url|--find-links|--trusted-host|\[\[tool\.uv\.index")
    assert [path.name for path in settings if options.search(path.read_text(encoding="utf-8"))] == []


def test_no_file_name_differs_from_another_by_case_alone(root: Path, tracked: list[Path]) -> None:
    folded = [str(path.relative_to(root)).casefold() for path in tracked]
    assert len(folded) == len(set(folded))


def test_text_has_unix_line_ends(root: Path, texts: dict[Path, str]) -> None:
    written_by_people = {
        ".css",
        ".html",
        ".j2",
        ".json",
        ".lock",
        ".md",
        ".py",
        ".sh",
        ".sql",
        ".toml",
        ".yaml",
    }
    windows = [
        str(path.relative_to(root))
        for path in texts
        if path.suffix in written_by_people and not _is_evidence(path) and b"\r" in path.read_bytes()
    ]
    assert windows == []


def _is_evidence(path: Path) -> bool:
    """Tell whether a file holds bytes that some program wrote, kept as they are."""
    return any(part in {"golden", "corpus"} or part.startswith("fixtures") for part in path.parts)
