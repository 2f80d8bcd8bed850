"""The kinds of errors that nothing was chosen by: written before what they measure was chosen."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from benchmarks.detection.planting import Plant, Plot, Row, later, rounded

_RENEWALS = ("RENEW_SUBSCRIPTION", "AUTO_RENEW_SUBSCRIPTION")
_CORRECTIONS = ("INVAILID_ENTRY", "INVALID_ENTRY", "DOUBLE_ENTRY", "FIXING_BALANCE")
_DELIVERY = "DELIVERY_DEDUCTION"
_TAX = {"BHD": Decimal("0.10"), "SAR": Decimal("0.15"), "AED": Decimal("0.05")}


def _is_renewal(row: Row) -> bool:
    return row["type"] == "CREDIT" and row["action"] in _RENEWALS


def _words(row: Row) -> dict[str, str]:
    return {name: row[name] for name in ("type", "action", "source_kind")}


def _corrected(plot: Plot) -> dict[str, str]:
    """Return the words of a debit that corrects something, as often as such debits have them."""
    seen = [
        _words(row) for row in plot.candidates() if row["type"] == "DEBIT" and row["action"] in _CORRECTIONS
    ]
    usual = {"type": "DEBIT", "action": "DOUBLE_ENTRY", "source_kind": "MANUAL_DEDUCTION"}
    return plot.random.choice(seen or [usual])


def _debits_from(plot: Plot, row: Row, action: str | None = None) -> list[Row]:
    """Return a subscriber's debits from a transaction on."""
    return [
        other
        for other in plot.chain(row)
        if other["logged_at"] >= row["logged_at"]
        and other["type"] == "DEBIT"
        and other["amount"] > 0
        and action in (None, other["action"])
    ]


def credit_again(plot: Plot) -> None:
    """Give a credit that is no renewal a second time, one to three days later: two people saw to it."""
    if row := plot.pick(wanted=lambda row: row["type"] == "CREDIT" and not _is_renewal(row)):
        plot.insert(row, later(plot, row, hours=(20, 70)), row["amount"], "credit_again")


def renewed_twice(plot: Plot) -> None:
    """Book a renewal's payment again, two to ten days later."""
    if row := plot.pick(wanted=_is_renewal):
        plot.insert(row, later(plot, row, days=(2, 10)), row["amount"], "renewed_twice")


def wrong_subscriber(plot: Plot) -> None:
    """Book a renewal's payment for somebody else."""
    if not (payer := plot.pick(wanted=_is_renewal)):
        return
    if other := plot.pick(wanted=lambda row: bool(row["currency"] == payer["currency"])):
        plot.remove(payer)
        plot.insert(other, payer["logged_at"], payer["amount"], "wrong_subscriber", **_words(payer))


def needless_correction(plot: Plot) -> None:
    """Take a credit back as entered twice, which it was not, one to five days later."""
    if row := plot.pick(wanted=lambda row: row["type"] == "CREDIT"):
        at = later(plot, row, days=(1, 5))
        plot.insert(row, at, row["amount"], "needless_correction", **_corrected(plot))


def swapped_prices(plot: Plot) -> None:
    """Charge two subscribers of one night with each other's price."""
    if not (first := plot.pick(action=_DELIVERY)):
        return

    def dearer_or_cheaper(other: Row) -> bool:
        near = abs(other["logged_at"] - first["logged_at"]) < timedelta(hours=1)
        ratio = other["amount"] / first["amount"]
        return bool(near and other["currency"] == first["currency"] and not 0.8 < ratio < 1.25)

    if second := plot.pick(action=_DELIVERY, wanted=dearer_or_cheaper):
        prices = first["amount"], second["amount"]
        plot.change(first, prices[1], "swapped_prices")
        plot.change(second, prices[0], "swapped_prices")


def tax_on_top(plot: Plot) -> None:
    """Add the tax to a price that includes it."""
    if row := plot.pick(wanted=lambda row: row["type"] == "DEBIT" and row["currency"] in _TAX):
        plot.change(row, rounded(row["amount"] * (1 + _TAX[row["currency"]]), row["currency"]), "tax_on_top")


def skim(plot: Plot) -> None:
    """Charge one to three per cent too much, six debits long."""
    if row := plot.pick(wanted=lambda row: len(_debits_from(plot, row)) >= 6):
        for debit in _debits_from(plot, row)[:6]:
            factor = Decimal(str(round(plot.random.uniform(1.01, 1.03), 4)))
            plot.change(debit, rounded(debit["amount"] * factor, debit["currency"]), "skim")


def booked_on_another(plot: Plot) -> None:
    """Charge somebody else for a subscriber's next four deliveries."""
    eater = plot.pick(action=_DELIVERY, wanted=lambda row: len(_debits_from(plot, row, _DELIVERY)) >= 4)
    if not eater:
        return
    if other := plot.pick(action=_DELIVERY, wanted=lambda row: bool(row["currency"] == eater["currency"])):
        for debit in _debits_from(plot, eater, _DELIVERY)[:4]:
            plot.remove(debit)
            plot.insert(other, debit["logged_at"], debit["amount"], "booked_on_another")


def emptied(plot: Plot) -> None:
    """Take all that a subscriber has left, by a correction."""
    if row := plot.pick(wanted=lambda row: bool(row["new_balance"] > 3 * plot.usual_debit(row))):
        at = later(plot, row, minutes=(10, 60))
        plot.insert(row, at, plot.balance(row, at), "emptied", **_corrected(plot))


HELD_BACK: tuple[Plant, ...] = (
    credit_again,
    renewed_twice,
    wrong_subscriber,
    needless_correction,
    swapped_prices,
    tax_on_top,
    skim,
    booked_on_another,
    emptied,
)
