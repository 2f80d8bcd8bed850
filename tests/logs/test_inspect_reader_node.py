"""Random values printed by the Node that is at hand, read back, and compared with what they were.

`compare_with_node.py` does the same with as many Nodes and values as one likes.
"""

from __future__ import annotations

import shutil
import subprocess

import pytest
from compare_with_node import disagreements
from inspect_writer import write_dump
from node_dumps import printed_by, readings

from balance_sync.logs.inspect_values import Collection, ErrorValue, Instance, Kind, Opaque, Pair

NODE = shutil.which("node")
needs_node = pytest.mark.skipif(NODE is None, reason="no node on PATH")


def check(*, seed: int, count: int) -> None:
    for case in printed_by(NODE, seed=seed, count=count):
        assert list(disagreements(case)) == []


@needs_node
def test_reads_what_this_node_prints():
    check(seed=1, count=200)


@needs_node
@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2, 12))
def test_reads_much_of_what_this_node_prints(seed):
    check(seed=seed, count=1000)


def is_written(value: object) -> bool:
    """Tell whether the writer of the property tests knows all of a value."""
    match value:
        case dict():
            return all(map(is_written, value.values()))
        case list():
            return all(map(is_written, value))
        case Pair():
            return is_written(value.key) and is_written(value.value)
        case Instance():
            return not value.label.startswith("[Module") and is_written(value.fields)
        case Collection():
            known = value.label.startswith(("Map(", "Set(", "Foo(")) or not value.label
            return known and is_written(value.items) and is_written(value.fields)
        case ErrorValue():
            return bool(value.frames) and is_written(value.fields or {})
        case Opaque():
            return value.kind in {Kind.DATE, Kind.REGEXP, Kind.SYMBOL} and is_written(value.fields or {})
    return not hasattr(value, "kind")


@needs_node
@pytest.mark.slow
def test_writer_prints_as_node_does():
    version = subprocess.run([NODE, "--version"], capture_output=True, check=True).stdout.decode()
    if not 16 <= int(version.lstrip("v").split(".")[0]) < 24:
        pytest.skip(f"the writer follows Node 16 to 22, not {version.strip()}")
    compared = 0
    for case in printed_by(NODE, seed=42, count=20_000):
        for reading in readings(case) if case.get("plain") else []:
            dump = reading.dump
            if not dump.losses and not dump.references and is_written(dump.value):
                assert write_dump(dump.value) == case["printed"]
                compared += 1
    assert compared > 500
