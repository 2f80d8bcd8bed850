"""What holds for every test."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

# A deadline would assert wall-clock time. In CI the examples are the same in every run.
settings.register_profile(
    "balance-sync",
    deadline=None,
    derandomize="CI" in os.environ,
    # How fast a machine is says nothing about the product.
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("balance-sync")

for _name in [name for name in os.environ if name.startswith("BALANCE_SYNC_")]:
    del os.environ[_name]
