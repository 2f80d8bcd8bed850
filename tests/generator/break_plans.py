"""Plans that the tests hold archives against."""

from __future__ import annotations

from balance_sync.generator import BreakPlan

EVERY_BREAK = BreakPlan(
    overdraft_subscription=3,
    overdraft_payment=3,
    discrepancy=20,
    near_discrepancy=4,
    arithmetic=3,
    lost_update=3,
    unapplied_change=8,
    continuity_gap=3,
    duplicate_transaction=3,
    repeated_delivery=3,
    negative_amount=3,
    incomplete_sync=3,
    failed_sync=6,
    repeated_message=4,
    sub_minor_unit=3,
    rejected_negative=6,
    anomaly=4,
)
