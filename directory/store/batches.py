"""Long lists of parameters in pieces that both databases take, and JSON columns."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any, TypeVar

T = TypeVar("T")

# SQLite takes 32,766 parameters in a statement and PostgreSQL 65,535; a quarter leaves room for several lists.
SIZE = 8_000


def in_batches(values: Iterable[T]) -> Iterator[list[T]]:
    """The distinct values, in lists that fit a statement."""
    distinct = list(dict.fromkeys(values))
    for start in range(0, len(distinct), SIZE):
        yield distinct[start : start + SIZE]


def read_json(text: str) -> Any:
    """A JSON column's value."""
    return json.loads(text)


def write_json(value: Any) -> str:
    """A JSON column's text: compact, readable in any language."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
