"""Hostile calls to the whole API, made up from its own document: `scripts/fuzz calls`, and a few in every run."""

from __future__ import annotations

import sys
import tempfile
from collections import Counter
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from schemathesis import openapi
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import events, from_schema

from directory.actions.follow import follow_index
from directory.app import build as build_app
from directory.search.index import WhooshEngine
from directory.settings import load
from directory.site import Site
from directory.store.database import Database
from directory.store.migrate import migrate
from tests import build
from tests.api.conftest import PUBLISH_KEY, furnished

# The rules that no schema says are 422, what was read comes in If-Match (412, 428), and much is for who is asked (403).
REFUSED_RIGHTLY = ["2xx", "304", "401", "403", "404", "409", "412", "422", "428"]
UNKNOWABLE = ("names-nothing", "bad-precondition")
# As often as it takes to make 20,000 calls and more.
WHOLE = 450


@dataclass
class Outcome:
    """What came of it."""

    statuses: Counter[int] = field(default_factory=Counter)
    failures: dict[str, str] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)
    phases: Counter[str] = field(default_factory=Counter)

    @property
    def calls(self) -> int:
        return sum(self.statuses.values())


def fuzz(url: str, home: Path, *, examples: int, seed: int = 1, phases: tuple[str, ...] = ()) -> Outcome:
    """Run every phase and check of Schemathesis on a small directory in the database at `url`."""
    site, outcome = _site(url, home), Outcome()
    schema = openapi.from_asgi(
        "/api/openapi.json", _counted(build_app(site), outcome), config=_config(examples, seed, phases)
    )
    try:
        for event in from_schema(schema).execute():
            _note(event, outcome)
    finally:
        site.close()
    return outcome


def _site(url: str, home: Path) -> Site:
    settings = load(
        {
            "SIGNPOST_HOME": str(home),
            "SIGNPOST_DATABASE_URL": url,
            "SIGNPOST_API_LIMIT": "0",
            "SIGNPOST_API_LIMIT_WITHOUT_KEY": "0",
            "SIGNPOST_BOUNCE_ADDRESS": "bounces@northmoor.example",
        }
    )
    site = Site(settings, Database(url), WhooshEngine(settings.index_folder), clock=lambda: build.NOON)
    furnished(site.database)
    follow_index(site.database, site.engine, today=build.TODAY)
    return site


def _config(examples: int, seed: int, phases: tuple[str, ...]) -> SchemathesisConfig:
    given: dict[str, Any] = {
        "seed": seed,
        "headers": {"Authorization": f"Bearer {PUBLISH_KEY}"},
        "generation": {"max-examples": examples, "deterministic": False, "database": "none"},
        "checks": {
            "positive_data_acceptance": {"expected-statuses": REFUSED_RIGHTLY},
            "missing_required_header": {"expected-statuses": ["401", "403", "428"]},
        },
        "phases": {"stateful": {"max-steps": 6, "generation": {"max-examples": max(examples // 2, 1)}}},
    }
    if phases:
        given["phases"] |= {
            name: {"enabled": name in phases} for name in ("examples", "coverage", "fuzzing", "stateful")
        }
    return SchemathesisConfig.from_dict(given)


def _counted(app: Any, outcome: Outcome) -> Callable[..., Awaitable[None]]:
    async def counted(scope: MutableMapping[str, Any], receive: Any, send: Any) -> None:
        async def answer(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start" and scope["path"].startswith("/api/v1"):
                outcome.statuses[message["status"]] += 1
            await send(message)

        await app(scope, receive, answer if scope["type"] == "http" else send)

    return counted


def _note(event: events.EngineEvent, outcome: Outcome) -> None:
    if isinstance(event, events.NonFatalError | events.FatalError):
        outcome.errors.append(str(getattr(event, "value", None) or getattr(event, "exception", event)))
    if isinstance(event, events.ScenarioFinished):
        outcome.phases[event.phase.value] += len(event.recorder.interactions)
        for case_id, checks in event.recorder.checks.items():
            for check in checks:
                if check.failure_info is not None and not _names_nothing(event, case_id, check.name):
                    what = f"{event.label}: {check.name}: {check.failure_info.failure.title}"
                    said = check.failure_info.failure.message
                    outcome.failures.setdefault(
                        what, f"{said}\n{check.failure_info.code_sample}\n{_answer(event, case_id)}"
                    )


def _answer(event: events.ScenarioFinished, case_id: str) -> str:
    found = event.recorder.interactions.get(case_id)
    response = found.response if found else None
    return f"{response.status_code} {response.text[:600]}" if response else ""


def _names_nothing(event: events.ScenarioFinished, case_id: str, check: str) -> bool:
    """Whether a call is in order, but for what it speaks of, which no schema can know."""
    said = _answer(event, case_id)
    return check == "positive_data_acceptance" and any(f"#{name}" in said for name in UNKNOWABLE)


def main() -> int:
    """Fuzz at length, print what came of it, and fail on any failure."""
    examples = int(sys.argv[1]) if len(sys.argv) > 1 else WHOLE
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        url = f"sqlite:///{home / 'signpost.db'}"
        database = Database(url)
        migrate(database)
        database.close()
        outcome = fuzz(url, home, examples=examples, seed=seed)
    for what, said in outcome.failures.items():
        print(f"{what}\n{said}\n")
    for error in outcome.errors:
        print(f"error: {error}")
    print(f"{outcome.calls:,} calls: {dict(sorted(outcome.statuses.items()))}, by phase {dict(outcome.phases)}")
    print(f"{len(outcome.failures)} failures, {len(outcome.errors)} errors, {outcome.statuses[500]} of status 500")
    return int(bool(outcome.failures or outcome.errors or outcome.statuses[500]))


if __name__ == "__main__":
    sys.exit(main())
