"""One service in the making: what it was when it opened, what happened to it, and what took its place."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from random import Random

from bench.words import AGES, Specialty, specialties
from bench.words import prose as sentences
from bench.world import prose
from bench.world.naming import former_name, present_name
from bench.world.places import District, Organisation, district, street, venue
from bench.world.service import FIRST_DAY, LAST_DAY, MOST_SERVICES, Service, State, Team, access_point, telephone
from directory.domain.service import (
    Area,
    Basis,
    Contact,
    Eligibility,
    Facts,
    Identifier,
    Location,
    Owner,
    ReferralRoute,
    slug_of,
)
from directory.domain.succession import Succession

_CLOSED, _MERGED, _REPLACED = 0.04, 0.3, 0.12


class Maker:
    """One kind of service in one group of places."""

    def __init__(self, kind: Specialty, where: District, places: tuple[str, ...], seed: int, random: Random) -> None:
        self.kind, self.where, self.places, self.seed, self.random = kind, where, places, seed, random
        self.owners: dict[str, Organisation] = {}
        self.teams: dict[str, Team] = {}
        self.renamed = self.handed_over = False

    def services(self, index: int) -> list[Service]:
        """The live service after those that it took the place of; or one that closed and left nothing."""
        if self.random.random() < _CLOSED:
            return [self.service(index, closed=self._day(2010, 2024))]
        gone: list[Service] = []
        live_id = f"s{self.where.number:04d}-{index:03d}"
        if self.kind.scope != "hospital" and self.random.random() < (_MERGED if len(self.places) > 1 else _REPLACED):
            day = self._day(2009, 2024)
            merged = len(self.places) > 1 and self.kind.scope == "place"
            for number, place in enumerate(self.places if merged else self.places[:1], start=1):
                one = Maker(self.kind, self.where, (place,) if merged else self.places, self.seed, self.random)
                link = Succession("", live_id, "merged" if merged else "replaced", day)
                gone.append(one.service(index + number, closed=day, link=link))
        return [self.service(index), *gone]

    def service(self, index: int, closed: date | None = None, link: Succession | None = None) -> Service:
        """One service over time; where it has closed, with the link to what took its place."""
        id_ = f"s{self.where.number:04d}-{index:03d}"
        states = self._states(index, closed)
        links = (replace(link, predecessor=id_),) if link else ()
        if closed and not link:
            links = (Succession(id_, None, "closed", closed),)
        return Service(
            id=id_,
            slug=f"{slug_of(states[-1].facts.name, limit=60)}-{self.where.number}-{index}",
            kind=self.kind,
            district=self.where,
            places=self.places,
            states=states,
            successions=links,
            owners=self.owners,
            teams=self.teams,
        )

    def _states(self, index: int, closed: date | None) -> tuple[State, ...]:
        facts = self._first(index, gone=closed is not None)
        last = closed or LAST_DAY
        day = FIRST_DAY + timedelta(days=self.random.randint(0, 1500))
        states = [State(day, facts)]
        for change in self._changes(index):
            day += timedelta(days=self.random.randint(200, 1400))
            if day >= last:
                day = states[-1].effective_from + max(timedelta(days=1), (last - states[-1].effective_from) / 3)
            facts = facts.with_(change)
            states.append(State(day, facts))
        if closed:
            states.append(
                State(max(closed, states[-1].effective_from + timedelta(days=1)), facts.with_({"status": "closed"}))
            )
        return tuple(states)

    def _changes(self, index: int) -> Iterator[dict[str, object]]:
        """What happens to a service in its life, in turn; the last state is what it is now."""
        random = self.random
        if self.renamed and random.random() < 0.15:
            yield {"name": former_name(self.kind, self._place(), random)}
        if self.renamed:
            yield {"name": self.name}
        if self.handed_over:
            yield {"owner": self._owner(self._organisation())}
        if random.random() < 0.5:
            yield {"contacts": self._contacts(index, slot=1), "referral_routes": self._routes(index)}
        if random.random() < 0.3:
            yield {"locations": (self._location(),)}

    def _first(self, index: int, *, gone: bool) -> Facts:
        """What it was when it opened: under an older name and owner where a change will follow."""
        kind, random = self.kind, self.random
        self.name = present_name(kind, self.where, self.places, random)
        self.renamed = not gone and random.random() < 0.45
        self.handed_over = kind.setting == "community" and random.random() < 0.35
        place = self._place()
        told = list(kind.needs)
        random.shuffle(told)
        kept = max(3, round(len(told) * random.uniform(0.6, 1)))
        others = [each.names[0] for each in random.sample(specialties(), 2)]
        low, high = AGES[kind.ages]
        return Facts(
            name=former_name(kind, place, random) if gone or self.renamed else self.name,
            owner=self._owner(self.where.before if self.handed_over else self._organisation()),
            setting=kind.setting,
            summary=prose.summary(kind, random),
            description=prose.description(kind, place, told[kept:] + told[:1], others, random),
            eligibility=Eligibility(prose.eligibility(kind, place, random), low, high),
            needs=tuple(told[:kept]),
            areas=self._areas(),
            referral_routes=self._routes(index),
            contacts=self._contacts(index, slot=0),
            locations=(self._location(),),
            hours=random.choice(["Mo-Fr 09:00-17:00", "Mo-Fr 08:30-16:30", "Mo-Su 08:00-20:00", "24/7"]),
            identifiers=(Identifier("dos", f"D{(self.where.number * MOST_SERVICES + index) * 7 + 1000003}"),),
        )

    def _areas(self) -> tuple[Area, ...]:
        names = list(self.places)
        if self.kind.scope != "place":
            names.append(self.where.name)
        if self.kind.scope == "hospital":
            names += district(self.where.number + 1, self.seed).area_names
        basis: Basis = "resident" if self.kind.setting == "social-care" else "registered"
        return tuple(Area(name, basis=basis) for name in names)

    def _organisation(self) -> Organisation:
        where, kind = self.where, self.kind
        if kind.key.startswith("hospice"):
            return where.hospice
        by_setting = {
            "acute": where.hospital.organisation,
            "mental-health": where.mental,
            "social-care": where.council,
            "voluntary": where.voluntary,
        }
        return by_setting.get(kind.setting, where.community)

    def _owner(self, organisation: Organisation) -> Owner:
        name = f"{self._place()} {self.kind.team} Team"
        slug = slug_of(f"{name} {organisation.id}")
        self.owners[organisation.id] = organisation
        self.teams[slug] = Team(slug=slug, name=name, organisation=organisation)
        return Owner(organisation.id, slug)

    def _contacts(self, index: int, slot: int) -> tuple[Contact, ...]:
        box = f"{self.kind.key}.{self.places[0]}{index}".lower()
        found = [
            Contact("phone", telephone(self.where.number, index, slot), "Referrals", "professionals"),
            Contact("email", f"{box}@{_host(self._organisation())}", "Referrals", "professionals"),
        ]
        if self.random.random() < 0.3:
            found.append(Contact("phone", telephone(self.where.number, index, 2 + slot), "Appointments"))
        return tuple(found)

    def _routes(self, index: int) -> tuple[ReferralRoute, ...]:
        random, words = self.random, sentences()
        who, send = random.choice(words["refers"]), random.choice(words["send"])
        hours = random.choice(["Mo-Fr 09:00-17:00", "Mo-Su 08:00-20:00"])
        box = f"{self.kind.key}.{self.places[0]}{index}".lower()
        routes = [ReferralRoute("email", f"{box}@{_host(self._organisation())}", who, "routine", hours, send)]
        if self.kind.setting == "community" and random.random() < 0.4:
            routes.append(
                ReferralRoute(
                    "phone", access_point(self.where.number), who, "urgent", hours, "", "Single point of access"
                )
            )
        return tuple(routes)

    def _location(self) -> Location:
        random, where = self.random, self.where
        place = self.places[0]
        house = where.hospital.name if self.kind.scope == "hospital" else venue(random)
        postcode = f"{where.outward} {random.randint(1, 9)}{random.choice('ABDEFGHJLN')}{random.choice('PQRSTUWXYZ')}"
        lat, lon = where.latitude + random.uniform(-0.1, 0.1), where.longitude + random.uniform(-0.1, 0.1)
        return Location(
            house, f"{random.randint(1, 140)} {street(random)}, {place}", postcode, round(lat, 5), round(lon, 5)
        )

    def _place(self) -> str:
        return self.places[0] if self.kind.scope == "place" else self.where.name

    def _day(self, first: int, last: int) -> date:
        return date(self.random.randint(first, last), self.random.randint(1, 12), 1)


def _host(organisation: Organisation) -> str:
    return f"{slug_of(organisation.name, limit=40)}.example"
