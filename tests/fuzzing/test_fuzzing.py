"""A few of the hostile files and requests in every run, and that what looks for their faults finds some."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from directory.domain.source import Reading
from directory.errors import RowProblem
from directory.store.database import Database
from tests import build
from tests.fuzzing import taken
from tests.fuzzing.answers import Answer, wrong
from tests.fuzzing.files import MAKERS, file_of
from tests.fuzzing.running import main

# By the million: scripts/fuzz KIND.
FILES, REQUESTS = 40, 80
SOUND = [(b"content-type", b"text/html; charset=utf-8"), (b"x-content-type-options", b"nosniff")]


@pytest.mark.parametrize("kind", MAKERS)
def test_every_importer_takes_or_refuses_hostile_files(kind: str) -> None:
    found = {seed: faults for seed in range(FILES) if (faults := taken.faults(kind, file_of(kind, seed)))}
    assert found == {}


def test_what_a_hostile_file_says_can_be_planned(sqlite_url: str) -> None:
    with closing(Database(sqlite_url)) as database:
        build.directory(database)
        for kind in ("services-csv", "hsds-2", "ods-successors"):
            assert [taken.faults(kind, file_of(kind, seed), database) for seed in range(3)] == [[], [], []]


def test_a_file_is_the_same_for_the_same_number() -> None:
    assert [file_of(kind, 5) for kind in MAKERS] == [file_of(kind, 5) for kind in MAKERS]
    assert len({file_of("hsds-1", seed) for seed in range(20)}) > 15


@pytest.mark.parametrize(
    ("reader", "said"),
    [
        (lambda data: Reading(format="x", problems=(RowProblem(1, "", "\x00"),)), "keeps what cannot be kept"),
        (lambda data: Reading(format="x", problems=(RowProblem(1, "", "\ud800"),)), "keeps what cannot be kept"),
        (lambda data: forever(), "takes more than"),
    ],
)
def test_a_bad_reader_is_found(reader: Callable[[bytes], Reading], said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(taken, "SECONDS", 0.05)
    monkeypatch.setattr(taken, "READERS", {"hsds": reader})
    assert said in taken.faults("hsds-1", b"[]")[0]


def forever() -> Reading:
    while True:
        try:
            while True:
                pass
        except Exception:
            continue


def test_every_request_gets_an_answer_that_does_no_harm(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    # In a process of its own, as always: the tests of pages leave an event loop running in this one.
    assert main("requests", REQUESTS, str(tmp_path), 1) == 0, capsys.readouterr().out


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (Answer(500, SOUND, b"x", True), "answers 500"),
        (Answer(200, SOUND, b"x", False), "not to its end"),
        (Answer(200, SOUND[1:], b"x", True), "says not of what type"),
        (Answer(200, SOUND[:1], b"x", True), "another type"),
        (Answer(303, [*SOUND, (b"location", b"//zq.example")], b"", True), "leads to //zq"),
        (Answer(303, [*SOUND, (b"location", b"https://zq.example/")], b"", True), "leads to https://zq"),
        (Answer(200, [*SOUND, (b"x", b"a\r\nb: c")], b"", True), "line break"),
        (Answer(200, SOUND, b"<p><ZQ onzq=1>", True), "as markup"),
        (Answer(200, SOUND, b"<a href=' javascript:zq'>", True), "links to"),
        (Answer(200, SOUND, b"<p>&lt;zq onzq=1&gt; <b title='<zq>'>", True), ""),
    ],
)
def test_a_bad_answer_is_found(answer: Answer, said: str) -> None:
    assert [each for each in wrong(answer, "GET") if said in each] or not said
    assert said or wrong(answer, "GET") == []
