"""Publishing: all that a change does is written at once, or nothing is."""

from __future__ import annotations

from datetime import UTC, date, datetime
from threading import Thread

import pytest
from sqlalchemy import func, select

from directory.content.records import NO_RECORD, digest
from directory.domain.change import Edit
from directory.domain.policy import Actor
from directory.domain.service import Contact, Eligibility, Owner
from directory.domain.succession import Part, Succession
from directory.errors import EditConflict, Invalid, NotAllowed, SignpostError
from directory.store import changes, services
from directory.store.database import Database
from directory.store.tables.changes import change_terms
from directory.store.tables.trust import audit
from directory.store.versions import history
from tests import build

LATER = date(2026, 12, 1)


@pytest.fixture
def started(database: Database) -> Database:
    build.directory(database)
    return database


def test_an_owner_change_keeps_the_id_and_says_who_had_it(started: Database) -> None:
    edit = Edit("leg-ulcer-clinic", {"owner": Owner("ZZN01", "tissue-viability")}, expected_version=1)
    done = build.change(started, build.draft(edit, title="Leg ulcer clinic moves", kinds=("owner",)))
    assert (done.change.number, done.change.kinds) == (2, ("owner",))
    with started.read() as connection:
        entry = services.entry(connection, "leg-ulcer-clinic", on=build.TODAY)
        before = services.entry(connection, "leg-ulcer-clinic", on=date(2026, 11, 21))
    assert entry.owner_name == "Tissue Viability Team, Northmoor Community Health NHS Trust"
    assert entry.owner_since == build.TODAY
    assert entry.previous_owner == "District Nursing, Northmoor Community Health NHS Trust"
    assert (entry.version.number, before.version.number) == (2, 1)
    assert before.previous_owner is None


def test_records_form_a_chain(started: Database) -> None:
    for number in range(3):
        build.change(started, build.draft(Edit("leg-ulcer-clinic", {"hours": f"Mo 0{number}:00-10:00"})))
    with started.read() as connection:
        rows = changes.records(connection, after=0, limit=10)
        head = changes.read_head(connection)
    assert [row.number for row in rows] == [1, 2, 3, 4]
    assert [row.previous for row in rows] == [NO_RECORD, *(digest(row.record) for row in rows[:-1])]
    assert (head.number, head.sha256) == (4, digest(rows[-1].record))


def test_a_later_version_is_made_anew_when_something_earlier_changes(started: Database) -> None:
    """A new telephone number is not undone when an owner change that was already scheduled comes into force."""
    move = Edit("leg-ulcer-clinic", {"owner": Owner("community-trust", "tissue-viability")})
    build.change(started, build.draft(move, effective_from=LATER))
    number = Edit("leg-ulcer-clinic", {"contacts": (Contact("phone", "01632 960999"),)}, expected_version=1)
    build.change(started, build.draft(number))
    with started.read() as connection:
        entry = services.entry(connection, "leg-ulcer-clinic", on=LATER)
        now = services.entry(connection, "leg-ulcer-clinic", on=build.TODAY)
    assert entry.facts.owner.team == "tissue-viability"
    assert entry.facts.contacts[0].value == now.facts.contacts[0].value == "01632 960999"
    assert [coming.effective_from for coming in now.upcoming] == [LATER]


def test_what_was_known_at_an_instant_stays(started: Database) -> None:
    correction = Edit("leg-ulcer-clinic", {"eligibility": Eligibility("Adults", age_min=18)})
    build.change(started, build.draft(correction, effective_from=date(2025, 1, 1), kinds=("correction",)))
    day = date(2025, 6, 1)
    with started.read() as connection:
        now = services.entry(connection, "leg-ulcer-clinic", on=day)
        then = services.entry(connection, "leg-ulcer-clinic", on=day, known_at=datetime(2025, 6, 1, tzinfo=UTC))
    assert (now.facts.eligibility.age_min, then.facts.eligibility.age_min) == (18, None)


def test_a_stale_edit_is_refused_and_writes_nothing(started: Database) -> None:
    edit = Edit("leg-ulcer-clinic", {"hours": "Mo 09:00-10:00"}, expected_version=1)
    build.change(started, build.draft(edit))
    with pytest.raises(EditConflict) as refusal:
        build.change(started, build.draft(Edit("leg-ulcer-clinic", {"hours": "24/7"}, expected_version=1)))
    assert (refusal.value.expected, refusal.value.current) == (1, 2)
    assert _number(started) == 2


def test_two_people_schedule_the_same_field(started: Database) -> None:
    edits = [Edit("leg-ulcer-clinic", {"hours": hours}, expected_version=1) for hours in ("24/7", "Mo 09:00-10:00")]
    build.change(started, build.draft(edits[0], effective_from=LATER))
    with pytest.raises(EditConflict):
        build.change(started, build.draft(edits[1], effective_from=LATER))


def test_a_rename_keeps_the_former_name(started: Database) -> None:
    build.change(started, build.draft(Edit("leg-ulcer-clinic", {"name": "Lower limb clinic"})))
    with started.read() as connection:
        entry = services.entry(connection, "leg-ulcer-clinic", on=build.TODAY)
    assert (entry.slug, entry.facts.former_names) == ("leg-ulcer-clinic", ("Leg ulcer clinic",))


def test_a_merge_closes_what_it_joins(started: Database) -> None:
    opened = build.draft(build.opening("east"), build.opening("west"), kinds=("opened",), effective_from=build.OPENED)
    build.change(started, opened)
    merge = build.draft(
        build.opening("both"),
        kinds=("opened", "merged"),
        succession=tuple(Succession(name, "both", "merged", build.TODAY) for name in ("east", "west")),
    )
    done = build.change(started, merge)
    assert done.change.kinds == ("opened", "merged")
    with started.read() as connection:
        east, both = services.entries(connection, ["east", "both"], on=build.TODAY)
    assert (east.facts.status, both.facts.status) == ("closed", "active")
    assert [link.successor for link in east.succeeded_by] == ["both"]
    assert {link.predecessor for link in both.replaces} == {"east", "west"}


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        (
            {"succession": (Succession("leg-ulcer-clinic", None, "closed", build.TODAY),), "what_to_do": ""},
            "say what to do",
        ),
        ({"succession": (Succession("leg-ulcer-clinic", "leg-ulcer-clinic", "moved", build.TODAY),)}, "succeed itself"),
        ({"succession": (Succession("leg-ulcer-clinic", "nobody", "moved", build.TODAY),)}, "no service 'nobody'"),
        ({"kinds": ("owner",)}, "say which service changes"),
        ({"services": (Edit("nobody", {"hours": "24/7"}),)}, "to open it, add the kind opened"),
        ({"services": (Edit("leg-ulcer-clinic", {"name": "Leg ulcer clinic"}),)}, "nothing differs"),
        ({"services": (Edit("leg-ulcer-clinic", {"hours": "24/7"}),), "kinds": ("owner",)}, "this changes no owner"),
        ({"services": (Edit("new", {"name": "New"}),), "kinds": ("opened",)}, "a new service needs owner"),
        ({"services": (Edit("leg-ulcer-clinic", {"status": "closed"}),), "what_to_do": ""}, "say what to do"),
    ],
)
def test_broken_rules_are_named_and_write_nothing(started: Database, given: dict[str, object], reason: str) -> None:
    given = dict(given)
    services_given = given.pop("services", ())
    with pytest.raises(Invalid, match=reason):
        build.change(started, build.draft(*services_given, **given))  # type: ignore[misc,arg-type]
    assert _number(started) == 1


def test_a_circle_is_refused_on_entry(started: Database) -> None:
    build.change(started, build.draft(build.opening("second"), kinds=("opened",), effective_from=build.OPENED))
    moved = Succession("leg-ulcer-clinic", "second", "replaced", build.TODAY)
    build.change(started, build.draft(succession=(moved,)))
    with pytest.raises(Invalid, match="lead back to"):
        build.change(started, build.draft(succession=(Succession("second", "leg-ulcer-clinic", "replaced", LATER),)))


def test_a_split_says_which_part_each_takes(started: Database) -> None:
    parts = (Part("Adults", age_min=18), None)
    links = tuple(
        Succession("leg-ulcer-clinic", slug, "split", build.TODAY, part)
        for slug, part in zip(("adults", "children"), parts, strict=True)
    )
    split = build.draft(build.opening("adults"), build.opening("children"), kinds=("opened", "split"), succession=links)
    with pytest.raises(Invalid, match="which part"):
        build.change(started, split)


def test_only_a_lead_of_the_team_or_an_editor_publishes(started: Database) -> None:
    draft = build.draft(Edit("leg-ulcer-clinic", {"hours": "24/7"}))
    for actor in (
        Actor("person 1", 1, roles={"tissue-viability": "lead"}),
        Actor("person 2", 2, roles={"district-nursing": "reader"}),
        Actor("key", 3, editor=True, scope="read"),
    ):
        with pytest.raises(NotAllowed):
            build.change(started, draft, by=actor)
    assert _number(started) == 1
    build.change(started, draft, by=Actor("person 4", roles={"district-nursing": "lead"}))
    with started.read() as connection:
        assert connection.scalar(select(func.count()).select_from(audit)) == 2


def test_an_organisation_renamed_is_one_change_that_reaches_its_services(started: Database) -> None:
    build.change(started, build.draft(build.opening("second"), kinds=("opened",)))
    rename = build.draft(kinds=("renamed",), organisations=(Edit("ZZN01", {"name": "Moorland Health"}),))
    done = build.change(started, rename)
    with started.read() as connection:
        reached = changes.services_reached(connection, [done.change.number])
        entry = services.entry(connection, "second", on=build.TODAY)
        owners = connection.scalars(
            select(change_terms.c.value).where(
                change_terms.c.change_number == done.change.number, change_terms.c.facet == "owner"
            )
        ).all()
    assert reached == {done.change.number: ["leg-ulcer-clinic", "second"]}
    assert entry.organisation.name == "Moorland Health"
    assert set(owners) == {"community-trust"}


def test_many_at_once_leave_no_holes(started: Database) -> None:
    failures: list[SignpostError] = []

    def publish(hour: int) -> None:
        edit = Edit("leg-ulcer-clinic", {"hours": f"Mo 0{hour}:00-10:00"}, expected_version=None if hour % 2 else 99)
        try:
            build.change(started, build.draft(edit))
        except SignpostError as error:
            failures.append(error)

    threads = [Thread(target=publish, args=(hour,)) for hour in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with started.read() as connection:
        rows = changes.records(connection, after=0, limit=99)
        numbers = [version.number for version in history(connection, "service", "leg-ulcer-clinic")]
    assert len(failures) == 4
    assert [row.number for row in rows] == [1, 2, 3, 4, 5]
    assert sorted(row.recorded_at for row in rows) == [row.recorded_at for row in rows]
    assert numbers == [5, 4, 3, 2, 1]


def _number(database: Database) -> int:
    with database.read() as connection:
        return changes.read_head(connection).number
