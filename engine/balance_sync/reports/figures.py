"""The figures of a report, as typed rows of the queries in ``sql/reports``.

Money is exact decimals, days are business days, and a currency of `None` is one that was not stated.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal


@dataclass(frozen=True)
class Totals:
    """How much was read, and what came of it. Times are UTC, `None` where nothing was read."""

    sources: int
    size_bytes: int
    text_bytes: int
    events: int
    repeated_events: int
    transactions: int
    sync_errors: int
    messages: int
    invocations: int
    users: int
    rejects: int
    findings: int
    first_at: datetime | None
    last_at: datetime | None


@dataclass(frozen=True)
class OutcomeCount:
    """Messages that ended in one way."""

    outcome: str
    messages: int


@dataclass(frozen=True)
class AmountSum:
    """What was logged as moved, of one currency and type (either `None` where unstated)."""

    currency: str | None
    type: str | None
    transactions: int
    amount: Decimal
    vat: Decimal


@dataclass(frozen=True)
class CurrencyScale:
    """Decimals and tolerance of a currency; the empty code stands for an unstated one."""

    currency: str
    minor_unit: int
    tolerance: Decimal
    transactions: int


@dataclass(frozen=True)
class SourceStatus:
    """Sources whose reading went one way."""

    status: str | None
    sources: int
    size_bytes: int
    text_bytes: int
    events: int


@dataclass(frozen=True)
class CompletenessTotal:
    """How much of one kind is missing from the logs (a key of `labels.COMPLETENESS`), in how many places."""

    kind: str
    cases: int
    places: int
    first_at: datetime | None


@dataclass(frozen=True)
class RuleFindings:
    """What one rule found, and which columns its findings fill. Days are business days.

    A condition is found again every night that it lasts: its differences do not add up to anything.
    """

    rule: str
    version: int
    severity: str
    findings: int
    subscribers: int
    first_day: date | None
    last_day: date | None
    worst_day: date | None
    worst_day_findings: int | None
    has_user: bool
    has_currency: bool
    has_wallets: bool
    has_expected: bool
    has_actual: bool
    has_difference: bool
    has_transaction: bool
    is_condition: bool


@dataclass(frozen=True)
class WeekFindings:
    """Findings of one severity in the week that starts on the Monday `week`."""

    week: date
    severity: str
    findings: int


@dataclass(frozen=True)
class ExposurePoint:
    """What overdrawn balances of a wallet and currency add up to (≤ 0) from the end of `day` on."""

    wallet: str
    currency: str | None
    minor_unit: int
    day: date
    exposure: Decimal


@dataclass(frozen=True)
class GapPoint:
    """What the sizes of a currency's standing discrepancies add up to (≥ 0) from the end of `day` on.

    A discrepancy stands until the next comparison of the subscriber's balances; the last point is what the
    open episodes add up to.
    """

    currency: str | None
    minor_unit: int
    day: date
    gap: Decimal


@dataclass(frozen=True)
class AgedFindings:
    """Findings of one rule and currency, by their age in business days on the report's last day.

    `amount_at_risk` is of conditions what still stands, else what their differences add up to; `None` where
    they have none.
    """

    rule: str
    severity: str
    currency: str | None
    minor_unit: int
    findings: int
    subscribers: int
    amount_at_risk: Decimal | None
    days_0_to_1: int
    days_2_to_7: int
    days_8_to_30: int
    days_31_to_90: int
    days_over_90: int
    undated: int

    @property
    def by_age(self) -> tuple[int, ...]:
        """The findings of each age, from young to old, then the undated."""
        return (
            *(self.days_0_to_1, self.days_2_to_7, self.days_8_to_30, self.days_31_to_90),
            *(self.days_over_90, self.undated),
        )


@dataclass(frozen=True)
class OpenCondition:
    """What is still open of one rule, wallet and currency, the oldest of it `since`.

    `place` is that of the rule's first open episode among all episodes, counted from 0.
    """

    rule: str
    wallet: str | None
    currency: str | None
    minor_unit: int
    episodes: int
    subscribers: int
    amount: Decimal
    since: date | None
    place: int


@dataclass(frozen=True)
class RollForwardTotal:
    """The roll-forward of all subscribers of a currency; `overdrawn` sums the closings below zero.

    `owed_subscribers` have closings above zero.
    """

    currency: str | None
    minor_unit: int
    subscribers: int
    transactions: int
    opening: Decimal
    credits: Decimal
    debits: Decimal
    unexplained_continuity: Decimal
    unexplained_arithmetic: Decimal
    rounding: Decimal
    closing: Decimal
    overdrawn: Decimal
    overdrawn_subscribers: int
    owed_subscribers: int


@dataclass(frozen=True)
class ControlTotal:
    """Two figures that must be equal, reached in two ways."""

    name: str
    currency: str | None
    stated: Decimal
    calculated: Decimal

    @property
    def holds(self) -> bool:
        """Whether the two figures are equal, to the last digit."""
        return self.stated == self.calculated


@dataclass(frozen=True)
class Exposure:
    """One of the largest open episodes of a rule, wallet and currency, and how many there are in all.

    It stands at what the finding `last_finding_id` says.
    """

    rule: str
    severity: str
    wallet: str | None
    currency: str
    minor_unit: int
    user_id: str | None
    first_day: date | None
    last_day: date | None
    findings: int
    worst: Decimal | None
    amount_at_risk: Decimal
    last_finding_id: str
    open_episodes: int
    total_at_risk: Decimal


@dataclass(frozen=True)
class DetectorTotals:
    """What the detector looked at.

    Parameters
    ----------
    examined, explained, flagged, set_aside, learned_from
        As in the table `anomaly_totals`.
    """

    examined: int
    explained: int
    flagged: int
    set_aside: int
    learned_from: int


@dataclass(frozen=True)
class FeatureDrift:
    """How far a feature of transactions has moved away from a kept model.

    Parameters
    ----------
    psi
        The population stability index.
    verdict
        ``stable``, ``shifting`` or ``changed``.
    """

    feature: str
    psi: Decimal
    verdict: str
