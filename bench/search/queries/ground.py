"""What is true of the invented directory: who handles what where, and whose a name or a number is."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache

from bench.corpus import complete_districts
from bench.search.queries.labelled import DOUBT, MOST_RIGHT, Draft, Labelled
from bench.words import specialties
from bench.world.places import SHARED, District, district
from bench.world.service import Service
from bench.world.services import services_of
from directory.search.document import Document

_WORD = re.compile(r"[a-z0-9]+")
_EMPTY = frozenset(("service", "services", "clinic", "team", "the", "and", "of", "for", "in", "at"))


class Ground:
    """The truth about a directory of a size, district by district; only whole districts are asked about."""

    def __init__(self, size: int, seed: int) -> None:
        self.size, self.seed = size, seed
        # Hospitals serve two districts, so that the last one may stand alone.
        self.districts = complete_districts(size, seed) // SHARED * SHARED
        if not self.districts:
            raise ValueError("A directory to ask about has at least two whole districts: 400 services.")
        self._services = cache(lambda number: tuple(services_of(number, seed)))
        self.kind_of_need = {need: kind.key for kind in specialties() for need in kind.needs}

    def district(self, number: int) -> District:
        """A district."""
        return district(number, self.seed)

    def services(self, number: int) -> tuple[Service, ...]:
        """Every service of a district, gone ones included."""
        return self._services(number)

    def serving(self, number: int, place: str, kinds: Iterable[str]) -> tuple[frozenset[str], frozenset[str]]:
        """The ids of the services of some kinds for a place of a district: live ones, and those that closed."""
        wanted = set(kinds)
        near = {number, number - number % SHARED}
        found = [
            each
            for nearby in sorted(near)
            for each in self.services(nearby)
            if each.kind.key in wanted and any(area.name == place for area in each.facts.areas)
        ]
        live = frozenset(each.id for each in found if each.live)
        return live, frozenset(each.id for each in found if not each.live)


def name_key(name: str) -> str:
    """A name as people compare it: its words, without those that every service has."""
    found = [word for word in _WORD.findall(name.lower().replace("'", "")) if word not in _EMPTY]
    return " ".join(sorted(found))


def digits(number: str) -> str:
    """The digits of a telephone number."""
    return re.sub(r"\D", "", number)


def keys_of(document: Document) -> Iterator[tuple[str, str]]:
    """Everything by which a document can be sought; what it has now under other kinds than what it had."""
    yield "name", name_key(document.name)
    yield from (("former-name", name_key(name)) for name in document.former_names)
    # The team of a service that has ended is no answer where the same team runs one that has not.
    yield from (("former-owner" if document.superseded else "owner", name_key(name)) for name in document.owners)
    yield from (("phone", digits(number)) for number in document.phones)
    yield from (("former-phone", digits(number)) for number in document.former_phones)
    yield from (("code", code) for code in document.codes)
    yield from (("mail", box) for box in (*document.emails, *document.former_emails))
    yield from (("postcode", postcode) for postcode in document.postcodes)


def resolve(drafts: Iterable[Draft], documents: Iterable[Document]) -> list[Labelled]:
    """Look up in the whole corpus what each draft seeks, and say which questions leave doubt."""
    waiting = list(drafts)
    wanted = {each for draft in waiting for each in draft.sought}
    found: dict[tuple[str, str], set[str]] = {each: set() for each in wanted}
    for document in documents:
        for key in wanted.intersection(keys_of(document)):
            found[key].add(document.id)
    return [_labelled(draft, found) for draft in waiting]


def _labelled(draft: Draft, found: dict[tuple[str, str], set[str]]) -> Labelled:
    best, also = set(draft.best), set(draft.also)
    for key in draft.sought:
        # What a thing is now goes before what something else once was.
        (also if best and key[0].startswith("former") else best).update(found[key])
    also -= best
    doubt = draft.kind == DOUBT or not 0 < len(best) <= MOST_RIGHT
    return Labelled(draft.kind, draft.text, frozenset(best), frozenset(also), draft.area, doubt)
