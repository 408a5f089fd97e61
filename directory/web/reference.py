"""`/api`: every call of the JSON API, read from its OpenAPI document."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from directory.web.rendering import page, site_of

Document = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Value:
    """A parameter or a field: what it is called, of which type, and what it means; `shape` is a type to look up."""

    name: str
    type: str
    shape: str
    required: bool
    means: str


@dataclass(frozen=True, slots=True)
class Answered:
    """One answer by its status."""

    status: str
    means: str
    shape: str


@dataclass(frozen=True, slots=True)
class Call:
    """A call as it is shown."""

    id: str
    method: str
    path: str
    summary: str
    key: str
    parameters: tuple[Value, ...]
    body: str
    answers: tuple[Answered, ...]
    wrong: tuple[str, ...]
    example: str


@dataclass(frozen=True, slots=True)
class Shape:
    """A type as it is shown."""

    name: str
    means: str
    fields: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Reference:
    """The whole page."""

    server: str
    calls: Mapping[str, tuple[Call, ...]]
    shapes: tuple[Shape, ...]
    problems: Mapping[str, str]


def page_of(document_of: Callable[[str], Document]) -> Callable[[Request], Response]:
    """The page of the document that `document_of` makes for an address; worked out once for each."""

    @cache
    def shown(base_url: str) -> Reference:
        return reference_of(document_of(base_url))

    def reference(request: Request) -> Response:
        """`/api`"""
        return page(request, "api.html", shown=shown(site_of(request).settings.base_url))

    return reference


def reference_of(document: Document) -> Reference:
    """What the page shows of a document."""
    calls: dict[str, list[Call]] = {tag["name"]: [] for tag in document["tags"]}
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            calls[operation["tags"][0]].append(_call(document, path, method, operation))
    schemas = document["components"]["schemas"]
    return Reference(
        document["servers"][0]["url"],
        {name: tuple(each) for name, each in calls.items()},
        tuple(_shape(name, schemas[name]) for name in sorted(schemas)),
        document["components"]["x-problems"],
    )


def _call(document: Document, path: str, method: str, operation: Mapping[str, Any]) -> Call:
    parameters = tuple(
        _value(each["name"], each["schema"], each.get("required", False), each.get("description", ""))
        for each in operation["parameters"]
    )
    body = _body(operation)
    answers: list[Answered] = []
    wrong: list[str] = []
    for status, answer in operation["responses"].items():
        if "$ref" in answer:
            wrong.append(status)
        else:
            shape = answer.get("content", {}).get("application/json", {}).get("schema", {})
            answers.append(Answered(status, answer["description"], _type(shape)[1]))
    security = operation["security"]
    key = "needed" if {} not in security else "not needed where everybody may read"
    example = _example(document, path, method, operation)
    return Call(
        operation["operationId"], method.upper(), path, operation["summary"], key, parameters, body, tuple(answers),
        tuple(wrong), example,
    )  # fmt: skip


def _body(operation: Mapping[str, Any]) -> str:
    content = operation.get("requestBody", {}).get("content", {}).get("application/json")
    return _type(content["schema"])[1] if content else ""


def _example(document: Document, path: str, method: str, operation: Mapping[str, Any]) -> str:
    named = {"{key}": _key_of(path), "{number}": "1", "{ref}": "REF"}
    for part, value in named.items():
        path = path.replace(part, value)
    needed = [each for each in operation["parameters"] if each.get("required") and each["in"] == "query"]
    query = "?" + "&".join(f"{each['name']}=leg+ulcer" for each in needed) if needed else ""
    lines = ["curl" + ("" if method == "get" else f" -X {method.upper()}")]
    if {} not in operation["security"]:
        lines.append("-H 'Authorization: Bearer KEY'")
    body = _body(operation)
    if body:
        found = document["components"]["schemas"][body].get("examples", [{}])[0]
        said = json.dumps(found, ensure_ascii=False).replace("'", "\\u0027")
        lines += ["-H 'Content-Type: application/json'", f"-d '{said}'"]
    return " \\\n  ".join([*lines, f"'{document['servers'][0]['url']}{path}{query}'"])


def _key_of(path: str) -> str:
    known = {"services": "leg-ulcer-clinic", "organisations": "ZZN01", "teams": "tissue-viability"}
    return known.get(path.split("/")[1], "SLUG")


def _shape(name: str, schema: Mapping[str, Any]) -> Shape:
    required = schema.get("required", ())
    fields = tuple(
        _value(field, found, field in required, found.get("description", ""))
        for field, found in schema.get("properties", {}).items()
    )
    return Shape(name, schema.get("description", ""), fields)


def _value(name: str, schema: Mapping[str, Any], required: bool, means: str) -> Value:
    words, shape = _type(schema)
    return Value(name, words, shape, required, means.replace("`", ""))


def _type(schema: Mapping[str, Any]) -> tuple[str, str]:
    """A type in words and, where it has a name, that."""
    if "$ref" in schema:
        return "", schema["$ref"].rpartition("/")[2]
    if "anyOf" in schema:
        parts = [_type(each) for each in schema["anyOf"] if each.get("maxLength") != 0]
        return " or ".join(said for said, _ in parts if said), next((shape for _, shape in parts if shape), "")
    if "enum" in schema:
        return "one of " + ", ".join(str(each) for each in schema["enum"] if each != ""), ""
    if "const" in schema:
        return json.dumps(schema["const"]), ""
    if schema.get("type") == "array":
        words, shape = _type(schema["items"])
        return f"list of {words}".strip(), shape
    return " ".join(_facts(schema)), ""


def _facts(schema: Mapping[str, Any]) -> Iterator[str]:
    names = {"string": "text", "integer": "whole number", "boolean": "true or false", "null": "null"}
    form = {"date": "day", "date-time": "instant"}.get(schema.get("format", ""))
    yield form or names.get(schema.get("type", ""), schema.get("type", "anything"))
    if "minimum" in schema and "maximum" in schema and schema["maximum"] < 10**9:
        yield f"from {schema['minimum']} to {schema['maximum']}"
    if schema.get("maxLength"):
        yield f"of at most {schema['maxLength']:,} characters"
