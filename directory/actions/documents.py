"""Services as search knows them: what they are called now, and everything they were ever called."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date

from sqlalchemy import Connection

from directory.content.markdown import plain
from directory.domain.service import Entry, Facts
from directory.search.document import Document
from directory.store import services as service_store
from directory.store.versions import find_ids, histories

# Entries are read and handed on in pieces: a country's directory must not stand in memory at once.
PIECE = 1_000


def documents(connection: Connection, ids: Sequence[str], *, on: date) -> Iterator[Document]:
    """The documents of some services on a day, in the order of `ids`; one that only begins later stands as it will."""
    for start in range(0, len(ids), PIECE):
        piece = ids[start : start + PIECE]
        entries = service_store.entries(connection, piece, on=on)
        begun = {entry.id for entry in entries}
        entries += service_store.entries(connection, [key for key in piece if key not in begun], on=date.max)
        versions = histories(connection, "service", piece)
        names = _OwnerNames.of(connection, [facts for held in versions.values() for facts in held])
        for entry in entries:
            yield _document(entry, versions[entry.id], names)


class _OwnerNames:
    """Every name that organisations and teams have had, by organisation id and by team slug."""

    def __init__(self, organisations: dict[str, list[str]], teams: dict[str, list[str]]) -> None:
        self.organisations, self.teams = organisations, teams

    @classmethod
    def of(cls, connection: Connection, facts: Iterable[Facts]) -> _OwnerNames:
        owners = {each.owner for each in facts}
        organisations = histories(connection, "organisation", {owner.organisation for owner in owners})
        ids = find_ids(connection, "team", {owner.team for owner in owners if owner.team})
        teams = histories(connection, "team", set(ids.values()))
        return cls(
            {key: [held.name for held in held_facts] for key, held_facts in organisations.items()},
            {slug: [held.name for held in teams.get(key, [])] for slug, key in ids.items()},
        )

    def ever(self, facts: Facts) -> list[str]:
        team = self.teams.get(facts.owner.team, []) if facts.owner.team else []
        return [*team, *self.organisations.get(facts.owner.organisation, [])]


def _document(entry: Entry, versions: Sequence[Facts], names: _OwnerNames) -> Document:
    facts = entry.facts
    owners = tuple(filter(None, [entry.team.name if entry.team else "", entry.organisation.name]))
    codes = [identifier.value for identifier in facts.identifiers]
    codes += [entry.organisation.ods_code] if entry.organisation.ods_code else []
    return Document(
        id=entry.id,
        slug=entry.slug,
        name=facts.name,
        former_names=_former([facts.name], [*facts.former_names, *(held.name for held in versions)]),
        status=facts.status,
        setting=facts.setting,
        owners=owners,
        former_owners=_former(owners, [name for held in versions for name in names.ever(held)]),
        needs=facts.needs,
        areas=tuple(area.name for area in facts.areas),
        phones=_numbers(facts),
        former_phones=_former(_numbers(facts), [number for held in versions for number in _numbers(held)]),
        emails=_mailboxes(facts),
        former_emails=_former(_mailboxes(facts), [box for held in versions for box in _mailboxes(held)]),
        addresses=_addresses(facts),
        former_addresses=_former(_addresses(facts), [place for held in versions for place in _addresses(held)]),
        postcodes=tuple(dict.fromkeys(place.postcode for place in facts.locations if place.postcode)),
        codes=tuple(dict.fromkeys(codes)),
        summary=facts.summary,
        text=_text(facts),
        age_min=facts.eligibility.age_min,
        age_max=facts.eligibility.age_max,
        urgencies=tuple(dict.fromkeys(route.urgency for route in facts.referral_routes)),
        superseded=facts.status == "closed" or bool(entry.succeeded_by),
    )


def _former(present: Iterable[str], ever: Iterable[str]) -> tuple[str, ...]:
    """What was, without what is, each once."""
    now = {text.casefold() for text in present}
    found: dict[str, str] = {}
    for text in ever:
        if text and text.casefold() not in now:
            found.setdefault(text.casefold(), text)
    return tuple(found.values())


def _numbers(facts: Facts) -> tuple[str, ...]:
    numbers = [contact.value for contact in facts.contacts if contact.type in ("phone", "text")]
    numbers += [
        route.address
        for route in facts.referral_routes
        if route.method in ("phone", "self") and "@" not in route.address
    ]
    return tuple(dict.fromkeys(filter(None, numbers)))


def _mailboxes(facts: Facts) -> tuple[str, ...]:
    boxes = [contact.value for contact in facts.contacts if contact.type == "email"]
    boxes += [route.address for route in facts.referral_routes if "@" in route.address]
    return tuple(dict.fromkeys(filter(None, boxes)))


def _addresses(facts: Facts) -> tuple[str, ...]:
    places = [", ".join(filter(None, [place.name, place.address])) for place in facts.locations]
    places += [contact.value for contact in facts.contacts if contact.type in ("address", "website")]
    places += [route.address for route in facts.referral_routes if route.method in ("letter", "web", "electronic")]
    return tuple(dict.fromkeys(filter(None, places)))


def _text(facts: Facts) -> str:
    said = [plain(facts.description) if facts.description else "", facts.eligibility.text]
    said += [" ".join(filter(None, [route.who, route.notes, route.what_to_send])) for route in facts.referral_routes]
    return " ".join(filter(None, said))
