from __future__ import annotations

import pytest

from directory.exchange.opening_hours import hours_of

DAY = {"opens_at": "09:00:00", "closes_at": "17:00"}


@pytest.mark.parametrize(
    ("schedules", "hours"),
    [
        ([DAY | {"freq": "WEEKLY", "byday": "MO,TU,WE,TH,FR"}], "Mo-Fr 09:00-17:00"),
        ([DAY | {"byday": "MO"}, DAY | {"byday": "TU"}], "Mo,Tu 09:00-17:00"),
        ([DAY | {"weekday": "Monday"}, DAY | {"weekday": 3}], "Mo,We 09:00-17:00"),
        ([DAY | {"freq": "DAILY"}], "Mo-Su 09:00-17:00"),
        ([DAY | {"freq": "WEEKLY", "dtstart": "2024-05-02"}], "Th 09:00-17:00"),
        ([DAY | {"freq": "MONTHLY", "byday": "1TU,-1FR"}], "Tu[1],Fr[-1] 09:00-17:00"),
        (
            [DAY | {"byday": "MO"}, {"byday": "MO", "opens_at": "18:00Z", "closes_at": "00:00"}],
            "Mo 09:00-17:00,18:00-24:00",
        ),
        ([DAY | {"byday": "SA,SU"}, {"byday": "MO", "opens_at": "8:30", "closes_at": "12:00"}],
         "Mo 08:30-12:00; Sa,Su 09:00-17:00"),
        ([DAY | {"freq": "WEEKLY", "interval": 2, "byday": "MO", "description": "Every second Monday"}],
         "Every second Monday"),
        ([DAY | {"byday": "MO"}, {"description": 'Not at "half term"'}], "Mo 09:00-17:00; \"Not at 'half term'\""),
        ([DAY | {"freq": "YEARLY"}], ""),
        ([{"byday": "MO", "opens_at": "early", "closes_at": "late"}], ""),
        ([DAY | {"byday": "MO,XX"}], ""),
        ([], ""),
    ],
)  # fmt: skip
def test_schedules_are_said_in_opening_hours(schedules: list[dict[str, object]], hours: str) -> None:
    assert hours_of(schedules) == hours
