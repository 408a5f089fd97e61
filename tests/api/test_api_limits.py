"""So many calls a minute, by key or by network, counted by all processes together."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event, func, select
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount

from directory.api.limits import RateLimits
from directory.api.routes import problem, routes
from directory.errors import SignpostError
from directory.gate.sessions import Sessions
from directory.store import call_counts
from directory.store.database import Database
from directory.store.tables.identity import call_counts as table
from tests import build
from tests.api.conftest import LEAD_KEY, PUBLISH_KEY, FakeSite, TestClient

PATH = "/api/v1/teams"


def process_of(site: FakeSite, *, keyed: int = 40, unkeyed: int = 20) -> TestClient:
    """One process: what it counts in memory is its own."""
    site.settings = site.settings.model_copy(update={"api_limit": keyed, "api_limit_without_key": unkeyed})

    def failed(request: Request, error: Exception) -> Response:
        return problem(request, error)

    app = Starlette(
        routes=[Mount("/api/v1", routes=routes())],
        middleware=[
            Middleware(Sessions, site=site, refuse=failed),  # type: ignore[arg-type]
            Middleware(RateLimits, site=site, refuse=failed),  # type: ignore[arg-type]
        ],
        exception_handlers={SignpostError: problem, HTTPException: problem, Exception: problem},
    )
    app.state.site = site
    return TestClient(app, raise_server_exceptions=False)


def ask(client: TestClient, times: int, key: str | None = None) -> list[int]:
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    return [client.get(PATH, headers=headers).status_code for _ in range(times)]


def test_who_is_refused_is_in_the_log_once(light_site: FakeSite, caplog: pytest.LogCaptureFixture) -> None:
    client = process_of(light_site)
    assert ask(client, 30)[-10:] == [429] * 10
    assert caplog.text.count("refused to a network: more than 20 calls in a minute") == 1


def test_what_is_left_is_said_and_then_it_is_over(light_site: FakeSite) -> None:
    client = process_of(light_site)
    first = client.get(PATH)
    assert first.headers["ratelimit-policy"] == '"network";q=20;w=60'
    assert first.headers["ratelimit"] == '"network";r=19;t=60'
    assert ask(client, 19) == [200] * 19
    refused = client.get(PATH)
    assert (refused.status_code, refused.json()["type"].partition("#")[2]) == (429, "too-many")
    assert (refused.headers["retry-after"], refused.headers["ratelimit"]) == ("60", '"network";r=0;t=60')
    light_site.now = lambda: build.NOON + timedelta(minutes=1)  # type: ignore[method-assign]
    assert ask(client, 1) == [200]


def test_a_key_has_its_own_and_a_key_that_nobody_knows_is_its_networks(light_site: FakeSite) -> None:
    client = process_of(light_site)
    assert ask(client, 41, PUBLISH_KEY) == [200] * 40 + [429]
    assert ask(client, 1, LEAD_KEY) == [200]
    assert ask(client, 1) == [200]
    guesses = [ask(client, 1, f"guess-{number}")[0] for number in range(60)]
    assert (guesses.count(401), guesses[-1]) == (39, 429)
    assert ask(client, 1, LEAD_KEY) == [200], "who was let in before is not kept out by guesses"


def test_no_limit_says_none(light_site: FakeSite) -> None:
    client = process_of(light_site, unkeyed=0)
    assert "ratelimit" not in client.get(PATH).headers


def test_errors_carry_it_too(light_site: FakeSite) -> None:
    client = process_of(light_site)
    for path, status in (("/api/v1/services/nobody", 404), ("/api/v1/services?limit=x", 400), ("/api/v1/nothing", 404)):
        answer = client.get(path)
        assert answer.status_code == status
        assert answer.headers["ratelimit"].startswith('"network";r=')


def test_processes_count_together(site: FakeSite) -> None:
    processes = [process_of(site, unkeyed=100) for _ in range(3)]
    statuses = [status for _ in range(60) for process in processes for status in ask(process, 1)]
    # Each process may not yet know a twentieth of what each of the others let through.
    assert 100 <= statuses.count(200) <= 100 + 2 * 5
    assert statuses[-3:] == [429] * 3


def test_a_call_costs_no_write(light_site: FakeSite) -> None:
    writes: list[str] = []

    @event.listens_for(light_site.database.engine, "before_cursor_execute")
    def noted(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if statement.lstrip().upper().startswith(("INSERT", "UPDATE", "DELETE")):
            writes.append(statement)

    client = process_of(light_site, unkeyed=2000)
    ask(client, 99)
    assert writes == []
    ask(client, 101)
    assert sum(statement.startswith("INSERT") for statement in writes) == 2


def test_a_database_that_takes_nothing_just_now_is_no_failure(light_site: FakeSite, monkeypatch: Any) -> None:
    monkeypatch.setattr(call_counts, "PATIENCE", 0.01)
    client = process_of(light_site)
    with light_site.database.write():
        assert ask(client, 21) == [200] * 20 + [429]


def test_minutes_that_are_over_are_let_go(database: Database) -> None:
    with database.write() as connection:
        assert call_counts.add(connection, {"a": 3, "b": 1}, window=7) == {"a": 3, "b": 1}
        assert call_counts.add(connection, {"a": 2}, window=7) == {"a": 5}
        call_counts.add(connection, {"c": 1}, window=8)
        assert connection.scalar(select(func.count()).select_from(table)) == 1


@pytest.mark.parametrize("accepted", ["text/html", "application/json;q=0", "image/*"])
def test_who_takes_no_json_is_told(light_site: FakeSite, accepted: str) -> None:
    client = process_of(light_site)
    answer = client.get(PATH, headers={"Accept": accepted})
    assert (answer.status_code, answer.json()["type"].partition("#")[2]) == (406, "not-acceptable")
    for taken in ("*/*", "application/*;q=0.5", "text/html, application/json;q=0.9"):
        assert client.get(PATH, headers={"Accept": taken}).status_code == 200
