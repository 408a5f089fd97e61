"""What everybody does all day looks things up by an index: it costs the same in a large directory as in a small one."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import event

from directory.store.tables import metadata
from tests.client import TestClient
from tests.web.conftest import FoundSite, client_of

# What grows with the directory, its staff and its years. Of the others there are some dozens, one for each area or
# word or, of offers, some hundreds a year.
GROWING = frozenset(metadata.tables) - {"vocabulary", "areas", "counters", "sources", "offers"}
# An index by these alone leaves as many rows as half of its table.
TELLING_NOTHING = ("(noun=?)", "(facet=?)", "(status=?)", "(status=? AND effective_from")
READ = (
    "/",
    "/find?q=leg+ulcer",
    "/find?q=leg+ulcer&area=Northmoor",
    "/services/leg-ulcer-clinic",
    "/services/leg-ulcer-clinic/history",
    "/organisations/community-trust",
    "/teams/tissue-viability",
    "/changes/1",
    "/api/v1/search?q=leg+ulcer",
    "/api/v1/services/leg-ulcer-clinic",
    "/api/v1/services/leg-ulcer-clinic/handlers",
    "/api/v1/services/leg-ulcer-clinic/versions",
    "/api/v1/changes?after=0&limit=10",
    "/changes.atom?service=leg-ulcer-clinic",
)

OWN = (
    "/my/updates",
    "/my/updates/new",
    "/my/services",
    "/my/reports",
    "/account",
    "/publish",
    "/changes/1/awareness",
    "/offers",
    "/manage/reports",
)


def asked_of(site: FoundSite, client: TestClient, address: str) -> list[tuple[str, Any]]:
    """The statements that an answer takes, with what they are given."""
    asked: list[tuple[str, Any]] = []

    def note(*given: Any) -> None:
        asked.append((given[2], given[3]))

    event.listen(site.database.engine, "before_cursor_execute", note)
    try:
        answer = client.get(address)
    finally:
        event.remove(site.database.engine, "before_cursor_execute", note)
    assert answer.status_code == 200, (address, answer.text[:200])
    return [each for each in asked if each[0].lstrip().startswith(("SELECT", "WITH"))]


def read_from_end_to_end(site: FoundSite, sql: str, given: Any) -> list[str]:
    """The steps of SQLite's plan that read a table which grows, or half of it."""
    with site.database.read() as connection:
        steps = [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", given)]
    found = []
    for step in steps:
        verb, _, rest = step.partition(" ")
        table = rest.partition(" ")[0]
        scanned = verb == "SCAN" and table in GROWING and not ("LIMIT" in sql and "USING INDEX" in step)
        if scanned or (verb == "SEARCH" and step.endswith(TELLING_NOTHING)):
            found.append(step)
    return found


@pytest.mark.parametrize("address", READ)
def test_no_page_reads_a_table_that_grows_from_end_to_end(site: FoundSite, address: str) -> None:
    looks_things_up(site, client_of(site), address)


@pytest.mark.parametrize("address", OWN)
def test_nor_does_a_page_of_ones_own(site: FoundSite, lead: TestClient, address: str) -> None:
    looks_things_up(site, lead, address)


def looks_things_up(site: FoundSite, client: TestClient, address: str) -> None:
    """Fail where a statement of an answer reads what grows from end to end."""
    asked = asked_of(site, client, address)
    assert asked
    slow = [(step, sql) for sql, given in asked for step in read_from_end_to_end(site, sql, given)]
    assert not slow, "\n".join(f"{step}: {sql}" for step, sql in slow)
