"""Values of a SQL file's `$named` parameters: typed, bound, never formatted into the SQL."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING

from balance_sync.errors import UsageError
from balance_sync.rules.header import Parameter

if TYPE_CHECKING:
    from duckdb import Value


def _truth(text: str) -> bool:
    return {"true": True, "false": False}[text.lower()]


_READERS: dict[str, Callable[[str], object]] = {
    "DECIMAL(38, 18)": Decimal,
    "BIGINT": int,
    "VARCHAR": str,
    "BOOLEAN": _truth,
    "DATE": date.fromisoformat,
    "TIMESTAMP WITH TIME ZONE": datetime.fromisoformat,
}


def parameter_texts(
    owner: str, declared: Mapping[str, Parameter], given: Mapping[str, object], *, timezone: str
) -> dict[str, str]:
    """Return each declared parameter's value as text, by name.

    A parameter called ``timezone`` takes the run's time zone unless it is given.

    Raises
    ------
    UsageError
        A value was given for a parameter that is not declared, or is none of its type.
    """
    unknown = sorted(set(given) - set(declared))
    if unknown:
        known = ", ".join(sorted(declared)) or "none"
        raise UsageError(
            f"{owner}.{unknown[0]}", "there is no such parameter", help=f"its parameters: {known}"
        )
    texts = {}
    for name, parameter in sorted(declared.items()):
        default = timezone if name == "timezone" else parameter.default
        texts[name] = str(given.get(name, default))
        _read(owner, name, parameter, texts[name])
    return texts


def bound_values(declared: Mapping[str, Parameter], texts: Mapping[str, str]) -> dict[str, Value]:
    """Return `texts` as values of their declared SQL types, ready to be bound."""
    import duckdb
    from duckdb.sqltypes import DuckDBPyType

    return {
        name: duckdb.Value(texts[name], DuckDBPyType(kind.type)) for name, kind in sorted(declared.items())
    }


def _read(owner: str, name: str, parameter: Parameter, text: str) -> object:
    try:
        value = _READERS[parameter.type](text)
    except (ValueError, KeyError, InvalidOperation) as error:
        raise UsageError(
            f"{owner}.{name}", f"{text!r} is no {parameter.type}", help=f"{name}: {parameter.help}"
        ) from error
    if isinstance(value, Decimal) and not value.is_finite():
        raise UsageError(f"{owner}.{name}", f"{text!r} is no amount", help=f"{name}: {parameter.help}")
    return value
