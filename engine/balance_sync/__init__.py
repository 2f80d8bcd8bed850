"""Reconciles a meal subscription's two balances from the logs of the Lambda that syncs them."""

from __future__ import annotations

__version__ = "0.1.0"
