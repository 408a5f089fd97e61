"""Services that say everything that a service can say, by chance that repeats."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any, get_args

from directory.domain.service import (
    SETTINGS,
    Area,
    Contact,
    Eligibility,
    Identifier,
    Location,
    ReferralMethod,
    ReferralRoute,
    Status,
    Urgency,
)

WORDS = ("Clinic", "café", "<b>&amp;</b>", 'quoted "x"', "日本", "a|b,c;d\\e", "=1+1", "@home", "two  spaces", "'tis")
HOURS = (
    "Mo-Fr 09:00-17:00; PH off", "24/7", "Sa-Mo 10:00-12:00,13:00-16:00", "by arrangement", "Mo 22:00-02:00",
    "Mo[1] 09:00-12:00", "Mo-Fr 09:00-17:00; We 10:00-12:00", "Tu 00:00-24:00", "Tu 20:00-24:00", "PH off",
    "09:00-17:00", 'Mo 09:00-10:00; "call first"', "",
)  # fmt: skip
ADDRESSES = ("1 High Street, Northmoor", "Flat 2\n3 Low Road\nNorthmoor\nWest", "The hall", "", "Not stated")
VALUES = {
    "phone": ("01632 960145", "+44 1632 960146 ext. 4", "switchboard"),
    "email": ("a@b.example", "O'Neil+x@b.example", "not mail"),
    "website": ("https://x.example/a b?c=d e#f%", "x.example", "https://münchen.example/é", "javascript:alert(1)"),
    "text": ("07700 900123",),
    "address": ("PO Box 1, Northmoor",),
}


@dataclass(frozen=True, slots=True)
class Chance:
    """Invents what a service can say."""

    chance: random.Random

    def facts(self, number: int) -> dict[str, Any]:
        """Every field, for a service of a number."""
        pick, word, some = self.chance.choice, self.word, self.some
        youngest = pick((None, 0, 16))
        return {
            "name": f"{word()} service {number}",
            "status": pick(get_args(Status)),
            "setting": pick(SETTINGS),
            "summary": pick(("", word())),
            "description": pick(("", f"## {word()}\n\n- one\n- {word()}\n")).strip(),
            "eligibility": Eligibility(pick(("", word())), youngest, pick((None, 17, 130))),
            "needs": tuple(dict.fromkeys(some(word))),
            "areas": tuple(dict.fromkeys(some(self.area))),
            "referral_routes": some(self.route),
            "contacts": tuple(dict.fromkeys(some(self.contact))),
            "locations": some(self.place),
            "hours": pick(HOURS),
            "former_names": tuple(dict.fromkeys(some(word))),
            "identifiers": tuple(Identifier(system, f"{number}-{system}") for system in ("ods", "hsds")[: number % 3]),
        }

    def word(self) -> str:
        return f"{self.chance.choice(WORDS)} {self.chance.randrange(1000)}"

    def some(self, make: Any) -> tuple[Any, ...]:
        return tuple(make() for _ in range(self.chance.randrange(4)))

    def area(self) -> Area:
        return Area(
            self.word(), self.chance.choice(("", "E09000099", "X1")), self.chance.choice(("registered", "resident"))
        )

    def route(self) -> ReferralRoute:
        pick = self.chance.choice
        method = pick(get_args(ReferralMethod))
        return ReferralRoute(method, self.word(), self.word(), pick(get_args(Urgency)), pick(HOURS), self.word())

    def contact(self) -> Contact:
        pick = self.chance.choice
        kind = pick(tuple(VALUES))
        return Contact(kind, pick(VALUES[kind]), pick(("", self.word())), pick(("public", "professionals")))  # type: ignore[arg-type]

    def place(self) -> Location:
        latitude, longitude = self.chance.choice(((None, None), (51.5, -0.1), (50.0, None), (0.0, 0.0)))
        pick = self.chance.choice
        return Location(pick(("", self.word())), pick(ADDRESSES), pick(("", "NM1 1AA", "nm2")), latitude, longitude)
