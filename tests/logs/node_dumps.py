"""What node_values/print_random.js tells of a dump, as the reading that is expected of it."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

from balance_sync.logs.inspect_values import (
    UNDEFINED,
    Collection,
    Dump,
    ErrorValue,
    Instance,
    Kind,
    Loss,
    LossKind,
    Opaque,
    Pair,
    Wrapped,
)

SCRIPT = Path(__file__).parent / "node_values" / "print_random.js"

_LEAVES = {
    "null": lambda: None,
    "undefined": lambda: UNDEFINED,
    "boolean": bool,
    "number": Decimal,
    "bigint": int,
    "symbol": lambda text: Opaque(Kind.SYMBOL, text),
    "custom": lambda text: Opaque(Kind.CUSTOM, text),
    "marker": lambda text: Opaque(Kind.MARKER, text),
}
_WITH_FIELDS = {
    "date": Kind.DATE,
    "regexp": Kind.REGEXP,
    "function": Kind.FUNCTION,
    "class": Kind.CLASS,
}


def printed_by(node: str, *, seed: int, count: int) -> Iterator[dict]:
    """Print random values with this Node: messages, and what their dumps say."""
    command = [node, str(SCRIPT), str(seed), str(count)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as running:
        if running.stdout is None:
            raise RuntimeError("no output of Node")
        for line in running.stdout:
            yield json.loads(line)
    if running.returncode != 0:
        raise RuntimeError(f"{node} ended with {running.returncode}")


class Reading:
    """The reading that is due of one dump: its value, losses and references, in the order of the text."""

    def __init__(self, told: list, start: int, end: int) -> None:
        self.steps: list[str] = []
        self.losses: list[Loss] = []
        self.references: list[tuple[int, str]] = []
        self.dump = Dump(self.value(told), end, tuple(self.losses), tuple(self.references))
        self.start = start

    def value(self, told: list) -> object:
        """Make the value that is told in tagged arrays, and note what is lost in it."""
        kind, *parts = told
        if kind in _LEAVES:
            return _LEAVES[kind](*parts)
        if kind in _WITH_FIELDS:
            text, fields = parts[0], parts[1] if len(parts) > 1 else []
            return Opaque(_WITH_FIELDS[kind], text, self.fields(fields) or None)
        return getattr(self, f"_{kind}")(*parts)

    def fields(self, fields: list) -> dict:
        made: dict = {}
        for (kind, name), told in fields:
            key = name if kind == "string" else Opaque(Kind(kind), name)
            shown = name if len(name) <= 60 else name[:60] + "…"
            self.steps.append(f".{shown}" if kind == "string" else f"[{shown}]")
            value = self.value(told)
            if key in made:  # two symbols of one description
                self.lose(LossKind.DUPLICATE_KEY)
            made[key] = value
            self.steps.pop()
        return made

    def items(self, items: list) -> list:
        made: list = []
        for told in items:
            self.steps.append(f"[{len(made)}]")
            match told:
                case ["more", missing]:
                    self.lose(LossKind.MORE_ITEMS, missing)
                case ["holes", count]:
                    made.append(Opaque(Kind.HOLES, f"<{count} empty item{'s' if count > 1 else ''}>"))
                case ["pair", key, value]:
                    made.append(Pair(self.value(key), self.value(value)))
                case _:
                    made.append(self.value(told))
            self.steps.pop()
        return made

    def lose(self, kind: LossKind, missing: int = 0) -> None:
        self.losses.append(Loss(kind, self.path(), missing))

    def path(self) -> str:
        steps = self.steps if len(self.steps) <= 12 else [*self.steps[:6], "…", *self.steps[-6:]]
        return "$" + "".join(steps)

    def _string(self, text: str) -> str:
        return text

    def _cut(self, text: str, missing: int) -> str:
        self.lose(LossKind.STRING_CUT, missing)
        return text

    def _ref(self, number: int, told: list) -> object:
        self.references.append((number, self.path()))
        return self.value(told)

    def _circular(self, number: int) -> Opaque:
        self.lose(LossKind.CIRCULAR)
        return Opaque(Kind.CIRCULAR, f"[Circular *{number}]" if number else "[Circular]")

    def _omitted(self, text: str) -> Opaque:
        self.lose(LossKind.OBJECT)
        return Opaque(Kind.OMITTED, text)

    def _accessor(self, name: str) -> Opaque:
        if name != "Setter":
            self.lose(LossKind.GETTER)
        return Opaque(Kind.ACCESSOR, name)

    def _object(self, label: str, fields: list) -> object:
        made = self.fields(fields)
        return Instance(label, made) if label else made

    def _array(self, label: str, items: list, fields: list) -> object:
        made, named = self.items(items), self.fields(fields)
        return Collection(label, made, named) if label or named else made

    def _set(self, label: str, items: list, fields: list) -> object:
        made, named = self.items(items), self.fields(fields)
        # Without items a collection whose label does not say that it holds any looks like an object.
        return Collection(label, made, named)

    _map = _set

    def _unknown(self, label: str) -> Collection:
        self.steps.append("[0]")
        self.lose(LossKind.ITEMS_UNKNOWN)
        self.steps.pop()
        return Collection(label, [Opaque(Kind.MARKER, "<items unknown>")])

    def _promise(self, label: str, state: str, told: list | None, fields: list) -> Collection:
        if told is None:
            return Collection(label, [Opaque(Kind.MARKER, "<pending>")], self.fields(fields))
        self.steps.extend(["[0]", ""] if state == "rejected" else ["[0]"])
        value = self.value(told)
        if state == "rejected":
            self.steps.pop()
            value = Wrapped(Kind.REJECTED, "<rejected>", value)
        self.steps.pop()
        return Collection(label, [value], self.fields(fields))

    def _boxed(self, name: str, told: list, fields: list) -> Wrapped:
        self.steps.append("")
        value = self.value(told)
        self.steps.pop()
        return Wrapped(Kind.BOXED, name, value, self.fields(fields) or None)

    def _binary(self, text: str, missing: int, fields: list) -> Opaque:
        if missing:
            self.lose(LossKind.MORE_BYTES, missing)
        return Opaque(Kind.BINARY, text, self.fields(fields) or None)

    def _error(self, heading: str, frames: list, fields: list) -> ErrorValue:
        return ErrorValue(heading, tuple(frames), self.fields(fields) or None)

    def _bare(self, heading: str, _: list, fields: list) -> object:
        """Read ``[TypeError]``, which an error without message and stack shares with one that is too deep."""
        return ErrorValue(heading, (), self.fields(fields)) if fields else self._omitted(f"[{heading}]")


def readings(case: dict) -> list[Reading]:
    """Make the readings that are due of the dumps in one message."""
    return [Reading(dump["says"], dump["start"], dump["end"]) for dump in case["dumps"]]
