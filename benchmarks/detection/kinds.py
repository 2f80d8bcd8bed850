"""The kinds of errors that are planted to choose by: features and shares, and later one more view."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from benchmarks.detection.planting import Plant, Plot, Row, later, rounded

from balance_sync.currency import minor_unit

_GIFTS = ("CX_GIFT", "CUSTOMERS_CALO_EXPERIMENTS", "COMPENSATION", "CALO_TEAM_PERKS")


def _by_hand(action: str) -> dict[str, str]:
    return {"type": "CREDIT", "action": action, "source_kind": "MANUAL_ADDITION"}


def _given(plot: Plot) -> dict[str, str]:
    """Return the words of a credit given by hand, with an action as often as such credits have it."""
    seen = [row["action"] for row in plot.candidates() if row["action"] in _GIFTS]
    return _by_hand(plot.random.choice(seen or _GIFTS))


def tenfold(plot: Plot) -> None:
    """Type a digit too many."""
    if row := plot.pick():
        plot.change(row, row["amount"] * 10, "tenfold")


def repeat(plot: Plot) -> None:
    """Post the same again within half a minute."""
    if row := plot.pick():
        plot.insert(row, later(plot, row, seconds=(2, 30)), row["amount"], "repeat")


def night_gift(plot: Plot) -> None:
    """Give a gift of a usual size between 02:00 and 05:00."""
    if row := plot.pick():
        usual = plot.amounts(row["currency"], _GIFTS) or [plot.usual_debit(row)]
        most = plot.usual_debit(row) * 10
        midnight = row["logged_at"].replace(hour=0, minute=0, second=0)
        at = midnight + timedelta(minutes=plot.random.uniform(-60, 120))  # UTC+3
        plot.insert(row, at, min(plot.random.choice(usual), most), "night_gift", **_given(plot))


def multiple_of_own(plot: Plot) -> None:
    """Charge three to five times what the subscriber is used to."""
    if row := plot.pick(least_history=12):
        factor = Decimal(str(round(plot.random.uniform(3, 5), 2)))
        plot.change(row, rounded(row["amount"] * factor, row["currency"]), "multiple_of_own")


def leak(plot: Plot) -> None:
    """Give a subscriber a small compensation every few days, eight times."""
    if row := plot.pick():
        at, words = later(plot, row, hours=(8, 14)), _given(plot)
        for _ in range(8):
            share = Decimal(str(round(plot.random.uniform(0.2, 0.6), 2)))
            amount = rounded(plot.usual_debit(row) * share, row["currency"])
            plot.insert(row, at, amount, "leak", **words)
            at += timedelta(days=plot.random.uniform(1, 4))


def takeover(plot: Plot) -> None:
    """Order four to six times for a subscriber within three hours, in the afternoon."""
    if row := plot.pick(wanted=lambda row: row["type"] == "DEBIT"):
        at = row["logged_at"].replace(hour=plot.random.randint(10, 13)) + timedelta(days=1)
        for _ in range(plot.random.randint(4, 6)):
            factor = Decimal(str(round(plot.random.uniform(0.7, 2), 2)))
            amount = rounded(plot.usual_debit(row) * factor, row["currency"])
            plot.insert(row, at, amount, "takeover")
            at += timedelta(minutes=plot.random.uniform(5, 40))


def collusion(plot: Plot) -> None:
    """Give six subscribers the same credit in the same minute, by hand."""
    if not (first := plot.pick()):
        return
    amount, start = rounded(plot.usual_debit(first) * 2, first["currency"]), later(plot, first, hours=(8, 14))
    row: Row | None = first
    words = _given(plot)
    for place in range(6):
        if row:
            plot.insert(row, start + timedelta(seconds=7 * place), amount, "collusion", **words)
        row = plot.pick(wanted=lambda other: bool(other["currency"] == first["currency"]))


def wrong_way(plot: Plot) -> None:
    """Post a deduction as a credit."""
    if row := plot.pick(wanted=lambda row: row["type"] == "DEBIT"):
        plot.change(row, row["amount"], "wrong_way", direction="CREDIT")


def tenth(plot: Plot) -> None:
    """Type a digit too few."""
    if row := plot.pick():
        plot.change(row, rounded(row["amount"] / 10, row["currency"]), "tenth")


def wrong_scale(plot: Plot) -> None:
    """Take minor units for major ones in a credit: fils for dinars, halalas for riyals."""
    if row := plot.pick(wanted=lambda row: row["type"] == "CREDIT"):
        plot.change(row, row["amount"] * 10 ** minor_unit(row["currency"]), "wrong_scale")


def refund(plot: Plot) -> None:
    """Refund 8 to 20 deliveries that nobody had bought."""
    if row := plot.pick():
        words = {"type": "CREDIT", "action": "DELIVERY_CANCELLATION", "source_kind": "REFUND"}
        amount = plot.usual_debit(row) * plot.random.randint(8, 20)
        plot.insert(row, later(plot, row, hours=(8, 20)), amount, "refund", **words)


def burst(plot: Plot) -> None:
    """Give three compensations of different size within two minutes."""
    if row := plot.pick():
        start, words = later(plot, row, hours=(8, 20)), _given(plot)
        for place in range(3):
            factor = Decimal(str(round(plot.random.uniform(0.5, 1.5), 2)))
            at = start + timedelta(seconds=40 * place + plot.random.uniform(0, 20))
            amount = rounded(plot.usual_debit(row) * factor, row["currency"])
            plot.insert(row, at, amount, "burst", **words)


def drift(plot: Plot) -> None:
    """Set the payment balance apart by a delivery or three, from one transaction on, in silence."""
    if row := plot.pick(wanted=lambda row: row["payment_balance"] == row["new_balance"]):
        change = plot.usual_debit(row) * plot.random.choice((-3, -2, -1, 1, 2, 3))
        row["payment_balance"] += change
        plot.shift(row, change, ["payment_balance"])
        plot.label(row, "drift")


def night_twice(plot: Plot) -> None:
    """Deduct a night's deliveries of five subscribers a second time, an hour later."""
    first = plot.pick(action="DELIVERY_DEDUCTION")
    if not first:
        return

    def same_night(other: Row) -> bool:
        return bool(abs(other["logged_at"] - first["logged_at"]) < timedelta(hours=1))

    row: Row | None = first
    for _ in range(5):
        if row:
            plot.insert(row, later(plot, row, minutes=(50, 70)), row["amount"], "night_twice")
        row = plot.pick(action="DELIVERY_DEDUCTION", wanted=same_night)


def charged_after_leaving(plot: Plot) -> None:
    """Charge a subscriber as usual, 30 to 50 days after the last transaction."""
    month = timedelta(days=30)

    def left(row: Row) -> bool:
        if plot.chain(row)[-1] is not row or row["type"] != "DEBIT":
            return False
        return bool(row["logged_at"] + month < plot.until and row["new_balance"] > plot.usual_debit(row))

    if row := plot.pick(least_history=5, wanted=left):
        plot.insert(row, later(plot, row, days=(30, 50)), plot.usual_debit(row), "charged_after_leaving")


def unpaid_renewal(plot: Plot) -> None:
    """Renew a subscription by hand, as if it had been paid."""
    renewals = "RENEW_SUBSCRIPTION"
    if row := plot.pick():
        usual = plot.amounts(row["currency"], [renewals]) or [plot.usual_debit(row) * 20]
        amount = plot.random.choice(usual)
        plot.insert(row, later(plot, row, hours=(8, 14)), amount, "unpaid_renewal", **_by_hand(renewals))


TUNING: tuple[Plant, ...] = (
    tenfold,
    repeat,
    night_gift,
    multiple_of_own,
    leak,
    takeover,
    collusion,
    wrong_way,
)
CHOOSING: tuple[Plant, ...] = (
    tenth,
    wrong_scale,
    refund,
    burst,
    drift,
    night_twice,
    charged_after_leaving,
    unpaid_renewal,
)
