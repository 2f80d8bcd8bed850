"""Makes an archive of logs and, beside it, the answer that a correct reading arrives at."""

from __future__ import annotations

import random
import shutil
from math import sqrt
from pathlib import Path
from typing import Literal

from balance_sync.errors import ResourceError, UsageError
from balance_sync.generator.answer import Answer, Books
from balance_sync.generator.breaks import UNAPPLIED, BreakPlan, BreakSchedule
from balance_sync.generator.calendar import FIRST_DAY, make_days
from balance_sync.generator.days import DayPlanner
from balance_sync.generator.disorder import out_of_order
from balance_sync.generator.files import ArchiveFiles, FolderFiles, GiantFile
from balance_sync.generator.identifiers import IdentifierMint
from balance_sync.generator.people import make_subscribers
from balance_sync.generator.records import Event
from balance_sync.generator.render import StreamRenderer

Shape = Literal["export", "tiny", "giant"]

_BYTES_PER_TRANSACTION = {"export": 1195, "tiny": 1590, "giant": 1205}
_DELIVERIES_PER_TRANSACTION = 0.93
_DAYS_AT_20_MB = 92
_FEWEST_DAYS, _MOST_DAYS = 6, 1461


def generate_archive(
    directory: Path,
    *,
    text_bytes: int,
    seed: int = 1,
    shape: Shape = "export",
    breaks: BreakPlan | None = None,
    workers: int = 1,
) -> Answer:
    """Write an archive that is like a real one in all that costs time or goes wrong.

    The archive is made beside its place and moved there when it is complete; what an interrupted
    call leaves is removed by the next.

    Parameters
    ----------
    directory
        Gets ``logs/<export id>/<date>-[$LATEST]<stream>/000000.gz`` and ``answer.json``.
    text_bytes
        How much uncompressed text to make; the archive comes within some per cent of it.
    seed
        The same seed and options give the same bytes.
    shape
        ``export``: files sized like the real export's, most of them tiny, some large. ``tiny``: a
        file for nearly every message, about 1,500 bytes of text each. ``giant``: all streams in
        one file, written as they are made.
    breaks
        What is planted; `BreakPlan.realistic` unless given.
    workers
        How many cores to use; it changes no byte.

    Returns
    -------
    Answer
        What ``answer.json`` says.

    Raises
    ------
    UsageError
        If `directory` already holds logs or `text_bytes` is too small for one day.
    ResourceError
        If the archive cannot be written.
    """
    logs = directory / "logs"
    if logs.exists():
        raise UsageError(str(logs), "is already there", help="name a directory that holds no archive yet")
    if text_bytes < 10_000:
        raise UsageError(
            "text_bytes", f"{text_bytes} is too little for an archive", help="ask for 10000 bytes or more"
        )
    try:
        answer = _make(
            directory / "logs.part",
            text_bytes=text_bytes,
            seed=seed,
            shape=shape,
            breaks=breaks or BreakPlan.realistic(),
            workers=workers,
        )
        (directory / "logs.part").replace(logs)
        answer.write(directory / "answer.json")
    except OSError as error:
        raise ResourceError(
            str(directory),
            "cannot take the archive",
            reason=str(error),
            help="make room, or name another directory",
        ) from error
    return answer


def _make(
    folder: Path, *, text_bytes: int, seed: int, shape: Shape, breaks: BreakPlan, workers: int
) -> Answer:
    """Make the archive's logs in `folder`, in place of what is there."""
    if folder.exists():
        shutil.rmtree(folder)
    rng = random.Random(f"balance-sync archive {seed}")  # noqa: S311 - made-up data, not secrets
    mint = IdentifierMint(rng)
    files = _open_files(folder / mint.uuid(), mint, shape, workers=workers)
    maker = _ArchiveMaker(rng, mint, files, breaks)
    try:
        answer = maker.run(text_bytes=text_bytes, shape=shape)
    except BaseException:
        files.abandon()
        raise
    answer.seed, answer.shape = seed, shape
    return answer


def _open_files(export: Path, mint: IdentifierMint, shape: Shape, *, workers: int) -> ArchiveFiles:
    if shape == "giant":
        return GiantFile(export / f"{FIRST_DAY}-[$LATEST]{mint.hex(32)}" / "000000.gz", workers=workers)
    return FolderFiles(export, workers=workers)


class _ArchiveMaker:
    """Plans, renders and writes day by day; no more than a day is held."""

    def __init__(
        self, rng: random.Random, mint: IdentifierMint, files: ArchiveFiles, breaks: BreakPlan
    ) -> None:
        self._rng = rng
        self._mint = mint
        self._files = files
        self._breaks = breaks
        self._renderer = StreamRenderer(rng, mint)
        self._books = Books()

    def run(self, *, text_bytes: int, shape: Shape) -> Answer:
        rng, mint = self._rng, self._mint
        transactions = max(text_bytes // _BYTES_PER_TRANSACTION[shape], 5)
        day_count = round(_DAYS_AT_20_MB * sqrt(text_bytes / 20e6))
        day_count = min(max(day_count, _FEWEST_DAYS), _MOST_DAYS)
        counts = self._breaks.counts(transactions)
        days = make_days(rng, mint, count=day_count, with_unapplied=counts[UNAPPLIED] > 0)
        subscribers = make_subscribers(
            rng, mint, deliveries=round(transactions * _DELIVERIES_PER_TRANSACTION), days=day_count
        )
        schedule = BreakSchedule(rng, counts, subscribers, days=day_count)
        planner = DayPlanner(rng, mint, subscribers=subscribers, schedule=schedule, one_each=shape == "tiny")
        for day in days:
            streams = sorted(planner.plan(day), key=lambda stream: stream.start_ms)
            for stream in streams:
                self._write(self._renderer.render(stream, day), f"{day.text}-[$LATEST]{mint.hex(32)}")
            self._books.enter_day(self._renderer.take_processed())
        self._files.close()
        answer = self._books.close(planner.incidents.planted.by_kind)
        answer.files, answer.gzip_bytes = self._files.files, self._files.gzip_bytes
        return answer

    def _write(self, events: list[Event], name: str) -> None:
        text = "".join([event.text for event in out_of_order(events, self._rng)]).encode()
        answer = self._books.answer
        answer.bytes += len(text)
        answer.events += len(events)
        answer.invocations += sum(event.text.startswith("START ", 25) for event in events)
        self._files.add(name, text)
