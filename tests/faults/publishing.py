"""Programs that publish while something is broken: each change has a name of its own, which is its key as well."""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count

import httpx

from tests.running import Signpost, wait_for

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


class Insistent(threading.Thread):
    """Publishes one change after the other, and asks for each again until it is answered."""

    def __init__(self, signpost: Signpost, key: str, numbers: Iterator[int]) -> None:
        super().__init__(daemon=True)
        self._signpost, self._key, self._numbers = signpost, key, numbers
        self.over = threading.Event()
        self.acknowledged: dict[str, int] = {}
        # What was answered instead, and why nothing was answered at all.
        self.refused: Counter[str] = Counter()
        self.wrong: BaseException | None = None

    def run(self) -> None:
        try:
            with self._signpost.client(self._key) as client:
                while not self.over.is_set():
                    self._publish(client, f"Change {next(self._numbers)}")
        except BaseException as error:
            self.wrong = error

    def _publish(self, client: httpx.Client, title: str) -> None:
        while True:
            try:
                answer = publish(client, title)
            except httpx.TransportError as error:
                self.refused[type(error).__name__] += 1
            else:
                if answer.status_code == 201:
                    self.acknowledged[title] = answer.json()["number"]
                    return
                assert answer.status_code >= 500, answer.text
                self.refused[f"{answer.status_code} {answer.json()['detail']}"] += 1
            # Tests end; a program would wait as Retry-After says.
            time.sleep(0.02)


class Load:
    """Several that publish at once."""

    def __init__(self, signpost: Signpost, key: str, *, programs: int = 3) -> None:
        numbers = count()
        self._programs = [Insistent(signpost, key, numbers) for _ in range(programs)]

    @property
    def acknowledged(self) -> dict[str, int]:
        """The number of each change that was answered, by its title."""
        return {title: number for each in self._programs for title, number in list(each.acknowledged.items())}

    @property
    def refused(self) -> Counter[str]:
        """How often something else was answered."""
        return sum((each.refused.copy() for each in self._programs), Counter[str]())

    @contextmanager
    def running(self) -> Iterator[None]:
        """Until the block ends, and each has the answer that it waits for."""
        for each in self._programs:
            each.start()
        try:
            yield
        finally:
            for each in self._programs:
                each.over.set()
            for each in self._programs:
                each.join(60)
        assert [each.wrong for each in self._programs] == [None] * len(self._programs)
        assert not any(each.is_alive() for each in self._programs)

    def goes_on(self) -> None:
        """Wait until changes are acknowledged that were not yet."""
        known = len(self.acknowledged)
        wait_for(lambda: len(self.acknowledged) > known + len(self._programs), "publishing to go on")
