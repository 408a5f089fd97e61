"""Entries as bodies that satisfy both HSDS 3.0 and Open Referral UK 3.0.

What neither has a place for stands in one documented extra property, `signpost`: who refers how, what took the place
of what, and the whole entry (`facts`) in the shapes of the JSON API, so that what goes out comes in again the same.
Optional fields are omitted, never null or empty (`pruned`).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from directory.domain.change import fold
from directory.domain.organisation import OrganisationFacts
from directory.domain.service import Facts, Identifier, Status, differing_fields
from directory.domain.succession import Succession
from directory.exchange.hsds_hours import schedules_of
from directory.exchange.hsds_ids import NEEDS_TAXONOMY, made_of, need_uuid, own_uuid, service_uuid
from directory.exchange.hsds_places import area_of, at_locations, reached_at, url_of
from directory.shapes import to_plain

Json = dict[str, Any]
EXTRA = "signpost"
_STATUS: Mapping[Status, str] = {
    "active": "active",
    "paused": "temporarily closed",
    "planned": "inactive",
    "closed": "defunct",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A version as it came into force: from which day, of which number, and what it says."""

    day: date
    number: int
    facts: Facts


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceOut:
    """A service to be written: each version that has been in force, the oldest first, and what stands around it.

    `modified_at` is an instant (UTC), `checked_on` a day in the directory's zone; `organisations` has the names of
    those that owned it, by id; `names` the name and slug of each service in its `links`.
    """

    key: str
    slug: str
    versions: Sequence[Standing]
    organisation: OrganisationFacts
    organisation_slug: str
    organisations: Mapping[str, str]
    modified_at: datetime
    team: tuple[str, str] | None = None
    checked_on: date | None = None
    links: Sequence[Succession] = ()
    names: Mapping[str, Linked] | None = None

    @property
    def facts(self) -> Facts:
        """What is in force."""
        return self.versions[-1].facts

    @property
    def uuid(self) -> str:
        """What Open Referral calls it."""
        return service_uuid(self.key, self.facts.identifiers)


@dataclass(frozen=True, slots=True)
class Linked:
    """A service at the other end of a succession."""

    slug: str
    name: str
    identifiers: tuple[Identifier, ...]


def service_body(service: ServiceOut, *, base_url: str) -> Json:
    """A whole service, with all that belongs to it."""
    return pruned(
        {
            **_alone(service),
            **_belonging(service.facts, service.uuid),
            "metadata": list(metadata_of(service)),
            EXTRA: {
                "slug": service.slug,
                "href": f"{base_url}/services/{service.slug}",
                "version": service.versions[-1].number,
                "effective_from": service.versions[-1].day.isoformat(),
                "team": {"slug": service.team[0], "name": service.team[1]} if service.team else None,
                "succeeded_by": [_link(link, link.successor, service) for link in _links(service, before=True)],
                "replaces": [_link(link, link.predecessor, service) for link in _links(service, before=False)],
                "facts": facts_plain(service.facts),
            },
        }
    )


def service_line(service: ServiceOut) -> Json:
    """A service in a list: only what it has one of, its organisation among it."""
    return pruned(_alone(service))


def _alone(service: ServiceOut) -> Json:
    organisation = organisation_body(service.facts.owner.organisation, service.organisation, service.organisation_slug)
    return {
        **spoken(service.facts, service.uuid),
        "organization_id": organisation["id"],
        "assured_date": service.checked_on.isoformat() if service.checked_on else "",
        "last_modified": instant(service.modified_at),
        "organization": organisation,
    }


def standard_body(facts: Facts, service: str) -> Json:
    """What the two standards can say of some facts, for a service with a UUID."""
    return pruned({**spoken(facts, service), **_belonging(facts, service)})


def spoken(facts: Facts, service: str) -> Json:
    """The fields of a service that hold one value each, and that its facts say."""
    reached = reached_at(facts, service)
    return {
        "id": service,
        "name": facts.name,
        "description": facts.description or facts.summary,
        "url": reached["url"],
        "email": reached["email"],
        "status": _STATUS[facts.status],
        "eligibility_description": facts.eligibility.text,
        "minimum_age": facts.eligibility.age_min,
        "maximum_age": facts.eligibility.age_max,
    }


def _belonging(facts: Facts, service: str) -> Json:
    reached = reached_at(facts, service)
    return {
        "phones": reached["phones"],
        "contacts": reached["contacts"],
        "additional_urls": reached["additional_urls"],
        "schedules": _schedules(facts.hours, service),
        "service_areas": [area_of(area, service) for area in dict.fromkeys(facts.areas)],
        "service_at_locations": list(at_locations(facts, service)),
        "attributes": [_attribute(need, service) for need in dict.fromkeys(facts.needs) if fold(need)],
    }


def _schedules(hours: str, service: str) -> list[Json]:
    return [
        {
            "id": made_of(service, "schedule", str(place), hours),
            "service_id": service,
            "freq": each.freq,
            "interval": 1 if each.freq else None,
            "byday": ",".join(each.byday),
            "opens_at": each.opens_at,
            "closes_at": each.closes_at,
            "description": each.description,
        }
        for place, each in enumerate(schedules_of(hours))
    ]


def _attribute(need: str, service: str) -> Json:
    term = term_body(need)
    return {
        "id": made_of(service, "need", need),
        "link_id": service,
        "link_type": "need",
        "link_entity": "service",
        "value": need,
        "taxonomy_term_id": term["id"],
        "taxonomy_term": term,
    }


def term_body(need: str) -> Json:
    """A need as a taxonomy term."""
    return {
        "id": need_uuid(need),
        "name": need,
        "term": need,
        "description": need,
        "taxonomy": "Needs",
        "taxonomy_id": NEEDS_TAXONOMY,
    }


def taxonomy_body() -> Json:
    """The one taxonomy: what people need, in the words of entries."""
    said = "What somebody may need, in the words that entries of this directory use"
    return {"id": NEEDS_TAXONOMY, "name": "Needs", "description": said}


def organisation_body(key: str, facts: OrganisationFacts, slug: str) -> Json:
    """An organisation; its ODS code is an organisation identifier."""
    identity = own_uuid("organisation", key)
    code = {
        "id": made_of(identity, "ods", facts.ods_code or ""),
        "organization_id": identity,
        "identifier_scheme": "GB-NHS-ODS",
        "identifier_type": "ODS code",
        "identifier": facts.ods_code or "",
    }
    return pruned(
        {
            "id": identity,
            **organisation_said(facts),
            "organization_identifiers": [code] if facts.ods_code else [],
            EXTRA: {"slug": slug, "facts": to_plain(facts)},
        }
    )


def organisation_said(facts: OrganisationFacts) -> Json:
    """What the two standards can say of an organisation, which they require to be described."""
    return {"name": facts.name, "description": facts.description or facts.name, "website": url_of(facts.website)}


def facts_plain(facts: Facts) -> Json:
    """An entry's fields in the shapes of the JSON API, but for its owner."""
    plain: Json = to_plain(facts)
    return {name: value for name, value in plain.items() if name != "owner"}


def metadata_of(service: ServiceOut) -> Iterable[Json]:
    """What has changed since it began, one change of one field each; its owner is named, its values are JSON."""
    for before, after in zip(service.versions, service.versions[1:], strict=False):
        old, new = to_plain(before.facts), to_plain(after.facts)
        for name in differing_fields(before.facts, after.facts):
            yield {
                "id": made_of(service.uuid, "metadata", str(after.number), after.day.isoformat(), name),
                "resource_id": service.uuid,
                "resource_type": "service",
                "last_action_date": after.day.isoformat(),
                "last_action_type": "update",
                "field_name": name,
                "previous_value": _value(old.get(name)),
                "replacement_value": _value(new.get(name)),
                "updated_by": service.organisations[after.facts.owner.organisation],
            }


def _value(plain: object) -> str:
    if plain is None:
        return ""
    return plain if isinstance(plain, str) else json.dumps(plain, ensure_ascii=False, sort_keys=True)


def _links(service: ServiceOut, *, before: bool) -> list[Succession]:
    return [link for link in service.links if (link.predecessor if before else link.successor) == service.key]


def _link(link: Succession, other: str | None, service: ServiceOut) -> Json:
    linked = (service.names or {}).get(other or "")
    return {
        "kind": link.kind,
        "effective_from": link.effective_from.isoformat(),
        "id": service_uuid(other, linked.identifiers) if other and linked else "",
        "slug": linked.slug if linked else "",
        "name": linked.name if linked else "",
        "part": to_plain(link.part) if link.part else None,
    }


def instant(at: datetime) -> str:
    """An instant in UTC, as RFC 3339 has it, to the microsecond."""
    return f"{at:%Y-%m-%dT%H:%M:%S.%f}Z"


_REQUIRED_EVEN_EMPTY = frozenset({"previous_value", "replacement_value"})


def pruned(body: Json) -> Json:
    """The same without what is null or empty at any depth, but for what the schemas require."""
    found: Json = _pruned(body)
    return found


def _pruned(value: Any) -> Any:
    if isinstance(value, dict):
        kept = {name: _pruned(inner) for name, inner in value.items() if name != "facts"}
        if "facts" in value:
            # Written by our own shapes, in which an empty text may be meant.
            kept["facts"] = value["facts"]
        return {
            name: inner
            for name, inner in kept.items()
            if name in _REQUIRED_EVEN_EMPTY or not (inner is None or inner == "" or inner == [] or inner == {})
        }
    return [_pruned(inner) for inner in value] if isinstance(value, list) else value
