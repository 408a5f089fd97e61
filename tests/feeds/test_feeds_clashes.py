"""What somebody here says otherwise than a feed stays, and is shown: lost in neither direction."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from directory.actions import clashes as actions
from directory.actions.clashes import Chosen, Differing
from directory.actions.prepare import Published
from directory.actions.sources import remove
from directory.actions.undo_import import Undo, undo_import
from directory.domain.change import Edit
from directory.domain.policy import ANYONE, OPERATOR
from directory.domain.service import Contact
from directory.errors import Invalid, NotAllowed
from directory.store import imports, source_words
from tests import build
from tests.feeds.serving import Feed, Reader, service
from tests.feeds.test_feeds_hsds import key

OURS = (Contact("phone", "01632 960777"),)


@pytest.fixture
def feed() -> Iterator[Feed]:
    with Feed() as running:
        running.services = [service("1"), service("2")]
        yield running


@pytest.fixture
def reader(_sqlite_template: Path, tmp_path: Path, feed: Feed) -> Iterator[Reader]:
    with Reader.over(_sqlite_template, tmp_path / "reader") as opened:
        opened.add("east", feed.url, at_most=100)
        opened.poll("east")
        yield opened


def change(reader: Reader, **facts: object) -> None:
    reader.at += timedelta(minutes=10)
    day = reader.at.astimezone(build.LONDON).date()
    edit = Edit(key(reader, "1"), facts)
    build.change(reader.database, build.draft(edit, effective_from=day), at=reader.at)


def waiting(reader: Reader) -> list[Differing]:
    day = reader.at.astimezone(build.LONDON).date()
    with reader.database.read() as connection:
        found = [each for each in source_words.clashes(connection) if each.kept_at is None]
        return actions.differing(connection, found, on=day)


def chosen(it: Differing) -> Chosen:
    return Chosen(it.clash.source, it.clash.service_id, it.clash.field, it.seen)


def keep(reader: Reader, it: Differing) -> None:
    with reader.database.write() as connection:
        actions.keep_ours(connection, chosen(it), by=OPERATOR, at=reader.at, zone=build.LONDON)


def take(reader: Reader, it: Differing) -> object:
    with reader.database.write() as connection:
        return actions.take_theirs(connection, chosen(it), by=OPERATOR, at=reader.at, zone=build.LONDON)


def test_what_was_changed_here_stays_and_the_rest_follows(reader: Reader, feed: Feed) -> None:
    change(reader, contacts=OURS)
    feed.services[0] = service("1", description="New words.")
    done = reader.poll("east")
    found = reader.facts()["Service 1"]
    assert (found.description, found.contacts) == ("New words.", OURS)
    assert "1 field says something else here." in done.result
    [clash] = waiting(reader)
    assert clash.clash.field == "contacts"
    assert clash.theirs.contacts[0].value == "01632 960100"
    assert reader.source("east").clashes == 1


def test_theirs_is_taken_and_followed_again(reader: Reader, feed: Feed) -> None:
    change(reader, contacts=OURS)
    reader.poll("east")
    [clash] = waiting(reader)
    done = take(reader, clash)
    assert isinstance(done, Published)
    assert done.change.title == "Service 1: new phone number"
    assert waiting(reader) == []
    feed.services[0] = service("1", phones=[{"number": "01632 960155"}])
    reader.poll("east")
    assert reader.facts()["Service 1"].contacts[0].value == "01632 960155"
    assert waiting(reader) == []


def test_ours_is_kept_until_theirs_changes_again(reader: Reader, feed: Feed) -> None:
    change(reader, contacts=OURS)
    reader.poll("east")
    [clash] = waiting(reader)
    keep(reader, clash)
    reader.poll("east")
    assert waiting(reader) == []
    feed.services[0] = service("1", phones=[{"number": "01632 960155"}])
    reader.poll("east")
    assert reader.facts()["Service 1"].contacts == OURS
    [clash] = waiting(reader)
    assert clash.theirs.contacts[0].value == "01632 960155"
    # They come round to what is said here: nothing differs, and from then on it follows them.
    feed.services[0] = service("1", phones=[{"number": "01632 960777"}])
    reader.poll("east")
    assert waiting(reader) == []
    feed.services[0] = service("1", phones=[{"number": "01632 960199"}])
    reader.poll("east")
    assert reader.facts()["Service 1"].contacts[0].value == "01632 960199"


def test_closed_here_stays_closed_and_paused_here_is_not_closed_by_them(reader: Reader, feed: Feed) -> None:
    change(reader, status="closed")
    reader.poll("east")
    assert reader.facts()["Service 1"].status == "closed"
    assert waiting(reader)[0].theirs.status == "active"
    change(reader, status="paused")
    feed.services.pop(0)
    reader.poll("east")
    assert reader.facts()["Service 1"].status == "paused"
    reader.poll("east")
    [clash] = waiting(reader)
    assert (clash.ours.status, clash.theirs.status) == ("paused", "closed")
    take(reader, clash)
    assert reader.facts()["Service 1"].status == "closed"


def test_whoever_decides_has_seen_both(reader: Reader, feed: Feed) -> None:
    change(reader, contacts=OURS)
    reader.poll("east")
    [clash] = waiting(reader)
    feed.services[0] = service("1", phones=[{"number": "01632 960155"}])
    reader.poll("east")
    with pytest.raises(Invalid, match="changed since you looked"):
        take(reader, clash)
    [clash] = waiting(reader)
    change(reader, contacts=(Contact("phone", "01632 960778"),))
    with pytest.raises(Invalid, match="changed since you looked"):
        keep(reader, clash)
    with reader.database.write() as connection, pytest.raises(NotAllowed):
        actions.keep_ours(connection, chosen(clash), by=ANYONE, at=reader.at, zone=build.LONDON)


def test_an_undone_reading_is_overruled_as_any_other_word(reader: Reader, feed: Feed) -> None:
    with reader.database.read() as connection:
        [batch] = imports.newest(connection, limit=9)
    undo_import(reader.database, Undo(batch.id, "Not ours.", OPERATOR, reader.at, build.LONDON))
    reader.poll("east")
    assert {each.status for each in reader.facts().values()} == {"closed"}
    assert {each.clash.field for each in waiting(reader)} == {"status"}


def test_what_is_here_already_is_not_overwritten_by_a_feed_that_is_added(reader: Reader, feed: Feed) -> None:
    """A feed that is removed and added again knows nothing of how they came to differ."""
    change(reader, contacts=OURS)

    with reader.database.write() as connection:
        remove(connection, "east", by=OPERATOR, at=reader.at)
    reader.add("east", feed.url)
    reader.poll("east")
    assert reader.facts()["Service 1"].contacts == OURS
    assert sorted(reader.facts()) == ["Service 1", "Service 2"]
    assert [each.clash.field for each in waiting(reader)] == ["contacts"]
