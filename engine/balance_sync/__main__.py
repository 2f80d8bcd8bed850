"""`balance-sync`, as a process of its own; `python -m balance_sync` is the same."""

from __future__ import annotations

import atexit
import os
import sys


def start() -> None:
    """Run the program, and end the process without taking its modules apart.

    That takes a seventh of a second of a small run, and does nothing for anybody.
    """
    _open_what_is_closed()
    exit_codes: list[int] = []
    # What is registered first is called last: by then all else that ends with the process has ended.
    atexit.register(_leave, exit_codes)
    # Hardly anything multiplies matrices, and threads that wait for it keep a processor busy when they begin.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    from balance_sync.cli import main

    try:
        main()
    except SystemExit as ended:
        if isinstance(ended.code, int):
            exit_codes.append(ended.code)
        raise


def _open_what_is_closed() -> None:
    """Put nothing in place of standard streams that the caller has closed (``2>&-``).

    A file that is opened would have the stream's number, and get what is written there.
    """
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        if getattr(sys, name) is None:
            nowhere = os.open(os.devnull, os.O_RDWR)
            if nowhere != number:
                os.dup2(nowhere, number)
                os.close(nowhere)
            setattr(sys, name, open(number, "w" if number else "r", encoding="utf-8"))  # noqa: PTH123, SIM115


def _leave(exit_codes: list[int]) -> None:
    """Leave with the exit code, unless there is none or something cannot be said any more."""
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except (OSError, ValueError):
        return
    for code in exit_codes:
        os._exit(code)


if __name__ == "__main__":
    start()
