"""The main job, as its users do it: services in, a question, a change, the mail, the record."""

from __future__ import annotations

import json
from pathlib import Path

from tests.running import Relay, Signpost, wait_for

CONTENT = Path(__file__).resolve().parents[2] / "content"
OWNER = "northmoor-community-health"


def test_a_question_a_change_the_mail_and_the_record(signpost: Signpost, relay: Relay) -> None:
    signpost.run_anew("user", "add", "editor@northmoor.example", "--role", "editor")
    key = json.loads(
        signpost.run("key", "add", "--owner", "editor@northmoor.example", "--scope", "publish", "--json").stdout
    )
    signpost.run("subscribe", "nurse@northmoor.example", "--owner", OWNER, "--every", "daily")
    signpost.run("subscribe", "nurse@northmoor.example", "--service", "leg-ulcer-clinic", "--every", "immediately")
    signpost.start()

    with signpost.client() as reader:
        answer = reader.get("/api/v1/search", params={"q": "Eastmarsh leg club"}).json()["answer"]
        assert answer["name"] == "Leg ulcer clinic"
        assert answer["owner"]["team"]["slug"] == "tissue-viability"
        ways_on = reader.get("/api/v1/suggest", params={"q": "leg"}).json()["items"]
        assert {"text": "Leg ulcer clinic", "type": "service", "href": answer["href"]} in ways_on

    with signpost.client(key["key"]) as lead:
        for service, hours in (
            ("leg-ulcer-clinic", "Mo-Fr 08:00-12:00"),
            ("podiatry", "Mo 09:00-10:00"),
            ("lymphoedema", "24/7"),
        ):
            read = lead.get(f"/api/v1/services/{service}").json()["version"]
            change = {
                "title": f"New hours of {service}",
                "services": [{"id": service, "expected_version": read, "set": {"hours": hours}}],
                "effective_from": "2026-11-22",
                "why": "The rota changed.",
                "what_to_do": "Ring in the new hours.",
            }
            published = lead.post("/api/v1/changes", json=change)
            assert published.status_code == 201, published.text
            assert published.json()["audience"]["people"] == 1
    count = len(every_change(signpost))

    wait_for(lambda: len(relay.to("nurse@northmoor.example")) == 1, "the mail that goes at once")
    assert "leg-ulcer-clinic" in relay.to("nurse@northmoor.example")[0]["Subject"]
    for day, expected in (("2030-01-01", 2), ("2030-01-02", 2)):
        signpost.run("digest", "run", "--at", f"{day}T07:00:00+00:00")
        # The server's worker may be sending it at this moment.
        wait_for(lambda: len(relay.to("nurse@northmoor.example")) >= expected, "the digest")  # noqa: B023
        assert len(relay.to("nurse@northmoor.example")) == expected
    digest = relay.to("nurse@northmoor.example")[1]
    text = digest.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert text.count("New hours of podiatry") >= 1
    assert "New hours of lymphoedema" in text
    assert "New hours of leg-ulcer-clinic" not in text

    records = sorted((signpost.home / "content" / "changes").rglob("*.md"))
    assert [int(path.name[:6]) for path in records] == list(range(1, count + 1))
    assert "The rota changed." in records[-1].read_text()
    assert "each as it was published" in signpost.run("content", "verify").stdout


def every_change(signpost: Signpost) -> list[dict[str, object]]:
    """Every change, read by keeping the last number."""
    found: list[dict[str, object]] = []
    with signpost.client() as reader:
        while items := reader.get("/api/v1/changes", params={"after": len(found), "limit": 100}).json()["items"]:
            found += items
    assert [change["number"] for change in found] == list(range(1, len(found) + 1))
    return found
