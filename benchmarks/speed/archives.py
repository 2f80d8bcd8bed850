"""The archives that are read: made once by the generator, kept outside the repository, used again.

The folder is ``BALANCE_SYNC_BENCH_CACHE``, else ``balance-sync-bench`` in the user's cache folder. The name
of an archive holds a hash of the generator's source, so that a changed generator makes new archives and
never passes an old one off as its own.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from benchmarks.speed.engine import SUITE_ROOT, Engine

SHAPES = ("export", "tiny", "giant")
"""Sized as a real export; a file for nearly every message; all in one file."""

SEED = 1
_UNITS = {"MB": 10**6, "GB": 10**9}
_MAKE = """
import sys
from pathlib import Path
from balance_sync.generator import generate_archive

if __name__ == "__main__":
    directory, size, seed, shape, workers = sys.argv[1:]
    generate_archive(
        Path(directory), text_bytes=int(size), seed=int(seed), shape=shape, workers=int(workers)
    )
"""


@dataclass(frozen=True)
class Archive:
    """An archive on disk.

    Attributes
    ----------
    size
        As it was asked for, e.g. ``"20MB"``; `answer` holds the exact bytes of text.
    """

    directory: Path
    size: str
    shape: str

    @property
    def logs(self) -> Path:
        """The folder to read."""
        return self.directory / "logs"

    @property
    def answer(self) -> dict[str, Any]:
        """What a correct reading finds."""
        return _answer(self.directory / "answer.json")


@cache
def _answer(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def size_bytes(size: str) -> int:
    """Read a size such as ``"20MB"`` or ``"1GB"``: decimal units of uncompressed text."""
    match = re.fullmatch(r"(\d+)(MB|GB)", size)
    if not match:
        raise ValueError(f"{size!r} is no size: write 20MB or 1GB")
    return int(match[1]) * _UNITS[match[2]]


def cache_folder() -> Path:
    """Return the folder of archives and of whatever a benchmark writes."""
    named = os.environ.get("BALANCE_SYNC_BENCH_CACHE")
    if named:
        return Path(named).absolute()
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "balance-sync-bench"


def archive(size: str, shape: str) -> Archive:
    """Return the archive of this size and shape; make it where there is none."""
    text_bytes = size_bytes(size)
    directory = cache_folder() / "archives" / f"{shape}-{size}-seed{SEED}-{_generator_hash()}"
    if not (directory / "answer.json").is_file():
        shutil.rmtree(directory, ignore_errors=True)
        directory.mkdir(parents=True)
        arguments = [str(directory), str(text_bytes), str(SEED), shape, str(os.cpu_count() or 1)]
        maker = directory / "make.py"
        # A file and not -c: the generator's helping processes import the main module again.
        maker.write_text(_MAKE, encoding="utf-8")
        head = Engine(SUITE_ROOT, Path(sys.executable))
        subprocess.run([sys.executable, str(maker), *arguments], check=True, env=head.environment())
    return Archive(directory, size, shape)


@cache
def _generator_hash() -> str:
    digest = hashlib.sha256()
    for path in sorted((SUITE_ROOT / "engine" / "balance_sync" / "generator").glob("*.py")):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:8]
