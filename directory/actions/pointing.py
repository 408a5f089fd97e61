"""What a change leaves pointing the wrong way, and what is scheduled already for the same services."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection

from directory.actions.prepare import Published
from directory.content.pages import read_page
from directory.domain.service import Facts
from directory.store import changes as change_store
from directory.store import pages as page_store
from directory.store.headlines import upcoming
from directory.store.mentions import services_that_say
from directory.store.successions import touching
from directory.store.versions import load_in_force

_LINK = re.compile(r"\]\(service:([a-z0-9-]+)\)")
# Shorter ones are no address of anybody.
SHORTEST = 6


@dataclass(frozen=True, slots=True)
class Pointing:
    """Pages (slug, title, whether as a step of a pathway) that name what changes, and ids of services.

    `entries` link to it or give out an address that the change takes away; `replaced` were replaced by it, so that
    whoever asks for them is sent on.
    """

    pages: tuple[tuple[str, str, bool], ...]
    entries: tuple[str, ...]
    replaced: tuple[str, ...]
    ends: bool


@dataclass(frozen=True, slots=True)
class Clash:
    """A published change that takes effect later on a service of this one; `fields` are what both set."""

    number: int
    title: str
    effective_from: date
    fields: tuple[str, ...]


def pointing(connection: Connection, published: Published, *, today: date) -> Pointing:
    """Everything that names or leads to the services of a change, as it stands today."""
    made = {version.subject_id: version.made.facts for version in published.versions if version.noun == "service"}
    before = load_in_force(connection, "service", made, on=published.change.effective_from)
    keys = set(made) | {row.slug for row in before.values()}
    gone = {text for service, row in before.items() for text in _addresses(row.facts) - _addresses(made[service])}
    links = touching(connection, "service", made)
    return Pointing(
        pages=tuple(_pages(connection, keys)),
        entries=tuple(
            services_that_say(connection, {*(f"(service:{key})" for key in keys), *gone}, besides=made, on=today)
        ),
        replaced=tuple(dict.fromkeys(link.predecessor for link in links if link.successor in made)),
        ends=any(facts.status == "closed" for facts in made.values()),
    )


def _pages(connection: Connection, keys: set[str]) -> Iterable[tuple[str, str, bool]]:
    for page in page_store.every(connection):
        if not any(key in page.text for key in keys):
            continue
        read = read_page(page.text, slug=page.slug)
        step = any(each.service in keys for each in read.steps)
        if step or keys & set(_LINK.findall(read.body)):
            yield page.slug, read.title, step


def _addresses(facts: Facts) -> set[str]:
    found = [route.address for route in facts.referral_routes] + [contact.value for contact in facts.contacts]
    return {text for text in found if len(text) >= SHORTEST}


def clashes(connection: Connection, published: Published, *, today: date) -> list[Clash]:
    """Changes of the same services that were published and lie ahead, in the order of their days."""
    ours = {subject.id: set(subject.set) for subject in published.change.subjects if subject.noun == "service"}
    gone = published.change.supersedes
    coming = upcoming(connection, ours, on=today)
    numbers = {row.number for rows in coming.values() for row in rows} - {gone}
    return sorted(
        (
            Clash(
                change.number,
                change.title,
                change.effective_from,
                tuple(
                    dict.fromkeys(
                        name for each in change.subjects for name in each.set if name in ours.get(each.id, ())
                    )
                ),
            )
            for change in change_store.load_many(connection, numbers)
        ),
        key=lambda clash: (clash.effective_from, clash.number),
    )


def names_and_slugs(connection: Connection, ids: Iterable[str], *, today: date) -> list[tuple[str, str]]:
    """What services are called today, with their slugs, by name."""
    rows = load_in_force(connection, "service", ids, on=today)
    return sorted((row.facts.name, row.slug) for row in rows.values())
