"""Domain values to plain data and back, by pydantic: one shape for the database, JSON, YAML and OpenAPI.

Values are written without what equals its default, so that records stay short; reading puts the defaults back.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, fields
from typing import Any, TypeVar, get_type_hints

from pydantic import TypeAdapter, ValidationError

from directory.domain.organisation import OrganisationFacts, TeamFacts
from directory.domain.service import Facts
from directory.errors import Invalid, Problem

T = TypeVar("T")


_adapters: dict[Any, TypeAdapter[Any]] = {}
_fields: dict[Any, dict[str, TypeAdapter[Any]]] = {}


def adapter(shape: Any) -> TypeAdapter[Any]:
    """The validator and serialiser of a type, built once."""
    if shape not in _adapters:
        _adapters[shape] = TypeAdapter(shape)
    return _adapters[shape]


def _field_adapters(shape: type[Any]) -> dict[str, TypeAdapter[Any]]:
    if shape not in _fields:
        hints = get_type_hints(shape)
        _fields[shape] = {field.name: TypeAdapter(hints[field.name]) for field in fields(shape)}
    return _fields[shape]


def to_plain(value: Any) -> Any:
    """A domain value as dicts, lists and JSON scalars, without what equals its default."""
    return adapter(type(value)).dump_python(value, mode="json", exclude_defaults=True)


def to_json(value: Any) -> bytes:
    """The same as bytes of JSON."""
    return adapter(type(value)).dump_json(value, exclude_defaults=True)


def from_json(shape: type[T], data: str | bytes) -> T:
    """A domain value from stored JSON."""
    value: T = adapter(shape).validate_json(data)
    return value


def from_plain(shape: type[T], data: object, *, where: str = "") -> T:
    """A domain value from outside data; raises `Invalid` naming every mistake by its path."""
    try:
        value: T = adapter(shape).validate_python(data)
    except ValidationError as error:
        raise Invalid(problems_of(error, where)) from None
    return value


def set_from_plain(shape: type[Any], data: object, *, where: str = "set") -> dict[str, object]:
    """The `set` of an edit: each key a field of `shape`, each value validated as that field; raises `Invalid`."""
    if not isinstance(data, Mapping):
        raise Invalid([Problem(where, "give a mapping of fields to their new values")])
    adapters = _field_adapters(shape)
    result: dict[str, object] = {}
    problems: list[Problem] = []
    for key, value in data.items():
        path = f"{where}.{key}"
        if key not in adapters:
            problems.append(Problem(path, f"there is no such field; the fields are {', '.join(adapters)}"))
            continue
        try:
            result[key] = adapters[key].validate_python(_tidied(value))
        except ValidationError as error:
            problems.extend(problems_of(error, path))
    if problems:
        raise Invalid(problems)
    return result


def tidy(text: str) -> str:
    """Text as it is kept: no space around it, and one kind of line end, so that files give it back as it was."""
    return text.replace("\r\n", "\n").replace("\r", "\n").strip()


def _tidied(value: object) -> object:
    if isinstance(value, str):
        return tidy(value)
    if isinstance(value, Mapping):
        return {key: _tidied(inner) for key, inner in value.items()}
    return [_tidied(inner) for inner in value] if isinstance(value, list | tuple) else value


def set_to_plain(shape: type[Any], edit: Mapping[str, object]) -> dict[str, Any]:
    """The `set` of an edit as plain data, in the order of the shape's fields."""
    adapters = _field_adapters(shape)
    return {
        key: adapters[key].dump_python(edit[key], mode="json", exclude_defaults=True) for key in adapters if key in edit
    }


def settled(shape: type[Any], edit: Mapping[str, object]) -> dict[str, object]:
    """The `set` of an edit as its record gives it back: what is kept and what is written down are the same."""
    return set_from_plain(shape, set_to_plain(shape, edit))


SHAPE_OF_NOUN: Mapping[str, type[Any]] = {"service": Facts, "organisation": OrganisationFacts, "team": TeamFacts}


def required_fields(shape: type[Any]) -> frozenset[str]:
    """The fields without a default: what a new one of this shape must be given."""
    return frozenset(
        field.name for field in fields(shape) if field.default is MISSING and field.default_factory is MISSING
    )


def problems_of(error: ValidationError, where: str = "") -> list[Problem]:
    """Pydantic's findings as the domain names them: a dotted path and a sentence."""
    return [
        Problem(".".join([*([where] if where else []), *(str(part) for part in found["loc"])]), _sentence(found["msg"]))
        for found in error.errors(include_url=False, include_input=False, include_context=False)
    ]


def _sentence(message: str) -> str:
    return message.removeprefix("Value error, ")
