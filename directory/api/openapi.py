"""The document of the JSON API, by OpenAPI 3.1: put together from its routes and from the shapes of what they read."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, Literal

from pydantic import TypeAdapter
from pydantic.json_schema import JsonSchemaMode
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

import directory
from directory.api.answers import matches
from directory.api.asking import Asked
from directory.api.declaring import Deed, deeds_of
from directory.api.problems import names
from directory.api.replies import ProblemDetails
from directory.api.routes import routes

PREFIX = "/api/v1"
REFERENCE = "#/components/schemas/{model}"
PATH_PARAMETERS: Mapping[str, Mapping[str, Any]] = {
    "key": {
        "description": "an id, a slug or, of an organisation, an ODS code",
        "schema": {"type": "string", "minLength": 1, "maxLength": 200},
    },
    "number": {"description": "a number", "schema": {"type": "integer", "minimum": 1, "maximum": 2**53 - 1}},
    "ref": {"description": "a reference", "schema": {"type": "string", "minLength": 1, "maxLength": 200}},
}
WRONG: Mapping[int, str] = {
    400: "The address, a header or the body cannot be read.",
    401: "A key is needed, or it is unknown, expired or revoked.",
    403: "The key may not do this.",
    404: "There is nothing at this address.",
    406: "The answer is JSON, and the call takes none.",
    409: "It is not as it was read, or it is over.",
    412: "It is not what If-Match names.",
    413: "The body is too large.",
    415: "The body is not JSON.",
    422: "The body breaks rules; `problems` names each.",
    428: "Say what was read, in If-Match or expected_version.",
    429: "Too many calls; Retry-After says for how many seconds.",
    503: "Not at present; Retry-After says for how many seconds.",
}
TAGS: Mapping[str, str] = {
    "search": "Who handles this", "suggest": "Who handles this",
    "services": "Services", "reports": "Services",
    "changes": "Changes",
    "offers": "Changes that wait for agreement",
    "subscriptions": "Being told", "bounces": "Being told",
    "organisations": "Organisations and teams", "teams": "Organisations and teams",
    "pages": "Knowledge pages",
}  # fmt: skip


def document(base_url: str, offered: tuple[BaseRoute, ...]) -> Mapping[str, Any]:
    """The whole document, for the calls of `offered`, which lie under /api/v1 of `base_url`."""
    calls = [call for route in offered for call in _of(route)]
    schemas = _Schemas(calls)
    paths: dict[str, dict[str, Any]] = {}
    for path, method, deed in calls:
        paths.setdefault(path, {})[method] = _operation(path, method, deed, schemas)
    return {
        "openapi": "3.1.1",
        "info": {
            "title": "Signpost",
            "version": directory.__version__,
            "summary": "Who handles a referral now, and what changed.",
            "description": "Errors are problem details (RFC 9457). Every POST takes an Idempotency-Key: the same key "
            "and body get the same answer, another body 422. Lists go on at `after`, from `next` of the page before.",
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": f"{base_url}{PREFIX}"}],
        "tags": [{"name": name} for name in dict.fromkeys(TAGS.values())],
        "paths": paths,
        "components": {
            "schemas": schemas.components,
            "responses": {f"Problem{status}": _problem(status, said) for status, said in WRONG.items()},
            "headers": _headers(),
            "x-problems": names(),
            "securitySchemes": {
                "key": {"type": "http", "scheme": "bearer", "description": "a key of scope read or publish"}
            },
        },
    }


def _of(route: BaseRoute) -> Iterator[tuple[str, str, Deed]]:
    if isinstance(route, Route):
        deeds = deeds_of(route.endpoint)
        for method in sorted((route.methods or set()) - {"HEAD"}):
            yield route.path, method.lower(), deeds.get(method) or deeds["*"]


class _Schemas:
    """Every shape that calls take and give, named once."""

    def __init__(self, calls: list[tuple[str, str, Deed]]) -> None:
        asked: dict[tuple[Any, JsonSchemaMode], TypeAdapter[Any]] = {}
        for _path, _method, deed in calls:
            if deed.said.takes is not None:
                asked.setdefault((deed.said.takes, "validation"), TypeAdapter(deed.said.takes))
            for shape in deed.said.gives.values():
                if shape is not None:
                    asked.setdefault((shape, "serialization"), TypeAdapter(shape))
        asked[ProblemDetails, "serialization"] = TypeAdapter(ProblemDetails)
        inputs = [(shape, mode, adapter) for (shape, mode), adapter in asked.items()]
        self._of, rest = TypeAdapter.json_schemas(inputs, ref_template=REFERENCE)
        self.components: Mapping[str, Any] = rest["$defs"]

    def of(self, shape: Any, mode: Literal["validation", "serialization"]) -> Mapping[str, Any]:
        """How a shape is referred to."""
        return self._of[shape, mode]


def _operation(path: str, method: str, deed: Deed, schemas: _Schemas) -> Mapping[str, Any]:
    said = deed.said
    operation: dict[str, Any] = {
        "operationId": _name(path, method),
        "summary": said.summary,
        "tags": [TAGS[path.split("/")[1]]],
        "parameters": [*_in_path(path), *_in_query(said.asks), *_in_header(method, deed)],
        "responses": {str(status): _answer(shape, schemas, deed) for status, shape in said.gives.items()},
        "security": _security(deed),
    }
    if said.takes is not None:
        body = {"application/json": {"schema": schemas.of(said.takes, "validation")}}
        operation["requestBody"] = {"required": deed.needs_body, "content": body}
    if said.tagged and method == "get":
        operation["responses"]["304"] = {"description": "It is what If-None-Match names.", "headers": _tag_header()}
    for status in _can_go_wrong(path, method):
        operation["responses"][str(status)] = {"$ref": f"#/components/responses/Problem{status}"}
    return operation


def _name(path: str, method: str) -> str:
    parts = [part if not part.startswith("{") else "by-" + part.strip("{}") for part in path.strip("/").split("/")]
    return "-".join([method, *parts])


def _security(deed: Deed) -> list[Mapping[str, Any]]:
    # Without a key, where the site lets everybody read.
    return (
        [{"key": []}]
        if deed.way == "publishes" or (deed.way == "reads" and deed.action != "read")
        else [{}, {"key": []}]
    )


def _can_go_wrong(path: str, method: str) -> Iterator[int]:
    yield from (400, 401, 403)
    # A body names things too.
    if "{" in path or method != "get":
        yield 404
    yield 406
    if method in ("post", "put", "patch"):
        yield from (409, 412, 413, 415, 422, 428)
    elif method == "delete":
        yield 412
    yield from (429, 503)


def _in_path(path: str) -> Iterator[Mapping[str, Any]]:
    for part in path.split("/"):
        if part.startswith("{"):
            name = part.strip("{}")
            yield {"name": name, "in": "path", "required": True, **PATH_PARAMETERS[name]}


def _in_query(asks: type[Asked] | None) -> Iterator[Mapping[str, Any]]:
    if asks is None:
        return
    schema = asks.model_json_schema(ref_template=REFERENCE)
    for name, found in schema["properties"].items():
        described = {"description": found["description"]} if "description" in found else {}
        shape = {key: value for key, value in found.items() if key not in ("title", "description", "default")}
        if found.get("default") not in (None, 0):
            shape["default"] = found["default"]
        required = {"required": True} if name in schema.get("required", ()) else {}
        yield {"name": name, "in": "query", **required, **described, "schema": shape}


def _in_header(method: str, deed: Deed) -> Iterator[Mapping[str, Any]]:
    if method == "post":
        key = {"type": "string", "pattern": "^[!-~][ -~]{0,254}$"}
        yield {
            "name": "Idempotency-Key",
            "in": "header",
            "description": "the same key and body, the same answer",
            "schema": key,
        }
    if deed.said.tagged and method == "get":
        yield {
            "name": "If-None-Match",
            "in": "header",
            "description": "the ETag of what is held",
            "schema": {"type": "string"},
        }
    if deed.said.matched:
        needed = {"required": True} if method == "patch" else {}
        yield {
            "name": "If-Match",
            "in": "header",
            **needed,
            "description": "the ETag of what was read",
            "schema": {"type": "string"},
        }


def _answer(shape: Any, schemas: _Schemas, deed: Deed) -> Mapping[str, Any]:
    told: dict[str, Any] = {"description": _words_of(shape), "headers": _limit_headers()}
    if deed.said.tagged:
        told["headers"] |= _tag_header()
    if shape is not None:
        told["content"] = {"application/json": {"schema": schemas.of(shape, "serialization")}}
    return told


def _words_of(shape: Any) -> str:
    return (shape.__doc__ or "").strip().partition("\n")[0] if shape is not None else "Done."


def _tag_header() -> dict[str, Any]:
    return {"ETag": {"$ref": "#/components/headers/ETag"}}


def _limit_headers() -> dict[str, Any]:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in ("RateLimit", "RateLimit-Policy")}


def _headers() -> dict[str, Any]:
    text, seconds = {"type": "string"}, {"type": "integer", "minimum": 0}
    return {
        "ETag": {"description": "names this state of it", "schema": text},
        "RateLimit": {"description": "calls that are left (`r`), for so many seconds (`t`)", "schema": text},
        "RateLimit-Policy": {"description": "calls (`q`) in a window of `w` seconds", "schema": text},
        "Retry-After": {"description": "seconds", "schema": seconds},
    }


def _problem(status: int, said: str) -> Mapping[str, Any]:
    found: dict[str, Any] = {
        "description": said,
        "content": {"application/problem+json": {"schema": {"$ref": REFERENCE.format(model="ProblemDetails")}}},
    }
    if status in (429, 503):
        found["headers"] = {"Retry-After": {"$ref": "#/components/headers/Retry-After"}}
    return found


@cache
def document_of(base_url: str) -> Mapping[str, Any]:
    """The document of this version of the API, made once."""
    return document(base_url, tuple(routes()))


def show_document(request: Request) -> Response:
    """GET /api/openapi.json, for programs of any origin."""
    content = json.dumps(document_of(request.app.state.site.settings.base_url), ensure_ascii=False).encode()
    tag = f'"{hashlib.sha256(content).hexdigest()[:24]}"'
    headers = {"ETag": tag, "Cache-Control": "no-cache", "Access-Control-Allow-Origin": "*"}
    if matches(request.headers.get("if-none-match"), tag, weakly=True):
        return Response(status_code=304, headers=headers)
    return Response(content, headers=headers, media_type="application/json")
