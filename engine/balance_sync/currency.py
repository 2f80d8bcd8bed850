"""ISO 4217 minor units, and the tolerance that follows from them.

Source: ISO 4217, list one (active currency codes), column "minor unit". Currencies whose
minor unit is 2 are not listed: that is what every other code means here.
"""

from __future__ import annotations

from decimal import Decimal

DEFAULT_MINOR_UNIT = 2
"""Decimals of a currency that is not listed, and of an unknown one."""

MINOR_UNITS: dict[str, int] = {
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
    **dict.fromkeys(
        (
            *("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW"),
            *("PYG", "RWF", "UGX", "UYI", "VND", "VUV", "XAF", "XOF", "XPF"),
        ),
        0,
    ),
    **dict.fromkeys(("CLF", "UYW"), 4),
}
"""Decimals by currency code, for the codes whose minor unit is not 2."""


def minor_unit(currency: str | None) -> int:
    """Return the number of decimals of `currency` (2 where it is unknown)."""
    return MINOR_UNITS.get(currency or "", DEFAULT_MINOR_UNIT)


def tolerance(currency: str | None) -> Decimal:
    """Return half a minor unit of `currency`: BHD 0.0005, SAR 0.005.

    The source rounds balances to the minor unit and carries binary noise besides, so two
    balances within half a minor unit of each other are the same balance.
    """
    return Decimal(5).scaleb(-minor_unit(currency) - 1)
