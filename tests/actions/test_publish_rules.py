"""Publishing: what it takes to publish, whom it reaches, and what is never dropped unseen."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import date, timedelta

import pytest

from directory.domain.change import Draft, Edit
from directory.domain.policy import Actor
from directory.domain.service import Contact, Identifier, Owner
from directory.domain.succession import Succession
from directory.errors import Invalid, NotAllowed
from directory.store import changes, services
from directory.store.database import Database
from tests import build

DISTRICT_NURSE = Actor("person 1", roles={"district-nursing": "lead"})
WOUND_NURSE = Actor("person 2", roles={"tissue-viability": "lead"})
OURS = Owner("community-trust", "tissue-viability")


@pytest.fixture
def started(sqlite_url: str) -> Iterator[Database]:
    with closing(Database(sqlite_url)) as opened:
        build.directory(opened)
        yield opened


def reached(database: Database, number: int) -> list[str]:
    with database.read() as connection:
        return changes.services_reached(connection, [number]).get(number, [])


def test_a_service_named_twice_is_refused_not_half_taken(started: Database) -> None:
    edits = (Edit("leg-ulcer-clinic", {"hours": "24/7"}), Edit("leg-ulcer-clinic", {"summary": "New"}))
    with pytest.raises(Invalid, match="name each service once"):
        build.change(started, build.draft(*edits))


def test_nobody_takes_over_a_service_by_dating_a_change_before_it_began(started: Database) -> None:
    draft = build.draft(Edit("leg-ulcer-clinic", {"owner": OURS, "hours": "24/7"}), effective_from=date(2020, 1, 1))
    with pytest.raises(NotAllowed, match="district-nursing"):
        build.change(started, draft, by=WOUND_NURSE)


def test_who_had_it_before_does_not_change_what_holds_now(started: Database) -> None:
    build.change(started, build.draft(Edit("leg-ulcer-clinic", {"owner": OURS}), effective_from=date(2026, 1, 1)))
    correction = build.draft(Edit("leg-ulcer-clinic", {"hours": "24/7"}), effective_from=date(2025, 6, 1))
    with pytest.raises(NotAllowed, match="tissue-viability"):
        build.change(started, correction, by=DISTRICT_NURSE)
    build.change(started, correction, by=Actor("person 3", roles={**DISTRICT_NURSE.roles, **WOUND_NURSE.roles}))


def test_who_will_have_it_prepares_for_the_day(started: Database) -> None:
    day = build.TODAY + timedelta(30)
    build.change(started, build.draft(Edit("leg-ulcer-clinic", {"owner": OURS}), effective_from=day))
    ready = build.draft(Edit("leg-ulcer-clinic", {"hours": "24/7"}), effective_from=day)
    with pytest.raises(NotAllowed):
        build.change(started, ready, by=DISTRICT_NURSE)
    build.change(started, ready, by=WOUND_NURSE)


def test_a_team_renamed_reaches_the_services_that_it_runs(started: Database) -> None:
    build.change(started, build.draft(build.opening("wounds", team="tissue-viability"), kinds=("opened",)))
    rename = Draft(
        title="Renamed", effective_from=build.TODAY, teams=(Edit("district-nursing", {"name": "Neighbourhood Nurses"}),)
    )
    done = build.change(started, rename)
    assert done.change.kinds == ("renamed",)
    assert reached(started, done.change.number) == ["leg-ulcer-clinic"]
    with started.read() as connection:
        entry = services.entry(connection, "leg-ulcer-clinic", on=build.TODAY)
        listed = changes.list_after(connection, 0, limit=9, wanted=changes.Filter(team="district-nursing"))
    assert entry.team is not None
    assert entry.team.name == "Neighbourhood Nurses"
    assert done.change.number in {change.number for change in listed}


def test_a_succession_further_down_reaches_what_the_first_organisation_ran(started: Database) -> None:
    new = tuple(build.organisation(slug, slug.title()) for slug in ("second", "third"))
    build.change(started, Draft(title="New", effective_from=build.OPENED, organisations=new, kinds=("opened",)))
    numbers = []
    for old, to in (("community-trust", "second"), ("second", "third")):
        draft = build.draft(organisation_succession=(Succession(old, to, "replaced", build.TODAY),))
        numbers.append(build.change(started, draft).change.number)
    rename = build.draft(organisations=(Edit("third", {"name": "Third Trust"}),))
    numbers.append(build.change(started, rename).change.number)
    assert [reached(started, number) for number in numbers] == [["leg-ulcer-clinic"]] * 3


def test_text_and_line_ends_are_kept_as_records_give_them_back(started: Database) -> None:
    done = build.change(
        started,
        build.draft(Edit("leg-ulcer-clinic", {"hours": "24/7"}), title=" A ", why=" one\r\ntwo \n", in_flight="\n"),
    )
    assert (done.change.title, done.change.why, done.change.in_flight) == ("A", "one\ntwo", "")


def test_numbers_of_several_kinds_of_contact(started: Database) -> None:
    """A change of one field keeps its subject's version and set as they were given."""
    edit = Edit("leg-ulcer-clinic", {"contacts": (Contact("phone", "01632 960999"), Contact("text", "07700 900123"))})
    done = build.change(started, build.draft(edit))
    with started.read() as connection:
        kept = changes.load(connection, done.change.number)
    assert kept == done.change
    assert kept.subjects[0].version == 2


def test_a_sources_id_stays_with_the_service_that_had_it_first(started: Database) -> None:
    theirs, shared = Identifier("services-csv", "17"), Identifier("ods", "ZZN01")
    build.change(started, build.draft(build.opening("first", identifiers=(theirs, shared))))
    with pytest.raises(Invalid, match="17 in services-csv is already first"):
        build.change(started, build.draft(build.opening("second", identifiers=(theirs,))))
    build.change(started, build.draft(build.opening("second", identifiers=(shared,))))
    with pytest.raises(Invalid, match="18 in services-csv is already third"):
        build.change(
            started,
            build.draft(
                build.opening("third", identifiers=(Identifier("services-csv", "18"),)),
                build.opening("fourth", identifiers=(Identifier("services-csv", "18"),)),
            ),
        )


@pytest.mark.parametrize("day", [date.min, date(1899, 12, 31), date(2200, 1, 1), date.max])
def test_a_day_beyond_the_calendar_of_services_is_refused(started: Database, day: date) -> None:
    with pytest.raises(Invalid, match="effective_from: give a day from 1900 to 2199"):
        build.change(started, build.draft(Edit("leg-ulcer-clinic", {"hours": "24/7"}), effective_from=day))
    closed = Succession("leg-ulcer-clinic", None, "closed", day)
    with pytest.raises(Invalid, match="succession: give a day from 1900 to 2199"):
        build.change(started, build.draft(succession=(closed,), what_to_do="Ring the trust."))
