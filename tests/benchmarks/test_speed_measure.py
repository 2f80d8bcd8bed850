from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import pytest
from benchmarks.speed.measure import measure

needs_proc = pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs /proc")

HOLD = "import time; held = bytearray({mb} * 10**6); held[::4096] = b'x' * len(held[::4096]); time.sleep(0.4)"
WITH_CHILD = (
    "import subprocess, sys; child = subprocess.Popen([sys.executable, '-c', {child!r}]); {own}; child.wait()"
)


def python(code, directory):
    return measure([sys.executable, "-c", code], environment=dict(os.environ), directory=directory)


@needs_proc
def test_memory_of_a_child_is_added_to_that_of_its_parent(tmp_path):
    alone = python(HOLD.format(mb=60), tmp_path)
    both = python(WITH_CHILD.format(child=HOLD.format(mb=60), own=HOLD.format(mb=60)), tmp_path)
    assert 60 < alone.peak_mb < 110
    assert alone.peak_mb + 55 < both.peak_mb < alone.peak_mb + 110


@needs_proc
def test_a_peak_that_is_over_between_two_samples_is_seen(tmp_path):
    spike = "held = b'x' * (80 * 10**6); del held; import time; time.sleep(0.1)"
    assert python(spike, tmp_path).peak_mb > 80


@needs_proc
def test_a_small_program_is_not_charged_with_the_memory_of_who_started_it(tmp_path):
    held = b"x" * (150 * 10**6)
    small = python("import time; time.sleep(0.1)", tmp_path)
    assert len(held) > 0
    assert small.peak_mb < 100


def test_processor_time_of_a_child_counts(tmp_path):
    busy = "import time\nwhile time.process_time() < 0.3: pass"
    assert python(WITH_CHILD.format(child=busy, own="pass"), tmp_path).cpu_s > 0.25


def test_output_and_exit_code_are_handed_back(tmp_path):
    ended = python("import os, sys; print(os.getcwd()); print('oh', file=sys.stderr); sys.exit(3)", tmp_path)
    assert (ended.code, ended.out.strip(), ended.err.strip()) == (3, str(tmp_path), "oh")


def test_an_interrupt_ends_the_whole_tree(tmp_path, monkeypatch):
    """Nothing that was started goes on after the measurement was given up."""
    mark = tmp_path / "alive"
    late = f"import time; time.sleep(1.5); open({str(mark)!r}, 'w').close()"

    def interrupted(pid, options):
        time.sleep(0.3)
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "wait4", interrupted)
    with pytest.raises(KeyboardInterrupt):
        python(WITH_CHILD.format(child=late, own="pass"), tmp_path)
    time.sleep(1.6)
    assert not mark.exists()
