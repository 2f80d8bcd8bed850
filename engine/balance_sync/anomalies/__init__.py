"""Ranks what the rules leave: unusual transactions, with the reasons in words.

`detect.detect` is the way in. Importing this package is cheap; scikit-learn is not, see `warm_up`.
"""

from __future__ import annotations

import sys
import warnings


def warm_up() -> None:
    """Import what takes long to import, so that a caller can do it beside other work."""
    import sklearn.ensemble  # noqa: F401

    # Scoring in threads of our own makes it fear for settings that nobody has made.
    warnings.filterwarnings("ignore", message=r".*sklearn\.utils\.parallel", category=UserWarning)


def warm_up_alone() -> None:
    """Do the same in a process that does nothing else, without pandas.

    scikit-learn takes it along wherever it is installed, which takes a fifth of the time.
    """
    sys.modules["pandas"] = None  # type: ignore[assignment]
    warm_up()
    del sys.modules["pandas"]
