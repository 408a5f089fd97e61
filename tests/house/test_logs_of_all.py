"""The log of a whole journey, at every level, in both forms: no address, name, question, token or typed word in it."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import DatabaseError

from directory.actions.erase import erase
from directory.app import build as build_app
from directory.domain.change import Edit
from directory.logs import JsonLines, PeopleLines
from directory.site import Site
from directory.store import people
from directory.worker import Worker
from tests import build
from tests.client import TestClient
from tests.web.conftest import client_of, signed_in, site_over

ADDRESS, NAME = "hazel.thornbury@northmoor.example", "Hazel Thornbury"
ASKED, TYPED, KEY, TOKEN = "who sees my sore shin", "ring the blue door twice", "a-key-that-opens", "a-token-that-opens"
PRIVATE = ("thornbury", "hazel", *(each.lower() for each in (ASKED, TYPED, KEY, TOKEN)), "sore+shin", "sore%20shin")


@pytest.fixture
def log() -> Iterator[StringIO]:
    """What every logger says at every level, as JSON and as lines for people."""
    said, root = StringIO(), logging.getLogger()
    handlers = [logging.StreamHandler(said) for _ in range(2)]
    for handler, form in zip(handlers, (JsonLines(), PeopleLines()), strict=True):
        handler.setFormatter(form)
        # The browser of the tests, which is not Signpost, names each address that it asks for.
        handler.addFilter(lambda record: not record.name.startswith(("httpx", "httpcore")))
        root.addHandler(handler)
    before = root.level
    root.setLevel(logging.DEBUG)
    yield said
    root.setLevel(before)
    for handler in handlers:
        root.removeHandler(handler)


def journey(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sign in, ask, publish, report, be refused, fail, be told, and be erased."""
    with site.database.write() as connection:
        people.add(connection, email=ADDRESS, name=NAME, editor=False, at=build.NOON)
    stranger, lead = client_of(site), signed_in(site, "lee@northmoor.example", role="lead", team="vascular")
    stranger.post("/sign-in", data={"email": ADDRESS})
    stranger.get(f"/sign-in/{TOKEN}")
    stranger.post(f"/sign-in/{TOKEN}")
    stranger.get("/api/v1/search", params={"q": ASKED}, headers={"Authorization": f"Bearer {KEY}"})
    for path in ("/find", "/api/v1/search", "/api/v1/suggest", "/find.atom"):
        lead.get(path, params={"q": ASKED})
    report = {"kind": "question", "text": f"{TYPED}: {NAME}", "email": ADDRESS}
    stranger.post("/services/leg-ulcer-clinic/report", data=report)
    stranger.post("/services/leg-ulcer-clinic/report", data=report, headers={"Sec-Fetch-Site": "cross-site"})
    lead.post("/manage/people", data={"email": ADDRESS, "name": NAME})
    build.change(site.database, build.draft(Edit("leg-ulcer-clinic", {"summary": TYPED}), why=TYPED, urgent=True))
    assert Worker(site).once() == 0
    fail(site, monkeypatch)
    erase(site.database, site.settings.mail_folder, email=ADDRESS, at=build.NOON)
    assert Worker(site).once() == 0


def fail(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """A page that breaks in the middle of a statement, logged as the server does it."""

    def broken(connection: Connection, *_: object, **__: object) -> None:
        said = {"x": f"{NAME} <{ADDRESS}>: {TYPED}"}
        connection.execute(text("SELECT 1 FROM no_such_table WHERE x = :x"), said)

    monkeypatch.setattr("directory.web.find.answer", broken)
    browser = TestClient(build_app(site), site.settings.base_url)
    with pytest.raises(DatabaseError) as failed:
        browser.get("/find", params={"q": ASKED})
    logging.getLogger("uvicorn.error").error("Exception in ASGI application\n", exc_info=failed.value)


def test_nothing_personal_is_logged_whatever_happens(
    sqlite_url: str, tmp_path: Path, log: StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = site_over(sqlite_url, tmp_path)
    build.directory(site.database)
    journey(site, monkeypatch)
    site.close()
    said = log.getvalue()
    assert {word: said.lower().count(word) for word in PRIVATE if word in said.lower()} == {}
    ours = [json.loads(line) for line in said.splitlines() if line.startswith("{")]
    # What was refused, what failed and what was done is there all the same.
    assert {"directory.app", "directory.worker"} <= {line["logger"] for line in ours}
    assert any("SignInRefused" in line["message"] for line in ours)
    assert any("no_such_table" in line.get("error", "") for line in ours)
