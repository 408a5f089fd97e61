"""The OpenAPI document says all that there is, and nothing else; /api shows it."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from openapi_spec_validator import validate
from pydantic import TypeAdapter
from starlette.routing import Route

from directory.api import declaring, openapi, problems
from directory.api.routes import routes
from tests.api.conftest import Api
from tests.api.documented import BASE_URL, check
from tests.web.conftest import FoundSite, client_of

DOCUMENT = openapi.document_of(BASE_URL)


def calls() -> Iterator[tuple[str, str, declaring.Deed]]:
    for route in routes():
        assert isinstance(route, Route)
        for method in sorted((route.methods or set()) - {"HEAD"}):
            deeds = declaring.deeds_of(route.endpoint)
            assert deeds, f"{route.path} does not say what it does: @says(...)"
            yield route.path, method.lower(), deeds.get(method) or deeds["*"]


def test_it_is_openapi_3_1() -> None:
    validate(copy.deepcopy(dict(DOCUMENT)))
    assert DOCUMENT["openapi"].startswith("3.1")


def test_it_has_every_call_and_no_other() -> None:
    offered = {(path, method) for path, method, _ in calls()}
    said = {(path, method) for path, methods in DOCUMENT["paths"].items() for method in methods}
    assert said == offered
    names = [each["operationId"] for methods in DOCUMENT["paths"].values() for each in methods.values()]
    assert len(names) == len(set(names))


def test_every_example_is_of_its_shape() -> None:
    taken = [deed.said.takes for _, _, deed in calls() if deed.said.takes is not None]
    for shape in taken:
        examples = TypeAdapter(shape).json_schema()["examples"]
        assert examples
        for example in examples:
            TypeAdapter(shape).validate_python(example, strict=False)


def test_every_post_takes_an_idempotency_key() -> None:
    for path, method, _ in calls():
        names = {each["name"] for each in DOCUMENT["paths"][path][method]["parameters"]}
        assert ("Idempotency-Key" in names) is (method == "post")


def test_an_answer_that_it_does_not_describe_is_noticed(light_api: Api) -> None:
    answer = light_api.client.get("/api/v1/services/leg-ulcer-clinic")
    check("GET", "/services/leg-ulcer-clinic", answer)
    for wrong in (answer.json() | {"surprise": 1}, answer.json() | {"version": "one"}):
        answer._content = json.dumps(wrong).encode()
        with pytest.raises(AssertionError):
            check("GET", "/services/leg-ulcer-clinic", answer)
    answer.status_code = 418
    with pytest.raises(AssertionError):
        check("GET", "/services/leg-ulcer-clinic", answer)


def test_it_is_served_to_every_origin_and_kept(site_of_pages: FoundSite) -> None:
    client = client_of(site_of_pages)
    found = client.get("/api/openapi.json")
    assert (found.status_code, found.headers["content-type"]) == (200, "application/json")
    assert found.headers["access-control-allow-origin"] == "*"
    assert found.json()["servers"] == [{"url": "http://127.0.0.1:8000/api/v1"}]
    again = client.get("/api/openapi.json", headers={"If-None-Match": found.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_the_page_shows_every_call_and_what_every_problem_means(site_of_pages: FoundSite) -> None:
    found = client_of(site_of_pages).get("/api")
    html = found.text
    assert found.status_code == 200
    assert "script" not in found.headers["content-security-policy"]
    assert "<script" not in html
    ids = re.findall(r'\bid="([^"]+)"', html)
    assert len(ids) == len(set(ids))
    for methods in DOCUMENT["paths"].values():
        for operation in methods.values():
            assert operation["operationId"] in ids
    assert problems.names().keys() <= set(ids)
    assert set(re.findall(r'href="#([^"]+)"', html)) <= set(ids)


def test_a_site_for_those_who_signed_in_shows_it_too(site_of_pages: FoundSite) -> None:
    site_of_pages.settings = site_of_pages.settings.model_copy(update={"reading": "signed-in"})
    assert client_of(site_of_pages).get("/api").status_code == 200


@pytest.fixture
def site_of_pages(sqlite_url: str, tmp_path: Any) -> Iterator[FoundSite]:
    from tests.web.conftest import site_over

    site = site_over(sqlite_url, tmp_path)
    yield site
    site.close()
