"""Builders: short ways to say what a test starts from, with the defaults of a believable directory."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from directory.actions.prepare import Published
from directory.actions.publish import publish
from directory.domain.change import Draft, Edit
from directory.domain.policy import OPERATOR, Actor
from directory.domain.service import Area, Contact, Owner, ReferralRoute
from directory.store.database import Database

LONDON = ZoneInfo("Europe/London")
NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
TODAY = date(2026, 11, 22)
OPENED = date(2024, 10, 1)


def change(database: Database, draft: Draft, *, by: Actor = OPERATOR, at: datetime = NOON) -> Published:
    """Publish a draft."""
    return publish(database, draft, by=by, at=at, zone=LONDON)


def draft(*services: Edit, title: str = "A change", effective_from: date = TODAY, **given: object) -> Draft:
    """A draft of a change of services."""
    values = {"why": "Because.", "what_to_do": "Use the new route.", **given}
    return Draft(title=title, effective_from=effective_from, services=services, **values)  # type: ignore[arg-type]


def opening(slug: str, *, team: str | None = "district-nursing", **facts: object) -> Edit:
    """A new service of the community trust."""
    name = slug.replace("-", " ").capitalize()
    given = {"name": name, "owner": Owner("community-trust", team), **facts}
    return Edit(slug, given, expected_version=0, slug=slug)


def organisation(slug: str, name: str, **facts: object) -> Edit:
    """A new organisation."""
    code = facts.pop("ods_code", None)
    set_ = {"name": name, **({"ods_code": code} if code else {}), **facts}
    return Edit(slug, set_, expected_version=0, slug=slug, ods_code=code)  # type: ignore[arg-type]


def directory(database: Database, *, at: datetime = datetime(2024, 10, 1, 9, tzinfo=UTC)) -> None:
    """A community trust and a hospital trust with two teams each, and a leg ulcer clinic run by district nurses."""
    change(
        database,
        Draft(
            title="The directory begins",
            effective_from=OPENED,
            kinds=("opened",),
            organisations=(
                organisation("community-trust", "Northmoor Community Health NHS Trust", ods_code="ZZN01"),
                organisation("hospital-trust", "Northmoor General Hospitals NHS Trust", ods_code="ZZN02"),
            ),
            teams=tuple(
                Edit(slug, {"name": name, "organisation": owner}, expected_version=0, slug=slug)
                for slug, name, owner in (
                    ("district-nursing", "District Nursing", "community-trust"),
                    ("tissue-viability", "Tissue Viability Team", "community-trust"),
                    ("vascular", "Vascular Nurses", "hospital-trust"),
                )
            ),
            services=(leg_ulcer_clinic(),),
            weight="minor",
        ),
        at=at,
    )


def leg_ulcer_clinic(**facts: object) -> Edit:
    """The clinic as it opened."""
    return opening(
        "leg-ulcer-clinic",
        summary="Assessment and compression for leg ulcers.",
        needs=("leg ulcer", "compression bandaging"),
        areas=(Area("Eastmarsh", basis="registered"),),
        contacts=(Contact("phone", "01632 960145"),),
        referral_routes=(ReferralRoute("email", "legs@northmoor.example", who="Any nurse"),),
        **facts,  # type: ignore[arg-type]
    )
