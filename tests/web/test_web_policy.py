"""Every route says what it asks of whoever comes, and every role is answered as the policy has it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import get_args

import pytest
from starlette.routing import BaseRoute, Mount, Route

from directory.app import build
from directory.domain.policy import ANYONE, RULES, STRANGER, Action, Actor, could
from directory.gate.routes import policy_of
from directory.site import Site
from directory.store import people
from tests.web.conftest import FoundSite, TestClient, client_of, signed_in

# So that most addresses lead to something; for what is not here any word will do.
KNOWN = {
    "slug": "leg-ulcer-clinic", "key": "leg-ulcer-clinic", "number": "2", "date": "2026-11-01", "name": "none.eml",
    "token": "none",
}  # fmt: skip
TEAM = "tissue-viability"


def routes_of(routes: list[BaseRoute], prefix: str = "") -> Iterator[tuple[str, BaseRoute]]:
    """Every route of an application with its whole path; a mount of routes is gone into."""
    for route in routes:
        if isinstance(route, Mount) and route.routes:
            yield from routes_of(list(route.routes), prefix + route.path)
        else:
            yield prefix + str(getattr(route, "path", "")), route


def undeclared(site: Site) -> list[str]:
    actions = set(get_args(Action))
    said = {path: set((policy_of(route) or {}).values()) for path, route in routes_of(list(build(site).routes))}
    return [path for path, asked in said.items() if not asked or not asked <= actions]


def test_every_route_says_what_it_asks(site: FoundSite) -> None:
    assert undeclared(site) == []


def test_a_route_that_does_not_say_is_found(site: FoundSite) -> None:
    app = build(site)
    app.routes.append(Route("/hole", lambda request: None))
    found = [path for path, route in routes_of(list(app.routes)) if policy_of(route) is None]
    assert found == ["/hole"]


def test_every_method_of_a_route_is_declared(site: FoundSite) -> None:
    for path, route in routes_of(list(build(site).routes)):
        policy = policy_of(route)
        if isinstance(route, Route) and policy is not None and "*" not in policy:
            assert route.methods is not None
            assert set(route.methods) - {"HEAD"} <= set(policy), path


# Who asks here says so with a key, and a session counts for nothing.
BY_KEY = ("/api/v1/", "/fhir/Subscription")


def visitors(site: Site) -> dict[str, tuple[TestClient, Actor]]:
    """A browser for each role."""
    given: dict[str, dict[str, object]] = {
        "reader": {"role": "reader", "team": TEAM},
        "lead": {"role": "lead", "team": TEAM},
        "team-admin": {"role": "team-admin", "team": TEAM},
        "editor": {"editor": True},
    }
    found = {"anyone": (client_of(site), ANYONE)}
    for name, rights in given.items():
        email = f"{name}@northmoor.example"
        client = signed_in(site, email, **rights)  # type: ignore[arg-type]
        with site.database.read() as connection:
            found[name] = (client, people.by_email(connection, email).actor)
    return found


@pytest.mark.parametrize("reading", ["public", "signed-in"])
def test_every_page_answers_every_role_as_the_policy_has_it(site: FoundSite, reading: str) -> None:
    # Not local: there, /mail is nobody's secret.
    site.settings = site.settings.model_copy(update={"reading": reading, "base_url": "https://signpost.example"})
    tried = 0
    for name, (client, actor) in visitors(site).items():
        if reading == "signed-in" and name not in ("anyone", "reader"):
            # What they may do more does not hang on who may read.
            continue
        client.base_url = "https://signpost.example"
        token = client.cookies.get("signpost-session")
        headers = {"Cookie": f"__Host-signpost-session={token}"} if token else {}
        for path, route in routes_of(list(build(site).routes)):
            if not isinstance(route, Route) or path.startswith(BY_KEY) or path == "/sign-out":
                continue
            policy = policy_of(route) or {}
            for method in sorted((route.methods or set()) - {"HEAD"}):
                action = policy.get(method, policy.get("*"))
                assert action is not None
                allowed = could(STRANGER if actor == ANYONE and reading == "signed-in" else actor, action)
                answer = client.request(method, _filled(path), headers=headers)
                _is_as_it_should(answer, allowed=allowed, known=actor.signed_in, what=f"{name} {method} {path}")
                tried += 1
    assert tried >= 2 * 100


def _filled(path: str) -> str:
    for name, value in KNOWN.items():
        path = path.replace(f"{{{name}}}", value)
    return path.replace("{", "").replace("}", "")


def _is_as_it_should(answer: object, *, allowed: bool, known: bool, what: str) -> None:
    status = answer.status_code  # type: ignore[attr-defined]
    to_sign_in = status == 401 or (status == 303 and answer.headers["Location"].startswith("/sign-in?"))  # type: ignore[attr-defined]
    if allowed:
        assert not to_sign_in, what
        assert status < 500, what
        # What may be done to something is refused for this one only by what the handler says of it.
        assert status != 403 or "roles do not allow" not in answer.text, what  # type: ignore[attr-defined]
    elif known:
        assert status == 403, what
    else:
        assert to_sign_in, what


def test_no_action_is_without_a_use(site: FoundSite) -> None:
    """What nothing asks for is not in the policy: a rule without a use only looks like protection."""
    used = {action for _, route in routes_of(list(build(site).routes)) for action in (policy_of(route) or {}).values()}
    # Asked by the command line, and by actions on the way.
    assert set(RULES) - used <= {
        "import",
        "subscribe",
        "subscribe-team",
        "oblige-team",
        "speak-for-team",
        "edit-page",
        "manage-gaps",
        "manage-vocabulary",
    }
