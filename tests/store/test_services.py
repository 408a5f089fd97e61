"""Entries: who runs a service, since when, what is coming, and the list of them all."""

from __future__ import annotations

from contextlib import closing
from datetime import date, timedelta
from typing import Any

import pytest

from directory.domain.change import Draft, Edit
from directory.domain.service import Area, Identifier, Owner
from directory.domain.succession import Succession
from directory.errors import ServiceNotFound
from directory.store import changes, headlines, services, successions
from directory.store.database import Database
from directory.store.tables.learning import checks
from directory.store.versions import find_ids, ids_by_identifier, taken_slugs
from tests import build

DN, TV = Owner("community-trust", "district-nursing"), Owner("community-trust", "tissue-viability")


@pytest.fixture
def started(database: Database) -> Database:
    build.directory(database)
    return database


def owned(database: Database, owner: Owner, day: date) -> None:
    build.change(database, build.draft(Edit("leg-ulcer-clinic", {"owner": owner}), effective_from=day))


def tenure(database: Database, on: date) -> tuple[str | None, date, str | None]:
    with database.read() as connection:
        entry = services.entry(connection, "leg-ulcer-clinic", on=on)
    return entry.team.name if entry.team else None, entry.owner_since, entry.previous_owner


def test_an_owner_that_comes_back(started: Database) -> None:
    away, back = date(2025, 1, 1), date(2026, 1, 1)
    owned(started, TV, away)
    owned(started, DN, back)
    nurses, wounds = (
        f"{team}, Northmoor Community Health NHS Trust" for team in ("District Nursing", "Tissue Viability Team")
    )
    assert tenure(started, away - timedelta(1)) == ("District Nursing", build.OPENED, None)
    assert tenure(started, away) == ("Tissue Viability Team", away, nurses)
    assert tenure(started, back) == ("District Nursing", back, wounds)


def test_other_edits_do_not_begin_a_new_tenure(started: Database) -> None:
    owned(started, TV, date(2025, 1, 1))
    build.change(started, build.draft(Edit("leg-ulcer-clinic", {"hours": "24/7"})))
    assert tenure(started, build.TODAY)[1] == date(2025, 1, 1)


def test_a_correction_of_the_past_moves_since_when(started: Database) -> None:
    owned(started, TV, date(2026, 1, 1))
    owned(started, TV, date(2025, 6, 1))
    assert tenure(started, build.TODAY)[1] == date(2025, 6, 1)


def test_the_organisation_that_followed_is_the_one_shown(started: Database) -> None:
    new = build.organisation("new-trust", "New Trust", ods_code="ZZN09")
    build.change(started, Draft(title="New", effective_from=build.OPENED, organisations=(new,), kinds=("opened",)))
    link = Succession("community-trust", "new-trust", "replaced", build.TODAY)
    build.change(started, build.draft(organisation_succession=(link,)))
    with started.read() as connection:
        now = services.entry(connection, "leg-ulcer-clinic", on=build.TODAY)
        before = services.entry(connection, "leg-ulcer-clinic", on=build.TODAY - timedelta(1))
    assert (now.organisation.id, now.organisation.ods_code) == ("new-trust", "ZZN09")
    assert before.organisation.ods_code == "ZZN01"
    was = "District Nursing, Northmoor Community Health NHS Trust"
    assert (now.owner_since, now.previous_owner) == (build.TODAY, was)
    assert (before.owner_since, before.previous_owner) == (build.OPENED, None)
    assert now.facts.owner.organisation == "community-trust"
    with started.read() as connection:
        for day, runs in ((build.TODAY, "new-trust"), (build.TODAY - timedelta(1), "community-trust")):
            for owner in ("community-trust", "new-trust"):
                wanted = services.Filter(owner=owner)
                found = services.list_ids(connection, after="", limit=9, on=day, wanted=wanted)
                assert found == (["leg-ulcer-clinic"] if owner == runs else []), (day, owner)


def test_a_former_owner_keeps_its_own_name_when_another_has_followed_it(started: Database) -> None:
    new = build.organisation("new-trust", "New Trust")
    build.change(started, Draft(title="New", effective_from=build.OPENED, organisations=(new,), kinds=("opened",)))
    link = Succession("community-trust", "new-trust", "replaced", build.TODAY)
    edit = Edit("leg-ulcer-clinic", {"owner": Owner("new-trust")})
    build.change(started, build.draft(edit, organisation_succession=(link,)))
    assert tenure(started, build.TODAY) == (
        None, build.TODAY, "District Nursing, Northmoor Community Health NHS Trust"
    )  # fmt: skip


def test_a_check_counts_from_when_it_was_made(started: Database) -> None:
    checked = build.NOON - timedelta(days=10)
    with started.write() as connection:
        connection.execute(checks.insert().values(service_id="leg-ulcer-clinic", checked_at=checked, source="x"))
        day, before = checked.date(), checked - timedelta(seconds=1)
        for on, known_at, expected in (
            (build.TODAY, None, checked), (day, None, checked), (day - timedelta(1), None, None),
            (build.TODAY, before, None),
        ):  # fmt: skip
            entry = services.entry(connection, "leg-ulcer-clinic", on=on, known_at=known_at)
            assert entry.checked_at == expected


def test_of_an_organisation_that_was_split_neither_part_is_guessed(started: Database) -> None:
    new = tuple(build.organisation(slug, slug.title()) for slug in ("north", "south"))
    build.change(started, Draft(title="New", effective_from=build.OPENED, organisations=new, kinds=("opened",)))
    links = tuple(Succession("community-trust", slug, "split", build.TODAY) for slug in ("north", "south"))
    build.change(started, build.draft(organisation_succession=links))
    with started.read() as connection:
        assert services.entry(connection, "leg-ulcer-clinic", on=build.TODAY).organisation.id == "community-trust"


def test_what_is_coming_in_the_order_of_its_days(started: Database) -> None:
    for days, title in ((20, "Later"), (10, "Sooner"), (0, "Now")):
        edit = Edit("leg-ulcer-clinic", {"hours": f"Mo 0{days // 10 + 1}:00-10:00"})
        build.change(started, build.draft(edit, title=title, effective_from=build.TODAY + timedelta(days)))
    with started.read() as connection:
        coming = services.entry(connection, "leg-ulcer-clinic", on=build.TODAY).upcoming
        then = services.entry(connection, "leg-ulcer-clinic", on=build.TODAY + timedelta(10)).upcoming
        nothing = headlines.upcoming(connection, ["district-nursing"], on=build.TODAY)
    assert [change.title for change in coming] == ["Sooner", "Later"]
    assert [change.title for change in then] == ["Later"]
    assert nothing == {}


def test_headlines_are_the_newest_changes_that_touch_a_service(started: Database) -> None:
    for day in range(3):
        edit = Edit("leg-ulcer-clinic", {"summary": f"Ring {day}."})
        build.change(started, build.draft(edit, title=f"Ring {day}"), at=build.NOON + timedelta(days=day))
    build.change(started, build.draft(build.opening("another"), kinds=("opened",)), at=build.NOON + timedelta(days=4))
    until = build.NOON + timedelta(days=1)
    with started.read() as connection:
        whole = changes.list_recent(connection, limit=9, wanted=changes.Filter(service="leg-ulcer-clinic"))
        lines = headlines.headlines(connection, "leg-ulcer-clinic", limit=9)
        newest = headlines.headlines(connection, "leg-ulcer-clinic", limit=2)
        then = headlines.headlines(connection, "leg-ulcer-clinic", limit=2, recorded_until=until)
        none = headlines.headlines(connection, "nobody", limit=9)
    assert lines == [
        headlines.Headline(it.number, it.title, it.kinds, it.effective_from, it.recorded_at, it.urgent, it.status)
        for it in whole
    ]
    assert [line.title for line in lines[:3]] == ["Ring 2", "Ring 1", "Ring 0"]
    assert newest == lines[:2]
    assert then == lines[1:3]
    assert none == []


def test_entries_come_in_the_order_asked_for_and_without_those_to_come(started: Database) -> None:
    build.change(started, build.draft(build.opening("b"), build.opening("a"), kinds=("opened",)))
    later = build.draft(build.opening("z"), kinds=("opened",), effective_from=build.TODAY + timedelta(1))
    build.change(started, later)
    with started.read() as connection:
        found = services.entries(connection, ["z", "b", "nobody", "a", "leg-ulcer-clinic"], on=build.TODAY)
        with pytest.raises(ServiceNotFound, match="was not in the directory"):
            services.entry(connection, "z", on=build.TODAY)
        with pytest.raises(ServiceNotFound, match="There is no service nobody"):
            services.entry(connection, "nobody", on=build.TODAY)
    assert [entry.id for entry in found] == ["b", "a", "leg-ulcer-clinic"]


def test_the_list_goes_on_after_a_key_and_narrows(started: Database) -> None:
    slugs = [f"s{number}" for number in range(7)]
    areas = (Area("East Marsh"),)
    opened = [
        build.opening(slug, team="vascular" if slug == "s3" else "tissue-viability", areas=areas) for slug in slugs
    ]
    build.change(started, build.draft(*opened, kinds=("opened",)))
    build.change(started, build.draft(Edit("s5", {"status": "paused"})))

    def listed(after: str = "", limit: int = 99, **wanted: Any) -> list[str]:
        with started.read() as connection:
            return services.list_ids(
                connection, after=after, limit=limit, on=build.TODAY, wanted=services.Filter(**wanted)
            )

    everything, pages, after = ["leg-ulcer-clinic", *slugs], [], ""
    while page := listed(after, 3):
        pages.append(page)
        after = page[-1]
    assert pages == [everything[:3], everything[3:6], everything[6:]]
    assert listed(team="vascular") == ["s3"]
    assert listed(status="paused") == ["s5"]
    assert listed(areas=("elsewhere", "east marsh")) == slugs
    assert listed(owner="hospital-trust") == []
    with started.read() as connection:
        assert services.list_ids(connection, after="", limit=9, on=date(2025, 1, 1)) == ["leg-ulcer-clinic"]


def test_an_identifier_stays_with_the_service_that_had_it_first(started: Database) -> None:
    code = (Identifier("ods", "X1"),)
    both = (build.opening("b", identifiers=code), build.opening("a", identifiers=code))
    build.change(started, build.draft(*both, kinds=("opened",)))
    build.change(started, build.draft(Edit("leg-ulcer-clinic", {"identifiers": code})))
    build.change(started, build.draft(Edit("b", {"identifiers": ()})))
    with started.read() as connection:
        assert ids_by_identifier(connection, "ods", ["X1", "X2"]) == {"X1": "b"}
        assert ids_by_identifier(connection, "local", ["X1"]) == {}


def test_a_subject_is_found_by_id_slug_or_code_in_any_case(started: Database) -> None:
    new = Edit("0123abc", build.opening("x").set, expected_version=0, slug="feet")
    build.change(started, build.draft(new, kinds=("opened",)))
    with started.read() as connection:
        assert find_ids(connection, "service", ["feet", "0123abc", "x"]) == {"feet": "0123abc", "0123abc": "0123abc"}
        found = find_ids(connection, "organisation", ["ZZN01", "zzn02", "community-trust"])
        assert found == {"ZZN01": "community-trust", "zzn02": "hospital-trust", "community-trust": "community-trust"}
        assert taken_slugs(connection, "service", ["feet", "free"]) >= {"feet"}


def test_who_runs_what_now_or_soon(started: Database) -> None:
    build.change(started, build.draft(build.opening("closed"), kinds=("opened",), effective_from=build.OPENED))
    build.change(started, build.draft(Edit("closed", {"status": "closed"})))
    owned(started, Owner("hospital-trust", "vascular"), build.TODAY + timedelta(9))
    with started.read() as connection:
        found = services.owned_by(connection, ["community-trust", "hospital-trust"], today=build.TODAY)
    assert found == {"community-trust": ["leg-ulcer-clinic"], "hospital-trust": ["leg-ulcer-clinic"]}


def test_a_chain_is_followed_by_looking_up_each_step(sqlite_url: str) -> None:
    with closing(Database(sqlite_url)) as database, database.read() as connection:
        statement = successions._following("organisation", as_known=False).params(ids=["a"])
        plain = str(statement.compile(connection, compile_kwargs={"render_postcompile": True}))
        plan = [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {plain}", ("organisation", "a"))]
    # Otherwise a page reads every link there is, once for each step of each chain.
    assert sum("ix_successions_predecessor (noun=? AND predecessor=?)" in step for step in plan) == 2, plan
