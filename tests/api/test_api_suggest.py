"""What goes on from the letters typed so far."""

from __future__ import annotations

from directory.search.engine import Suggestion
from tests.api.conftest import BASE_URL, FakeSite, app_of
from tests.client import TestClient


def test_a_suggestion_leads_to_its_service_or_to_its_question(light_site: FakeSite) -> None:
    light_site.suggest = lambda _prefix: (
        Suggestion("Leg ulcer clinic", "name", "leg-ulcer-clinic"),
        Suggestion("leg ulcer", "need"),
    )
    answer = TestClient(app_of(light_site)).get("/api/v1/suggest?q=leg").json()
    assert answer == {
        "items": [
            {"text": "Leg ulcer clinic", "type": "service", "href": f"{BASE_URL}/services/leg-ulcer-clinic"},
            {"text": "leg ulcer", "type": "need", "href": f"{BASE_URL}/find?q=leg+ulcer"},
        ],
        "next": None,
    }


def test_nothing_typed_is_a_mistake_that_names_itself(light_site: FakeSite) -> None:
    answer = TestClient(app_of(light_site)).get("/api/v1/suggest")
    assert (answer.status_code, "q" in answer.text) == (400, True)


def test_pages_are_suggested_last_and_within_the_eight(light_site: FakeSite) -> None:
    light_site.suggest = lambda _prefix: tuple(Suggestion(f"leg {at}", "need") for at in range(8))
    light_site.suggest_pages = lambda _prefix: (Suggestion("Leg wound", "name", "leg-wound"),)
    answer = TestClient(app_of(light_site)).get("/api/v1/suggest?q=leg").json()
    assert len(answer["items"]) == 8
    assert answer["items"][-1] == {"text": "Leg wound", "type": "page", "href": f"{BASE_URL}/pages/leg-wound"}
