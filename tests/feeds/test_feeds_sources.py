"""Which feeds can be read, and what is kept of their addresses."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from directory.actions.sources import remove
from directory.domain.policy import OPERATOR
from directory.errors import Invalid, SourceNotFound
from directory.store.tables.trust import audit
from tests.feeds.serving import Reader


@pytest.fixture
def reader(_sqlite_template: Path, tmp_path: Path) -> Iterator[Reader]:
    with Reader.over(_sqlite_template, tmp_path / "reader") as opened:
        yield opened


CANNOT: tuple[tuple[dict[str, Any], str], ...] = (
    ({"name": "East Side"}, "small letters"),
    ({"url": "ftp://x.example"}, "whole address"),
    ({"url": "https://here.example/hsds"}, "feed of itself"),
    ({"kind": "xml"}, "hsds or mcsd"),
    ({"every_minutes": 1}, "every 5 to"),
    ({"at_most": 101}, "from 0 to 100"),
    ({"keeper": "nobody@northmoor.example"}, "Nobody here"),
)


def test_what_cannot_be_a_source_says_why(reader: Reader) -> None:
    for given, says in CANNOT:
        with pytest.raises(Invalid, match=says):
            reader.add(**({"name": "east", "url": "http://127.0.0.1/o"} | given))
    with pytest.raises(SourceNotFound):
        reader.source("east")


def test_a_key_in_a_feeds_address_is_in_no_log_for_good(reader: Reader) -> None:
    reader.add("east", "http://127.0.0.1/o?api_key=swordfish")
    with reader.database.write() as connection:
        remove(connection, "east", by=OPERATOR, at=reader.at)
    with reader.database.read() as connection:
        details = list(connection.scalars(select(audit.c.details)))
    assert "http://127.0.0.1/o?…" in details[-1]
    assert "swordfish" not in str(details)
