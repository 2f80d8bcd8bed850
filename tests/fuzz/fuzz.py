"""Coverage-guided fuzzing of what reads text from outside.

Usage, from the project: ``.venv/bin/python tests/fuzz/fuzz.py TARGET [--seconds N] [--corpus DIR]``. Begins
with `corpus/TARGET` and, for the reader of dumps, with what real Nodes printed; what it learns goes to DIR,
by default to a folder that is thrown away. An input that breaks a promise is left in the current folder as
``crash-…``, or ``timeout-…`` after five seconds, and ends the run with an error: put it into `corpus/TARGET`,
where the tests replay it from then on.

A long run is cut into rounds, each a process that goes on from what the last one learnt: atheris 3.0 never
lets go of what a comparison of arrays gives (1 KB for 1,000 numbers), so a process grows with its inputs.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NoReturn

import atheris

sys.path.insert(0, str(Path(__file__).parents[1]))

with atheris.instrument_imports(include=["balance_sync.logs", "balance_sync.sources"]):
    from container_seeds import container_seeds
    from targets import CORPUS, TARGETS

FIXTURES = Path(__file__).parents[1] / "logs" / "fixtures_inspect"
MOST_BYTES = {"tar": 24_576, "zip": 8192}
"""Of an input of these targets; of the others 4 KiB."""

SECONDS_AN_INPUT = 5
SECONDS_A_ROUND = 120


def begin_corpus(target: str, folder: Path) -> None:
    """Copy the inputs to begin with."""
    for path in sorted((CORPUS / target).iterdir()):
        shutil.copy(path, folder / path.name)
    for name, content in container_seeds(target).items():
        (folder / f"form-{name}").write_bytes(content)
    if target == "dump_reader":
        for path in sorted(FIXTURES.glob("node*.json")):
            for name, printed in json.loads(path.read_text(encoding="utf-8")).items():
                seed = folder / f"{path.stem}-{name}"
                seed.write_bytes(printed.encode("utf-8", "replace"))


def main() -> int:
    """Fuzz one target."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("target", choices=sorted(TARGETS))
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--corpus", type=Path, help="keep what is learnt here, and go on from it")
    parser.add_argument("--one-round", action="store_true", help="all of it in this very process")
    options = parser.parse_args()
    if options.one_round and not options.corpus:
        parser.error("--one-round goes on from what is in --corpus")
    if options.one_round:
        fuzz_in_this_process(options.target, options.seconds, options.corpus)
    if options.corpus:
        return fuzz_in_rounds(options.target, options.seconds, options.corpus)
    with tempfile.TemporaryDirectory(prefix="fuzz-") as thrown_away:
        return fuzz_in_rounds(options.target, options.seconds, Path(thrown_away))


def fuzz_in_rounds(target: str, seconds: int, corpus: Path) -> int:
    """Fuzz for so many seconds in one process after another; return what the last one ended with."""
    corpus.mkdir(parents=True, exist_ok=True)
    begin_corpus(target, corpus)
    while seconds > 0:
        round_seconds = min(seconds, SECONDS_A_ROUND)
        arguments = [target, f"--seconds={round_seconds}", f"--corpus={corpus}", "--one-round"]
        code = subprocess.run([sys.executable, __file__, *arguments], check=False).returncode
        if code:
            return code
        seconds -= round_seconds
    return 0


def fuzz_in_this_process(target: str, seconds: int, corpus: Path) -> NoReturn:
    """Fuzz until the time is up or an input breaks a promise; libFuzzer then ends the process itself."""
    arguments = [
        sys.argv[0],
        f"-max_total_time={seconds}",
        f"-max_len={MOST_BYTES.get(target, 4096)}",
        f"-timeout={SECONDS_AN_INPUT}",
        f"-dict={CORPUS / f'{target}.dict'}",
        "-rss_limit_mb=1500",
        "-print_final_stats=1",
        "-verbosity=0",
        str(corpus),
    ]
    atheris.Setup(arguments, TARGETS[target])
    atheris.Fuzz()
    sys.exit(0)


if __name__ == "__main__":
    sys.exit(main())
