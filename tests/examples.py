"""How many examples a rule is tried with: a few every day, many where HYPOTHESIS_PROFILE is `thorough`."""

from __future__ import annotations

import os

THOROUGH = os.environ.get("HYPOTHESIS_PROFILE") == "thorough"


def examples(every_day: int) -> int:
    """For a rule that is dear to try, whose every-day number is its own."""
    return every_day * 20 if THOROUGH else every_day
