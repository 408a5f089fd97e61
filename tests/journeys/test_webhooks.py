"""A program subscribes by the API, hears of a change that a lead publishes, and reads what it missed."""

from __future__ import annotations

import json
from pathlib import Path

from standardwebhooks import Webhook

from tests.outbound.receiver import Receiver
from tests.running import Signpost, wait_for

CONTENT = Path(__file__).resolve().parents[2] / "content"
EDITOR = "editor@northmoor.example"


def test_a_program_subscribes_and_hears_of_a_change(tmp_path: Path) -> None:
    signpost = Signpost(tmp_path / "home")
    signpost.environment["SIGNPOST_OUTGOING_PRIVATE"] = "yes"
    signpost.run("import", str(CONTENT), "--format", "markdown")
    signpost.run("user", "add", EDITOR, "--role", "editor")
    key = json.loads(signpost.run("key", "add", "--owner", EDITOR, "--scope", "publish", "--json").stdout)["key"]
    signpost.start()
    try:
        with Receiver() as receiver, signpost.client(key) as client:
            wanted = {"criteria": {"service": ["podiatry"]}, "channel": "webhook", "url": receiver.url}
            made = client.post("/api/v1/subscriptions", json=wanted | {"frequency": "immediately"})
            assert made.status_code == 201, made.text
            number, secret = made.json()["id"], made.json()["secret"]
            for hours in ("Mo 09:00-10:00", "Mo 09:00-11:00"):
                change = {
                    "title": f"New hours: {hours}",
                    "services": [{"id": "podiatry", "set": {"hours": hours}}],
                    "effective_from": "2026-11-22",
                    "why": "The rota changed.",
                }
                published = client.post("/api/v1/changes", json=change, headers={"If-Match": "*"})
                assert published.status_code == 201, published.text
            wait_for(lambda: len(receiver.got) >= 2, "two events")
            events = [Webhook(secret).verify(got.body, got.headers) for got in receiver.got]
            assert [(each["sequence"], each["type"]) for each in events] == [
                ("1", "change.announced"),
                ("2", "change.announced"),
            ]
            missed = client.get(f"/api/v1/subscriptions/{number}/events", params={"after": 1}).json()["items"]
            assert [each["id"] for each in missed] == [events[1]["id"]]
            again = client.post(f"/api/v1/subscriptions/{number}/send-again", json={"from": 2})
            assert again.status_code == 200, again.text
            wait_for(lambda: len(receiver.got) == 3, "the second event again")
            assert receiver.got[2].headers["webhook-id"] == events[1]["id"]
            feed = client.get("/services/podiatry/changes.atom")
            assert "New hours: Mo 09:00-11:00" in feed.text
    finally:
        signpost.stop()
