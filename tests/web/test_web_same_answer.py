"""Asking to sign in says nothing of who is known here: not by its bytes, its work or its time."""

from __future__ import annotations

import random
import time
from math import sqrt

import numpy as np
import pytest
from numpy.typing import NDArray
from sqlalchemy import event

from directory.store import people
from tests import build
from tests.web.conftest import FoundSite, TestClient, client_of
from tests.web.test_web_sign_in import mail_to

TRIES = 200
# |z| of the rank sum is beyond 4 once in 16,000 runs where there is no difference.
LIMIT = 4.0
KNOWN = [f"known-{number:03d}@northmoor.example" for number in range(TRIES // 4)]
Answer = tuple[bytes, dict[str, str]]
UNKNOWN = [f"other-{number:03d}@northmoor.example" for number in range(TRIES // 4)]


@pytest.fixture
def crowd(site: FoundSite) -> FoundSite:
    with site.database.write() as connection:
        for email in KNOWN:
            people.add(connection, email=email, name="Somebody", editor=False, at=build.NOON)
    return site


def ask(client: TestClient, email: str) -> Answer:
    answer = client.post("/sign-in", data={"email": email})
    assert answer.status_code == 200
    client.cookies.clear()
    headers = {name: value for name, value in answer.headers.items() if name not in ("set-cookie", "x-request-id")}
    headers["set-cookie"] = str(len(answer.headers["set-cookie"]))
    return answer.content.replace(email.encode(), b"ADDRESS"), headers


def test_the_work_is_the_same(crowd: FoundSite) -> None:
    statements: list[str] = []
    event.listen(crowd.database.engine, "before_cursor_execute", lambda *given: statements.append(given[2]))
    work = []
    for email in (KNOWN[0], UNKNOWN[0]):
        statements.clear()
        ask(client_of(crowd), email)
        work.append(tuple(statements))
    assert work[0] == work[1]
    assert not any("people" in statement for statement in work[0])


def test_the_mail_is_the_same(crowd: FoundSite) -> None:
    client = client_of(crowd)
    for email in (KNOWN[0], UNKNOWN[0]):
        ask(client, email)
    known, unknown = (mail_to(crowd, email).splitlines() for email in (KNOWN[0], UNKNOWN[0]))
    assert len(known) == len(unknown)
    assert sum(one != other for one, other in zip(known, unknown, strict=True)) == 2


def test_neither_bytes_nor_time_tell_them_apart(crowd: FoundSite) -> None:
    """200 tries in random order: every answer is the same, and the times are not told apart.

    The statistic is Mann and Whitney's rank sum: how far two lots of times lie apart. Its z is normal where there is no
    difference, and would be 12 if every known address took longer. Order by chance spreads what else the machine does.
    """
    client, order = client_of(crowd), [*KNOWN * 2, *UNKNOWN * 2]
    random.Random(7).shuffle(order)
    for email in UNKNOWN[:10]:
        ask(client, email)
    times, answers = [], []
    for email in order:
        began = time.perf_counter()
        answer = ask(client, email)
        times.append(time.perf_counter() - began)
        answers.append(answer)
    assert len(answers) == TRIES
    assert all(answer == answers[0] for answer in answers)
    known = np.array([email in KNOWN for email in order])
    z = rank_sum_z(np.array(times), known)
    print(f"z = {z:.2f} over {len(order)} tries")
    assert abs(z) < LIMIT


def test_the_statistic_sees_a_difference() -> None:
    generator = np.random.default_rng(7)
    times, known = generator.gamma(4, 1, TRIES), np.arange(TRIES) % 2 == 0
    assert abs(rank_sum_z(times, known)) < LIMIT
    assert abs(rank_sum_z(times + known * 2.0, known)) > LIMIT


def rank_sum_z(values: NDArray[np.float64], first: NDArray[np.bool_]) -> float:
    """How many deviations the ranks of one lot's values are away from those of any lot of its size."""
    ranks = values.argsort().argsort() + 1
    one, other = int(first.sum()), int((~first).sum())
    mean, deviation = one * (one + other + 1) / 2, sqrt(one * other * (one + other + 1) / 12)
    return float((ranks[first].sum() - mean) / deviation)
