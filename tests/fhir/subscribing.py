"""A program that subscribes as FHIR does, and the worker that posts to it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from directory.domain.change import Edit
from directory.notify.match_fhir import match_fhir
from directory.notify.post_events import post_due
from directory.notify.serving import Sender
from directory.outbound.http import Outgoing
from directory.settings import Settings
from directory.store import people
from directory.store.database import Database
from directory.store.fhir_subscriptions import Held, one
from directory.store.sealing import Seal
from tests import build
from tests.fhir.conftest import BASE, FakeSite, Fhir
from tests.notify.build import LETTERHEAD

BACKPORT = "http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/backport-"
KEY, READ_KEY, OTHER_KEY = "publish-key", "read-key", "other-key"
SETTINGS = Settings.model_validate({"base_url": BASE, "outgoing_private": "yes", "secret": "not a secret"})


@dataclass
class Subscriber:
    """One program with its key, at a clock of its own."""

    fhir: Fhir
    outgoing: Outgoing = field(default_factory=lambda: Outgoing(private=True, seconds=5.0))

    @classmethod
    def at(cls, database: Database) -> Subscriber:
        build.directory(database)
        found = cls(Fhir.of(FakeSite(database, SETTINGS)))
        with database.write() as connection:
            for email, key, scope in (
                ("amina@example.nhs.uk", KEY, "publish"),
                ("amina@example.nhs.uk", READ_KEY, "read"),
                ("other@example.nhs.uk", OTHER_KEY, "publish"),
            ):
                person = people.add(connection, email=email, name="", editor=None, at=build.NOON)
                people.add_key(
                    connection,
                    key_id=key,
                    secret=key,
                    person_id=person,
                    scope=scope,  # type: ignore[arg-type]
                    at=build.NOON,
                    expires_at=None,
                )
        found.fhir.follow()
        return found

    def call(self, method: str, path: str, status: int = 200, *, key: str | None = KEY, body: object = None) -> Any:
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        more: dict[str, Any] = {} if body is None else {"json": body}
        answer = self.fhir.client.request(method, f"/fhir/{path}", headers=headers, **more)
        assert answer.status_code == status, answer.text
        return answer.json() if answer.content else None

    def subscribe(self, url: str, topic: str = "owner-changed", **given: Any) -> str:
        """Begin a subscription; its id."""
        return str(self.call("POST", "Subscription", 201, body=asked(url, topic, **given))["id"])

    def change(self, key: str = "leg-ulcer-clinic", **facts: object) -> None:
        """Publish, and let the worker find the events in it."""
        build.change(self.database, build.draft(Edit(key, facts)), at=self.site.at)
        self.follow()

    def follow(self) -> int:
        self.fhir.follow()
        return match_fhir(self.database, at=self.site.at)

    def post(self) -> int:
        """What the worker posts; how many events were accepted."""
        seal = Seal(SETTINGS.secret.get_secret_value())
        return post_due(Sender(self.database, self.outgoing, LETTERHEAD, seal, clock=lambda: self.site.at))

    def later(self, **more: float) -> None:
        self.site.at += timedelta(**more)

    def held(self, key: str) -> Held:
        with self.database.read() as connection:
            found = one(connection, int(key))
        assert found is not None
        return found

    @property
    def site(self) -> FakeSite:
        return self.fhir.site

    @property
    def database(self) -> Database:
        return self.site.database


def asked(
    url: str,
    topic: str = "owner-changed",
    *,
    content: str = "id-only",
    filters: tuple[str, ...] = (),
    headers: tuple[str, ...] = (),
    **more: Any,
) -> dict[str, Any]:
    """A Subscription as a program posts it; `heartbeat_period`, `max_count` and `timeout` are numbers."""
    kinds = {"heartbeat_period": "valueUnsignedInt", "timeout": "valueUnsignedInt", "max_count": "valuePositiveInt"}
    numbers = [
        {"url": f"{BACKPORT}{name.replace('_', '-')}", kind: more.pop(name)}
        for name, kind in kinds.items()
        if name in more
    ]
    channel = {
        "type": "rest-hook",
        "endpoint": url,
        "payload": "application/fhir+json",
        "_payload": {"extension": [{"url": f"{BACKPORT}payload-content", "valueCode": content}]},
        **({"header": list(headers)} if headers else {}),
        **({"extension": numbers} if numbers else {}),
    }
    criteria = [{"url": f"{BACKPORT}filter-criteria", "valueString": each} for each in filters]
    return {
        "resourceType": "Subscription",
        "status": "requested",
        "reason": "A mirror",
        "criteria": f"{BASE}/fhir/SubscriptionTopic/{topic}",
        **({"_criteria": {"extension": criteria}} if criteria else {}),
        "channel": channel,
    } | more


def said(bundle: dict[str, Any]) -> dict[str, Any]:
    """The status in a notification, by name; events as (number, focus)."""
    parameters = bundle["entry"][0]["resource"]["parameter"]
    found: dict[str, Any] = {"events": []}
    for each in parameters:
        if each["name"] == "notification-event":
            parts = {part["name"]: part for part in each["part"]}
            focus = parts.get("focus", {}).get("valueReference", {}).get("reference", "")
            found["events"].append((int(parts["event-number"]["valueString"]), focus.rpartition("/")[2]))
        else:
            (value,) = (value for name, value in each.items() if name != "name")
            found[each["name"]] = value
    return found
