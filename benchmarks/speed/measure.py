"""Runs a command in a process of its own and tells what it took: time, processor, memory of its whole tree.

Memory is resident memory (RSS). Every 20 ms each process of the tree is asked (``/proc/PID/status``): the
anonymous pages of all are added up, and the pages of files and of shared memory are counted once, for the
process that has most of them, for processes of one program map the same libraries. The tree never counts for
less than the high-water mark that the kernel keeps of any one process, so that the peak of a single
process between two samples is not lost. ``ru_maxrss`` would not do for that: it survives ``exec``, and a
small program would be charged with the memory of whoever started it. It stands in where there is no
``/proc``.

PSS would split shared pages to the byte, but reading it walks all pages and holds up the measured process.
"""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile

SAMPLE_S = 0.02
_PROC = Path("/proc")
_FIELDS = ("VmHWM", "RssAnon", "RssFile", "RssShmem")


@dataclass(frozen=True)
class Measured:
    """What one process, with all that it started, took.

    Attributes
    ----------
    seconds
        From its start to its end.
    cpu_s
        User and system time of the whole tree, as far as its processes were waited for.
    peak_mb
        See the module's text; MB of 1,000,000 bytes.
    code
        Exit code; negative for a signal.
    """

    seconds: float
    cpu_s: float
    peak_mb: float
    code: int
    out: str
    err: str


def measure(command: list[str], *, environment: dict[str, str], directory: Path) -> Measured:
    """Run `command` in `directory` and return what it took; its exit code is not judged."""
    with TemporaryFile() as out, TemporaryFile() as err:
        started = time.perf_counter()
        # A session of its own, so that an interrupt can end the whole tree.
        process = subprocess.Popen(
            command,
            env=environment,
            cwd=directory,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=err,
            start_new_session=True,
        )
        watch = TreeWatch(process.pid)
        watch.start()
        try:
            _, status, usage = os.wait4(process.pid, 0)
        except BaseException:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            raise
        finally:
            watch.stop()
        seconds = time.perf_counter() - started
        # Popen must not wait for a process that is gone already.
        process.returncode = os.waitstatus_to_exitcode(status)
        texts = []
        for file in (out, err):
            file.seek(0)
            texts.append(file.read().decode("utf-8", "replace"))
    return Measured(
        seconds,
        usage.ru_utime + usage.ru_stime,
        (watch.peak_bytes or _maxrss_bytes(usage)) / 1e6,
        process.returncode,
        *texts,
    )


def _maxrss_bytes(usage: resource.struct_rusage) -> int:
    return usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)


class TreeWatch(threading.Thread):
    """Follows the memory of a process and its descendants; `peak_bytes` stays 0 where there is no /proc."""

    def __init__(self, pid: int, *, sample_s: float = SAMPLE_S) -> None:
        super().__init__(daemon=True)
        self.peak_bytes = 0
        self._pid = pid
        self._sample_s = sample_s
        self._stopped = threading.Event()

    def run(self) -> None:
        """Sample until stopped."""
        while not self._stopped.wait(self._sample_s):
            self.peak_bytes = max(self.peak_bytes, tree_bytes(self._pid))

    def stop(self) -> None:
        """Stop sampling and wait for the last sample."""
        self._stopped.set()
        self.join()


def tree_bytes(pid: int) -> int:
    """Return the memory that a process and its descendants have now, or a single one of them once had."""
    anonymous, of_files, high_water = 0, 0, 0
    for each in _descent(pid):
        status = _status(each)
        anonymous += status.get("RssAnon", 0)
        of_files = max(of_files, status.get("RssFile", 0) + status.get("RssShmem", 0))
        high_water = max(high_water, status.get("VmHWM", 0))
    return max(anonymous + of_files, high_water)


def _descent(pid: int) -> list[int]:
    """Return `pid` and all processes below it; those that end meanwhile are left out."""
    found = [pid]
    for each in found:
        try:
            for task in os.scandir(_PROC / str(each) / "task"):
                children = Path(task.path, "children").read_text(encoding="ascii")
                found.extend(int(child) for child in children.split())
        except OSError:
            continue
    return found


def _status(pid: int) -> dict[str, int]:
    try:
        text = (_PROC / str(pid) / "status").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return {}
    lines = [line.split() for line in text.splitlines() if line.startswith(_FIELDS)]
    return {words[0].rstrip(":"): int(words[1]) * 1024 for words in lines}
