"""A letter in words, before it is a message."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Written:
    """A letter's subject, and what its template shows."""

    subject: str
    template: str
    shown: Mapping[str, Any]
