"""Changes of which each took the place of the one before are one chain, from whichever of them one comes to it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from directory.store.chains import chains
from directory.store.database import Database
from tests.notify.build import NOW, Town


@pytest.fixture
def town(database: Database) -> Town:
    return Town(database)


def test_a_chain_is_found_from_any_of_its_changes(town: Town) -> None:
    first = town.move_clinic()
    alone = town.move_clinic()
    second = town.move_clinic(supersedes=first)
    third = town.move_clinic(supersedes=second, at=NOW + timedelta(hours=1))
    with town.database.read() as connection:
        for numbers in ([first], [second], [third], [third, first, second]):
            (found,) = chains(connection, numbers)
            assert (found.numbers, found.root) == ((first, second, third), first)
            assert found.recorded_at == NOW + timedelta(hours=1)
        assert [each.numbers for each in chains(connection, [third, alone])] == [(first, second, third), (alone,)]
        assert chains(connection, []) == []
        assert chains(connection, [9_999]) == []
