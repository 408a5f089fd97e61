"""Importing: what a file says and the directory does not becomes changes, all of them or none."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from directory.actions.import_services import Import, Imported, import_file, preview_import
from directory.domain.change import Edit
from directory.domain.policy import OPERATOR, Actor
from directory.domain.service import Contact, Entry, Identifier, Location
from directory.domain.source import Reading, SourceOrganisation, SourceService
from directory.errors import ImportRefused, NotAllowed, RowProblem
from directory.store import changes, services
from directory.store.database import Database
from directory.store.tables import metadata
from directory.store.versions import ids_by_identifier
from tests import build

TRUST = SourceOrganisation({"name": "Barrow Trust"}, "ZZB01")
HERE = Location("", "1 Mill Lane", "NM1 1AA", 53.8500, -0.0560)


@pytest.fixture
def database(sqlite_url: str) -> Iterator[Database]:
    with closing(Database(sqlite_url)) as opened:
        yield opened


def source(code: str, *, organisation: SourceOrganisation = TRUST, **given: Any) -> SourceService:
    """A service as a list of hospitals gives it."""
    known = {key: given.pop(key) for key in ("team", "slug", "effective_from", "checked_at") if key in given}
    identifier = Identifier("ods", code)
    facts = {
        "name": f"Hospital {code}",
        "identifiers": (identifier,),
        "contacts": (Contact("phone", "01632 960001"), Contact("email", f"{code.lower()}@barrow.example")),
        "locations": (HERE,),
        **given,
    }
    return SourceService(identifier, facts, organisation, **known)


def reading(*found: SourceService, **given: Any) -> Reading:
    return Reading(format="nhs-hospitals", services=found, **given)


def job(file: Reading, *, on: date = build.TODAY, **given: Any) -> Import:
    return Import(**{"reading": file, "source": "list.csv", "by": OPERATOR, "at": build.NOON, "zone": build.LONDON,
                     "effective_from": on, **given})  # fmt: skip


def bring(database: Database, *found: SourceService, **given: Any) -> Imported:
    return import_file(database, job(reading(*found), **given))


def entry(database: Database, code: str, on: date = build.TODAY) -> Entry:
    with database.read() as connection:
        key = ids_by_identifier(connection, "ods", [code])[code]
        return services.entry(connection, key, on=on)


def rows(database: Database) -> int:
    with database.read() as connection:
        counts = [connection.scalar(select(func.count()).select_from(table)) for table in metadata.sorted_tables]
    return sum(count or 0 for count in counts)


def test_what_is_new_is_opened_with_its_owner(database: Database) -> None:
    done = bring(database, source("H1"), source("H2"))
    assert [published.change.kinds for published in done.changes] == [("opened",)] * 3
    assert [published.change.weight for published in done.changes] == ["minor", "major", "major"]
    found = entry(database, "H1")
    assert (found.organisation.name, found.organisation.ods_code) == ("Barrow Trust", "ZZB01")
    assert (found.slug, found.facts.name) == ("hospital-h1", "Hospital H1")


def test_the_same_file_again_changes_nothing(database: Database) -> None:
    files = [source("H1"), source("H2", team="Ward clerks", checked_at=date(2026, 1, 1))]
    bring(database, *files)
    before = rows(database)
    done = bring(database, *files)
    assert (done.changes, done.unchanged) == ((), 2)
    # Only the import itself is remembered, and that somebody did it.
    assert rows(database) == before + 2


def test_one_change_for_a_service_however_many_of_its_fields_differ(database: Database) -> None:
    bring(database, source("H1"), source("H2"))
    new = source("H1", name="New Infirmary", contacts=(Contact("phone", "01632 960999"),), hours="24/7")
    done = bring(database, new, source("H2"))
    (published,) = done.changes
    assert done.unchanged == 1
    assert published.change.kinds == ("hours", "contact", "renamed")
    assert published.change.title == "Hospital H1: new phone number, new email address, new hours and new name"
    found = entry(database, "H1")
    assert (found.slug, found.facts.former_names, found.facts.hours) == ("hospital-h1", ("Hospital H1",), "24/7")


def test_fields_that_a_source_does_not_know_stay(database: Database) -> None:
    bring(database, source("H1"))
    build.change(database, build.draft(Edit("hospital-h1", {"summary": "Ours", "needs": ("stroke",)})))
    assert bring(database, source("H1")).changes == ()
    assert entry(database, "H1").facts.summary == "Ours"


def test_an_organisation_renamed_is_one_change_that_reaches_its_services(database: Database) -> None:
    bring(database, source("H1"), source("H2"))
    renamed = SourceOrganisation({"name": "Furness Trust"}, "ZZB01")
    done = bring(database, source("H1", organisation=renamed), source("H2", organisation=renamed))
    (published,) = done.changes
    assert (published.change.kinds, done.unchanged) == (("renamed",), 2)
    assert published.change.title == "Barrow Trust is now called Furness Trust"
    with database.read() as connection:
        reached = changes.services_reached(connection, [published.change.number])[published.change.number]
    assert len(reached) == 2
    assert entry(database, "H1").organisation.name == "Furness Trust"


def test_capitals_are_no_rename_of_an_organisation(database: Database) -> None:
    bring(database, source("H1"))
    assert (
        bring(database, source("H1", organisation=SourceOrganisation({"name": "BARROW  TRUST"}, "ZZB01"))).changes == ()
    )


def test_another_owner(database: Database) -> None:
    bring(database, source("H1"))
    other = SourceOrganisation({"name": "Other"}, "ZZB02")
    opened, published = bring(database, source("H1", organisation=other), on=build.TODAY + timedelta(1)).changes
    assert (opened.change.kinds, published.change.kinds) == (("opened",), ("owner",))
    assert entry(database, "H1").organisation.name == "Barrow Trust"
    assert entry(database, "H1", build.TODAY + timedelta(1)).previous_owner == "Barrow Trust"


def test_an_organisation_without_a_code_is_known_by_its_name(database: Database) -> None:
    nameless = SourceOrganisation({"name": "Barrow trust"})
    bring(database, source("H1"))
    (published,) = bring(database, source("H1"), source("H2", organisation=nameless)).changes
    assert published.change.title == "Hospital H2 is in the directory"
    assert entry(database, "H2").organisation.ods_code == "ZZB01"


def test_space_and_line_ends_around_what_a_source_says_do_not_count(database: Database) -> None:
    untidy = source("H1", hours=" 24/7\r\n", description="one\r\ntwo ", contacts=(Contact("phone", " 01632 960001 "),))
    bring(database, untidy)
    assert entry(database, "H1").facts.description == "one\ntwo"
    assert bring(database, untidy).changes == ()


def test_a_team_is_opened_once_and_found_again(database: Database) -> None:
    bring(database, source("H1", team="Ward Clerks"), source("H2", team="ward clerks"))
    assert entry(database, "H2").team == entry(database, "H1").team
    assert bring(database, source("H1", team="Ward clerks")).changes == ()
    # A source that names no team leaves the team as it is.
    assert bring(database, source("H1")).changes == ()


def test_a_coordinate_may_wander_a_little(database: Database) -> None:
    bring(database, source("H1"))
    near, far = (replace(HERE, latitude=53.85 + by) for by in (0.0004, 0.0006))
    assert bring(database, source("H1", locations=(near,))).changes == ()
    (published,) = bring(database, source("H1", locations=(far,))).changes
    assert published.change.kinds == ("location",)
    elsewhere = replace(far, address="2 Mill Lane")
    assert len(bring(database, source("H1", locations=(elsewhere,))).changes) == 1


def test_identifiers_and_former_names_only_grow(database: Database) -> None:
    bring(database, source("H1", former_names=("Workhouse",)))
    bring(
        database, source("H1", former_names=("Infirmary",), identifiers=(Identifier("ods", "H1"), Identifier("x", "9")))
    )
    found = entry(database, "H1").facts
    assert found.former_names == ("Workhouse", "Infirmary")
    assert found.identifiers == (Identifier("ods", "H1"), Identifier("x", "9"))
    assert bring(database, source("H1", former_names=())).changes == ()


def test_a_bad_row_writes_nothing_and_all_are_named(database: Database) -> None:
    before = rows(database)
    problems = (RowProblem(2, "Phone", "no"), RowProblem(2, "Email", "no"), RowProblem(9, "", "no"))
    for call in (import_file, preview_import):
        with pytest.raises(ImportRefused, match="2 bad rows; nothing was written") as refusal:
            call(database, job(reading(source("H1"), problems=problems)))
        assert refusal.value.problems == problems
    assert rows(database) == before


def test_what_breaks_a_rule_takes_the_whole_file_back(database: Database) -> None:
    bring(database, source("H1"))
    before = rows(database)
    with pytest.raises(Exception, match="name"):
        bring(database, source("H2"), source("H1", name=" "))
    assert rows(database) == before


def test_only_an_editor_imports(database: Database) -> None:
    for actor in (Actor("person 1", 1, roles={"x": "lead"}), Actor("key a", 1, editor=True, scope="read")):
        with pytest.raises(NotAllowed, match="editor"):
            bring(database, source("H1"), by=actor)


def test_a_partial_file_closes_nothing_and_a_complete_one_does(database: Database) -> None:
    bring(database, source("H1"), source("H2"))
    assert bring(database, source("H1")).changes == ()
    (published,) = bring(database, source("H1"), complete=True).changes
    assert (published.change.kinds, published.change.title) == (("closed",), "Hospital H2 is closed")
    assert entry(database, "H2").facts.status == "closed"
    assert bring(database, source("H1"), complete=True).changes == ()


def test_a_service_that_people_closed_stays_closed_whatever_a_list_says(database: Database) -> None:
    bring(database, source("H1"))
    build.change(database, build.draft(Edit("hospital-h1", {"status": "closed"})))
    assert bring(database, source("H1")).changes == ()


def test_when_a_source_checked_it(database: Database) -> None:
    for day, shown in ((date(2026, 7, 1), 11), (date(2026, 6, 1), 11), (date(2026, 11, 1), 12)):
        bring(database, source("H1", checked_at=day))
        checked = entry(database, "H1").checked_at
        assert checked is not None
        assert checked.hour == shown
    assert checked == datetime(2026, 11, 1, 12, tzinfo=UTC)


def test_a_file_that_says_since_when_is_compared_with_that_day(database: Database) -> None:
    """What the directory learnt since is not undone by the file that it came from."""
    since = source("H1", effective_from=date(2020, 1, 1))
    bring(database, since)
    build.change(database, build.draft(Edit("hospital-h1", {"hours": "24/7", "name": "New Infirmary"})))
    done = bring(database, since)
    assert (done.changes, done.unchanged) == ((), 1)
    assert entry(database, "H1").facts.name == "New Infirmary"


def test_a_preview_is_what_the_import_then_does(database: Database) -> None:
    bring(database, source("H1"))
    new = SourceOrganisation({"name": "Furness Trust"}, "ZZB01")
    file = reading(source("H1", organisation=new, hours="24/7"), source("H2", organisation=new, team="Clerks"))
    before = rows(database)
    preview = preview_import(database, job(file))
    assert rows(database) == before
    done = import_file(database, job(file))

    def shown(found: Imported) -> list[object]:
        told = [
            (each.change.number, each.change.title, each.change.kinds, each.change.weight) for each in found.changes
        ]
        return [told, found.unchanged, found.notices]

    assert shown(preview) == shown(done)


def test_an_import_knows_its_changes(database: Database) -> None:
    done = bring(database, source("H1"), source("H2"))
    with database.read() as connection:
        (row,) = connection.execute(select(metadata.tables["imports"])).all()
        made = connection.scalars(select(metadata.tables["changes"].c.import_id)).all()
    assert (row.first_change, row.last_change, row.source) == (1, len(done.changes), "list.csv")
    assert set(made) == {row.id}
