"""A mirror that only follows /api/v1/changes is the directory, whatever is published, and wherever it is killed."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests import build
from tests.api.conftest import Api, FakeSite, TestClient, app_of
from tests.api.mirror import KINDS, Mirror, lasting
from tests.examples import THOROUGH

CHANGES = 5_000 if THOROUGH else 100
TEAMS = ("district-nursing", "tissue-viability", "vascular")


class Killed(Exception):
    """The mirror's process ends here."""


class Editors:
    """Publish at random: whatever the API takes."""

    def __init__(self, api: Api, chance: random.Random) -> None:
        self._api, self._chance, self.today = api, chance, build.TODAY
        self.services, self.organisations, self.teams = ["leg-ulcer-clinic"], ["community-trust"], list(TEAMS)
        self.published: list[int] = []
        self.outcomes: Counter[tuple[str, int]] = Counter()

    def publish(self) -> None:
        act = self._chance.choice(
            [
                *[self._edit] * 5,
                *[self._open] * 3,
                self._succeed,
                self._succeed,
                self._organisation,
                self._team,
                self._withdraw,
                self._reorganise,
            ]
        )
        path, body = act()
        answer = self._api.post(body, path=path)
        assert answer.status_code in (201, 202, 409, 412, 422), answer.text
        self.outcomes[act.__name__, answer.status_code] += 1
        if answer.status_code == 201:
            self.published.append(answer.json()["number"])
        elif path == "/changes":
            for kind in KINDS:
                for edit in body.get(kind, ()):
                    if edit.get("expected_version") == 0:
                        getattr(self, kind).remove(edit["id"])

    def _day(self) -> str:
        days = self._chance.choice([0, 0, 0, -40, -3, 1, 2, 9])
        return (self.today + timedelta(days=days)).isoformat()

    def _change(self, **given: Any) -> tuple[str, dict[str, Any]]:
        return "/changes", {
            "title": "A change",
            "effective_from": self._day(),
            "why": "Because.",
            "weight": "minor",
            "what_to_do": "Look here.",
        } | given

    def _new(self, names: list[str], noun: str) -> str:
        names.append(f"{noun}-{len(names)}-{self._chance.randrange(10**6)}")
        return names[-1]

    def _owner(self) -> dict[str, str]:
        return {"team": self._chance.choice(self.teams)}

    def _edit(self) -> tuple[str, dict[str, Any]]:
        key, number = self._chance.choice(self.services), self._chance.randrange(1000)
        set_ = self._chance.choice(
            [
                {"hours": f"Mo 09:{number % 60:02d}-17:00"},
                {"owner": self._owner()},
                {"name": f"Name {number}"},
                {"needs": [f"need {number}"]},
                {"status": "paused"},
                {"status": "active"},
            ]
        )
        told = (
            {"supersedes": self._chance.choice(self.published)}
            if self.published and self._chance.random() < 0.1
            else {}
        )
        return self._change(services=[{"id": key, "set": set_}], **told)

    def _open(self) -> tuple[str, dict[str, Any]]:
        owner, key = self._owner(), self._new(self.services, "service")
        set_ = {"name": key.title(), "owner": owner}
        return self._change(kinds=["opened"], services=[{"id": key, "expected_version": 0, "set": set_}])

    def _succeed(self) -> tuple[str, dict[str, Any]]:
        kind = self._chance.choice(["replaced", "merged", "split", "moved", "closed"])
        many = self._chance.sample(self.services, min(3, len(self.services)))
        first, rest = many[0], many[1:]
        if kind == "closed":
            links: list[dict[str, Any]] = [{"kind": kind, "from": first}]
        elif kind == "merged":
            links = [{"kind": kind, "from": each, "to": first} for each in rest]
        elif kind == "split":
            links = [{"kind": kind, "from": first, "to": each, "part": {"text": each}} for each in rest]
        else:
            links = [{"kind": kind, "from": first, "to": each} for each in rest[:1]]
        return self._change(succession=links, what_to_do="Ring the new one.", services=[])

    def _organisation(self) -> tuple[str, dict[str, Any]]:
        if self._chance.random() < 0.5:
            key = self._chance.choice(self.organisations)
            return self._change(organisations=[{"id": key, "set": {"name": f"Trust {self._chance.randrange(1000)}"}}])
        key = self._new(self.organisations, "trust")
        return self._change(
            kinds=["opened"], organisations=[{"id": key, "expected_version": 0, "set": {"name": key.title()}}]
        )

    def _team(self) -> tuple[str, dict[str, Any]]:
        if self._chance.random() < 0.5:
            key, number = self._chance.choice(self.teams), self._chance.randrange(1000)
            return self._change(teams=[{"id": key, "set": {"name": f"Team {number}"}}])
        set_ = {"name": "A team", "organisation": self._chance.choice(self.organisations)}
        return self._change(
            kinds=["opened"], teams=[{"id": self._new(self.teams, "team"), "expected_version": 0, "set": set_}]
        )

    def _reorganise(self) -> tuple[str, dict[str, Any]]:
        one, other = self._chance.choice(self.organisations), self._chance.choice(self.organisations)
        return self._change(organisation_succession=[{"kind": "replaced", "from": one, "to": other}])

    def _withdraw(self) -> tuple[str, dict[str, Any]]:
        number = self._chance.choice(self.published or [1])
        what = self._chance.choice(["withdraw", "withdraw", "reverse"])
        return f"/changes/{number}/{what}", {"why": "It was agreed otherwise."}


@pytest.mark.parametrize("seed", [1])
def test_a_mirror_is_the_directory(light_site: FakeSite, tmp_path: Path, seed: int) -> None:
    chance, client = random.Random(seed), TestClient(app_of(light_site), raise_server_exceptions=False)
    editors, life = Editors(Api(client), chance), [0]

    def get(path: str) -> Any:
        life[0] -= 1
        if life[0] == 0:
            raise Killed
        answer = client.get(f"/api/v1{path}")
        assert answer.status_code in (200, 404), answer.text
        return answer.json() if answer.status_code == 200 else None

    mirror, kills = Mirror(tmp_path / "mirror.json", get), 0
    while len(editors.published) < CHANGES:
        for _ in range(chance.randrange(1, 12)):
            editors.publish()
        if chance.random() < 0.15:
            editors.today += timedelta(days=chance.randrange(1, 4))
            _set(light_site, editors.today)
        life[0] = chance.choice([0, 0, chance.randrange(1, 9)])
        try:
            mirror.follow(today=editors.today, limit=chance.randrange(1, 9))
        except Killed:
            mirror, kills = Mirror(tmp_path / "mirror.json", get), kills + 1
        life[0] = 0
    assert kills >= CHANGES // 60
    _same(mirror, client, editors.today)
    # What was announced for later comes into force without another change.
    editors.today += timedelta(days=30)
    _set(light_site, editors.today)
    _same(mirror, client, editors.today)


def _same(mirror: Mirror, client: TestClient, today: date) -> None:
    while mirror.follow(today=today, limit=7):
        pass
    for kind in KINDS:
        there = {each["id"]: lasting(each) for each in _every(client, f"/{kind}")}
        kept = mirror.kept[kind]
        assert sorted(kept) == sorted(there)
        for key, body in there.items():
            assert kept[key] == body, f"{kind} {key}"


def _every(client: TestClient, path: str) -> Iterator[dict[str, Any]]:
    after = ""
    while after is not None:
        page = client.get(f"/api/v1{path}?limit=200&after={after}").json()
        yield from page["items"]
        after = page["next"]


def _set(site: FakeSite, today: date) -> None:
    at = build.NOON + (today - build.TODAY)
    site.now = lambda: at  # type: ignore[method-assign]
    site.today = lambda: today  # type: ignore[method-assign]
