"""A few hostile calls in every run; `scripts/fuzz calls` makes 20,000 and more."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.api.fuzzing import WHOLE, fuzz
from tests.examples import THOROUGH


@pytest.mark.filterwarnings("ignore")
def test_no_call_that_the_document_allows_or_forbids_is_a_failure_of_ours(sqlite_url: str, tmp_path: Path) -> None:
    some = {"examples": WHOLE} if THOROUGH else {"examples": 2, "phases": ("examples", "fuzzing")}
    outcome = fuzz(sqlite_url, tmp_path, **some)
    assert outcome.calls >= (20_000 if THOROUGH else 100)
    assert (outcome.failures, outcome.errors, outcome.statuses[500]) == ({}, [], 0)
    assert {200, 201, 400, 404, 422} <= outcome.statuses.keys(), "some of them go all the way"
