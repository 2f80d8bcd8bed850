"""Further processes of this program: how they begin, and how they end when this one does."""

from __future__ import annotations

import atexit
import gc
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context, parent_process
from typing import ParamSpec, TypeVar

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


class Processes(ProcessPoolExecutor):
    """A pool of processes that import nothing of the caller's, leave interrupts to it and end with it.

    Parameters
    ----------
    count
        How many.
    polars_threads
        Of each one's Polars: one where all processors are busy anyway.
    """

    def __init__(self, count: int, *, polars_threads: int = 1) -> None:
        self.count = count
        super().__init__(
            count, mp_context=get_context("spawn"), initializer=_begin, initargs=(polars_threads,)
        )

    def submit(
        self,
        function: Callable[Arguments, Result],
        /,
        *args: Arguments.args,
        **kwargs: Arguments.kwargs,
    ) -> Future[Result]:
        """Have one of the processes call `function`."""
        with _nameless_main(), _uninterrupted():
            return super().submit(function, *args, **kwargs)

    def let_go(self) -> None:
        """Let the processes end once they have done what they do; `wait_for_those_let_go` waits for them."""
        leaving = threading.Thread(target=self.shutdown, kwargs={"cancel_futures": True})
        _leaving.append(leaving)
        leaving.start()

    def end_now(self) -> None:
        """End the processes in the middle of what they do; what was submitted fails."""
        # From Python 3.14 on this is `kill_workers`.
        for process in dict(self._processes or {}).values():
            process.kill()


_leaving: list[threading.Thread] = []


def wait_for_those_let_go() -> None:
    """Wait for pools that were let go: one that ends while Python does may write to a pipe that is closed."""
    while _leaving:
        _leaving.pop().join()


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Keep interrupts from processes that begin here: until `_begin` they would answer with a traceback."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def _nameless_main() -> Iterator[None]:
    """Keep new processes from running the caller's script, which need not be made for that."""
    main = vars(sys.modules["__main__"])
    hidden: dict[str, object] = {name: main.pop(name) for name in ("__file__", "__spec__") if name in main}
    main["__spec__"] = None
    try:
        yield
    finally:
        main.pop("__spec__", None)
        main.update(hidden)


def _begin(polars_threads: int) -> None:
    """Prepare a new process: before anything heavy is imported."""
    # The terminal interrupts all processes; the first one ends the others.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.environ["POLARS_MAX_THREADS"] = str(polars_threads)
    os.environ["OPENBLAS_NUM_THREADS"] = "1"
    gc.disable()
    # The first process waits for the end of this one, which need not take its modules apart.
    atexit.register(os._exit, 0)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
