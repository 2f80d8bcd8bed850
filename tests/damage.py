"""Damages files of logs in every way that disks, networks and people do, and says what must be left.

Run as a program, it makes any number of damaged files and reads each of them::

    python -m damage --variants 20000
"""

from __future__ import annotations

import argparse
import random
import re
import resource
import sys
import tempfile
import time
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from archive_text import synced
from balance_sync.limits import Limits
from balance_sync.logs.tables import parse_batch
from balance_sync.sources.batching import plan_batches
from balance_sync.sources.discovery import discover
from balance_sync.sources.reading import Reading
from forms_of import ARCHIVED, COMPRESSED
from record_forms import RECORDED

SECONDS = 5
"""Processor time within which a small damaged file is read."""

_EVENT = re.compile(rb"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z ", re.MULTILINE)


class Damaged(NamedTuple):
    form: str
    way: str
    content: bytes


def streams(events: int = 40) -> dict[str, bytes]:
    """Return two log streams whose text is not to be compressed to nothing."""
    return {
        f"2024-01-15-[$LATEST]{letter * 32}": "".join(
            synced(at * 100, at + 1000 * number) for at in range(1, events)
        ).encode()
        for number, letter in enumerate("ab")
    }


def whole_files() -> dict[str, bytes]:
    """Return an intact file of every form, by the form's name."""
    texts = streams()
    first = next(iter(texts.values()))
    files = {name: pack(first) for name, pack in COMPRESSED.items()}
    files |= {name: pack(texts) for name, pack in ARCHIVED.items()}
    return files | {name: pack(texts) for name, pack in RECORDED.items()}


def _cut(content: bytes, rng: random.Random) -> bytes:
    return content[: rng.randrange(1, len(content))]


def _flip(content: bytes, rng: random.Random) -> bytes:
    flipped = bytearray(content)
    for _ in range(rng.choice((1, 1, 1, 2, 8))):
        flipped[rng.randrange(len(flipped))] ^= 1 << rng.randrange(8)
    return bytes(flipped)


def _splice(content: bytes, rng: random.Random) -> bytes:
    at, until = sorted(rng.randrange(len(content)) for _ in range(2))
    return content[:at] + rng.choice((b"", rng.randbytes(200), b"\0" * 512, content[:300])) + content[until:]


def _reorder(content: bytes, rng: random.Random) -> bytes:
    size = rng.choice((64, 512, 4096))
    parts = [content[at : at + size] for at in range(0, len(content), size)]
    here, there = rng.randrange(len(parts)), rng.randrange(len(parts))
    parts[here], parts[there] = parts[there], parts[here]
    return b"".join(parts)


WAYS: dict[str, Callable[[bytes, random.Random], bytes]] = {
    "cut": _cut,
    "flip": _flip,
    "splice": _splice,
    "reorder": _reorder,
}


def variants(count: int, seed: int) -> Iterator[Damaged]:
    """Yield `count` damaged files, form after form and way after way."""
    rng = random.Random(seed)
    files = list(whole_files().items())
    ways = list(WAYS.items())
    for number in range(count):
        form, content = files[number % len(files)]
        way, damage = ways[number // len(files) % len(ways)]
        yield Damaged(form, way, damage(content, rng))


def read(file: Path) -> tuple[dict[str, bytes], dict[str, Reading]]:
    """Read `file` to tables, as a run does; return text and reading of each source in it."""
    texts: dict[str, bytes] = {}
    readings: dict[str, Reading] = {}
    for batch in plan_batches(discover([file]).sources, limits=Limits()):
        for pieces in batch():
            tables = parse_batch(pieces)
            assert tables.events.height >= len(_EVENT.findall(b"".join(piece.text for piece in pieces)))
            for piece in pieces:
                label = piece.source.label
                assert label not in readings, "a source ends once"
                texts[label] = texts.get(label, b"") + piece.text
                if piece.is_last:
                    readings[label] = piece.reading
    assert texts.keys() == readings.keys()
    assert file.name in readings
    assert all(len(text) == readings[label].text_bytes for label, text in texts.items())
    return texts, readings


def inflated(content: bytes) -> bytes:
    """Return all that a correct reader of one gzip member gets out of it, byte by byte."""
    member = zlib.decompressobj(wbits=31)
    text = bytearray()
    for position in range(len(content)):
        try:
            text += member.decompress(content[position : position + 1])
        except zlib.error:
            break
    return bytes(text)


def check(damaged: Damaged, folder: Path) -> float:
    """Read one damaged file and return the processor time; an `AssertionError` says what went wrong."""
    file = folder / "000000.gz"
    file.write_bytes(damaged.content)
    begun = time.process_time()
    texts, readings = read(file)
    spent = time.process_time() - begun
    assert spent < SECONDS, f"took {spent:.1f} s"
    if damaged.form == "gzip" and damaged.content[:3] == b"\x1f\x8b\x08":
        assert texts[file.name].startswith(inflated(damaged.content)), "text before the damage is lost"
    if damaged.form == "gzip" and damaged.way in ("cut", "flip"):
        given = texts[file.name]
        assert readings[file.name].problem or given == streams_first(), "damage goes unseen"
    return spent


def streams_first() -> bytes:
    return next(iter(streams().values()))


def main() -> int:
    arguments = argparse.ArgumentParser(description="Read damaged files of every form.")
    arguments.add_argument("--variants", type=int, default=20_000)
    arguments.add_argument("--seed", type=int, default=1)
    chosen = arguments.parse_args()
    longest, failed = 0.0, 0
    with tempfile.TemporaryDirectory() as folder:
        for number, damaged in enumerate(variants(chosen.variants, chosen.seed)):
            try:
                longest = max(longest, check(damaged, Path(folder)))
            except Exception as error:
                failed += 1
                kept = Path(f"damaged-{damaged.form}-{damaged.way}-{number}")
                kept.write_bytes(damaged.content)
                print(f"{kept}: {type(error).__name__}: {error}", file=sys.stderr)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"{chosen.variants:,} variants, {failed} failed, longest {longest:.2f} s, peak {peak} MiB")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
