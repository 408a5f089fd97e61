"""What is over is let go of on its day and not before; what people still need stays."""

from __future__ import annotations

import os
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import insert, select

from directory.actions.retention import ANSWERS_KEPT, MONTH, RETURNED_KEPT, WRITTEN, keep_no_longer
from directory.domain.policy import OPERATOR
from directory.store import idempotency, people
from directory.store.database import Database
from directory.store.idempotency import Attempt
from directory.store.tables.following import bounces, mail_stops
from directory.store.tables.learning import gaps
from directory.store.tables.telling import deliveries, digests
from directory.worker import Worker
from tests import build
from tests.web.conftest import site_over

YEAR = 12 * MONTH
SECOND = timedelta(seconds=1)


def _ask(database: Database, at: datetime) -> None:
    with database.write() as connection:
        connection.execute(insert(gaps).values(query="who is it", times=1, first_at=build.NOON, last_at=at))


def _left(database: Database, mail: Path, at: datetime) -> int:
    return keep_no_longer(database, mail, months=12, at=at)


def test_a_question_goes_a_year_after_it_was_last_asked(database: Database, tmp_path: Path) -> None:
    _ask(database, build.NOON)
    assert _left(database, tmp_path, build.NOON + YEAR) == 0
    assert _left(database, tmp_path, build.NOON + YEAR + SECOND) == 1


def test_mail_that_came_back_goes_and_whom_nothing_is_sent_to_stays(database: Database, tmp_path: Path) -> None:
    with database.write() as connection:
        person = people.add(connection, email="a@b.example", name="", editor=False, at=build.NOON)
        row = {"person_id": person, "severity": "hard", "status": "5.1.1"}
        connection.execute(insert(bounces).values(row | {"ref": "x", "at": build.NOON}))
        connection.execute(insert(mail_stops).values(row | {"since": build.NOON}))
    assert _left(database, tmp_path, build.NOON + RETURNED_KEPT) == 0
    assert _left(database, tmp_path, build.NOON + RETURNED_KEPT + SECOND) == 1
    with database.read() as connection:
        assert connection.execute(select(mail_stops.c.person_id)).scalar_one() == person


def test_what_a_relay_said_goes_and_that_somebody_was_told_stays(database: Database, tmp_path: Path) -> None:
    build.directory(database)
    with database.write() as connection:
        person = people.add(connection, email="a@b.example", name="", editor=False, at=build.NOON)
        row = {"person_id": person, "state": "failed", "reason": "a@b.example: 550", "settled_at": build.NOON}
        told = {"change_number": 1, "stage": "announced", "channel": "mail", "rank": 0, "reasons": "x"}
        connection.execute(insert(deliveries).values(row | told | {"matched_at": build.NOON}))
        connection.execute(insert(digests).values(row | {"slot_at": build.NOON, "created_at": build.NOON}))
    assert _left(database, tmp_path, build.NOON + YEAR) == 0
    assert _left(database, tmp_path, build.NOON + YEAR + SECOND) == 2
    with database.read() as connection:
        assert connection.execute(select(deliveries.c.person_id, deliveries.c.reason)).all() == [(person, None)]


def test_messages_in_the_folder_go(database: Database, tmp_path: Path) -> None:
    for name, at in (("old", build.NOON), ("new", build.NOON + timedelta(days=2))):
        path = tmp_path / f"{name}.eml"
        path.touch()
        os.utime(path, (at.timestamp(), at.timestamp()))
    assert _left(database, tmp_path, build.NOON + YEAR + timedelta(days=1)) == 1
    assert [path.name for path in tmp_path.glob("*.eml")] == ["new.eml"]


def test_half_a_message_that_a_kill_left_goes(database: Database, tmp_path: Path) -> None:
    for name, at in (("left", build.NOON), ("being-written", build.NOON + WRITTEN)):
        path = tmp_path / f"{name}.part"
        path.touch()
        os.utime(path, (at.timestamp(), at.timestamp()))
    assert _left(database, tmp_path, build.NOON + WRITTEN + SECOND) == 1
    assert [path.name for path in tmp_path.iterdir() if path.suffix == ".part"] == ["being-written.part"]


def test_answers_to_programs_go_after_a_month(database: Database, tmp_path: Path) -> None:
    with database.write() as connection:
        idempotency.claim(connection, Attempt(OPERATOR, "key", b"{}"), at=build.NOON)
    assert _left(database, tmp_path, build.NOON + ANSWERS_KEPT) == 0
    assert _left(database, tmp_path, build.NOON + ANSWERS_KEPT + SECOND) == 1


def test_the_worker_does_it(sqlite_url: str, tmp_path: Path) -> None:
    site = site_over(sqlite_url, tmp_path / "home", SIGNPOST_KEEP_MONTHS="1")
    _ask(site.database, build.NOON - MONTH - SECOND)
    assert Worker(site).once() == 0
    with site.database.read() as connection:
        assert connection.execute(select(gaps.c.query)).all() == []
    site.close()
