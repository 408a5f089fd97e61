"""`kill -9` of `signpost serve` while two mirrors read and somebody publishes: both are the directory in the end.

One only follows /api/v1/changes, one only the `_history?_since` of FHIR. Whoever publishes asks again for what was not
answered, under the same key.
"""

from __future__ import annotations

import json
import os
import random
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from directory.exchange.fhir_terms import PARAMETERS
from directory.store.database import Database
from tests import build
from tests.api.mirror import KINDS, lasting
from tests.api.mirror import Mirror as LogMirror
from tests.api.test_api_mirror import Editors
from tests.faults.conftest import Tried
from tests.fhir.test_fhir_mirror import Mirror as FhirMirror
from tests.running import Signpost, wait_for

ROUNDS = int(os.environ.get("FAULT_ROUNDS", "2"))
# A change that names a day is published on this one, and mirrors know it too.
TODAY = datetime.now(UTC).astimezone(build.LONDON).date()


class Away(Exception):
    """The server did not answer, or is not ready yet."""


def asked(client: httpx.Client, path: str) -> Any:
    """A body, or None where there is nothing; raises Away."""
    try:
        answer = client.get(path)
    except httpx.TransportError as error:
        raise Away from error
    if answer.status_code == 503:
        raise Away
    assert answer.status_code in (200, 404), answer.text
    return answer.json() if answer.status_code == 200 else None


class Patient:
    """Publishes as `tests.api.conftest.Api` does, until it is answered: the same call again is the same change."""

    def __init__(self, client: httpx.Client) -> None:
        self._client, self.tries = client, 0

    def post(self, body: dict[str, Any], *, path: str) -> httpx.Response:
        headers = {"Idempotency-Key": uuid.uuid4().hex}
        if any("expected_version" not in each for each in body.get("services", ())):
            headers["If-Match"] = "*"
        while True:
            self.tries += 1
            try:
                return self._client.post(f"/api/v1{path}", json=body, headers=headers)
            except httpx.TransportError:
                time.sleep(0.05)


class Busy(threading.Thread):
    """Does something over and over until it is told to stop; what goes wrong is kept, and stops it."""

    def __init__(self, turn: Callable[[], object]) -> None:
        super().__init__(daemon=True)
        self._turn, self.over, self.wrong = turn, threading.Event(), list[BaseException]()

    def run(self) -> None:
        while not self.over.is_set():
            try:
                self._turn()
            except Away:
                time.sleep(0.02)
            except BaseException as error:
                self.wrong.append(error)
                return


@pytest.fixture
def signpost(sqlite_url: str, tmp_path: Path) -> Iterator[Signpost]:
    with closing(Database(sqlite_url)) as database:
        build.directory(database)
    installed = Signpost(tmp_path / "home", database_url=sqlite_url)
    installed.environment |= {"SIGNPOST_API_LIMIT": "0", "SIGNPOST_API_LIMIT_WITHOUT_KEY": "0"}
    installed.run("user", "add", "editor@northmoor.example", "--role", "editor")
    yield installed
    installed.stop()


@pytest.mark.again
def test_the_server_is_killed_and_mirrors_are_the_directory(
    signpost: Signpost, tmp_path: Path, tried: Callable[[Tried], None]
) -> None:
    made = signpost.run("key", "add", "--owner", "editor@northmoor.example", "--scope", "publish", "--json")
    chance = random.Random(20261123)
    with signpost.client(json.loads(made.stdout)["key"]) as client, signpost.client() as reader:
        log, fhir = Readings(reader, tmp_path / "log.json"), Readings(reader, tmp_path / "fhir.json")
        editors = Editors(Patient(client), chance)  # type: ignore[arg-type]
        editors.today = TODAY
        busy = [Busy(editors.publish), Busy(log.by_number), Busy(fhir.by_history)]
        signpost.start()
        for each in busy:
            each.start()
        for _ in range(ROUNDS):
            time.sleep(chance.uniform(0, 1.5))
            signpost.kill()
            signpost.start()
        for each in busy:
            each.over.set()
        for each in busy:
            each.join(30)
            assert each.wrong == []
        assert len(editors.published) > ROUNDS
        _same_log(log)
        wait_for(fhir.is_same_history, "the FHIR mirror to be the directory")
    again = f"{len(editors.published)} changes; calls that broke: {log.broken} and {fhir.broken}"
    tried(Tried("kill -9 of serve while two mirrors read", "sqlite", ROUNDS, 0, 0, again))
    assert log.broken + fhir.broken > 0


class Readings:
    """A mirror that begins again from its file whenever a call breaks."""

    def __init__(self, client: httpx.Client, file: Path) -> None:
        self.client, self._file, self.broken = client, file, 0

    def by_number(self) -> LogMirror:
        """Take in a page of the log; returns the mirror."""
        mirror = LogMirror(self._file, self._counted("/api/v1"))
        mirror.follow(today=TODAY, limit=5)
        return mirror

    def by_history(self) -> FhirMirror:
        """Take in what is new of each type; returns the mirror."""
        mirror = FhirMirror(self._file, self._counted(""))
        for type_ in PARAMETERS:
            mirror.follow(type_, count=5, clock=None)
        return mirror

    def _counted(self, prefix: str) -> Callable[[str], Any]:
        def get(path: str) -> Any:
            try:
                return asked(self.client, path if path.startswith("http") else f"{prefix}{path}")
            except Away:
                self.broken += 1
                raise

        return get

    def is_same_history(self) -> bool:
        """Whether what it holds is what FHIR says now."""
        mirror = self.by_history()
        return all(self._listed(type_) == mirror.kept[type_]["resources"] for type_ in PARAMETERS)

    def _listed(self, type_: str) -> dict[str, Any]:
        page, found = asked(self.client, f"/fhir/{type_}?_count=500"), dict[str, Any]()
        while True:
            found |= {each["resource"]["id"]: each["resource"] for each in page.get("entry", ())}
            following = [link["url"] for link in page["link"] if link["relation"] == "next"]
            if not following:
                return found
            page = asked(self.client, following[0])


def _same_log(log: Readings) -> None:
    mirror, before = log.by_number(), -1
    while mirror.kept["number"] != before:
        before, mirror = mirror.kept["number"], log.by_number()
    for kind in KINDS:
        after: str | None = ""
        there: dict[str, Any] = {}
        while after is not None:
            page = asked(log.client, f"/api/v1/{kind}?limit=200&after={after}")
            there |= {each["id"]: lasting(each) for each in page["items"]}
            after = page["next"]
        assert mirror.kept[kind] == there
