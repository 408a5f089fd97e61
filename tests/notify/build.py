"""A small town to tell things about: people, owners, services and changes, written straight into the tables."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, insert, select, update

from directory.content import markdown
from directory.domain.change import terms
from directory.domain.digest import DigestSchedule
from directory.domain.service import Area, Contact, Facts, Owner, ReferralRoute
from directory.domain.subscription import Facet, Frequency
from directory.notify.letterhead import Letterhead
from directory.shapes import to_json
from directory.store.batches import write_json
from directory.store.database import Database
from directory.store.subscriptions import subscribe
from directory.store.tables.changes import change_subjects, change_terms, changes
from directory.store.tables.nouns import (
    organisation_versions,
    organisations,
    service_versions,
    services,
    successions,
    team_versions,
    teams,
)
from directory.store.tables.people import memberships, people
from directory.store.tables.telling import deliveries, digests

LONDON = ZoneInfo("Europe/London")
SCHEDULE = DigestSchedule(LONDON)
# A Wednesday.
NOW = datetime(2026, 11, 4, 12, 0, tzinfo=UTC)
LONG_AGO = date(2020, 1, 1)
LETTERHEAD = Letterhead(
    base_url="https://signpost.example",
    mail_from="Signpost <signpost@signpost.example>",
    organisation_name="Northmoor Signpost",
    secret="not a secret",
    zone=LONDON,
    render_markdown=lambda text: markdown.render(
        text, service_link=lambda slug: f"https://signpost.example/services/{slug}"
    ),
)
CLINIC = Facts(
    name="Leg ulcer clinic",
    owner=Owner("nct", "district-nursing"),
    needs=("leg ulcer",),
    areas=(Area("Eastmarsh"),),
    contacts=(Contact("phone", "01632 960001"),),
    referral_routes=(ReferralRoute("phone", "01632 960001"),),
)
PODIATRY = Facts(name="Podiatry", owner=Owner("nct"), needs=("foot care",), areas=(Area("Westfield"),))


class Town:
    """Two organisations, two teams, two services; every later change goes through `change`."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.number = 0
        self.facts: dict[str, Facts] = {}
        with database.write() as connection:
            self._found(connection)
        self.change(
            "It all begins", opens={"leg-ulcer-clinic": CLINIC, "podiatry": PODIATRY}, at=NOW - timedelta(days=90)
        )
        with database.write() as connection:
            connection.execute(update(changes).values(announced_at=NOW, told_in_force_at=NOW))

    def _found(self, connection: Connection) -> None:
        self._change_row(connection, "The founding", NOW - timedelta(days=100), LONG_AGO)
        for key, name in {"nct": "Northmoor Community Trust", "nat": "Northmoor Acute Trust"}.items():
            connection.execute(insert(organisations).values(id=key, slug=key))
            connection.execute(insert(organisation_versions).values(**self._version(key, 1, LONG_AGO), name=name))
        for key, name in {"district-nursing": "District Nursing", "tissue-viability": "Tissue Viability Team"}.items():
            connection.execute(insert(teams).values(id=f"team-{key}", slug=key))
            connection.execute(
                insert(team_versions).values(**self._version(f"team-{key}", 1, LONG_AGO), name=name, organisation="nct")
            )

    def _version(self, key: str, number: int, day: date, at: datetime = NOW) -> dict[str, Any]:
        return {
            "subject_id": key,
            "number": number,
            "effective_from": day,
            "recorded_at": at,
            "change_number": self.number,
            "facts": "{}",
        }

    def _change_row(self, connection: Connection, title: str, at: datetime, day: date, **more: Any) -> None:
        self.number += 1
        row = {
            "number": self.number,
            "slug": f"change-{self.number}",
            "title": title,
            "kinds": "[]",
            "effective_from": day,
            "recorded_at": at,
            "weight": "major",
            "urgent": False,
            "status": "published",
            "why": "",
            "what_to_do": "",
            "in_flight": "",
            "record": "",
            "sha256": sha256(str(self.number).encode()).hexdigest(),
            "previous": sha256(str(self.number - 1).encode()).hexdigest(),
        }
        connection.execute(insert(changes).values(row | more))

    def change(
        self,
        title: str,
        *,
        sets: Mapping[str, Mapping[str, object]] | None = None,
        opens: Mapping[str, Facts] | None = None,
        kinds: tuple[str, ...] = ("owner",),
        on: date | None = None,
        at: datetime = NOW,
        **more: Any,
    ) -> int:
        """Publish a change of some services; its number."""
        day = on or (LONG_AGO if opens else at.date())
        after = {key: self.facts[key].with_(edit) for key, edit in (sets or {}).items()} | dict(opens or {})
        with self.database.write() as connection:
            self._change_row(connection, title, at, day, kinds=write_json(list(kinds)), **more)
            for key, facts in after.items():
                self._write_service(connection, key, facts, kinds, day, at)
        self.facts |= after
        return self.number

    def _write_service(
        self, connection: Connection, key: str, facts: Facts, kinds: tuple[str, ...], day: date, at: datetime
    ) -> None:
        if key not in self.facts:
            connection.execute(insert(services).values(id=key, slug=key))
        made = select(service_versions.c.number).where(service_versions.c.subject_id == key)
        number = len(connection.execute(made).all()) + 1
        connection.execute(
            insert(service_versions).values(
                self._version(key, number, day, at)
                | {
                    "name": facts.name,
                    "status": facts.status,
                    "owner_organisation": facts.owner.organisation,
                    "owner_team": facts.owner.team,
                    "facts": to_json(facts).decode(),
                }
            )
        )
        connection.execute(
            insert(change_subjects).values(
                change_number=self.number, noun="service", subject_id=key, version=number, effective_from=day, set="{}"
            )
        )
        both = [facts, *([self.facts[key]] if key in self.facts else [])]
        for facet, value in terms(kinds, key, both):  # type: ignore[arg-type]
            connection.execute(
                insert(change_terms).values(change_number=self.number, subject_id=key, facet=facet, value=value)
            )

    def move_clinic(self, *, on: date | None = None, **more: Any) -> int:
        """The example of the design: the clinic goes to the Tissue Viability Team."""
        routes = (ReferralRoute("email", "tvn.referrals@example.nhs.uk", who="any registered nurse"),)
        moved = {"owner": Owner("nct", "tissue-viability"), "referral_routes": routes}
        more = {"what_to_do": "Refer by **email** from that day.", "why": "One team for wounds."} | more
        return self.change(
            "Leg ulcer clinic moves to the Tissue Viability Team",
            sets={"leg-ulcer-clinic": moved},
            kinds=("owner", "referral-route"),
            on=on,
            **more,
        )

    def rename_organisation(self, key: str, name: str, reached: tuple[str, ...], *, on: date) -> int:
        """An organisation gets another name; services of its are reached."""
        with self.database.write() as connection:
            self._change_row(connection, f"{key} is renamed", NOW, on, kinds='["renamed"]')
            connection.execute(insert(organisation_versions).values(**self._version(key, 2, on), name=name))
            connection.execute(
                insert(change_subjects).values(
                    change_number=self.number,
                    noun="organisation",
                    subject_id=key,
                    version=2,
                    effective_from=on,
                    set="{}",
                )
            )
            for service in reached:
                for facet, value in (("service", service), ("owner", key)):
                    connection.execute(
                        insert(change_terms).values(
                            change_number=self.number, subject_id=service, facet=facet, value=value
                        )
                    )
        return self.number

    def link(self, number: int, predecessor: str, successor: str | None, kind: str, *, on: date) -> None:
        """A succession of services that a change makes."""
        with self.database.write() as connection:
            connection.execute(
                insert(successions).values(
                    noun="service",
                    predecessor=predecessor,
                    successor=successor,
                    kind=kind,
                    effective_from=on,
                    recorded_at=NOW,
                    change_number=number,
                )
            )

    def person(self, email: str, *, teams: tuple[str, ...] = ()) -> int:
        """A person, member of teams."""
        with self.database.write() as connection:
            row = {"email": email, "name": email.partition("@")[0].title(), "editor": False, "created_at": NOW}
            person: int = connection.execute(insert(people).values(row).returning(people.c.id)).scalar_one()
            for team in teams:
                connection.execute(
                    insert(memberships).values(person_id=person, team_id=f"team-{team}", role="reader", since=NOW)
                )
        return person

    def subscribe(
        self,
        frequency: Frequency,
        *,
        person: int | None = None,
        of_team: str | None = None,
        label: str = "",
        at: datetime = NOW - timedelta(days=365),
        **facets: Any,
    ) -> int:
        """A subscription; `facets` are values by facet, one or several."""
        criteria: dict[Facet, tuple[str, ...]] = {
            facet: value if isinstance(value, tuple) else (value,)  # type: ignore[misc]
            for facet, value in facets.items()
        }
        with self.database.write() as connection:
            return subscribe(
                connection,
                person_id=person,
                team_id=f"team-{of_team}" if of_team else None,
                criteria=criteria,
                frequency=frequency,
                label=label
                or ", ".join(f"{facet} {value}" for facet, value in sorted(facets.items()))
                or "every change",
                at=at,
            )

    def deliveries(self) -> list[Any]:
        """Every delivery, oldest first."""
        with self.database.read() as connection:
            return list(connection.execute(select(deliveries).order_by(deliveries.c.id)))

    def digests(self) -> list[Any]:
        """Every digest, oldest first."""
        with self.database.read() as connection:
            return list(connection.execute(select(digests).order_by(digests.c.id)))

    def withdraw(self, number: int) -> None:
        """Take a change back, as a later action will."""
        with self.database.write() as connection:
            connection.execute(update(changes).where(changes.c.number == number).values(status="withdrawn"))

    def erase(self, person: int, at: datetime = NOW) -> None:
        """Remove a person's address."""
        with self.database.write() as connection:
            connection.execute(update(people).where(people.c.id == person).values(email=None, name="", erased_at=at))
