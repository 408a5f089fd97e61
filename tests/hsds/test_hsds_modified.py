"""Whatever is done, a service that reads otherwise has been modified since: who asks for what is new misses nothing."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest

from directory.actions.checks import check
from directory.actions.open_referral import On, note_seen, services_out
from directory.actions.undo_import import Undo, undo_import
from directory.domain.policy import OPERATOR
from directory.exchange.hsds_writing import service_body
from directory.store import imports
from directory.store import open_referral as store
from directory.store.database import Database
from directory.store.last_modified import modified
from tests import build
from tests.api.conftest import Api, FakeSite, TestClient, app_of
from tests.api.test_api_mirror import Editors
from tests.examples import THOROUGH
from tests.hsds.test_hsds_calls import Reader, light_site, reader  # noqa: F401

STEPS, SEEDS = (300, range(8)) if THOROUGH else (20, (4,))
Bodies = dict[str, tuple[dict[str, Any], datetime]]


class Clock:
    """A directory's time, which goes on by a second for everything that is done."""

    def __init__(self, site: FakeSite) -> None:
        self._site, self.at = site, build.NOON

    @property
    def today(self) -> date:
        return self.at.astimezone(build.LONDON).date()

    def set(self, at: datetime) -> datetime:
        self.at = at
        self._site.now = lambda: at  # type: ignore[method-assign]
        self._site.today = lambda: self.today  # type: ignore[method-assign]
        return at


class Everyone:
    """Publish, check, import and undo at random."""

    def __init__(self, site: FakeSite, chance: random.Random, clock: Clock) -> None:
        api = Api(TestClient(app_of(site), raise_server_exceptions=False))
        self._database, self._chance, self._clock = site.database, chance, clock
        self._editors, self._batches = Editors(api, chance), list[int]()

    def act(self) -> datetime:
        """Do something; returns the instant from which it may be seen."""
        acts: list[Callable[[], datetime | None]] = [self._publish] * 8
        acts += [self._check, self._bring_checks, self._bring_checks, self._undo, self._tomorrow]
        instant = self._clock.set(self._clock.at + timedelta(seconds=1))
        return self._chance.choice(acts)() or instant

    def _publish(self) -> None:
        self._editors.today = self._clock.today
        self._editors.publish()

    def _some(self) -> list[str]:
        with self._database.read() as connection:
            ids = store.ids(connection, store.Wanted(), on=self._clock.today)
        return self._chance.sample(ids, min(3, len(ids)))

    def _check(self) -> None:
        with self._database.write() as connection:
            entry = _in_use(connection, self._some(), self._clock.today)
            if entry:
                check(connection, entry, expected=None, by=OPERATOR, at=self._clock.at, today=self._clock.today)

    def _bring_checks(self) -> None:
        day = self._clock.today + timedelta(days=self._chance.randrange(-2, 3))
        with self._database.write() as connection:
            batch = imports.begin(connection, format="hsds", source="a feed", person_id=None, at=self._clock.at)
            checked = [(key, day) for key in self._some()]
            # A feed that is polled is no batch, and cannot be undone.
            of = self._chance.choice([batch, batch, None])
            imports.add_checks(connection, checked, source="a feed", zone=build.LONDON, at=self._clock.at, import_id=of)
            imports.end(connection, batch, (), imports.Counts())
        self._batches.append(batch)

    def _undo(self) -> None:
        if self._batches:
            batch = self._batches.pop(self._chance.randrange(len(self._batches)))
            undo_import(self._database, Undo(batch, "It was another list.", OPERATOR, self._clock.at, build.LONDON))

    def _tomorrow(self) -> datetime:
        midnight = datetime.combine(self._clock.today + timedelta(days=1), time.min, tzinfo=build.LONDON)
        self._clock.set(midnight.astimezone(UTC) + timedelta(hours=12))
        return midnight


def _in_use(connection: Any, ids: list[str], today: date) -> str | None:
    found = services_out(connection, ids, On(today, build.LONDON))
    return next((each.key for each in found if each.facts.status != "closed"), None)


def _said(database: Database, today: date) -> Bodies:
    with database.read() as connection:
        ids = store.ids(connection, store.Wanted(), on=today)
        every = modified(connection, on=today, zone=build.LONDON)
        found = services_out(connection, ids, On(today, build.LONDON))
    assert {each.key: each.modified_at for each in found} == every
    bodies = {each.key: service_body(each, base_url="https://signpost.example") for each in found}
    for body in bodies.values():
        del body["last_modified"]
    return {key: (body, every[key]) for key, body in bodies.items()}


@pytest.mark.parametrize("seed", SEEDS)
def test_what_reads_otherwise_was_modified_since(light_site: FakeSite, seed: int) -> None:  # noqa: F811
    clock = Clock(light_site)
    everyone = Everyone(light_site, random.Random(seed), clock)
    before = _said(light_site.database, clock.today)
    for _ in range(STEPS):
        since = everyone.act()
        now = _said(light_site.database, clock.today)
        for key, (body, at) in now.items():
            if key not in before or before[key][0] != body:
                assert at >= since, (key, _differing(before.get(key), body))
            assert at <= clock.at
        assert before.keys() <= now.keys()
        before = now


def _differing(before: tuple[dict[str, Any], datetime] | None, body: dict[str, Any]) -> dict[str, Any]:
    old = before[0] if before else {}
    return {
        name: (old.get(name), body.get(name)) for name in old.keys() | body.keys() if old.get(name) != body.get(name)
    }


def test_what_was_committed_after_it_was_asked_for_is_not_missed(reader: Reader) -> None:  # noqa: F811
    """A reader keeps the instant at which they asked; what was being written then, and checked, comes the next time."""
    database, second = reader.site.database, timedelta(seconds=1)
    note_seen(database, clock=lambda: build.NOON)
    written, asked, seen = (build.NOON + hours * second * 3600 for hours in (1, 2, 3))
    reader.change("day-clinic", summary="Written before.", at=written)
    with database.write() as connection:
        check(connection, "night-clinic", expected=None, by=OPERATOR, at=written, today=build.TODAY)
    reader.site.now = lambda: seen  # type: ignore[method-assign]
    expected = ["Day clinic", "Night clinic"]

    def since(at: datetime) -> list[str]:
        return sorted(reader.names(f"modified_after={at:%Y-%m-%dT%H:%M:%S.%fZ}"))

    # Nobody has seen it yet: so whoever asked, at any time, may have done so before it was there.
    assert since(asked) == since(seen + second) == expected
    assert note_seen(database, clock=lambda: seen) == 1
    assert since(asked) == since(seen) == expected
    assert since(seen + second) == []
    assert note_seen(database, clock=lambda: seen + second) == 0


def test_what_an_undone_import_had_checked_is_modified(reader: Reader) -> None:  # noqa: F811
    database, undone = reader.site.database, build.NOON + timedelta(hours=2)
    with database.write() as connection:
        batch = imports.begin(connection, format="hsds", source="a feed", person_id=None, at=build.NOON)
        pairs = [("day-clinic", build.TODAY)]
        imports.add_checks(connection, pairs, source="a feed", zone=build.LONDON, at=build.NOON, import_id=batch)
        imports.end(connection, batch, (), imports.Counts())
    reader.site.now = lambda: undone  # type: ignore[method-assign]
    note_seen(database, clock=lambda: build.NOON)
    undo_import(database, Undo(batch, "It was another list.", OPERATOR, undone, build.LONDON))
    note_seen(database, clock=lambda: undone)
    (body,) = reader.get(f"/services?modified_after={undone:%Y-%m-%dT%H:%M:%SZ}")["contents"]
    assert (body["name"], "assured_date" in body) == ("Day clinic", False)
    assert body["last_modified"] == f"{undone:%Y-%m-%dT%H:%M:%S.%fZ}"
