"""What a file of FHIR says beside the standard, so that it comes in again the same: an extension called `exact`.

Its value is JSON. Of a HealthcareService: `of`, by what all of it is read as; and for each field that FHIR does not
carry whole, `is`, what the entry says, and `read`, by what the field is read as. Whoever edits what is read means what
they wrote: there the exact words give way. Of an Organization: `of`, and all of its `facts`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from directory.domain.organisation import OrganisationFacts
from directory.domain.service import FIELDS, Facts, Owner
from directory.domain.source import SourceOrganisation, SourceService
from directory.errors import Invalid
from directory.exchange.hsds_json import Json, object_of, objects_of, text_of
from directory.shapes import set_from_plain, to_plain

NAME = "exact"
_OWNER = "owner"


def exact_service(found: Json, read: SourceService, facts: Facts, owner: tuple[str, str | None], base: str) -> str:
    """The value of the extension for a resource, what it is read as, and what it stands for.

    `owner` is the id of the Organization that its version names, and the team as an import finds it.
    """
    here, there = _plain(read.set), _plain({name: getattr(facts, name) for name in FIELDS if name != _OWNER})
    differ = {
        name: {"read": _digest(here.get(name)), "is": there.get(name)}
        for name in FIELDS
        if name != _OWNER and here.get(name) != there.get(name)
    }
    named = {"organization": owner[0], "team": owner[1]}
    return _json({"of": _digest([here, _owner(found, base)]), "fields": differ, _OWNER: named})


def exact_organisation(read: SourceOrganisation, facts: OrganisationFacts) -> str:
    """The same for an organisation."""
    return _json({"of": _of_organisation(read), "facts": to_plain(facts)})


def taken_exactly(
    service: SourceService, found: Json, exact: str, organisations: Mapping[str, SourceOrganisation], base: str
) -> SourceService:
    """A service as it was, where nobody has edited what it is read as; as it was read where that is not understood."""
    try:
        given = json.loads(exact)
        read = _plain(service.set)
        whole = given["of"] == _digest([read, _owner(found, base)])
        fields = {name: each["is"] for name, each in given["fields"].items() if each["read"] == _digest(read.get(name))}
        said = Facts(owner=Owner("its owner"), **{"name": "", **service.set, **_set(fields)})  # type: ignore[arg-type]
        named = given[_OWNER] if whole else None
    except (Invalid, ValueError, TypeError, KeyError, AttributeError):
        return service
    taken = {**service.set, **{name: getattr(said, name) for name in fields}}
    if named is None:
        return replace(service, set=taken)
    owner = organisations.get(f"Organization/{text_of(named, 'organization')}", service.organisation)
    return replace(
        service,
        set=taken,
        organisation=replace(owner, row=service.row),
        team=text_of(named, "team") or None,
        effective_from=_day(found, base),
    )


def organisation_exactly(read: SourceOrganisation, exact: str) -> SourceOrganisation:
    """An organisation as it was, where nobody has edited what it is read as."""
    try:
        given = json.loads(exact)
        facts = set_from_plain(OrganisationFacts, given["facts"])
        code = str(facts.pop("ods_code", "") or "") or None
        same = given["of"] == _of_organisation(read) and bool(facts.get("name"))
    except (Invalid, ValueError, TypeError, KeyError, AttributeError):
        return read
    return replace(read, set=facts, ods_code=code) if same else read


def own_extensions(found: Json, base: str, name: str) -> list[Json]:
    """The extensions of this directory's making, by their name."""
    url = f"{base}/StructureDefinition/{name}"
    return [each for each in objects_of(found, "extension") if text_of(each, "url") == url]


def _set(fields: Mapping[str, Any]) -> dict[str, object]:
    """Fields as the domain has them; one that is None has its default."""
    whole = Facts(
        owner=Owner("its owner"),
        **{"name": "-", **set_from_plain(Facts, {name: value for name, value in fields.items() if value is not None})},  # type: ignore[arg-type]
    )
    return {name: getattr(whole, name) for name in fields}


def _plain(given: Mapping[str, object]) -> dict[str, Any]:
    facts = Facts(owner=Owner("its owner"), **{"name": "-", **given})  # type: ignore[arg-type]
    found: dict[str, Any] = to_plain(facts)
    return {name: value for name, value in found.items() if name != _OWNER}


def _owner(found: Json, base: str) -> list[str]:
    team = next((object_of(each, "valueReference") for each in own_extensions(found, base, "team")), {})
    return [text_of(object_of(found, "providedBy"), "reference"), text_of(team, "reference")]


def _day(found: Json, base: str) -> date | None:
    written = next((text_of(each, "valueDate") for each in own_extensions(found, base, "effective-from")), "")
    try:
        return date.fromisoformat(written)
    except ValueError:
        return None


def _of_organisation(read: SourceOrganisation) -> str:
    return _digest([dict(read.set), read.ods_code])


def _json(value: object) -> str:
    # In ASCII: nothing on its way takes a control character or a wide space away.
    return json.dumps(value, separators=(",", ":"))


def _digest(value: object) -> str:
    written = json.dumps(value, ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(written.encode("utf-8", "surrogatepass")).hexdigest()[:16]
