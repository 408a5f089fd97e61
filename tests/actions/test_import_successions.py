"""Importing who became whom: each kind told from the links, loud where it reaches a service and quiet elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import date

import pytest

from directory.actions.import_services import Import, Imported, import_file
from directory.domain.organisation import OrganisationMembership
from directory.domain.policy import OPERATOR
from directory.domain.source import Reading, SourceOrganisation, SourceSuccession
from directory.domain.succession import by_predecessor, handlers
from directory.store import changes, organisations, successions
from directory.store.database import Database
from tests import build

DAY, LATER = date(2021, 10, 1), date(2022, 4, 1)


@pytest.fixture
def database(sqlite_url: str) -> Iterator[Database]:
    with closing(Database(sqlite_url)) as opened:
        build.directory(opened)
        yield opened


def bring(database: Database, *links: tuple[str, str, date], **given: object) -> Imported:
    rows = tuple(SourceSuccession(old, new, day) for old, new, day in links)
    reading = Reading(format="ods-successors", successions=rows, **given)  # type: ignore[arg-type]
    return import_file(database, Import(reading, "successors.csv", OPERATOR, build.NOON, build.LONDON, build.TODAY))


def kinds(database: Database) -> dict[tuple[str, str], str]:
    with database.read() as connection:
        found = successions.all_of(connection, "organisation")
        names = {each.id: each.facts.ods_code for each in organisations.list_organisations(
            connection, after="", limit=99, on=build.TODAY
        )}  # fmt: skip
    return {(names[link.predecessor] or "", names[link.successor or ""] or ""): link.kind for link in found}


def test_kinds_are_told_from_the_links_of_a_day(database: Database) -> None:
    links = [("A", "B", DAY), ("A", "C", DAY), ("D", "F", DAY), ("E", "F", DAY), ("G", "H", DAY), ("I", "H", LATER)]
    bring(database, *links)
    assert kinds(database) == {
        ("A", "B"): "split", ("A", "C"): "split", ("D", "F"): "merged", ("E", "F"): "merged",
        ("G", "H"): "replaced", ("I", "H"): "replaced",
    }  # fmt: skip


def test_quiet_where_no_service_is_reached_and_loud_where_one_is(database: Database) -> None:
    opened, loud, quiet = bring(database, ("A", "B", DAY), ("ZZN01", "C", DAY), ("D", "E", LATER)).changes
    assert (opened.change.kinds, opened.change.weight) == (("opened",), "minor")
    assert (loud.change.title, loud.change.weight) == ("ZZN01 is followed by C", "major")
    assert (quiet.change.title, quiet.change.weight) == ("2 successions of organisations", "minor")
    assert quiet.change.effective_from == DAY
    with database.read() as connection:
        assert changes.services_reached(connection, [loud.change.number, quiet.change.number]) == {
            loud.change.number: ["leg-ulcer-clinic"]
        }


def test_further_down_a_chain_that_begins_at_a_service_it_is_loud_too(database: Database) -> None:
    bring(database, ("ZZN01", "B", DAY))
    (_, loud) = bring(database, ("B", "C", LATER)).changes
    assert (loud.change.title, loud.change.weight) == ("B is followed by C", "major")
    with database.read() as connection:
        assert changes.services_reached(connection, [loud.change.number]) == {loud.change.number: ["leg-ulcer-clinic"]}


def test_the_same_file_again_changes_nothing(database: Database) -> None:
    links = [("A", "B", DAY), ("ZZN01", "C", DAY)]
    bring(database, *links)
    assert bring(database, *links).changes == ()
    (again,) = bring(database, *links, ("B", "C", LATER)).changes
    assert again.change.title == "1 succession of organisations"


def test_loops_are_kept_and_end(database: Database) -> None:
    bring(database, ("A", "B", DAY), ("B", "A", DAY))
    with database.read() as connection:
        key = organisations.organisation_id(connection, "A")
        links = successions.following(connection, "organisation", [key])
    assert handlers(key, build.TODAY, links).loop
    assert sum(map(len, by_predecessor(link for found in links.values() for link in found).values())) == 2


def test_codes_without_a_name_are_there_by_their_code(database: Database) -> None:
    named = (SourceOrganisation({"name": "Pennine Acute"}, "A"),)
    bring(database, ("A", "B", DAY), organisations=named)
    with database.read() as connection:
        found = [organisations.organisation(connection, code, on=DAY) for code in "AB"]
    assert [each.facts.name for each in found] == ["Pennine Acute", "B"]


def test_memberships_come_with_their_ends(database: Database) -> None:
    def member(end: date | None) -> OrganisationMembership:
        return OrganisationMembership("G1", "C1", "commissioner", DAY, end)

    for end in (None, LATER, LATER):
        bring(database, memberships=(member(end),))
    with database.read() as connection:
        key = organisations.organisation_id(connection, "G1")
        (before,) = organisations.memberships(connection, [key], on=DAY)[key]
        assert organisations.memberships(connection, [key], on=LATER) == {}
    assert (before.kind, before.start, before.end) == ("commissioner", DAY, LATER)
