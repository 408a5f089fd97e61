"""Programs that publish while something is broken: each change has a name of its own, which is its key as well."""

from __future__ import annotations

import json

import httpx

from tests.running import Signpost

SERVICES = ("podiatry", "lymphoedema", "leg-ulcer-clinic", "stoma")


def key_of_editor(signpost: Signpost) -> str:
    """A key of an editor's, made for it."""
    signpost.run("user", "add", "editor@northmoor.example", "--role", "editor")
    made = signpost.run("key", "add", "--owner", "editor@northmoor.example", "--scope", "publish", "--json")
    key: str = json.loads(made.stdout)["key"]
    return key


def publish(client: httpx.Client, title: str) -> httpx.Response:
    """Ask for the change of this title, which ends in a number; asked for again, it is the same call."""
    number = int(title.split()[-1])
    body = {
        "title": title,
        "services": [{"id": SERVICES[number % len(SERVICES)], "set": {"summary": f"Summary {number}."}}],
        "effective_from": "2026-11-22",
        "why": "A fault test.",
        "what_to_do": "Nothing.",
    }
    return client.post("/api/v1/changes", json=body, headers={"Idempotency-Key": title, "If-Match": "*"})
