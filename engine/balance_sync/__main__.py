"""`python -m balance_sync`: the same program as `balance-sync`."""

from __future__ import annotations

from balance_sync.cli import main

if __name__ == "__main__":
    main()
