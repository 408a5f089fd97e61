"""The OpenAPI document of /hsds: the addresses and parameters of both standards, bodies by their published schemas."""

from __future__ import annotations

from typing import Any

VERSION = "HSDS-UK-3.0"
PROFILE = "https://open-referral-uk-profile.readthedocs.io/en/latest/"
DOCUMENT_AT = "/hsds/openapi.json"
Json = dict[str, Any]
_SCHEMAS = "https://raw.githubusercontent.com/openreferral/uk-profile/main/schema"
_TEXT, _WHOLE, _NUMBER, _FLAG = {"type": "string"}, {"type": "integer"}, {"type": "number"}, {"type": "boolean"}
_PARAMETERS: dict[str, tuple[Json, str]] = {
    "search": (_TEXT, "Words to look for."),
    "page": ({**_WHOLE, "minimum": 1}, "The number of the page, from 1."),
    "per_page": ({**_WHOLE, "minimum": 1, "maximum": 500}, "How many on a page; 50 where it is not said."),
    "format": ({**_TEXT, "enum": ["json", "ndjson"]}, "With ndjson all of it without pages, one on each line."),
    "full": (_FLAG, "Each with all that belongs to it."),
    "minimal": (_FLAG, "Only ids and when each was modified."),
    "modified_after": ({**_TEXT, "format": "date-time"}, "What was modified at or after an instant."),
    "taxonomy_term_id": (_TEXT, "Services with this term; given twice, with both."),
    "taxonomy_id": (_TEXT, "What has any term of this taxonomy."),
    "organization_id": (_TEXT, "Services of this organization."),
    "minimum_age": (_NUMBER, "Services whose minimum age is this or above."),
    "maximum_age": (_NUMBER, "Services whose maximum age is this or below."),
    "day": (_TEXT, "Services that open on this day of the week: MO, Monday."),
    "start_time": (_TEXT, "Services that open at this time or later, by HH:MM."),
    "end_time": (_TEXT, "Services that close at this time or before, by HH:MM."),
    "postcode": (_TEXT, "Services for this postcode, and those that name no area."),
    "proximity": (_NUMBER, "With postcode: so many metres from it at most, as the crow flies."),
    "full_service": (_FLAG, "Services with all that belongs to them."),
    "parent_id": (_TEXT, "Terms beneath this one."),
    "top_only": (_FLAG, "Terms without a parent."),
}
_PAGED = ("search", "page", "per_page", "format")
_FILTERS = (
    "modified_after", "taxonomy_term_id", "taxonomy_id", "organization_id", "minimum_age", "maximum_age", "day",
    "start_time", "end_time", "postcode", "proximity",
)  # fmt: skip
_LISTS: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "services": ("compiled/service_list.json", "compiled/service.json", (*_PAGED, "full", "minimal", *_FILTERS)),
    "service_at_locations": (
        "compiled/service_at_location_list.json",
        "compiled/service_at_location.json",
        (*_PAGED, "full", *_FILTERS),
    ),
    "organizations": (
        "compiled/organization_list.json",
        "compiled/organization.json",
        (*_PAGED, "full", "full_service"),
    ),
    "taxonomies": ("taxonomy.json", "taxonomy.json", _PAGED),
    "taxonomy_terms": ("taxonomy_term.json", "taxonomy_term.json", (*_PAGED, "taxonomy_id", "top_only", "parent_id")),
}


def document(base_url: str) -> Json:
    """The whole document."""
    paths: Json = {"/": {"get": {"summary": "What this is.", "responses": _answers(_root())}}}
    for name, (line, whole, parameters) in _LISTS.items():
        listed = {"type": "array", "items": {"$ref": f"{_SCHEMAS}/{line}"}}
        page = {"allOf": [{"$ref": "#/components/schemas/Page"}], "properties": {"contents": listed}}
        paths[f"/{name}"] = {
            "get": {
                "summary": f"A page of {name.replace('_', ' ')}.",
                "parameters": [_reference(each) for each in parameters],
                "responses": _answers(page),
            }
        }
        paths[f"/{name}/{{id}}"] = {
            "get": {
                "summary": f"One of the {name.replace('_', ' ')}.",
                "parameters": [
                    {"name": "id", "in": "path", "required": True, "schema": {**_TEXT, "format": "uuid"}},
                    *([_reference("full_service")] if name == "organizations" else []),
                ],
                "responses": _answers({"$ref": f"{_SCHEMAS}/{whole}"}) | {"404": {"description": "There is none."}},
            }
        }
    return {
        "openapi": "3.1.0",
        "info": {"title": "Services, by HSDS 3.0 and Open Referral UK 3.0", "version": VERSION},
        "servers": [{"url": f"{base_url}/hsds"}],
        "paths": paths,
        "components": {"parameters": _parameters(), "schemas": {"Page": _page()}},
    }


def _reference(name: str) -> Json:
    return {"$ref": f"#/components/parameters/{name}"}


def _answers(schema: Json) -> Json:
    return {"200": {"description": "The answer.", "content": {"application/json": {"schema": schema}}}}


def _root() -> Json:
    uri = {**_TEXT, "format": "uri"}
    return {"type": "object", "properties": {"version": _TEXT, "profile": uri, "openapi_url": uri}}


def _parameters() -> Json:
    return {
        name: {"name": name, "in": "query", "required": False, "schema": schema, "description": said}
        for name, (schema, said) in _PARAMETERS.items()
    }


def _page() -> Json:
    whole, flag = ("total_items", "total_pages", "page_number", "size"), ("first_page", "last_page", "empty")
    return {"type": "object", "properties": {**dict.fromkeys(whole, _WHOLE), **dict.fromkeys(flag, _FLAG)}}
