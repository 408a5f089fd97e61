"""What is given again in front of the other layers is what they would give: to nobody else, and counted like theirs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from directory.app import build as build_app
from directory.domain.change import Edit
from directory.gate import keeping
from directory.gate.front import KeptInFront
from directory.gate.keeping import KeptAnswers, kept
from directory.gate.routes import may
from directory.gate.sessions import Sessions
from directory.search.kept import Kept
from tests import build
from tests.web.conftest import FoundSite, TestClient, client_of, signed_in

PAGE, JSON = "/services/leg-ulcer-clinic", "/api/v1/services/leg-ulcer-clinic"
FORMS = (
    {"Accept-Encoding": "gzip"},
    {"Accept-Encoding": "identity"},
    {"Accept-Language": "cy"},
    {"Accept": "text/html"},
    {"Accept": "application/json", "Accept-Encoding": "br, gzip"},
    {"If-None-Match": "*"},
    {"If-None-Match": '"of-another-day"'},
)
# Each answer has its own.
OWN = ("x-request-id", "ratelimit")


def said(answer: Response | object) -> tuple[object, ...]:
    """An answer without what is its own."""
    headers = {name: value for name, value in answer.headers.items() if name not in OWN}  # type: ignore[union-attr]
    return answer.status_code, headers, answer.content  # type: ignore[union-attr]


@pytest.fixture
def passed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The paths of the requests that the layer behind the front was asked."""
    paths: list[str] = []
    long_way = Sessions.__call__

    async def noted(self: Sessions, scope: dict[str, object], *rest: object) -> None:
        if scope["type"] == "http":
            paths.append(str(scope["path"]))
        await long_way(self, scope, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(Sessions, "__call__", noted)
    return paths


def test_it_is_what_the_long_way_gives_in_every_form(site: FoundSite, passed: list[str]) -> None:
    client = client_of(site)
    for path in (PAGE, JSON, f"{PAGE}/history", "/changes", "/api/v1/changes?limit=1"):
        for form in FORMS:
            anew = client_of(site).get(path, headers=form)
            first = client.get(path, headers=form)
            passed.clear()
            again = client.get(path, headers=form)
            assert said(again) == said(first) == said(anew)
            assert (passed == []) is (again.status_code in (200, 304)), (path, form)


def test_each_answer_has_an_id_of_its_own(site: FoundSite) -> None:
    client = client_of(site)
    ids = [client.get(PAGE).headers["x-request-id"] for _ in range(3)]
    assert len(set(ids)) == 3
    assert client.get(PAGE, headers={"X-Request-ID": "proxy-7"}).headers["x-request-id"] == "proxy-7"
    assert client.get(PAGE).headers.get_list("x-request-id") != ["proxy-7"]


def test_calls_that_are_answered_again_are_counted(site: FoundSite) -> None:
    site.settings = site.settings.model_copy(update={"api_limit_without_key": 5})
    client = client_of(site)
    answers = [client.get(JSON) for _ in range(6)]
    assert [each.status_code for each in answers] == [200] * 5 + [429]
    assert [each.headers["ratelimit"].partition(";")[2] for each in answers] == [
        f"r={n};t=60" for n in (4, 3, 2, 1, 0, 0)
    ]
    assert [len(each.headers.get_list("ratelimit")) for each in answers] == [1] * 6
    # What is refused says of itself what every answer says.
    assert answers[-1].headers["x-content-type-options"] == "nosniff"
    assert answers[-1].headers["x-request-id"]


def test_whoever_says_who_they_are_goes_the_long_way(site: FoundSite, passed: list[str]) -> None:
    anyone, lead = client_of(site), signed_in(site, "lee@northmoor.example", role="lead", team="tissue-viability")
    for _ in range(2):
        anyone.get(PAGE)
    passed.clear()
    assert "lee@northmoor.example" in lead.get(PAGE).text
    anyone.get(JSON, headers={"Authorization": "Bearer nobody"})
    anyone.get(PAGE, headers={"Cookie": "signpost-session=of-nobody"})
    anyone.get(PAGE, headers={"Cookie": "signpost-language=cy"})
    anyone.head(PAGE)
    anyone.post(PAGE)
    two_lengths = {"Content-Length": "0", "Transfer-Encoding": "chunked"}
    assert anyone.get(PAGE, headers=two_lengths).status_code == 400
    assert passed == [PAGE, JSON, PAGE, PAGE, PAGE, PAGE]
    assert "lee@northmoor.example" not in anyone.get(PAGE).text


def test_neither_a_change_nor_a_minute_is_missed(site: FoundSite, passed: list[str]) -> None:
    client = client_of(site)

    def goes_the_long_way() -> bool:
        passed.clear()
        client.get(JSON)
        return bool(passed)

    assert [goes_the_long_way() for _ in range(3)] == [True, False, False]
    build.change(site.database, build.draft(Edit("leg-ulcer-clinic", {"summary": "Ring first."})))
    assert [goes_the_long_way() for _ in range(3)] == [True, False, False]
    assert client.get(JSON).json()["summary"] == "Ring first."
    site.clock = lambda: build.NOON + timedelta(minutes=1)
    assert [goes_the_long_way() for _ in range(3)] == [True, False, False]


def with_route(site: FoundSite, handler: Callable[[Request], Response], *, keeps: bool) -> TestClient:
    app = build_app(site)
    app.router.routes.insert(0, Route("/made", may("read", kept(handler) if keeps else handler)))
    return TestClient(app, site.settings.base_url, raise_server_exceptions=False)


@pytest.mark.parametrize(
    ("keeps", "status", "headers"),
    [(False, 200, {}), (True, 404, {}), (True, 200, {"Cache-Control": "no-store"}), (True, 200, {"Set-Cookie": "a=b"})],
)
def test_nothing_else_is_given_twice(site: FoundSite, keeps: bool, status: int, headers: dict[str, str]) -> None:
    made: list[int] = []

    def handler(_request: Request) -> Response:
        made.append(1)
        return PlainTextResponse(str(len(made)), status, headers)

    client = with_route(site, handler, keeps=keeps)
    assert [client.get("/made").text for _ in range(3)] == ["1", "2", "3"]


def test_long_questions_cannot_fill_the_memory(site: FoundSite, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is kept is bounded by its bytes, those of the question too: it can be longer than its answer."""
    held: list[Kept[object, object]] = []
    begin = Kept.__init__

    def noted(self: Kept[object, object], *given: object, **named: object) -> None:
        begin(self, *given, **named)  # type: ignore[arg-type]
        held.append(self)

    monkeypatch.setattr(Kept, "__init__", noted)
    answers = KeptAnswers(site)
    front = KeptInFront(lambda *_: None, answers=answers)  # type: ignore[arg-type]
    in_front, behind = held[-1], held[-2]
    for number in range(3):
        long = f"{number}" + "x" * 60_000
        key = ("/changes", long, "", "en")
        behind.put(key, keeping.Answer(key, 1, "tag", [], b"short", None))
        front._note((b"/changes", long.encode(), ()), 1, [
            {"type": "http.response.start", "status": 200, "headers": []},
            {"type": "http.response.body", "body": b"short"},
        ])  # fmt: skip
    assert behind._size > 180_000
    assert in_front._size > 180_000
