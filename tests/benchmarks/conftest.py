from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

# `python -m pytest` puts the project's folder on the path, a plain `pytest` does not.
if str(ROOT) not in sys.path:
    sys.path.append(str(ROOT))
