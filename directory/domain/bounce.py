"""Mail that came back: how bad it is, and what follows from it."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Literal

Severity = Literal["hard", "soft"]

# So many different messages that came back for the time being, within this span, pause an address for so long.
SOFT_IN_A_ROW = 3
IN_A_ROW = timedelta(days=30)
PAUSE = timedelta(days=7)

# RFC 3463: what says that an address takes no mail and will take none. A full mailbox, a relay that does not answer and
# mail taken for spam also come as 5.x.x, but with these the person is still there.
_HARD = re.compile(r"5\.(?:1\.(?:0|1|2|3|6|10)|2\.1)")
_STATUS = re.compile(r"(?<![0-9.])([245]\.[0-9]{1,3}\.[0-9]{1,3})(?![0-9.])")


def severity_of(status: str) -> Severity:
    """Whether a status (RFC 3463) says that an address is gone, or that it cannot be reached for now."""
    return "hard" if _HARD.fullmatch(status) else "soft"


def status_in(text: str) -> str:
    """The first status (RFC 3463) in what a relay said; empty where there is none."""
    found = _STATUS.search(text)
    return found[1] if found else ""
