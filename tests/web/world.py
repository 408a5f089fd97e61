"""A small directory with a past, a future and a few names that mean harm."""

from __future__ import annotations

from datetime import UTC, date, datetime

from directory.domain.change import Draft, Edit
from directory.domain.service import Area, Contact, Eligibility, Owner, ReferralRoute
from directory.domain.succession import Part, Succession
from directory.store import pages
from directory.store.database import Database
from tests import build

HOSTILE = """<script>alert("1")</script>'"{{ 7*7 }}&amp;\u202eevil"""
PAGE = """---
title: Leg wound
kind: pathway
summary: Who sees it.
steps:
  - {title: "First look", service: leg-ulcer-clinic, note: "Send a photograph."}
  - {title: "Diet", service: dietetics}
  - {title: "Nobody", service: not-there}
updated: 2026-11-04
---
Refer to the [leg club](service:leg-ulcer-clinic), then [Dietetics](service:dietetics). <script>alert(1)</script>

# A high heading

## 2026-11-01: A note
"""


def fill(database: Database) -> None:
    """Opens services, renames one, hands it over, splits one, closes one, announces a change, and adds a page."""
    build.directory(database)
    adults = ReferralRoute("email", "diet@northmoor.example", who="GPs", urgency="urgent", hours="Mo-Fr 09:00-17:00")
    opened = build.draft(
        build.opening("dietetics", contacts=(Contact("phone", "01632 960113"),)),
        build.opening("night-sitting", former_names=("Night sitters",), hours="Mo-Su 22:00-07:00"),
        build.opening("adult-dietetics", referral_routes=(adults,), contacts=(Contact("phone", "01632 960114"),)),
        build.opening("childrens-dietetics", eligibility=Eligibility("Children", age_max=17)),
        Edit("hostile", {"owner": Owner("community-trust"), **hostile_facts()}, expected_version=0, slug="hostile"),
        title="Services open",
        effective_from=date(2024, 11, 1),
        kinds=("opened",),
    )
    build.change(database, opened, at=_at(2024, 10, 20))
    clinic = Edit("leg-ulcer-clinic", {"name": "Leg club"})
    build.change(
        database, build.draft(clinic, title="Now the Leg club", effective_from=date(2025, 3, 1)), at=_at(2025, 2, 1)
    )
    clinic = Edit(
        "leg-ulcer-clinic",
        {
            "name": "Leg ulcer clinic",
            "owner": Owner("community-trust", "tissue-viability"),
            "contacts": (Contact("phone", "01632 960146", "Desk", "professionals"), Contact("phone", "0800 1")),
        },
    )
    moved = build.draft(
        clinic,
        title="Leg ulcer clinic moves",
        effective_from=date(2026, 11, 2),
        why="The nurses were needed <b>elsewhere</b>.",
        what_to_do="Send to the [clinic](service:leg-ulcer-clinic).",
        in_flight="They go on.",
    )
    build.change(database, moved, at=_at(2026, 10, 19))
    build.change(database, _split(), at=_at(2026, 10, 20))
    closing = build.draft(
        title="Night sitting closes",
        effective_from=date(2026, 11, 10),
        succession=(Succession("night-sitting", None, "closed", date(2026, 11, 10)),),
        what_to_do="Ring **hospice at home** on 01632 960511.",
    )
    build.change(database, closing, at=_at(2026, 10, 21))
    coming = build.draft(
        Edit("leg-ulcer-clinic", {"areas": (Area("Eastmarsh"), Area("Southfen"))}),
        title="Leg ulcer clinic opens to Southfen",
        effective_from=date(2026, 12, 1),
    )
    build.change(database, coming)
    with database.write() as connection:
        pages.put(connection, pages.Page("leg-wound", 0, "pathway", "Leg wound", date(2026, 11, 4), build.NOON, PAGE))


def _at(year: int, month: int, day: int) -> datetime:
    return datetime(year, month, day, 9, 30, tzinfo=UTC)


def _split() -> Draft:
    day = date(2026, 11, 5)
    links = (
        Succession("dietetics", "adult-dietetics", "split", day, Part("Adults", age_min=18)),
        Succession("dietetics", "childrens-dietetics", "split", day, Part("Children", age_max=17)),
    )
    return build.draft(title="Dietetics divides", effective_from=day, succession=links)


def hostile_facts() -> dict[str, object]:
    """Every field of free text, hostile."""
    # Nothing invisible gets into a name.
    name = HOSTILE.replace("\u202e", "")
    return {
        "name": name,
        "summary": HOSTILE,
        "description": f"{HOSTILE}\n\n[x](javascript:alert(1)) <img src=x onerror=alert(1)>",
        "eligibility": Eligibility(HOSTILE),
        "needs": (HOSTILE,),
        "areas": (Area(HOSTILE),),
        "contacts": (
            Contact("phone", HOSTILE, HOSTILE),
            Contact("email", "javascript:alert(1)@x.example"),
            Contact("website", "javascript:alert(1)"),
        ),
        "referral_routes": (
            ReferralRoute("web", "javascript:alert(1)", HOSTILE, "routine", HOSTILE, HOSTILE, HOSTILE),
        ),
        "hours": HOSTILE,
        "former_names": (name + "2", "n" * 5000),
    }
