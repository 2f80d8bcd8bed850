"""Random values printed by real Nodes, read back, and compared with what they were.

Usage, from the project: ``.venv/bin/python tests/logs/compare_with_node.py [--count N] [--seed N] NODE...``
where each NODE is a program, such as ``/tmp/node24/node_modules/node/bin/node``. Values differ from seed to
seed and are the same on every machine. Ends with 1 if any dump is read as something else than what it says.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Iterator
from itertools import takewhile

from node_dumps import printed_by, readings

from balance_sync.logs.inspect_reader import DumpError, read_dump

_SHOWN = 5
_CONTEXT = 100


def disagreements(case: dict) -> Iterator[str]:
    """Read the dumps of a message, line breaks as LF and as CR, and tell where the reading is another."""
    for text in (case["printed"], case["printed"].replace("\n", "\r")):
        for reading in readings(case):
            try:
                dump = read_dump(text, reading.start)
            except DumpError as error:
                yield f"{text[reading.start :]}\n  is not read: {error}"
                continue
            read, said = repr(dump), repr(reading.dump)
            if read != said:
                alike = takewhile(lambda pair: pair[0] == pair[1], zip(read, said, strict=False))
                differ = max(sum(1 for _ in alike) - _CONTEXT, 0)
                yield (
                    f"{text[reading.start :]}\n  is read as …{read[differ : differ + 4 * _CONTEXT]}…"
                    f"\n  and says   …{said[differ : differ + 4 * _CONTEXT]}…"
                )


def main() -> int:
    """Compare with every Node that is named."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--count", type=int, default=30_000, help="messages a Node")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("nodes", nargs="+", metavar="NODE")
    options = parser.parse_args()
    wrong = 0
    for node in options.nodes:
        version = subprocess.run([node, "--version"], capture_output=True, check=True).stdout.decode()
        messages = dumps = differ = 0
        for case in printed_by(node, seed=options.seed, count=options.count):
            messages += 1
            dumps += len(case["dumps"])
            found = next(disagreements(case), None)
            if found is not None:
                differ += 1
                if differ <= _SHOWN:
                    sys.stdout.write(f"{found}\n\n".encode(errors="backslashreplace").decode())
        wrong += differ
        sys.stdout.write(f"{version.strip()}: {messages} messages, {dumps} dumps, {differ} read wrongly\n")
        sys.stdout.flush()
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
