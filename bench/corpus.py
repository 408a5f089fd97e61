"""A directory of any size, invented from a seed: as services over twenty years, and as the documents that search holds.

The same seed gives the same services in the same order, and a smaller directory is the beginning of a larger one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import count, islice

from bench.world.places import most_districts
from bench.world.service import Service
from bench.world.services import services_of
from directory.domain.service import Facts
from directory.search.document import Document

SEED = 20260302


def services(size: int, seed: int = SEED) -> Iterator[Service]:
    """The first `size` services, made as they are asked for."""
    return islice((each for number in count() for each in services_of(number, seed)), size)


def documents(size: int, seed: int = SEED) -> Iterator[Document]:
    """The first `size` services as search holds them today."""
    return map(document_of, services(size, seed))


def complete_districts(size: int, seed: int = SEED) -> int:
    """How many districts are whole in a directory of this size."""
    left = size
    for number in range(most_districts()):
        left -= len(services_of(number, seed))
        if left < 0:
            return number
    return most_districts()


def document_of(service: Service) -> Document:
    """A service as it stands today, with everything it was ever called."""
    now, states = service.facts, [state.facts for state in service.states]
    owners = _owner_names(service, now)[:2]
    ever = [name for facts in states for name in _owner_names(service, facts)]
    return Document(
        id=service.id,
        slug=service.slug,
        name=now.name,
        former_names=_former((now.name,), (*now.former_names, *(facts.name for facts in states))),
        status=now.status,
        setting=now.setting,
        owners=tuple(owners),
        former_owners=_former(owners, ever),
        needs=now.needs,
        areas=tuple(area.name for area in now.areas),
        phones=_phones(now),
        former_phones=_former(_phones(now), (number for facts in states for number in _phones(facts))),
        emails=_mailboxes(now),
        former_emails=_former(_mailboxes(now), (box for facts in states for box in _mailboxes(facts))),
        addresses=_addresses(now),
        former_addresses=_former(_addresses(now), (place for facts in states for place in _addresses(facts))),
        postcodes=tuple(place.postcode for place in now.locations),
        codes=(*(each.value for each in now.identifiers), service.owners[now.owner.organisation].ods_code),
        summary=now.summary,
        text=_text(now),
        age_min=now.eligibility.age_min,
        age_max=now.eligibility.age_max,
        superseded=not service.live or bool(service.successions),
    )


def _owner_names(service: Service, facts: Facts) -> list[str]:
    """Team, organisation, and what the organisation was called before."""
    organisation = service.owners[facts.owner.organisation]
    team = service.teams[facts.owner.team or ""]
    return [name for name in (team.name, organisation.name, organisation.former_name) if name]


def _former(present: Iterable[str], ever: Iterable[str]) -> tuple[str, ...]:
    now = set(present)
    return tuple(dict.fromkeys(text for text in ever if text and text not in now))


def _phones(facts: Facts) -> tuple[str, ...]:
    found = [contact.value for contact in facts.contacts if contact.type == "phone"]
    found += [route.address for route in facts.referral_routes if route.method == "phone"]
    return tuple(dict.fromkeys(found))


def _mailboxes(facts: Facts) -> tuple[str, ...]:
    found = [contact.value for contact in facts.contacts if contact.type == "email"]
    found += [route.address for route in facts.referral_routes if route.method == "email"]
    return tuple(dict.fromkeys(found))


def _addresses(facts: Facts) -> tuple[str, ...]:
    return tuple(f"{place.name}, {place.address}" for place in facts.locations)


def _text(facts: Facts) -> str:
    said = [facts.description.replace("\n\n", " "), facts.eligibility.text]
    said += [" ".join(filter(None, (route.who, route.notes, route.what_to_send))) for route in facts.referral_routes]
    return " ".join(said)
