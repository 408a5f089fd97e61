"""A file that waits, on both databases: kept with what it would do, imported once as it was shown, and forgotten."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta

import pytest

from directory.actions.import_services import import_file
from directory.actions.uploads import SentIn, confirm, discard, keep, own
from directory.domain.change import Edit
from directory.domain.policy import OPERATOR, Actor
from directory.errors import ImportNotFound, Invalid, NotAllowed
from directory.store import imports as import_store
from directory.store import people, uploads
from directory.store.database import Database
from directory.store.tables import metadata
from directory.store.uploads import Upload
from directory.store.versions import ids_by_identifier
from tests import build, sheets
from tests.sheets import sheet

TOMORROW = build.NOON + timedelta(days=1)


@pytest.fixture
def started(database: Database) -> Iterator[Database]:
    with closing(database):
        build.directory(database)
        import_file(database, sheets.job(sheet(3)))
        yield database


@pytest.fixture
def editor(started: Database) -> Actor:
    with started.write() as connection:
        number = people.add(connection, email="ed@northmoor.example", name="Ed", editor=True, at=build.NOON)
    return Actor(f"person {number}", number, editor=True)


def sent(database: Database, data: bytes, by: Actor) -> Upload:
    return keep(database, SentIn("list.csv", data), by=by, at=build.NOON, zone=build.LONDON)


def press(database: Database, upload: Upload, by: Actor) -> int | None:
    return confirm(database, upload.id, seen=upload.sha256, by=by, at=build.NOON, zone=build.LONDON)


def test_it_is_imported_once_as_it_was_shown(started: Database, editor: Actor) -> None:
    upload = sent(started, sheet(4, phone="01632 970000"), editor)
    with started.read() as connection:
        assert uploads.count_lines(connection, upload.id) == {"changed": 1, "new": 1, "other": 1}
        (line,) = uploads.lines_of(connection, upload.id, "changed")
        assert [each.id for each in uploads.waiting(connection, person_id=editor.person_id or 0, limit=9)] == [
            upload.id
        ]
    assert (line.row, line.title) == (2, "Clinic 0 of Eastmarsh")
    batch = press(started, upload, editor)
    assert batch is not None
    assert press(started, upload, editor) == batch
    with started.read() as connection:
        found = import_store.load(connection, batch)
        held = uploads.load(connection, upload.id, person_id=editor.person_id or 0)
        assert uploads.count_lines(connection, upload.id) == {}
    assert (found.person, found.source, found.size) == ("Ed", "list.csv", 3)
    assert held is not None
    assert (held.import_id, held.data) == (batch, None)


def test_what_changed_meanwhile_is_shown_anew(started: Database, editor: Actor) -> None:
    upload = sent(started, sheet(3, phone="01632 970000"), editor)
    with started.read() as connection:
        service = ids_by_identifier(connection, "services-csv", ["S0"])["S0"]
    # Of something else: what was shown still holds.
    build.change(started, build.draft(Edit("leg-ulcer-clinic", {"hours": "24/7"})))
    build.change(started, build.draft(Edit(service, {"summary": "Theirs."})))
    assert press(started, upload, editor) is None
    with started.read() as connection:
        anew = own(connection, upload.id, by=editor)
    assert anew.sha256 != upload.sha256
    build.change(started, build.draft(Edit("leg-ulcer-clinic", {"hours": "off"})))
    assert press(started, anew, editor) is not None


def test_a_row_that_became_bad_is_named_and_nothing_is_imported(started: Database, editor: Actor) -> None:
    data = b"id,slug,name,owner_organisation\n8,new-one,One,Trust\n9,leg-ulcer-clinic,Two,Trust\n"
    upload = sent(started, data, editor)
    build.change(started, build.draft(build.opening("new-one"), kinds=("opened",)))
    with started.write() as connection:
        # What people called the clinic before leads to the new service too.
        table = metadata.tables["identifiers"]
        rows = [{"system": "services-csv", "value": value, "service_id": "new-one"} for value in ("8", "9")]
        connection.execute(table.insert(), rows)
    assert press(started, upload, editor) is None
    with started.read() as connection:
        assert uploads.count_rows(connection, upload.id, "problem") == 2
        assert own(connection, upload.id, by=editor).sha256 == ""


def test_a_day_later_it_is_shown_anew_and_then_forgotten(started: Database, editor: Actor) -> None:
    """What held from the day on which it was sent would be a correction of the past."""
    upload = sent(started, sheet(3, phone="01632 970000"), editor)
    assert confirm(started, upload.id, seen=upload.sha256, by=editor, at=TOMORROW, zone=build.LONDON) is None
    with started.write() as connection:
        assert uploads.forget(connection, before=TOMORROW) == 1
        with pytest.raises(ImportNotFound):
            own(connection, upload.id, by=editor)


def test_whose_it_is(started: Database, editor: Actor) -> None:
    upload = sent(started, sheet(3, bad=1), editor)
    assert (upload.data, upload.sha256) == (None, "")
    with pytest.raises(Invalid, match="Mend"):
        press(started, upload, editor)
    for other in (replace(editor, person_id=99), OPERATOR):
        with pytest.raises((ImportNotFound, NotAllowed)):
            discard(started, upload.id, by=other)
    with pytest.raises(NotAllowed, match="editor"):
        sent(started, sheet(1), replace(editor, editor=False))
    discard(started, upload.id, by=editor)
    with pytest.raises(ImportNotFound):
        press(started, upload, editor)
