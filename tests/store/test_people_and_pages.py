"""People and their keys; knowledge pages; the vocabulary; the audit trail."""

from __future__ import annotations

from datetime import date, timedelta
from threading import Barrier, Thread

import pytest
from sqlalchemy import select, update

from directory.domain.policy import Actor
from directory.errors import PageNotFound, PersonNotFound
from directory.store import audit, pages, people, roster, vocabulary
from directory.store.database import Database
from directory.store.tables.people import people as people_table
from directory.store.tables.trust import audit as audit_table
from tests import build

DAY = timedelta(days=1)


@pytest.fixture
def person(database: Database) -> int:
    build.directory(database)
    with database.write() as connection:
        key = people.add(connection, email=" Ann@Example.ORG ", name="Ann", editor=False, at=build.NOON)
        people.join(connection, person_id=key, team_id="vascular", role="lead", at=build.NOON)
        for number, expires in (("k1", None), ("k2", build.NOON + DAY)):
            people.add_key(
                connection,
                key_id=number,
                secret=f"secret {number}",
                person_id=key,
                scope="read",
                at=build.NOON,
                expires_at=expires,
            )
    return key


def actor(database: Database, number: str, *, days: int = 0) -> Actor | None:
    with database.read() as connection:
        return people.actor_of_key(connection, f"secret {number}", at=build.NOON + timedelta(days=days))


def test_an_address_is_one_person_in_any_case(database: Database, person: int) -> None:
    with database.write() as connection:
        again = people.add(connection, email="ann@example.org", name="", editor=True, at=build.NOON)
        found = people.by_email(connection, "ANN@example.org")
        assert [one.email for one in roster.listed(connection)] == ["ann@example.org"]
        with pytest.raises(PersonNotFound, match=r"user add bob@example\.org"):
            people.by_email(connection, "bob@example.org")
    assert again == person
    assert (found.name, found.editor, found.roles) == ("Ann", True, {"vascular": "lead"})


def test_one_role_in_a_team(database: Database, person: int) -> None:
    with database.write() as connection:
        people.join(connection, person_id=person, team_id="vascular", role="reader", at=build.NOON)
        people.join(connection, person_id=person, team_id="district-nursing", role="team-admin", at=build.NOON)
        assert people.by_email(connection, "ann@example.org").roles == {
            "vascular": "reader",
            "district-nursing": "team-admin",
        }


def test_a_key_stands_for_its_owner_within_its_scope(database: Database, person: int) -> None:
    assert actor(database, "k1") == Actor("key k1", person, False, {"vascular": "lead"}, "read")
    assert actor(database, "k3") is None


def test_a_key_that_expired_or_was_revoked_opens_nothing(database: Database, person: int) -> None:
    assert actor(database, "k2") is not None
    assert actor(database, "k2", days=1) is None
    with database.write() as connection:
        assert people.revoke_key(connection, "k1", at=build.NOON)
        assert not people.revoke_key(connection, "k1", at=build.NOON)
        assert not people.revoke_key(connection, "k9", at=build.NOON)
        listed = {key.id: key for key in people.list_keys(connection)}
    assert actor(database, "k1") is None
    assert (listed["k1"].revoked_at, listed["k2"].expires_at) == (build.NOON, build.NOON + DAY)


def test_the_key_of_someone_erased_opens_nothing(database: Database, person: int) -> None:
    with database.write() as connection:
        gone = {"email": None, "name": "", "erased_at": build.NOON}
        connection.execute(update(people_table).where(people_table.c.id == person).values(gone))
        assert [key.owner for key in people.list_keys(connection)] == ["erased", "erased"]
        assert roster.listed(connection) == []
    assert actor(database, "k1") is None


def page(text: str, **given: object) -> pages.Page:
    values = {"slug": "discharge", "number": 0, "kind": "forum", "title": "Discharge", "updated": date(2026, 1, 1)}
    return pages.Page(**{**values, "recorded_at": build.NOON, "text": text, **given})  # type: ignore[arg-type]


def test_a_page_gets_a_version_only_where_it_differs(database: Database) -> None:
    with database.write() as connection:
        put = [pages.put(connection, page(text)) for text in ("one", "one", "two", "one")]
        pages.put(connection, page("x", slug="a-pathway", kind="pathway", title="Legs"))
        pages.put(connection, page("x", slug="b", title="Beds"))
        found = pages.load(connection, "discharge")
        assert [each.slug for each in pages.every(connection)] == ["b", "discharge", "a-pathway"]
        with pytest.raises(PageNotFound, match="nothing"):
            pages.load(connection, "nothing")
    assert put == [True, False, True, True]
    assert (found.number, found.text) == (3, "one")


def test_the_vocabulary_has_a_stamp_that_moves_with_it(database: Database) -> None:
    with database.write() as connection:
        vocabulary.put(connection, [("DN", ("district nurse",), "abbreviation")], at=build.NOON)
        first = vocabulary.stamp(connection)
        vocabulary.put(connection, [("DN", ("district nursing",), "synonym")], at=build.NOON + DAY)
        second = vocabulary.stamp(connection)
        vocabulary.put(connection, [], at=build.NOON + 2 * DAY)
        assert vocabulary.terms(connection) == [("DN", ("district nursing",), "synonym")]
        assert vocabulary.stamp(connection) == second != first


def test_the_trail_names_people_by_number_and_keys_by_theirs(database: Database) -> None:
    actors = [Actor("operator", editor=True), Actor("person 12", 12), Actor("key ab12", 12, scope="publish")]
    with database.write() as connection:
        audit.record_many(connection, [audit.Event(build.NOON, by, "publish", "x" * 300, {"é": 1}) for by in actors])
        rows = connection.execute(select(audit_table).order_by(audit_table.c.id)).all()
    assert [row.actor for row in rows] == ["operator", "person 12", "key ab12"]
    assert rows[0].details == '{"é":1}'


def test_a_first_sign_in_pressed_by_two_at_once_is_one_person(database: Database) -> None:
    together, found = Barrier(2), list[int]()

    def enter() -> None:
        with database.write() as connection:
            # SQLite lets one writer in at a time; of PostgreSQL's two neither sees what the other has not committed.
            if connection.dialect.name == "postgresql":
                together.wait(10)
            found.append(people.add(connection, email="nurse@northmoor.example", name="", editor=None, at=build.NOON))

    threads = [Thread(target=enter) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 2
    assert len(set(found)) == 1
