"""Whatever is changed on either side, in any order: the one who reads says what the other says, or shows why."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from directory.actions import clashes as actions
from directory.domain.change import Edit
from directory.domain.service import Contact, Facts
from directory.exchange.hsds_ids import own_uuid
from directory.store import source_words
from directory.store.standing import standing
from directory.store.versions import ids_by_identifier
from tests import build
from tests.examples import examples
from tests.feeds.test_feeds_signposts import Instance, instance, turn

SERVICES = 3
FIELDS = ("name", "status", "summary", "contacts")
VALUES: dict[str, tuple[Any, ...]] = {
    "name": ("Falls", "Balance", "Strength"),
    "status": ("active", "paused", "closed"),
    "summary": ("", "One.", "Two."),
    "contacts": ((), (Contact("phone", "01632 960145"),), (Contact("email", "a@n.example"),)),
}
steps = st.lists(
    st.one_of(
        st.tuples(
            st.sampled_from(["there", "here"]),
            st.integers(0, SERVICES - 1),
            st.sampled_from(FIELDS),
            st.integers(0, 2),
        ),
        st.just(("read", 0, "", 0)),
    ),
    min_size=4,
    max_size=9,
)


@dataclass
class Both:
    """A directory and one that reads it; `ours` is what somebody said in the second one last, and it stands."""

    there: Instance
    here: Instance
    number: int = 0
    ours: dict[tuple[str, str], object] = field(default_factory=dict)

    def facts(self, found: Instance, key: str) -> Facts:
        day = found.at.astimezone(build.LONDON).date()
        with found.database.read() as connection:
            every = [row for rows in standing(connection, "service", on=day) for row in rows]
        [facts] = [row.facts for row in every if row.subject_id == key]
        assert isinstance(facts, Facts)
        return facts

    def key(self, service: str) -> str:
        uuid = own_uuid("service", service)
        with self.here.database.read() as connection:
            return ids_by_identifier(connection, "feed:a", [uuid])[uuid]

    def change(self, side: str, service: str, name: str, value: object) -> None:
        found, key = (self.there, service) if side == "there" else (self.here, self.key(service))
        if name == "name":
            value = f"{value} {service}"
        if getattr(self.facts(found, key), name) != value:
            found.change(Edit(key, {name: value}), what_to_do="Ask.")
            if side == "here":
                self.ours[service, name] = value

    def read(self, services: list[str]) -> None:
        turn((self.here, "a"))
        day = self.here.at.astimezone(build.LONDON).date()
        with self.here.database.read() as connection:
            shown = actions.differing(connection, source_words.clashes(connection, limit=10_000), on=day)
        clashes = {(each.clash.service_id, each.clash.field) for each in shown}
        for service in services:
            key = self.key(service)
            theirs, said = self.facts(self.there, service), self.facts(self.here, key)
            for name in FIELDS:
                if (service, name) in self.ours and getattr(theirs, name) != self.ours[service, name]:
                    assert getattr(said, name) == self.ours[service, name]
                    assert (key, name) in clashes
                else:
                    self.ours.pop((service, name), None)
                    assert getattr(said, name) == getattr(theirs, name)
                    assert (key, name) not in clashes


@pytest.fixture(scope="module")
def both(_sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Both]:
    folder = tmp_path_factory.mktemp("both")
    with instance(_sqlite_template, folder / "a") as a, instance(_sqlite_template, folder / "b") as b:
        build.directory(a.database)
        b.add("a", a.hsds, at_most=100)
        yield Both(a, b)


@settings(max_examples=examples(2), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps)
def test_both_say_the_same_or_it_is_shown(both: Both, taken: list[tuple[str, int, str, int]]) -> None:
    both.number += 1
    services = [f"service-{both.number}-{each}" for each in range(SERVICES)]
    opened = [build.opening(each) for each in services]
    both.there.change(*(replace(each, set={**each.set, "name": f"Falls {each.id}"}) for each in opened))
    both.read(services)
    for step, which, name, value in taken:
        if step == "read":
            both.read(services)
        else:
            both.change(step, services[which], name, VALUES[name][value])
    both.read(services)
