"""A client that holds every answer of the API against its OpenAPI document."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import jsonschema_rs

from directory.api.openapi import document_of
from tests.client import TestClient

BASE_URL = "https://signpost.example"


class CheckedClient(TestClient):
    """Fails on what the document does not say: a status, a header that it promises, a body of another shape."""

    def request(self, method: str, url: Any, **given: Any) -> Any:
        answer = super().request(method, url, **given)
        path = urlsplit(str(url)).path
        if path.startswith("/api/v1/"):
            check(method, path.removeprefix("/api/v1"), answer)
        return answer


def check(method: str, path: str, answer: Any) -> None:
    """One answer to a call of the API."""
    operation = operation_of(method, path)
    media = answer.headers.get("content-type", "")
    if operation is None or answer.status_code == 500:
        assert media == "application/problem+json", (method, path, answer.text)
        return
    status, said = str(answer.status_code), operation["responses"]
    assert status in said, f"{method} {path} answers {status}, and the document does not say so: {answer.text[:500]}"
    content, headers = _resolved(said[status])
    for name in headers:
        assert name.startswith("RateLimit") or name in answer.headers, f"{method} {path}: no {name}"
    if method == "HEAD" or not content:
        assert method == "HEAD" or answer.content == b""
        return
    assert media in content, (method, path, media)
    found = list(_validator(json.dumps(content[media]["schema"])).iter_errors(answer.json()))
    assert not found, f"{method} {path} {status}: {found[0]}"


def operation_of(method: str, path: str) -> Mapping[str, Any] | None:
    """The call that the document has for an address; None where it has none."""
    method = "get" if method == "HEAD" else method.lower()
    for template, methods in document_of(BASE_URL)["paths"].items():
        if method in methods and _pattern(template).fullmatch(path):
            found: Mapping[str, Any] = methods[method]
            return found
    return None


@cache
def _pattern(template: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\{[a-z]+\}", "[^/]+", template))


@cache
def _validator(schema: str) -> Any:
    whole = {**json.loads(schema), "components": document_of(BASE_URL)["components"]}
    return jsonschema_rs.Draft202012Validator(whole, validate_formats=True)


def _resolved(said: Mapping[str, Any]) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    if "$ref" in said:
        said = document_of(BASE_URL)["components"]["responses"][said["$ref"].rpartition("/")[2]]
    return said.get("content", {}), said.get("headers", {})
