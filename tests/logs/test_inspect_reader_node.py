"""Random values printed by the Node that is at hand, read back, and compared with what they were."""

from __future__ import annotations

import json
import shutil
import subprocess
from decimal import Decimal
from functools import partial
from pathlib import Path

import pytest
from inspect_writer import write_dump

from balance_sync.logs.inspect_reader import UNDEFINED, read_dump
from balance_sync.logs.inspect_values import Collection, ErrorValue, Instance, Kind, Opaque, Pair

SCRIPT = Path(__file__).parent / "fixtures_inspect" / "random_values.js"
NODE = shutil.which("node")
needs_node = pytest.mark.skipif(NODE is None, reason="no node on PATH")


def printed_by_node(seed: int, count: int) -> list[dict]:
    run = subprocess.run([NODE, SCRIPT, str(seed), str(count)], capture_output=True, check=True)
    return [json.loads(line) for line in run.stdout.decode("utf-8").split("\n") if line]


LEAVES = {
    "null": lambda: None,
    "undefined": lambda: UNDEFINED,
    "boolean": bool,
    "string": str,
    "number": Decimal,
    "bigint": int,
    **{kind: partial(Opaque, kind) for kind in (Kind.DATE, Kind.SYMBOL, Kind.REGEXP)},
}


def said(told: list) -> object:
    """Make the value that random_values.js tells in tagged arrays."""
    match told:
        case ["object", label, fields]:
            return Instance(label, said_fields(fields)) if label else said_fields(fields)
        case ["array", _, items, fields]:
            values = [said(item) for item in items]
            return Collection("", values, said_fields(fields)) if fields else values
        case ["error", heading, frames, fields]:
            return ErrorValue(heading, tuple(frames), said_fields(fields) or None)
        case ["map", label, pairs]:
            return Collection(label, [Pair(said(key), said(value)) for key, value in pairs])
        case ["set", label, items]:
            return Collection(label, [said(item) for item in items])
        case [kind, *value]:
            return LEAVES[kind](*value)
    raise AssertionError(told)


def said_fields(fields: list) -> dict:
    return {said(key): said(value) for key, value in fields}


def check(cases: list[dict]) -> None:
    for case in cases:
        expected = repr(said(case["says"]))
        for printed in (case["printed"], case["printed"].replace("\n", "\r")):
            dump = read_dump(printed)
            assert repr(dump.value) == expected
            assert dump.end == len(printed)
            assert dump.losses == ()


@needs_node
def test_reads_what_this_node_prints():
    check(printed_by_node(seed=1, count=200))


@needs_node
@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2, 12))
def test_reads_much_of_what_this_node_prints(seed):
    check(printed_by_node(seed=seed, count=1000))


@needs_node
@pytest.mark.slow
def test_writer_prints_as_node_does():
    version = subprocess.run([NODE, "--version"], capture_output=True, check=True).stdout.decode()
    if not 16 <= int(version.lstrip("v").split(".")[0]) < 24:
        pytest.skip(f"the writer follows Node 16 to 22, not {version.strip()}")
    for case in printed_by_node(seed=42, count=3000):
        if case["plain"]:
            assert write_dump(said(case["says"])) == case["printed"]
