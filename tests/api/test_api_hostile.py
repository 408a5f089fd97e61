"""What is malformed, hostile or not for us gets a problem that says so, and never a failure of ours."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from directory.domain.change import Edit
from tests import build
from tests.api.conftest import PUBLISH_KEY, Api, FakeSite, TestClient, app_of, hours
from tests.examples import examples

BAD_PARAMETERS = [
    ("/services/leg-ulcer-clinic?as_of=nonsense", "as_of"),
    ("/services/leg-ulcer-clinic?as_of=2026-02-30", "as_of"),
    ("/services/leg-ulcer-clinic?as_of=20260201", "as_of"),
    ("/services/leg-ulcer-clinic?as_of=٢٠٢٦-01-01", "as_of"),
    ("/services/leg-ulcer-clinic?known_at=2026-01-01", "known_at"),
    ("/services/leg-ulcer-clinic?known_at=2026-01-01T00:00:00", "known_at"),
    ("/services/leg-ulcer-clinic?known_at=0001-01-01T00:00:00%2B14:00", "known_at"),
    ("/services/leg-ulcer-clinic/handlers?on=x", "on"),
    ("/services?limit=0", "limit"),
    ("/services?limit=201", "limit"),
    ("/services?limit=-1", "limit"),
    ("/services?limit=1e3", "limit"),
    ("/services?limit=" + "9" * 400, "limit"),
    ("/offers?limit=%C2%A0", "limit"),
    ("/services?status=open", "status"),
    ("/services?after=%00", "after"),
    ("/services?after=" + "a" * 501, "after"),
    ("/changes?after=-1", "after"),
    ("/changes?after=99999999999999999", "after"),
    ("/changes?kind=party", "kind"),
    ("/changes?service=nothing", "service"),
    ("/search", "q"),
    ("/search?q=%20", "q"),
    ("/search?q=a%00b", "q"),
    ("/search?q=leg&setting=moon", "setting"),
    ("/organisations/ZZN01/successors?on=2026-13-01", "on"),
]


def test_a_bad_parameter_is_named(light_api: Api) -> None:
    for path, where in BAD_PARAMETERS:
        answer = light_api.client.get(f"/api/v1{path}")
        assert (answer.status_code, answer.headers["content-type"]) == (400, "application/problem+json"), path
        assert answer.json()["problems"][0]["where"] == where


ABSENT = [
        "/nothing", "/services/nobody", "/services/%00", "/services/%FF%FE", "/services/" + "x" * 5000,
        "/services/nobody/versions", "/services/nobody/handlers", "/organisations/%00", "/organisations/nobody",
        "/organisations/nobody/successors", "/teams/%00", "/pages/%00", "/changes/%00", "/changes/1.5",
]  # fmt: skip


def test_what_is_not_there_is_not_found(api: Api) -> None:
    for path in ABSENT:
        answer = api.client.get(f"/api/v1{path}")
        assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json"), path
        assert answer.json().keys() >= {"type", "title", "status", "detail"}


def test_a_key_in_the_address_is_refused(light_api: Api) -> None:
    for name in ("key", "api_key", "access_token", "KEY"):
        read = light_api.client.get(f"/api/v1/services?{name}=x")
        publish = light_api.post(hours("24/7"), key=None, query=f"?{name}={PUBLISH_KEY}")
        for answer in (read, publish):
            assert (answer.status_code, answer.json()["type"].partition("#")[2]) == (400, "key-in-query")


def test_methods_and_types(light_api: Api) -> None:
    answer = light_api.client.delete("/api/v1/changes")
    assert (answer.status_code, set(answer.headers["allow"].split(", "))) == (405, {"GET", "HEAD", "POST"})
    assert light_api.client.post("/api/v1/services").status_code == 405
    assert light_api.client.head("/api/v1/services/leg-ulcer-clinic").headers["etag"]
    for kind in ("text/plain", "application/xml", ""):
        assert light_api.post(b"{}", Content_Type=kind).status_code == 415
    body = json.dumps(hours("24/7", expected=1)).encode()
    assert light_api.post(body, Content_Type="application/json; charset=utf-8").is_success


def test_a_large_body_is_refused(light_api: Api) -> None:
    assert light_api.post(b" " * (1024 * 1024 + 1)).status_code == 413
    assert light_api.post(b" " * 1024 * 1024).status_code == 400


MALFORMED = [
        b"", b"{", b"\xff\xfe", b"[" * 100_000, b'{"title":' + b"[" * 100_000, b'{"title":"\\ud800"}',
        b'{"services":[{"id":"a","set":{"x":' + b"9" * 5000 + b"}}]}",
]  # fmt: skip


def test_malformed_json_is_a_bad_request(light_api: Api) -> None:
    for body in MALFORMED:
        answer = light_api.post(body)
        assert (answer.status_code, answer.json()["type"].partition("#")[2]) == (400, "malformed-json"), body[:40]


def _with(**set_: object) -> dict[str, Any]:
    return {**hours("24/7"), "services": [{"id": "leg-ulcer-clinic", "set": set_}]}


def _opening(**edit: object) -> dict[str, Any]:
    set_ = {"name": "New", "owner": {"organisation": "ZZN01", "team": None}}
    given = {"id": "new", "expected_version": 0, "set": set_, **edit}
    return {**hours("24/7"), "kinds": ["opened"], "services": [given]}


def _organisation(**edit: object) -> dict[str, Any]:
    given = {"id": "new", "expected_version": 0, "set": {"name": "New"}, **edit}
    return {**hours("24/7"), "kinds": ["opened"], "services": [], "organisations": [given]}


HOSTILE: list[object] = [
    [], "x", 5, None, {}, {**hours("24/7"), "surprise": 1}, hours("24/7", kinds=5), hours("24/7", kinds="owner"),
    hours("24/7", kinds=[["owner"]]), hours("24/7", effective_from=5), hours("24/7", effective_from="20"),
    hours("24/7", effective_from=None), hours("24/7", weight={}), hours("24/7", urgent="yes"),
    hours("24/7", title={"a": 1}), hours("24/7", title="x" * 501), hours("24/7", title="a\x00b"),
    hours("24/7", why="a\x00b"), hours("24/7", services={}), hours("24/7", services=[5]),
    hours("24/7", services=[{"id": 5}]), hours("24/7", services=[{"id": "leg-ulcer-clinic", "set": []}]),
    hours("24/7", expected=-1), hours("24/7", expected=10**30), hours("24/7", expected=True),
    hours("24/7", succession=[{"kind": "split", "from": 5}]),
    hours("24/7", succession=[{"kind": "eaten", "from": "a"}]),
    hours("24/7", succession=[{"kind": "moved", "from": "leg-ulcer-clinic", "to": "x", "part": {"text": "\x00"}}]),
    hours("24/7", services=[{"id": "leg-ulcer-clinic"}, {"id": "leg-ulcer-clinic"}]),
    _with(name=" "), _with(name=""), _with(name="\x00"), _with(name="x" * 501), _with(owner=None), _with(owner=5),
    _with(owner={}), _with(owner={"team": None}), _with(owner={"team": {}}), _with(owner={"team": "nobody"}),
    _with(owner={"organisation": {"id": {}}}), _with(owner={"organisation": "x" * 10_000}),
    _with(owner={"organisation": "ZZN01", "team": "\x00"}), _with(locations=[{"latitude": 10**400}]),
    _with(locations=[{"latitude": 91}]), _with(eligibility={"age_min": 10**30}), _with(eligibility={"age_min": -1}),
    _with(needs=["x" * 301]), _with(needs=["x" * 400 + "a", "x" * 400 + "b"]), _with(needs=5), _with(needs="leg"),
    _with(areas=[{"name": "x" * 301}]), _with(areas=[{"name": "ß" * 299}]),
    _with(identifiers=[{"system": "x" * 201, "value": "1"}]),
    _with(identifiers=[{"system": "x", "value": "1" * 301}]), _with(status="gone"), _with(contacts=[{}]),
    _with(**{"\x00": 1}), _with(hours={"a": {"b": {"c": []}}}),
    _opening(id="a/b"), _opening(id="a b"), _opening(id="x" * 65), _opening(id="\x00"), _opening(id=""),
    _opening(id="é"), _opening(slug="A B"), _opening(slug=5), _opening(slug="x" * 101), _opening(ods_code=5),
    _opening(set={}), _opening(set={"name": "New"}), _organisation(ods_code="ZZN01"), _organisation(ods_code="zzn01"),
    _organisation(ods_code="x" * 21), _organisation(set={"name": " "}),
    _organisation(set={"name": "x", "opened": "soon"}),
]  # fmt: skip


def test_a_hostile_body_is_refused_and_writes_nothing(api: Api) -> None:
    for body in HOSTILE:
        answer = api.post(body)
        assert answer.status_code in (409, 422), (body, answer.text)
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.status_code == 409 or all(found["reason"] for found in answer.json()["problems"])
    assert api.numbers() == [1]


def test_a_name_that_deceives_the_eye_is_refused(api: Api) -> None:
    deceiving = {"U+200B": "Leg\u200b ulcer clinic", "U+202E": "\u202ecinilc", "Cyrillic": "L\u0435g ulcer clinic"}
    for said, name in deceiving.items():
        for body in (_with(name=name), _with(former_names=[name]), {**_with(name="Legs"), "title": name}):
            answer = api.post(body)
            assert answer.status_code == 422
            assert said in answer.text
    assert api.numbers() == [1]


def test_infinite_and_missing_numbers_are_refused(light_api: Api) -> None:
    for number in (b"NaN", b"Infinity", b"1e999"):
        body = json.dumps(_with(locations=[{"latitude": "HERE"}])).encode().replace(b'"HERE"', number)
        assert light_api.post(body).status_code in (400, 422)


def test_a_team_is_found_by_its_id_too(site: FakeSite, api: Api) -> None:
    team = Edit("t-17", {"name": "Long", "organisation": "community-trust"}, expected_version=0, slug="long")
    build.change(site.database, build.draft(title="Team", kinds=("opened",), teams=(team,)))
    set_ = {"name": "New", "owner": {"organisation": "ZZN01", "team": "t-17"}}
    assert api.post(_opening(set=set_)).status_code == 201
    assert api.get("/services/new")["owner"]["team"] == {"slug": "long", "name": "Long"}


def test_an_owner_may_be_a_new_team_by_its_id_alone(light_api: Api) -> None:
    team = {"id": "Long_Id", "expected_version": 0, "set": {"name": "Long", "organisation": "ZZN01"}}
    body = _opening(set={"name": "New", "owner": {"team": "Long_Id"}})
    entry = light_api.post({**body, "teams": [team]}).json()["services"][0]
    owner = light_api.get(f"/services/{entry['slug']}?as_of=2027-01-01")["owner"]
    assert (owner["organisation"]["ods_code"], owner["team"]) == ("ZZN01", {"slug": "long-id", "name": "Long"})


def test_an_unforeseen_failure_says_nothing_of_its_cause(light_site: FakeSite) -> None:
    def broken(_query: object) -> Any:
        raise RuntimeError("the secret is 42")

    light_site.search = broken
    answer = TestClient(app_of(light_site), raise_server_exceptions=False).get("/api/v1/search?q=leg")
    assert (answer.status_code, answer.json()["status"]) == (500, 500)
    assert "42" not in answer.text


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
FIELDS = ("name", "owner", "needs", "areas", "contacts", "locations", "hours", "eligibility", "former_names", "status")


@settings(max_examples=examples(25), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    edit=st.fixed_dictionaries({}, optional=dict.fromkeys(FIELDS, JSON)),
    more=st.fixed_dictionaries({}, optional=dict.fromkeys(("title", "kinds", "weight", "succession", "teams"), JSON)),
)
def test_no_body_is_a_failure_of_ours(api: Api, edit: dict[str, Any], more: dict[str, Any]) -> None:
    answer = api.post({**_with(**edit), **more}, query="?dry_run=true")
    assert answer.status_code < 500, answer.text


@settings(max_examples=examples(25), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    path=st.sampled_from(["services", "changes", "organisations", "teams", "pages", "search", "services/x/versions"]),
    name=st.sampled_from(["after", "limit", "owner", "team", "area", "status", "as_of", "kind", "service", "q"]),
    value=st.text(max_size=20),
    key=st.text(min_size=1, max_size=20),
)
def test_no_address_is_a_failure_of_ours(api: Api, path: str, name: str, value: str, key: str) -> None:
    value, key = (text.encode("utf-8", "replace").decode() for text in (value, key))
    for address in (f"{path}?{name}={quote(value)}", f"{path}/{quote(key, safe='')}"):
        assert api.client.get(f"/api/v1/{address}").status_code < 500


def test_the_builders_stand(api: Api) -> None:
    """The bodies above are refused for what is wrong in them, not for what they share."""
    assert api.post(_with(hours="24/7")).status_code == 201
    assert api.post(_opening()).status_code == 201
    assert api.post(_organisation(id="another")).status_code == 201
    assert build.TODAY
