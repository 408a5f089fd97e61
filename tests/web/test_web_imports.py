"""Importing in the browser: a file is looked through, imported as it was shown, and undone as one."""

from __future__ import annotations

import csv
import io
import re
from datetime import timedelta

import openpyxl
import pytest
from sqlalchemy import func, select

from directory.notify.post import forget_what_is_over
from directory.store import changes
from directory.store.tables import metadata
from directory.web import imports as handlers
from tests import build
from tests.sheets import row_of, sheet
from tests.web.conftest import FoundSite, TestClient, client_of, h1, signed_in, words_of

FILE = "/manage/import/file/"


def send(editor: TestClient, data: bytes, *, name: str = "list.csv", code: int = 303, **given: str) -> str:
    """Send a file; where the next page is, or what this one says."""
    answer = editor.post("/manage/import", data=given, files={"file": (name, data)})
    assert answer.status_code == code, words_of(answer.text)
    return str(answer.headers["Location"]) if code == 303 else str(answer.text)


def press(editor: TestClient, path: str, *, code: int = 303) -> str:
    """Press "Import it" on the page of a file as it stands."""
    found = re.search(r'name="seen" value="(\w+)"', editor.get(path).text)
    assert found is not None
    answer = editor.post(path, data={"seen": found[1]})
    assert answer.status_code == code, words_of(answer.text)
    return str(answer.headers["Location"]) if code == 303 else str(answer.text)


def head(site: FoundSite) -> int:
    with site.database.read() as connection:
        return changes.read_head(connection).number


def count(site: FoundSite, table: str) -> int:
    with site.database.read() as connection:
        return int(connection.scalar(select(func.count()).select_from(metadata.tables[table])) or 0)


def test_a_file_is_looked_through_imported_and_undone(site: FoundSite, editor: TestClient) -> None:
    before = head(site)
    path = send(editor, sheet(3))
    assert path.startswith(FILE)
    shown = editor.get(path).text
    assert h1(shown) == "list.csv"
    assert "4 changes would be published" in words_of(shown)
    assert "Row 2" in words_of(shown)
    assert head(site) == before
    assert "list.csv" in words_of(editor.get("/manage/import").text)
    done = press(editor, path)
    assert re.fullmatch(r"/manage/import/\d+", done)
    assert head(site) == before + 4
    batch = words_of(editor.get(done).text)
    assert "3 new, 0 changed, 0 closed, 0 as they were" in batch
    assert "Clinic 2 of Barrow is in the directory" in batch
    asked = words_of(editor.get(f"{done}/undo").text)
    assert "4 changes would be withdrawn" in asked
    assert "3 services that it brought would be closed" in asked
    assert head(site) == before + 4
    undone = editor.post(f"{done}/undo", data={"why": "The wrong file."})
    assert (undone.status_code, undone.headers["Location"]) == (303, done)
    page = words_of(editor.get(done).text)
    assert "This import was undone" in page
    assert "The wrong file." in page
    assert "Undo this import" not in page
    assert editor.post(f"{done}/undo", data={"why": "Again."}).headers["Location"] == done
    assert editor.get(f"{done}/undo").headers["Location"] == done
    assert head(site) == before + 8
    assert "Undone" in words_of(editor.get("/manage/import").text)


def test_what_would_change_is_shown_by_word(editor: TestClient) -> None:
    press(editor, send(editor, sheet(4)))
    path = send(editor, sheet(2, phone="01632 970000"), effective_from="1/12/2026", complete="1")
    shown = editor.get(path).text
    assert "It holds from 1 December 2026 , and lists everything" in words_of(shown)
    assert '<a href="/services/clinic-0-of-eastmarsh">Clinic 0 of Eastmarsh</a>' in shown
    assert re.search(r"<del>.*960000.*</del>", shown)
    assert re.search(r"<ins>.*970000.*</ins>", shown)
    assert "1 service would stay as it is" in words_of(shown)
    closed = words_of(editor.get(f"{path}?show=closed").text)
    assert "Clinic 2 of Barrow Not in the file Status" in closed
    assert "Clinic 3" in closed


def test_bad_rows_are_all_named_and_nothing_of_the_file_is_kept(site: FoundSite, editor: TestClient) -> None:
    before = head(site)
    path = send(editor, sheet(600, bad=137))
    shown = editor.get(path).text
    assert "137 rows are bad" in words_of(shown)
    assert "Import it" not in words_of(shown)
    rows = [
        int(row) for page in (1, 2, 3) for row in re.findall(r">Row (\d+)<", editor.get(f"{path}?page={page}").text)
    ]
    assert len(set(rows)) == 137
    listed = list(csv.reader(io.StringIO(editor.get(f"{path}/problems.csv").text.removeprefix("\ufeff"))))
    assert listed[0] == ["row", "column", "what to do"]
    assert [int(row[0]) for row in listed[1:]] == rows
    assert editor.post(path, data={"seen": ""}).status_code == 422
    assert head(site) == before
    table = metadata.tables["uploads"]
    with site.database.read() as connection:
        (kept,) = connection.scalars(select(table.c.data))
        reasons = connection.scalars(select(metadata.tables["upload_lines"].c.body)).all()
    assert kept is None
    # Nor what was typed where no patient data belongs.
    assert not any("943 476" in reason for reason in reasons)


def test_what_is_shown_is_what_is_imported_or_it_is_shown_again(site: FoundSite, editor: TestClient) -> None:
    press(editor, send(editor, sheet(3)))
    path = send(editor, sheet(3, phone="01632 970000"))
    other = send(editor, sheet(3, summary="Another."))
    press(editor, other)
    before = head(site)
    seen = re.search(r'name="seen" value="(\w+)"', editor.get(path).text)
    assert seen is not None
    answer = editor.post(path, data={"seen": seen[1]})
    assert answer.status_code == 409
    assert "The directory changed while you looked" in words_of(answer.text)
    assert "Sees people with wounds" in words_of(answer.text)
    assert head(site) == before
    press(editor, path)
    assert head(site) == before + 1
    # The same press once more finds it done.
    assert editor.post(path, data={"seen": seen[1]}).status_code == 303
    assert head(site) == before + 1


def test_undo_is_refused_as_a_whole_where_somebody_changed_a_service_since(site: FoundSite, editor: TestClient) -> None:
    done = press(editor, send(editor, sheet(3)))
    press(editor, send(editor, sheet(1, phone="01632 970000")))
    before = head(site)
    for answer in (editor.get(f"{done}/undo"), editor.post(f"{done}/undo", data={"why": "Wrong."})):
        assert h1(answer.text) == "This import cannot be undone"
        assert "/services/clinic-0-of-eastmarsh" in answer.text
        assert f"/changes/{before}" in answer.text
        # What did it was a later import, which can be undone first.
        assert re.search(r'Undo <a href="/manage/import/\d+/undo">import \d+</a> first', answer.text)
        assert "Undo this import" not in answer.text
    assert answer.status_code == 409
    assert head(site) == before


def test_undo_needs_a_reason_without_patient_data(editor: TestClient) -> None:
    done = press(editor, send(editor, sheet(1)))
    for why, said in ((" ", "Say why"), ("NHS number 943 476 5919", "looks like an NHS number")):
        answer = editor.post(f"{done}/undo", data={"why": why})
        assert answer.status_code == 422
        assert said in words_of(answer.text)
        assert why.strip() in answer.text


@pytest.mark.parametrize(
    ("given", "data", "said"),
    [
        ({}, b"", "is of no known format"),
        ({}, b"hello", "is of no known format"),
        ({}, b"id,name,owner_organisation,telephone\n", "telephone: there is no such column"),
        ({"format": "hsds"}, b"id,name\n", "JSON"),
        ({"format": "x"}, b"id,name\n", "There is no format"),
        ({"effective_from": "soon"}, sheet(1), "not a date"),
        ({"name": "943 476 5919.csv"}, sheet(1), "looks like an NHS number"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused(
    editor: TestClient, given: dict[str, str], data: bytes, said: str
) -> None:
    page = send(editor, data, code=422, **given)
    assert said in words_of(page)
    assert "There is a problem" in page


def test_a_form_without_a_file_and_one_that_is_cut_off(editor: TestClient) -> None:
    assert "Choose a file" in editor.post("/manage/import").text
    assert "Choose a file" in editor.post("/manage/import", files={"file": ("", b"")}).text
    for body, kind in ((b"x", "multipart/form-data"), (b"--x\r\nx", "multipart/form-data; boundary=x")):
        answer = editor.post("/manage/import", content=body, headers={"Content-Type": kind})
        assert answer.status_code == 422
    assert editor.post("/manage/import", files=[("file", ("a", b"")), ("file", ("b", b""))]).status_code == 422


def test_a_file_that_is_too_large_or_too_long(editor: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    answer = editor.post("/manage/import", files={"file": ("list.csv", b"x" * handlers.LARGEST_FILE)})
    assert answer.status_code == 413
    assert "at most 10 MB" in words_of(answer.text)
    monkeypatch.setattr("directory.actions.uploads.MOST_ROWS", 2)
    assert "It has 3 rows, and 2 is the most here" in words_of(send(editor, sheet(3), code=422))


def test_workbooks_and_names_with_folders(editor: TestClient) -> None:
    book = openpyxl.Workbook()
    row = row_of(0)
    for cells in (row.keys(), row.values()):
        book.active.append(list(cells))  # type: ignore[union-attr]
    data = io.BytesIO()
    book.save(data)
    path = send(editor, data.getvalue(), name="C:\\lists\\our list.xlsx")
    assert h1(editor.get(path).text) == "our list.xlsx"


def test_a_file_is_its_senders_alone_and_goes_after_a_day(site: FoundSite, editor: TestClient) -> None:
    path = send(editor, sheet(1))
    other = signed_in(site, "else@northmoor.example", editor=True)
    for call in (other.get(path), other.get(f"{path}/problems.csv"), other.post(path, data={"discard": "1"})):
        assert call.status_code == 404
    assert editor.post(path, data={"discard": "1"}).status_code == 303
    assert editor.get(path).status_code == 404
    path = send(editor, sheet(1))
    forget_what_is_over(site.database, at=build.NOON + timedelta(hours=23))
    assert editor.get(path).status_code == 200
    forget_what_is_over(site.database, at=build.NOON + timedelta(hours=25))
    assert (editor.get(path).status_code, count(site, "upload_lines")) == (404, 0)


def test_a_file_is_read_only_from_who_may_send_it(site: FoundSite, lead: TestClient) -> None:
    for client, code in ((client_of(site), 401), (lead, 403)):
        answer = client.post("/manage/import", files={"file": ("list.csv", sheet(1))})
        assert answer.status_code == code
    elsewhere = client_of(site)
    elsewhere.headers["Sec-Fetch-Site"] = "cross-site"
    assert elsewhere.post("/manage/import", files={"file": ("list.csv", sheet(1))}).status_code == 403
    assert count(site, "uploads") == 0


def test_only_the_import_takes_files(lead: TestClient) -> None:
    answer = lead.post("/publish", files={"kind": ("x", b"x")})
    assert answer.status_code in (200, 303, 422)


def test_there_is_no_such_import(editor: TestClient) -> None:
    for path in ("/manage/import/99", "/manage/import/none", "/manage/import/99/undo", f"{FILE}none"):
        assert editor.get(path).status_code == 404
