"""How the tests of publishing go through its tasks, and what they read of the directory afterwards."""

from __future__ import annotations

from datetime import date

from directory.domain.change import Change, Edit
from directory.domain.service import Entry
from directory.store import changes, services
from tests import build
from tests.web.conftest import FoundSite, TestClient, words_of

CLINIC = "leg-ulcer-clinic"
LEE = "lee@northmoor.example"


def begun(client: TestClient, **data: str) -> str:
    answer = client.post("/publish", data=data or {"service": CLINIC})
    assert answer.status_code == 303, words_of(answer.text)
    return "/".join(answer.headers["location"].partition("?")[0].split("/")[:3])


def step(client: TestClient, path: str, task: str, **data: object) -> str:
    """Save one task; where it leads next."""
    answer = client.post(f"{path}/{task}", data=data)
    assert answer.status_code == 303, words_of(answer.text)
    return str(answer.headers["location"]).removeprefix(path).strip("/")


def row(name: str, place: int, **values: str) -> dict[str, str]:
    return {f"{name}-{place}-{key}": value for key, value in values.items()}


ROUTE = row("referral_routes", 0, method="phone", address="01632 960999", who="Any nurse", urgency="routine")


def last(site: FoundSite) -> Change:
    with site.database.read() as connection:
        return changes.load(connection, changes.read_head(connection).number)


def entry(site: FoundSite, on: date = build.TODAY) -> Entry:
    with site.database.read() as connection:
        return services.entry(connection, CLINIC, on=on)


def routed(client: TestClient, path: str) -> None:
    """All tasks of a new referral route from 10 December, up to the last."""
    assert step(client, path, "what", kinds=["referral-route"]) == f"details?service={CLINIC}"
    assert step(client, path, f"details?service={CLINIC}", **ROUTE) == "date"
    assert step(client, path, "date", when="day", day="10/12/2026") == "words"
    assert step(client, path, "words", title="Ring us", what_to_do="Ring.", weight="major") == "told"
    assert step(client, path, "told") == "message"
    assert step(client, path, "message") == "check"


def looked(client: TestClient, path: str, **words: str) -> str:
    """The last tasks of any draft, and publishing it; where that leads."""
    step(client, path, "words", **({"title": "A title", "weight": "major", "what_to_do": "Ring."} | words))
    step(client, path, "told")
    assert client.get(f"{path}/message").status_code == 200
    step(client, path, "message")
    return str(sent(client, path))


def sent(client: TestClient, path: str) -> str:
    """Publish it, without asking the team that takes over where there is one; where that leads."""
    without = "Publish without them" in client.get(f"{path}/check").text
    data = {"without": "1", "override": "They agreed by telephone."} if without else {}
    return str(client.post(f"{path}/check", data=data).headers["location"])


def told_and_checked(client: TestClient, path: str) -> str:
    step(client, path, "words", title="It goes", weight="major", what_to_do="Ring.")
    step(client, path, "told")
    step(client, path, "message")
    return str(client.get(f"{path}/check").text)


def published(site: FoundSite, day: date, **facts: object) -> int:
    made = build.draft(Edit(CLINIC, facts), title="New hours", effective_from=day)
    return build.change(site.database, made).change.number
