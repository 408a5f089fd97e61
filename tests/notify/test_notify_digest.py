"""Digests: one for a person and slot, claimed by row, through clock changes, kills and two processes at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from directory.domain.digest import DigestSchedule
from directory.notify.digest import next_slot, preview, run_due_slots
from directory.notify.match import match_announced
from directory.notify.recover import recover
from directory.store import digests as store
from directory.store import subscriptions
from directory.store.database import Database
from tests.notify.build import LETTERHEAD, LONDON, NOW, SCHEDULE, Town
from tests.notify.fakes import FakeMailer, deliver

DAY = timedelta(days=1)
# Thursday, 07:00 in London.
SLOT = datetime(2026, 11, 5, 7, 0, tzinfo=UTC)
MONDAY = datetime(2026, 11, 9, 7, 0, tzinfo=UTC)


@pytest.fixture
def town(database: Database) -> Town:
    return Town(database)


def publish(town: Town, at: datetime = NOW, **more: Any) -> int:
    number = town.move_clinic(at=at, **more)
    match_announced(town.database, at=at, zone=LONDON)
    return number


def run(town: Town, at: datetime) -> int:
    return run_due_slots(town.database, SCHEDULE, at=at)


@given(
    start=st.integers(0, 6 * 365 * 24 * 60).map(lambda minutes: NOW - 3 * 365 * DAY + timedelta(minutes=minutes)),
    gaps=st.lists(st.timedeltas(timedelta(0), timedelta(days=6)), min_size=1, max_size=30),
    at=st.times(),
)
def test_slots_tile_the_year(start: datetime, gaps: list[timedelta], at: time) -> None:
    """However the worker's visits fall, each local day has its slot exactly once, at its local time."""
    schedule = DigestSchedule(LONDON, at.replace(second=0, microsecond=0))
    visits = [start]
    for gap in gaps:
        visits.append(visits[-1] + gap)
    found = [slot.at for a, b in pairwise(visits) for slot in schedule.between(a, b)]
    days = [slot.astimezone(LONDON).date() for slot in found]
    assert days == [days[0] + DAY * n for n in range(len(days))] if days else True
    assert all(start < slot <= visits[-1] for slot in found)
    assert len(days) >= (visits[-1] - start).days - 1


@pytest.mark.parametrize(
    ("night", "expected"),
    [
        (datetime(2026, 10, 24, 12, tzinfo=UTC), datetime(2026, 10, 25, 7, tzinfo=UTC)),
        (datetime(2026, 10, 23, 12, tzinfo=UTC), datetime(2026, 10, 24, 6, tzinfo=UTC)),
        (datetime(2027, 3, 27, 12, tzinfo=UTC), datetime(2027, 3, 28, 6, tzinfo=UTC)),
        (datetime(2027, 3, 26, 12, tzinfo=UTC), datetime(2027, 3, 27, 7, tzinfo=UTC)),
    ],
)
def test_seven_in_london_through_both_clock_changes(night: datetime, expected: datetime) -> None:
    slot = next_slot(SCHEDULE, night)
    assert slot.at == expected
    assert slot.at.astimezone(LONDON).time() == time(7, 0)


@pytest.mark.parametrize(
    ("midnight", "slot"),
    [
        # Half past one comes twice: in summer time, and an hour later again.
        (datetime(2026, 10, 24, 23, tzinfo=UTC), datetime(2026, 10, 25, 7, tzinfo=UTC)),
        # It comes once, and half past two follows within a minute of two.
        (datetime(2027, 3, 28, 0, tzinfo=UTC), datetime(2027, 3, 28, 6, tzinfo=UTC)),
    ],
    ids=["2026-10-25", "2027-03-28"],
)
def test_a_night_of_a_clock_change_is_one_digest_with_each_item_once(
    town: Town, midnight: datetime, slot: datetime
) -> None:
    """A worker that looks every half hour for a day; something is published at each half past of the night."""
    town.subscribe("daily", person=town.person("amina@example.nhs.uk"))
    mailer, published, sent_at = FakeMailer(), list[int](), list[datetime]()
    for half_hours in range(50):
        at = midnight + half_hours * timedelta(minutes=30)
        if half_hours in (1, 3, 5):
            published.append(publish(town, at))
        run(town, at)
        sent_at += [at] * deliver(town, mailer, at)
    assert sent_at == [slot]
    assert [message_id for _, message_id in mailer.taken] == ["<digest-1@signpost.example>"]
    told = [(row.change_number, row.state, row.digest_id) for row in town.deliveries()]
    assert told == [(number, "accepted", 1) for number in published]


def test_daily_then_nothing_on_the_day_after(town: Town) -> None:
    town.subscribe("daily", person=town.person("amina@example.nhs.uk"))
    publish(town)
    assert [run(town, SLOT - timedelta(seconds=1)), run(town, SLOT), run(town, SLOT), run(town, SLOT + DAY)] == [
        0,
        1,
        0,
        0,
    ]
    assert [row.slot_at for row in town.digests()] == [SLOT]


def test_weekly_waits_for_its_day_and_daily_digests_hold_only_what_is_due(town: Town) -> None:
    person = town.person("amina@example.nhs.uk")
    town.subscribe("weekly", person=person, service="leg-ulcer-clinic")
    town.subscribe("daily", person=person, service="podiatry")
    weekly = publish(town)
    daily = town.change("Podiatry", sets={"podiatry": {"hours": "Mo"}}, kinds=("hours",))
    match_announced(town.database, at=NOW, zone=LONDON)
    for day in range(6):
        run(town, SLOT + DAY * day)
    slots = {row.id: row.slot_at for row in town.digests()}
    assert {row.change_number: slots[row.digest_id] for row in town.deliveries()} == {daily: SLOT, weekly: MONDAY}


def test_missed_slots_are_made_up_in_one_digest(town: Town) -> None:
    person = town.person("amina@example.nhs.uk")
    town.subscribe("weekly", person=person, service="leg-ulcer-clinic")
    town.subscribe("daily", person=person, service="podiatry")
    publish(town)
    run(town, SLOT)
    town.change("Podiatry", sets={"podiatry": {"hours": "Mo"}}, kinds=("hours",))
    match_announced(town.database, at=NOW, zone=LONDON)
    assert run(town, MONDAY + 3 * DAY + timedelta(hours=2)) == 1
    assert [row.slot_at for row in town.digests()] == [MONDAY + 3 * DAY]
    assert all(row.digest_id for row in town.deliveries())


def test_a_worker_away_for_a_month_loses_nothing(town: Town) -> None:
    town.subscribe("daily", person=town.person("amina@example.nhs.uk"))
    publish(town)
    run(town, SLOT)
    publish(town, SLOT + timedelta(hours=1))
    assert run(town, SLOT + 30 * DAY) == 1
    assert all(row.digest_id for row in town.deliveries())


def test_what_is_matched_late_goes_with_the_next_slot(town: Town) -> None:
    """Claimed by row: a delivery written after its slot had run, with an earlier time, is not left behind."""
    town.subscribe("daily", person=town.person("amina@example.nhs.uk"))
    publish(town)
    run(town, SLOT)
    town.move_clinic(at=NOW)
    match_announced(town.database, at=SLOT - timedelta(minutes=1), zone=LONDON)
    assert run(town, SLOT + timedelta(minutes=1)) == 0
    assert run(town, SLOT + DAY) == 1


def test_a_run_ahead_of_time_holds_up_nothing(town: Town) -> None:
    town.subscribe("daily", person=town.person("amina@example.nhs.uk"))
    publish(town)
    assert run(town, SLOT + 20 * DAY) == 1
    publish(town)
    assert run(town, SLOT) == 1


def test_killed_while_filling_leaves_nothing_and_the_rerun_is_whole(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    town.subscribe("daily", person=town.person("amina@example.nhs.uk"))
    publish(town)
    fill = store.fill

    def killed(*args: Any, **more: Any) -> int:
        fill(*args, **more)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(store, "fill", killed)
        run(town, SLOT)
    assert town.digests() == []
    assert run(town, SLOT) == 1


def test_two_processes_at_one_slot_make_one_digest_a_person(town: Town) -> None:
    for name in ("amina", "ben", "carol"):
        town.subscribe("daily", person=town.person(f"{name}@example.nhs.uk"))
    publish(town)
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda _: run(town, SLOT), range(4)))
    assert sorted(made) == [0, 0, 0, 3]
    assert len(town.digests()) == 3
    assert all(row.digest_id for row in town.deliveries())


def test_a_pause_outlasts_slots_but_not_for_ever(town: Town) -> None:
    subscription = town.subscribe("daily", person=town.person("amina@example.nhs.uk"))
    with town.database.write() as connection:
        subscriptions.pause(connection, subscription, until=SLOT + 2 * DAY)
    publish(town)
    assert [run(town, SLOT + DAY * day) for day in range(4)] == [0, 0, 1, 0]


def test_what_is_withdrawn_before_its_slot_or_before_sending_is_left_out(town: Town) -> None:
    town.subscribe("daily", person=town.person("amina@example.nhs.uk"))
    first, second = publish(town), publish(town)
    town.withdraw(first)
    assert run(town, SLOT) == 1
    town.withdraw(second)
    found = recover(town.database, at=SLOT)
    assert (found.dropped, found.digests) == (2, 1)
    assert {row.state for row in [*town.deliveries(), *town.digests()]} == {"dropped"}
    assert recover(town.database, at=SLOT).dropped == 0


def test_the_preview_is_what_the_run_makes(town: Town) -> None:
    person = town.person("amina@example.nhs.uk")
    town.subscribe("daily", person=person, service="leg-ulcer-clinic")
    town.subscribe("weekly", person=person, service="podiatry")
    number = publish(town, on=date(2026, 12, 1))
    town.change("Podiatry", sets={"podiatry": {"hours": "Mo"}}, kinds=("hours",))
    match_announced(town.database, at=NOW, zone=LONDON)
    shown = preview(town.database, SCHEDULE, person, letterhead=LETTERHEAD, at=NOW)
    assert shown.slot.at == SLOT
    assert [item.notice.number for item in shown.items] == [number]
    assert len(preview(town.database, SCHEDULE, person, letterhead=LETTERHEAD, at=MONDAY).items) == 2
    run(town, SLOT)
    assert preview(town.database, SCHEDULE, person, letterhead=LETTERHEAD, at=SLOT).items == ()
