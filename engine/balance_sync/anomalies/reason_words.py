"""The sentences of reasons, each with the usual range that was left."""

from __future__ import annotations

from decimal import Decimal

from balance_sync.anomalies.context import Context
from balance_sync.currency import minor_unit


def money(value: Decimal | float | None, currency: str | None) -> str:
    """Write an amount with its currency's decimals, more where it has more: ``8.000 BHD``."""
    if value is None:
        return "an unstated amount"
    exact = value if isinstance(value, Decimal) else Decimal(repr(round(value, 9)))
    whole, _, decimals = f"{exact:f}".partition(".")
    decimals = decimals.rstrip("0").ljust(minor_unit(currency), "0")
    return (f"{whole}.{decimals}" if decimals else whole) + (f" {currency}" if currency else "")


def _between(low: float | None, high: float | None, currency: str | None) -> str:
    if low == high:
        return money(low, currency)
    return f"{money(low, currency).removesuffix(f' {currency}')} to {money(high, currency)}"


def _label(context: Context) -> str:
    return context.action or f"{(context.direction or 'transaction').lower()}s without a stated action"


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count:,} times"


def _in_currency(context: Context) -> str:
    return f" in {context.currency}" if context.currency else ""


def amount_of_subscriber(context: Context, _: str) -> str:
    """Tell the amount against the subscriber's own."""
    usual = _between(context.usual_low, context.usual_high, context.currency)
    return (
        f"amount {money(context.amount, context.currency)}; "
        f"this subscriber's usual for {_label(context)} is {usual}"
    )


def amount_of_population(context: Context, _: str) -> str:
    """Tell the amount against everybody's."""
    usual = _between(context.population_low, context.population_high, context.currency)
    kind = f"seldom seen {(context.direction or '').lower()} actions" if context.pooled else _label(context)
    return (
        f"amount {money(context.amount, context.currency)}; "
        f"usual for {kind}{_in_currency(context)} is {usual}"
    )


def repeat(context: Context, _: str) -> str:
    """Tell the same again."""
    seconds = context.seconds_after_identical or 0.0
    return (
        f"same action and amount as {_duration(seconds)} before; "
        f"that happened {_times(context.population_repeats)} in {context.population:,} such transactions"
    )


def action_of_subscriber(context: Context, _: str) -> str:
    """Tell an action that the subscriber seldom has."""
    seen = f"{_label(context)} seen {_times(context.same_action)}"
    return f"{seen} in this subscriber's {context.history:,} transactions"


def rare_action(context: Context, _: str) -> str:
    """Tell an action that is seldom seen."""
    return (
        f"{_label(context)} seen {_times(context.action_count)} in "
        f"{context.currency_count:,} transactions{_in_currency(context)}"
    )


def hour(context: Context, timezone: str) -> str:
    """Tell the hour."""
    kind = "seldom seen actions" if context.pooled else _label(context)
    start, end = context.busiest_hour, (context.busiest_hour + 1) % 24
    return (
        f"{context.local_time} local time ({timezone}); {context.hour_count:,} of {context.population:,} "
        f"{kind}{_in_currency(context)} fall in that hour, most ({context.busiest_count:,}) "
        f"in {start:02}:00–{end:02}:00"
    )


def pause(context: Context, _: str) -> str:
    """Tell the time since the transaction before."""
    low, high = _duration(context.pause_low), _duration(context.pause_high)
    return (
        f"{_duration(context.pause_seconds)} after the subscriber's previous transaction; "
        f"usual for {_label(context)} is {low} to {high}"
    )


def _duration(seconds: float | None) -> str:
    seconds = seconds or 0.0
    for unit, length in (("days", 86400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * length:
            return f"{seconds / length:.0f} {unit}"
    return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"


def wallet_gap(context: Context, _: str) -> str:
    """Tell the two balances lying apart."""
    side = "above" if (context.gap or 0) > 0 else "below"
    return (
        f"payment balance {money(abs(context.gap or 0), context.currency)} {side} the subscription balance, "
        "and not reported as out of sync"
    )


def wallet_gap_step(context: Context, _: str) -> str:
    """Tell the two balances moving apart."""
    step = abs((context.gap or 0) - (context.gap_before or 0))
    moved = money(step, context.currency)
    return f"the difference between the two balances changed by {moved} since the previous transaction"


def balance(context: Context, _: str) -> str:
    """Tell the balance against the subscriber's own."""
    usual = _between(context.balance_low, context.balance_high, context.currency)
    return f"new balance {money(context.new_balance, context.currency)}; this subscriber's usual is {usual}"


def amount_relative(context: Context, _: str) -> str:
    """Tell the amount as a multiple of the usual debit."""
    multiple = float(context.amount or 0) / (context.usual_debit or 1)
    low, high = context.relative_low or 0.0, context.relative_high or 0.0
    return (
        f"amount {money(context.amount, context.currency)} is {_multiple(abs(multiple))} times this "
        f"subscriber's usual debit; usual for {_label(context)} is "
        f"{_multiple(low)} to {_multiple(high)} times"
    )


def _multiple(value: float) -> str:
    return f"{value:,.0f}" if value >= 10 else f"{value:.2f}".rstrip("0").rstrip(".")


def near(context: Context, _: str) -> str:
    """Tell many within minutes."""
    many = f"{context.near_count:,} {_moves(context)} of this subscriber within ten minutes"
    return _as_many(context, many, context.near_others, context.near_population)


def day(context: Context, _: str) -> str:
    """Tell many within half a day."""
    many = f"{context.day_count:,} {_moves(context)} of this subscriber within half a day"
    return _as_many(context, many, context.day_others, context.near_population)


def _moves(context: Context) -> str:
    return f"{(context.direction or 'transaction').lower()}s"


def day_amount(context: Context, _: str) -> str:
    """Tell much within half a day."""
    multiple = (context.day_sum or 0) / (context.usual_debit or 1)
    return (
        f"{_moves(context)} within half a day add up to {_multiple(multiple)} times this subscriber's usual "
        f"debit; usual for {_label(context)} is up to {_multiple(context.day_high or 0)} times"
    )


def batch(context: Context, _: str) -> str:
    """Tell the same for many in one minute."""
    many = f"{context.batch_count:,} transactions with the same action and amount in the same minute"
    return _as_many(context, many, context.batch_others, context.batch_population)


def _as_many(context: Context, many: str, others: int, population: int) -> str:
    return f"{many}; as many are seen {_times(others)} in {population:,}{_in_currency(context)}"


def source(context: Context, _: str) -> str:
    """Tell an action from a source that it seldom has."""
    source = (context.source_kind or "no stated source").replace("_", " ").lower()
    return (
        f"{_label(context)} from {source}; that is so {_times(context.source_count)} in "
        f"{context.action_total:,} such transactions"
    )


def direction_of_action(context: Context, _: str) -> str:
    """Tell an action in a direction that it seldom has."""
    return (
        f"{_label(context)} as a {(context.direction or 'transaction').lower()}; that is so "
        f"{_times(context.action_total)} in {context.direction_total:,} transactions of that action"
    )
