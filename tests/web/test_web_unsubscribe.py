"""Stopping mail from the link in a message."""

from __future__ import annotations

from datetime import date

from directory.actions.people import subscribe_person
from directory.notify.letterhead import unsubscribe_token
from directory.store import people, subscriptions
from tests import build
from tests.web.conftest import FoundSite, TestClient, words_of


def test_a_link_asks_and_its_button_stops(client: TestClient, site: FoundSite) -> None:
    email = "nurse@northmoor.example"
    subscribe_person(
        site.database,
        email=email,
        criteria={"service": ("leg-ulcer-clinic",)},
        frequency="daily",
        at=build.NOON,
        today=date(2026, 11, 22),
    )
    with site.database.read() as connection:
        person = people.by_email(connection, email)
    address = f"/unsubscribe/{unsubscribe_token(person.id, site.settings.secret.get_secret_value())}"
    asked = client.get(address)
    assert "service Leg ulcer clinic" in words_of(asked.text)
    with site.database.read() as connection:
        assert len(subscriptions.of_person(connection, person.id)) == 1
    for _ in range(2):
        done = client.post(address, data={"List-Unsubscribe": "One-Click"})
        assert done.status_code == 200
        assert "You will get no more updates" in words_of(done.text)
    assert "There is nothing to stop" in words_of(client.get(address).text)
    assert client.post("/unsubscribe/forged").status_code == 404
    with site.database.read() as connection:
        assert subscriptions.of_person(connection, person.id) == []
