"""Every input that fuzzing began with or once found still keeps its promise."""

from __future__ import annotations

import pytest
from targets import CORPUS, TARGETS

INPUTS = [(target, path) for target in sorted(TARGETS) for path in sorted((CORPUS / target).iterdir())]


@pytest.mark.parametrize(
    ("target", "path"), INPUTS, ids=[f"{path.parent.name}/{path.name}" for _, path in INPUTS]
)
def test_promise_is_kept(target, path):
    TARGETS[target](path.read_bytes())


@pytest.mark.parametrize("target", sorted(TARGETS))
def test_every_target_has_inputs(target):
    assert any((CORPUS / target).iterdir())
    assert (CORPUS / f"{target}.dict").is_file()
