"""What each resource of FHIR can be found by: the search parameters, and their values in a body."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from directory.exchange.fhir_codes import Json, Term, fold

Kind = Literal["token", "string", "reference", "date", "special"]
LONGEST = 300
# The days before and after all others, where a period does not say.
FIRST, LAST = "0000-01-01", "9999-12-31"
Values = Callable[[Json], Iterable[tuple[str, str]]]


@dataclass(frozen=True, slots=True)
class Parameter:
    """A search parameter of one type: its name, its kind, and the resources that a reference leads to."""

    name: str
    kind: Kind
    values: Values
    targets: tuple[str, ...] = ()


def _token(*path: str) -> Values:
    """Identifiers, codings, concepts, codes and booleans, as (system, code)."""

    def values(body: Json) -> Iterator[tuple[str, str]]:
        for found in _at(body, path):
            if isinstance(found, bool):
                yield "", "true" if found else "false"
            elif isinstance(found, str):
                yield "", found
            else:
                for coding in found.get("coding", [found]):
                    yield coding.get("system", ""), coding.get("code", coding.get("value", ""))

    return values


def _string(*paths: str) -> Values:
    """Texts, as (as it is written, folded)."""

    def values(body: Json) -> Iterator[tuple[str, str]]:
        for path in paths:
            for found in _at(body, path.split(".")):
                yield found, fold(found)

    return values


def _reference(*path: str) -> Values:
    def values(body: Json) -> Iterator[tuple[str, str]]:
        for found in _at(body, path):
            if "reference" in found:
                yield "", found["reference"]

    return values


def _period(name: str) -> Values:
    """The first and the last day."""

    def values(body: Json) -> Iterator[tuple[str, str]]:
        for found in _at(body, (name,)):
            yield found.get("start", FIRST), found.get("end", LAST)

    return values


def _position(body: Json) -> Iterator[tuple[str, str]]:
    """The longitude and the latitude, in degrees (WGS 84)."""
    for found in _at(body, ("position",)):
        yield str(found["longitude"]), str(found["latitude"])


def _nothing(_body: Json) -> Iterable[tuple[str, str]]:
    return ()


def _at(body: Any, path: Iterable[str]) -> list[Any]:
    found = [body]
    for name in path:
        found = [value for each in found for value in _listed(each.get(name))]
    return found


def _listed(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


_ACTIVE = Parameter("active", "token", _token("active"))
_IDENTIFIER = Parameter("identifier", "token", _token("identifier"))
_NAME = Parameter("name", "string", _string("name"))
_ENDPOINT = Parameter("endpoint", "reference", _reference("endpoint"), ("Endpoint",))
_OWNER = ("Organization",)
_NONE: Values = _nothing

PARAMETERS: Mapping[str, tuple[Parameter, ...]] = {
    "HealthcareService": (
        _ACTIVE,
        Parameter("characteristic", "token", _token("characteristic")),
        Parameter("coverage-area", "reference", _reference("coverageArea"), ("Location",)),
        _ENDPOINT,
        _IDENTIFIER,
        Parameter("location", "reference", _reference("location"), ("Location",)),
        _NAME,
        Parameter("organization", "reference", _reference("providedBy"), _OWNER),
        Parameter("service-category", "token", _token("category")),
        Parameter("service-type", "token", _token("type")),
    ),
    "Organization": (
        _ACTIVE,
        Parameter("endpoint", "reference", _NONE, ("Endpoint",)),
        _IDENTIFIER,
        _NAME,
        Parameter("partof", "reference", _reference("partOf"), _OWNER),
        Parameter("type", "token", _token("type")),
    ),
    "Location": (
        Parameter("address", "string", _string("address.text", "address.postalCode")),
        Parameter("address-postalcode", "string", _string("address.postalCode")),
        Parameter("endpoint", "reference", _NONE, ("Endpoint",)),
        _IDENTIFIER,
        _NAME,
        Parameter("near", "special", _position),
        Parameter("organization", "reference", _reference("managingOrganization"), _OWNER),
        Parameter("partof", "reference", _NONE, ("Location",)),
        Parameter("status", "token", _token("status")),
        Parameter("type", "token", _token("type")),
    ),
    "Endpoint": (
        Parameter("connection-type", "token", _token("connectionType")),
        _IDENTIFIER,
        _NAME,
        Parameter("organization", "reference", _reference("managingOrganization"), _OWNER),
        Parameter("payload-type", "token", _token("payloadType")),
        Parameter("status", "token", _token("status")),
    ),
    "OrganizationAffiliation": (
        _ACTIVE,
        Parameter("date", "date", _period("period")),
        Parameter("endpoint", "reference", _NONE, ("Endpoint",)),
        _IDENTIFIER,
        Parameter("participating-organization", "reference", _reference("participatingOrganization"), _OWNER),
        Parameter("primary-organization", "reference", _reference("organization"), _OWNER),
        Parameter("role", "token", _token("code")),
    ),
    # The directory names no people: these can be asked for, and there are none.
    "Practitioner": (
        Parameter("active", "token", _NONE),
        Parameter("family", "string", _NONE),
        Parameter("given", "string", _NONE),
        Parameter("identifier", "token", _NONE),
        Parameter("name", "string", _NONE),
    ),
    "PractitionerRole": (
        Parameter("active", "token", _NONE),
        Parameter("location", "reference", _NONE, ("Location",)),
        Parameter("organization", "reference", _NONE, _OWNER),
        Parameter("practitioner", "reference", _NONE, ("Practitioner",)),
        Parameter("role", "token", _NONE),
        Parameter("service", "reference", _NONE, ("HealthcareService",)),
        Parameter("specialty", "token", _NONE),
    ),
}


def terms_of(body: Json) -> frozenset[Term]:
    """What a resource can be found by: parameter, qualifier and value, each as long as a column holds."""
    return frozenset(
        (parameter.name, qualifier[:LONGEST], value[:LONGEST])
        for parameter in PARAMETERS[body["resourceType"]]
        for qualifier, value in parameter.values(body)
        if value
    )
