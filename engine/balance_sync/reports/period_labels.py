"""The words for what is odd about no single transaction: nights, levels, and a model that no longer fits."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

NIGHTS = "Unusual nights"
LEVELS = "Change points"
DRIFT = "Model drift"

PERIOD_NOTES: Mapping[str, str] = MappingProxyType(
    {
        NIGHTS: (
            "Business days on which more or less happened than on the same weekday before and after, as "
            "where the nightly job did not run, failed or ran twice. Volumes that change for a season are "
            "no unusual nights. Strength: the distance from what is usual, in usual distances."
        ),
        LEVELS: (
            "Where a subscriber's spending or balance, or how much everybody is charged, has moved to "
            "another level and stayed there. The first day is that of the new level; before: what was "
            "usual until then. Strength: the distance between both, in units of how far days differ from "
            "each other."
        ),
        DRIFT: (
            "How far this archive has moved away from the one that the kept model was fitted on, by the "
            "population stability index: below 0.1 stable, below 0.25 shifting, above it changed. Where "
            "much has changed, keep a new model."
        ),
    }
)

PERIODS_NOTHING: Mapping[str, str] = MappingProxyType(
    {
        NIGHTS: "No night is out of line with those like it.",
        LEVELS: "No level has moved for good.",
        DRIFT: "No kept model was used.",
    }
)

PERIOD_COLUMNS: Mapping[str, str] = MappingProxyType(
    {
        "measure": "Of what",
        "nights": "Nights",
        "seen": "Seen",
        "usual": "Usual",
        "strength": "Strength",
        "feature": "What it looks at",
        "psi": "Stability index",
        "verdict": "Verdict",
    }
)

NIGHT_MEASURES: Mapping[str, str] = MappingProxyType(
    {
        "debits": "Debits",
        "credits": "Credits",
        "repeats": "Debits made twice",
        "failures": "Messages that did not go through",
    }
)

LEVEL_MEASURES: Mapping[str, str] = MappingProxyType(
    {"spending": "Spending a day", "balance": "Balance", "volume": "Debits a day, of everybody"}
)

FEATURES: Mapping[str, str] = MappingProxyType(
    {
        "amount_subscriber": "Amount, for the subscriber",
        "amount_population": "Amount, for everybody",
        "amount_both": "Amount, for both",
        "amount_relative": "Amount, in usual debits",
        "repeat": "The same again within minutes",
        "action_subscriber": "Action, for the subscriber",
        "action_rarity": "Action, in its currency",
        "hour_of_day": "Time of day",
        "pause": "Pause since the last transaction",
        "near": "Transactions within ten minutes",
        "day": "Transactions within half a day",
        "day_amount": "Amount within half a day",
        "batch": "The same amount in one minute, whoever's",
        "wallet_gap": "Gap between the balances",
        "wallet_gap_step": "Step of that gap",
        "balance": "Balance, for the subscriber",
        "source": "Source, for the action",
        "direction_of_action": "Direction, for the action",
    }
)
"""By the name of the feature; the page and the workbook show these words."""
