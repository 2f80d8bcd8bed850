"""Amounts of money as the terminal shows them."""

from __future__ import annotations

from decimal import Decimal


def money(amount: Decimal, minor_unit: int) -> str:
    """Return `amount` with the currency's decimals, or more where it has more."""
    digits = f"{amount:,f}"
    whole, _, rest = digits.partition(".")
    rest = rest.rstrip("0").ljust(minor_unit, "0")
    return f"{whole}.{rest}" if rest else whole
