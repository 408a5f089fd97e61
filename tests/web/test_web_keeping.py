"""An answer is given twice only where it would be made the same: never after a change, never to somebody known."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from threading import Event

import anyio
import pytest
from anyio.from_thread import start_blocking_portal
from sqlalchemy import event
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from directory.app import build as build_app
from directory.domain.change import Edit
from directory.gate.keeping import KeptAnswers, kept
from directory.gate.routes import may, policy_of
from directory.store import people
from tests import build
from tests.web.conftest import FoundSite, TestClient, client_of, signed_in, words_of
from tests.web.test_web_policy import routes_of

PAGE, JSON = "/services/leg-ulcer-clinic", "/api/v1/services/leg-ulcer-clinic"


@contextmanager
def statements(site: FoundSite) -> Iterator[list[str]]:
    """What the database is asked meanwhile."""
    asked: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        asked.append(statement)

    event.listen(site.database.engine, "before_cursor_execute", note)
    yield asked
    event.remove(site.database.engine, "before_cursor_execute", note)


def ring(site: FoundSite, number: str) -> None:
    build.change(site.database, build.draft(Edit("leg-ulcer-clinic", {"summary": f"Ring {number}."})))


@pytest.mark.parametrize("path", [PAGE, JSON, "/", "/changes", "/api/v1/changes", f"{PAGE}/history"])
def test_the_second_answer_is_the_first_and_asks_nothing(site: FoundSite, path: str) -> None:
    client = client_of(site)
    first = client.get(path)
    with statements(site) as asked:
        again = client.get(path)
    assert (again.status_code, again.content) == (200, first.content)
    assert asked == []
    for name in ("content-type", "content-security-policy", "etag", "cache-control", "x-content-type-options"):
        assert again.headers.get(name) == first.headers.get(name)
    with statements(site) as asked:
        unchanged = client.get(path, headers={"If-None-Match": first.headers["etag"]})
    assert (unchanged.status_code, unchanged.content, asked) == (304, b"", [])


def test_a_change_is_seen_by_the_next_reader(site: FoundSite) -> None:
    client = client_of(site)
    for number in ("one", "two", "three"):
        tag = client.get(PAGE).headers["etag"]
        ring(site, number)
        for _ in range(2):
            answer = client.get(PAGE, headers={"If-None-Match": tag})
            assert answer.status_code == 200
            assert f"Ring {number}." in words_of(answer.text)
            assert client.get(JSON).json()["summary"] == f"Ring {number}."


def test_what_changes_while_an_answer_is_made_is_not_hidden_by_it(site: FoundSite) -> None:
    def slow(_request: Request) -> Response:
        with site.database.read() as connection:
            text = connection.exec_driver_sql("SELECT count(*) FROM changes").scalar_one()
        if not made:
            ring(site, "late")
        made.append(text)
        return HTMLResponse(f"{text} changes")

    made: list[int] = []
    app = build_app(site)
    app.router.add_route("/slow", may("read", kept(slow)))
    client = TestClient(app, site.settings.base_url)
    first = client.get("/slow").text
    assert client.get("/slow").text == f"{made[0] + 1} changes" != first
    assert client.get("/slow").text == f"{made[0] + 1} changes"
    assert len(made) == 2


def test_the_clock_goes_on(site: FoundSite) -> None:
    build.change(site.database, build.draft(Edit("leg-ulcer-clinic", {"hours": "Mo-Su 09:00-17:00"})))
    client, opens = client_of(site), build.NOON.replace(hour=9, minute=0, second=0)
    said = []
    for seconds in (-1, 0):
        site.clock = lambda seconds=seconds: opens + timedelta(seconds=seconds)  # type: ignore[misc]
        said.append(client.get(JSON).json()["open_now"])
    assert said == [False, True]


def test_who_is_known_is_answered_anew_and_what_they_see_is_not_kept(site: FoundSite) -> None:
    anyone, lead = client_of(site), signed_in(site, "lee@northmoor.example", role="lead", team="tissue-viability")
    for _ in range(2):
        assert "Sign in" in words_of(anyone.get(PAGE).text)
        theirs = lead.get(PAGE)
        assert "lee@northmoor.example" in theirs.text
        assert theirs.headers["cache-control"] == "no-store"
        assert "lee@northmoor.example" not in anyone.get(PAGE).text


def test_where_reading_needs_signing_in_nobody_gets_what_another_saw(site: FoundSite) -> None:
    lead = signed_in(site, "lee@northmoor.example", role="lead", team="tissue-viability")
    site.settings = site.settings.model_copy(update={"reading": "signed-in"})
    assert lead.get(PAGE).status_code == 200
    with site.database.write() as connection:
        who = people.by_email(connection, "lee@northmoor.example").id
        people.add_key(
            connection, key_id="k", secret="a-key", person_id=who, scope="read", at=build.NOON, expires_at=None
        )
    assert client_of(site).get(JSON, headers={"Authorization": "Bearer a-key"}).status_code == 200
    assert client_of(site).get(PAGE).status_code == 303
    assert client_of(site).get(JSON).status_code == 401


def test_errors_and_what_leads_elsewhere_are_not_kept(site: FoundSite) -> None:
    client = client_of(site)
    for path in ("/services/nothing", "/api/v1/services/nothing", "/services/leg-ulcer-clinic/as-of/soon"):
        assert client.get(path).status_code == client.get(path).status_code != 200
    build.change(site.database, build.draft(build.opening("nothing"), kinds=("opened",)))
    assert client.get("/services/nothing").status_code == 200


def test_other_questions_have_other_answers(site: FoundSite) -> None:
    client = client_of(site)
    assert client.get("/changes").content != client.get("/changes?kind=merged").content
    assert client.get(JSON).status_code == 200
    assert client.get(JSON, headers={"Accept": "text/html"}).status_code == 406


def test_a_page_is_squeezed_once_and_is_the_same(site: FoundSite) -> None:
    client = client_of(site)
    plain = client.get(PAGE, headers={"Accept-Encoding": "identity"})
    small = client.get(PAGE, headers={"Accept-Encoding": "gzip, br"})
    assert "content-encoding" not in plain.headers
    assert small.headers["content-encoding"] == "gzip"
    assert small.headers["vary"] == "Accept-Language, Cookie, Accept-Encoding"
    assert int(small.headers["content-length"]) < len(plain.content) / 2
    assert small.content == plain.content


def test_only_what_everybody_reads_is_kept(site: FoundSite) -> None:
    """An answer about somebody, or that writes something down, must be made each time."""
    every = [route for _, route in routes_of(list(build_app(site).routes))]
    marked = [route for route in every if getattr(getattr(route, "endpoint", None), "keeps", False)]
    assert len(marked) > 10
    assert {action for route in marked for action in (policy_of(route) or {}).values()} <= {"read", "visit"}


def in_a_loop(work: Callable[[], Awaitable[None]]) -> None:
    """In a thread of its own: the browser of other tests may have a loop in this one."""
    with start_blocking_portal() as portal:
        portal.call(work)


def asking(path: str = "/") -> Request:
    return Request({"type": "http", "method": "GET", "path": path, "query_string": b"", "headers": []})


def test_what_many_ask_for_at_once_is_made_once(site: FoundSite) -> None:
    answers, going = KeptAnswers(site), Event()
    made: list[str] = []
    given: list[bytes] = []

    def handler(request: Request) -> Response:
        made.append(request.url.path)
        going.wait(10)
        return HTMLResponse("the same for everybody")

    async def ask(path: str) -> None:
        given.append(bytes((await answers.answer(asking(path), handler)).body))

    async def all_of_them() -> None:
        async with anyio.create_task_group() as readers:
            for _ in range(5):
                readers.start_soon(ask, "/")
            readers.start_soon(ask, "/other")
            await anyio.wait_all_tasks_blocked()
            going.set()

    in_a_loop(all_of_them)
    assert sorted(made) == ["/", "/other"]
    assert given == [b"the same for everybody"] * 6


def test_where_one_fails_to_make_it_the_others_try_themselves(site: FoundSite) -> None:
    answers, going = KeptAnswers(site), Event()
    made: list[int] = []
    found: list[object] = []

    def handler(_request: Request) -> Response:
        made.append(len(made))
        going.wait(10)
        if len(made) == 1:
            raise RuntimeError("not this time")
        return HTMLResponse("here")

    async def ask() -> None:
        try:
            found.append(bytes((await answers.answer(asking(), handler)).body))
        except RuntimeError as error:
            found.append(str(error))

    async def all_of_them() -> None:
        async with anyio.create_task_group() as readers:
            for _ in range(3):
                readers.start_soon(ask)
            await anyio.wait_all_tasks_blocked()
            going.set()

    in_a_loop(all_of_them)
    assert found[0] == "not this time"
    assert found[1:] == [b"here", b"here"]
