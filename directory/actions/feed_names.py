"""A feed's services under the feed's own names, and which of ours each of them is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from uuid import UUID

from sqlalchemy import Connection

from directory.actions.import_plan import known_ids
from directory.actions.overruling import Merge
from directory.domain.organisation import OrganisationFacts
from directory.domain.service import Facts, Identifier
from directory.domain.source import Reading, SourceService, feed_system, names_record
from directory.exchange.hsds_ids import SYSTEM, is_uuid
from directory.shapes import set_from_plain
from directory.store import source_words as words
from directory.store.batches import read_json
from directory.store.source_words import Known
from directory.store.sources import Source
from directory.store.versions import find_ids, ids_by_identifier


@dataclass(frozen=True, slots=True)
class Whose:
    """Every id that a feed lists, and where this directory is, by which it knows its own services."""

    listed: frozenset[str]
    base_url: str


@dataclass(frozen=True, slots=True)
class Told:
    """A reading under the names of its feed, and which of our services and organisations each name stands for."""

    reading: Reading
    merge: Merge

    @classmethod
    def of(
        cls, connection: Connection, source: Source, known: Mapping[str, Known], reading: Reading, whose: Whose
    ) -> Told:
        """Under the names of a feed; `known` is what it said before, and `whose` what it lists and what is ours."""
        adopted = _adopted(connection, reading, known, f"{whose.base_url}/fhir/identifier/service")
        ids = {key: it.service_id for key, it in known.items()} | adopted
        named = words.organisations(connection, source.id)
        spoken = ids_by_identifier(connection, SYSTEM, [foreign_of(each) for each in reading.services])
        services = tuple(
            _under_its_feed(each, source, ids.get(foreign_of(each)), spoken, known) for each in reading.services
        )
        system = feed_system(source.name)
        # What is said of those that have not changed is not looked at.
        asked = {foreign_of(each) for each in reading.services} | (known.keys() - whose.listed)
        return cls(
            replace(reading, services=services),
            Merge(
                said={it.service_id: facts_said(it.said) for key, it in known.items() if key in asked},
                ids={Identifier(system, key): service for key, service in ids.items()},
                organisations={key: organisation for key, (organisation, _) in named.items()},
                said_of_organisations={key: organisation_said(said) for key, said in named.values()},
            ),
        )


def _adopted(connection: Connection, reading: Reading, known: Mapping[str, Known], own: str) -> dict[str, str]:
    """Services that are here already: by an import of the feed's file, or because they came from here.

    The first are known by the same UUID. `own` is the system under which this directory gives out its own names.
    """
    unknown = [each for each in reading.services if foreign_of(each) not in known]
    new = [each for each in unknown if is_uuid(foreign_of(each))]
    here = {key.value: ours for key, ours in known_ids(connection, new).items() if isinstance(key, Identifier)}
    wanted = {name: foreign_of(each) for each in new for name in (foreign_of(each), UUID(foreign_of(each)).hex)}
    wanted |= {name.value: foreign_of(each) for each in unknown for name in _names(each) if name.system == own}
    for name, ours in find_ids(connection, "service", wanted).items():
        here.setdefault(wanted[name], ours)
    # What another feed speaks of is that feed's: two cannot both be right about it.
    taken = words.spoken_of(connection, here.values())
    found: dict[str, str] = {}
    for foreign, ours in here.items():
        if ours not in taken:
            found[foreign] = ours
            taken.add(ours)
    return found


def _under_its_feed(
    service: SourceService, source: Source, ours: str | None, spoken: Mapping[str, str], known: Mapping[str, Known]
) -> SourceService:
    """The same under the feed's own name for it, so that no other feed's, nor another directory's, is taken for it."""
    foreign = foreign_of(service)
    kept = [each for each in _names(service) if each != service.identifier and not names_record(each.system)]
    its = [Identifier(feed_system(source.name), foreign)]
    # Passed on as it came, so that a directory that reads this one knows what is its own.
    if source.kind == "hsds" and is_uuid(foreign) and spoken.get(foreign, ours) == ours:
        its.append(Identifier(SYSTEM, foreign))
    back = {"status": "active"} if foreign in known and known[foreign].gone else {}
    return replace(service, identifier=its[0], set={**back, **service.set, "identifiers": (*kept, *its)})


def _names(service: SourceService) -> tuple[Identifier, ...]:
    given = service.set.get("identifiers")
    return given if isinstance(given, tuple) else ()


def foreign_of(service: SourceService) -> str:
    """What its feed calls a service."""
    return service.identifier.value if service.identifier else ""


def facts_said(text: str) -> dict[str, object]:
    """Fields of a service from what was kept of them."""
    return set_from_plain(Facts, read_json(text))


def organisation_said(text: str) -> dict[str, object]:
    """Fields of an organisation from what was kept of them."""
    return set_from_plain(OrganisationFacts, read_json(text))
