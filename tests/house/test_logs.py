"""The log: each line says of which request it is, is one line, and holds no address, whatever comes from outside."""

from __future__ import annotations

import json
import logging
import re
import sys
from collections.abc import Iterator
from contextlib import closing
from io import StringIO
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from directory.logs import REQUEST, JsonLines, PeopleLines, without_addresses
from directory.store.database import Database
from directory.store.migrate import migrate
from tests.web.conftest import client_of, site_over

ADDRESS = "hazel.thornbury@northmoor.example"


def lines(form: logging.Formatter, message: str, *, error: str = "") -> str:
    info = None
    if error:
        try:
            raise ValueError(error)
        except ValueError:
            info = sys.exc_info()
    return form.format(logging.LogRecord("directory.x", logging.WARNING, "x.py", 1, message, None, info))


@pytest.fixture
def of_a_request() -> Iterator[None]:
    token = REQUEST.set("abc-1")
    yield
    REQUEST.reset(token)


@pytest.mark.usefixtures("of_a_request")
def test_a_line_of_json_says_all() -> None:
    found = json.loads(lines(JsonLines(), f"to {ADDRESS}\nforged", error=f"said <{ADDRESS}>"))
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:.]{12}\+00:00", found.pop("at"))
    error = found.pop("error")
    assert "Traceback" in error
    assert ADDRESS not in error
    assert found == {
        "level": "WARNING", "logger": "directory.x", "message": "to [address]\nforged", "request": "abc-1",
    }  # fmt: skip


@pytest.mark.usefixtures("of_a_request")
def test_a_line_for_people_is_one_line() -> None:
    found = lines(PeopleLines(), f"to {ADDRESS}\nforged")
    assert found.endswith("WARNING directory.x [abc-1]: to [address]\\nforged")
    for mark in "\r\v\f\x1b\x85\u2028":
        assert mark not in lines(PeopleLines(), f"to{mark}forged")


def test_the_words_of_an_error_begin_no_line_either() -> None:
    found = lines(PeopleLines(), "it failed", error="refused\n2026-11-22T12:00:00Z INFO directory.x: forged\rforged")
    assert "ValueError: refused" in found
    assert [line for line in found.splitlines()[1:] if not line.startswith("  ")] == []


@given(st.from_regex(r"[a-z0-9.+_-]{1,12}@[a-z0-9-]{1,9}\.example", fullmatch=True), st.sampled_from("<>'\" ,;()"))
def test_no_address_is_left(address: str, mark: str) -> None:
    assert address not in without_addresses(f"550 {mark}{address}{mark} no such mailbox")


def test_an_answer_carries_the_id_of_its_request(sqlite_url: str, tmp_path: Path) -> None:
    client = client_of(site_over(sqlite_url, tmp_path / "home"))
    assert client.get("/live", headers={"X-Request-ID": "proxy-7"}).headers["x-request-id"] == "proxy-7"
    for given_ in ("a b", "x" * 65, "é", ""):
        made = client.get("/live", headers={b"X-Request-ID": given_.encode()}).headers["x-request-id"]
        assert re.fullmatch("[0-9a-f]{32}", made)


def test_what_is_refused_is_logged_with_it(sqlite_url: str, tmp_path: Path) -> None:
    said = StringIO()
    handler = logging.StreamHandler(said)
    handler.setFormatter(JsonLines())
    logging.getLogger().addHandler(handler)
    try:
        client_of(site_over(sqlite_url, tmp_path / "home")).post(
            "/publish", headers={"X-Request-ID": "seen-1", "Sec-Fetch-Site": "cross-site"}
        )
    finally:
        logging.getLogger().removeHandler(handler)
    found = [json.loads(line) for line in said.getvalue().splitlines()]
    assert [line["request"] for line in found if "refused" in line["message"]] == ["seen-1"]


@pytest.mark.postgres
def test_a_row_that_postgresql_refuses_is_not_quoted(postgres_url: str) -> None:
    with closing(Database(postgres_url)) as database, pytest.raises(IntegrityError) as refused:
        migrate(database)
        with database.write() as connection:
            said = {"email": ADDRESS, "name": "Hazel\n\nThornbury", "created_at": None}
            connection.execute(
                text("INSERT INTO people (email, name, created_at) VALUES (:email, :name, :created_at)"), said
            )
    assert "Hazel" in str(refused.value)
    record = logging.LogRecord(
        "x", logging.ERROR, "x.py", 1, "failed", None, (IntegrityError, refused.value, refused.tb)
    )
    for form in (JsonLines(), PeopleLines()):
        assert "hazel" not in form.format(record).lower()
        assert "thornbury" not in form.format(record).lower()
        assert "INSERT INTO people" in form.format(record)
