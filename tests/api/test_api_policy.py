"""Every call × every key: answered as the policy has it, whatever the body says."""

from __future__ import annotations

import pytest
from starlette.routing import Route

from directory.api.routes import routes
from directory.domain.policy import Actor, Thing, can, could
from directory.gate.routes import policy_of
from directory.store import people
from directory.store.people import actor_of_key
from directory.store.sessions import begin
from tests import build
from tests.api.conftest import LEAD_KEY, PUBLISH_KEY, READ_KEY, Api, FakeSite, TestClient, app_of, hours

KEYS = {"editor": PUBLISH_KEY, "editor to read": READ_KEY, "lead": LEAD_KEY, "reader": "reader-key", "nobody": None}
CLINIC = Thing(frozenset({"district-nursing"}))
KNOWN = {"key": "leg-ulcer-clinic", "number": "1"}


@pytest.fixture
def keyed(light_site: FakeSite) -> FakeSite:
    """The small directory with a reader's key beside the others."""
    with light_site.database.write() as connection:
        reader = people.add(connection, email="rea@northmoor.example", name="", editor=False, at=build.NOON)
        people.join(connection, person_id=reader, team_id="tissue-viability", role="reader", at=build.NOON)
        people.add_key(
            connection, key_id="rea-1", secret="reader-key", person_id=reader, scope="publish", at=build.NOON,
            expires_at=None,
        )  # fmt: skip
    return light_site


@pytest.mark.parametrize("reading", ["public", "signed-in"])
def test_every_call_answers_every_key_as_the_policy_has_it(keyed: FakeSite, reading: str) -> None:
    keyed.settings = keyed.settings.model_copy(update={"reading": reading})
    client = TestClient(app_of(keyed), raise_server_exceptions=False)
    for name, key in KEYS.items():
        actor = _actor(keyed, key, reading)
        for route in routes():
            assert isinstance(route, Route)
            for method in sorted((route.methods or set()) - {"HEAD"}):
                policy = policy_of(route) or {}
                action = policy.get(method, policy.get("*"))
                assert action is not None
                path = route.path
                for part, value in KNOWN.items():
                    path = path.replace(f"{{{part}}}", value)
                headers = {"Authorization": f"Bearer {key}"} if key else {}
                status = client.request(method, f"/api/v1{path}", headers=headers, json={}).status_code
                refused = status in (401, 403)
                # A check needs no body, so that the call goes all the way: the clinic is the district nurses'.
                allowed = can(actor, action, CLINIC) if action == "check" else could(actor, action)
                assert refused is not allowed, f"{name} {method} {path}: {status}"
                assert status < 500


def _actor(site: FakeSite, key: str | None, reading: str) -> Actor:
    if key is None:
        return Actor("anyone", reads=reading == "public")
    with site.database.read() as connection:
        found = actor_of_key(connection, key, at=build.NOON)
    assert found is not None
    return found


@pytest.mark.parametrize(
    "more",
    [
        {"editor": True},
        {"person_id": 1},
        {"by": "operator"},
        {"roles": {"district-nursing": "lead"}},
        {"scope": "publish"},
    ],
)
def test_nothing_in_the_body_raises_rights(light_api: Api, light_site: FakeSite, more: dict[str, object]) -> None:
    before = light_api.numbers()
    # The clinic is the district nurses': the lead of tissue viability may not.
    answer = light_api.post(hours("Mo 09:00-10:00") | more, key=LEAD_KEY)
    assert answer.status_code in (403, 422)
    assert light_api.post(hours("Mo 09:00-10:00"), key=LEAD_KEY).status_code == 403
    assert light_api.numbers() == before


def test_a_session_reads_but_a_change_takes_a_key(keyed: FakeSite) -> None:
    keyed.settings = keyed.settings.model_copy(update={"reading": "signed-in"})
    with keyed.database.write() as connection:
        editor = people.by_email(connection, "ed@northmoor.example")
        begin(connection, id="s", token="token", person_id=editor.id, method="mail", device="", at=build.NOON)
    client = TestClient(app_of(keyed), raise_server_exceptions=False)
    cookie = {"Cookie": "__Host-signpost-session=token"}
    assert client.get("/api/v1/services").status_code == 401
    assert client.get("/api/v1/services", headers=cookie).status_code == 200
    assert client.post("/api/v1/changes", json=hours("24/7"), headers=cookie).status_code == 401
