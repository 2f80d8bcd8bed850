"""Coverage-guided fuzzing of what reads text from outside.

Usage, from the project: ``.venv/bin/python tests/fuzz/fuzz.py TARGET [--seconds N] [--corpus DIR]``. Begins
with `corpus/TARGET` and, for the reader of dumps, with what real Nodes printed; what it learns goes to DIR,
by default to a folder that is thrown away. An input that breaks a promise is left in the current folder as
``crash-…``, or ``timeout-…`` after five seconds, and ends the run with an error: put it into `corpus/TARGET`,
where the tests replay it from then on.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import atheris

sys.path.insert(0, str(Path(__file__).parents[1]))

with atheris.instrument_imports(include=["balance_sync.logs", "balance_sync.sources"]):
    from container_seeds import container_seeds
    from targets import CORPUS, TARGETS

FIXTURES = Path(__file__).parents[1] / "logs" / "fixtures_inspect"
MOST_BYTES = {"tar": 24_576, "zip": 8192}
"""Of an input of these targets; of the others 4 KiB."""

SECONDS_AN_INPUT = 5


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
    options = parser.parse_args()
    if options.corpus is None:
        # libFuzzer ends the process itself, so what throws the folder away is another one.
        with tempfile.TemporaryDirectory(prefix="fuzz-") as thrown_away:
            again = [sys.executable, __file__, *sys.argv[1:], "--corpus", thrown_away]
            return subprocess.run(again, check=False).returncode
    folder = options.corpus
    folder.mkdir(parents=True, exist_ok=True)
    begin_corpus(options.target, folder)
    dictionary = CORPUS / f"{options.target}.dict"
    arguments = [
        sys.argv[0],
        f"-max_total_time={options.seconds}",
        f"-max_len={MOST_BYTES.get(options.target, 4096)}",
        f"-timeout={SECONDS_AN_INPUT}",
        f"-dict={dictionary}",
        "-rss_limit_mb=1500",
        "-print_final_stats=1",
        "-verbosity=0",
        str(folder),
    ]
    atheris.Setup(arguments, TARGETS[options.target])
    atheris.Fuzz()
    return 0


if __name__ == "__main__":
    sys.exit(main())
