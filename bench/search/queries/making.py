"""Drafts of questions of each kind, from a set's own phrases, slips and chance."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from random import Random

from bench.search.queries.ground import Ground, name_key
from bench.search.queries.labelled import DOUBT, SYNONYM, Draft
from bench.search.queries.phrases import Phrases
from bench.search.queries.slips import Slip, known_words, misspell
from bench.words import Specialty, by_key, specialties
from bench.world.service import Service

# How often a district or a service is drawn for one question before the phrase is given up.
_TRIES = 200
# A telephone number as it is typed.
Dial = Callable[[str, Random], str]


class Making:
    """One set in the making; `part` of 2 says which half of each kind's conditions it may ask about."""

    def __init__(self, ground: Ground, phrases: Phrases, slip: Slip, dial: Dial, random: Random, part: int) -> None:
        self.ground, self.phrases, self.random, self.part = ground, phrases, random, part
        self._slip, self._dial = slip, dial
        self._known = known_words(ground)

    def needs(self, kind: Specialty) -> Sequence[str]:
        """The conditions of a kind that this set asks about."""
        return kind.needs[self.part :: 2]

    def several(self, make: Callable[[], Draft | None], number: int) -> Iterator[Draft]:
        """Drafts that all differ in their text."""
        seen: set[str] = set()
        for _ in range(number * _TRIES):
            if len(seen) == number:
                return
            draft = make()
            if draft is not None and draft.text.casefold() not in seen:
                seen.add(draft.text.casefold())
                yield draft
        raise ValueError(f"Only {len(seen)} of {number} different questions could be made.")

    def condition_place(self) -> Draft | None:
        """A condition and a place."""
        return self._asked("condition-place", self.random.choice(self.phrases.place))

    def question(self) -> Draft | None:
        """A question as it is put to a colleague."""
        if self.random.random() < 0.6:
            return self._asked("question", self.random.choice(self.phrases.question))
        key = self.random.choice(list(self.phrases.free))
        return self._served("question", self.random.choice(self.phrases.free[key]), (key,))

    def abbreviation(self) -> Draft | None:
        """An abbreviation and a place."""
        short, kinds = self.random.choice(list(self.phrases.abbreviation.items()))
        form = self.random.choice(self.phrases.short)
        return self._served("abbreviation", form, kinds, need=short if self.random.random() < 0.6 else short.lower())

    def synonym(self, words: str, need: str) -> Draft | None:
        """Other words for a condition, and a place."""
        return self._served(SYNONYM, "{need} {place}", (self.ground.kind_of_need[need],), need=words)

    def misspelt(self) -> Draft | None:
        """A condition and a place of which one is misspelt, in such a way that no other word is as near."""
        number, place, kind = self._somewhere()
        need = self.random.choice(self.needs(kind))
        live, gone = self.ground.serving(number, place, (kind.key,))
        wrong_place = self.random.random() < 0.25
        typed = misspell(place if wrong_place else need, self._slip, self._known, self.random)
        if not live or typed is None:
            return None
        need, place = (need, typed) if wrong_place else (typed, place)
        return Draft(
            "misspelt", self._fill(self.random.choice(self.phrases.place[:3]), need, place), best=live, also=gone
        )

    def exact(self) -> Draft | None:
        """The present name of a service; where it holds no place, with the area chosen beside it."""
        service = self.any_service(lambda each: each.live)
        name = service.facts.name
        placed = any(place in name for place in (*service.district.area_names, service.district.hospital.name))
        text = self.random.choice(self.phrases.exact).format(name=self.sloppy(name))
        if not placed:
            return Draft("exact", text, best=frozenset([service.id]), area=self.random.choice(service.places))
        return Draft("exact", text, (("name", name_key(name)), ("former-name", name_key(name))))

    def former(self) -> Draft | None:
        """What a service was called, or one that another took the place of."""
        service = self.any_service(lambda each: bool(each.facts.former_names or each.successions))
        names = [*service.facts.former_names, *([service.facts.name] if service.successions else [])]
        name = self.random.choice(names)
        text = self.random.choice(self.phrases.former).format(name=self.sloppy(name))
        heirs = frozenset(link.successor for link in service.successions if link.successor)
        return Draft("former-name", text, (("name", name_key(name)), ("former-name", name_key(name))), also=heirs)

    def nothing(self) -> Draft | None:
        """What no service does."""
        _, place, _ = self._somewhere()
        return Draft(DOUBT, self.random.choice(self.phrases.nothing).format(place=place))

    def absent(self) -> Draft | None:
        """A condition that nobody takes in this place."""
        number, place, kind = self._somewhere()
        live, gone = self.ground.serving(number, place, (kind.key,))
        if live:
            return None
        return Draft(
            DOUBT,
            self._fill(self.random.choice(self.phrases.place), self.random.choice(self.needs(kind)), place),
            also=gone,
        )

    def nowhere(self, place: str) -> Draft:
        """A condition in a place that is not in the directory."""
        kind = self.random.choice(specialties())
        return Draft(
            DOUBT, self._fill(self.random.choice(self.phrases.place), self.random.choice(self.needs(kind)), place)
        )

    def anywhere(self) -> Draft:
        """A condition, and no place: there is one in every district."""
        return Draft(DOUBT, self.random.choice(self.needs(self.random.choice(specialties()))))

    def dial(self, number: str) -> str:
        """A telephone number as this set types it."""
        return self._dial(number, self.random)

    def _asked(self, name: str, form: str) -> Draft | None:
        number, place, kind = self._somewhere()
        live, gone = self.ground.serving(number, place, (kind.key,))
        if not live:
            return None
        return Draft(name, self._fill(form, self.random.choice(self.needs(kind)), place), best=live, also=gone)

    def _served(self, name: str, form: str, kinds: Sequence[str], need: str = "") -> Draft | None:
        number, place, _ = self._somewhere(by_key()[kinds[0]])
        live, gone = self.ground.serving(number, place, kinds)
        return Draft(name, self._fill(form, need, place), best=live, also=gone) if live else None

    def _somewhere(self, kind: Specialty | None = None) -> tuple[int, str, Specialty]:
        number = self.random.randrange(self.ground.districts)
        kind = kind or self.random.choice(specialties())
        where = self.ground.district(number)
        named = where.places if kind.scope == "place" or self.random.random() < 0.7 else (where.name,)
        return number, self.random.choice(named), kind

    def any_service(self, wanted: Callable[[Service], bool]) -> Service:
        """One of the wanted services, in any district."""
        number = self.random.randrange(self.ground.districts)
        return self.random.choice([each for each in self.ground.services(number) if wanted(each)])

    def _fill(self, form: str, need: str, place: str) -> str:
        text = form.format(need=need, place=place)
        return text.lower() if self.random.random() < 0.5 else text

    def sloppy(self, name: str) -> str:
        """A name as it is typed: mostly without capitals and marks."""
        if self.random.random() < 0.3:
            return name
        return " ".join(name.replace("–", " ").replace("(", " ").replace(")", " ").replace(",", " ").split()).lower()
