"""The index on disk: one step or none, whole or missing, and never an old record after a change."""

from __future__ import annotations

import multiprocessing
import os
import shutil
import signal
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import date, timedelta
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Event
from pathlib import Path

import pytest
import whoosh

from directory.domain.query import Query
from directory.errors import IndexDamaged
from directory.search import index as index_module
from directory.search import manifest as on_disk
from directory.search.compiling import compiled
from directory.search.document import Document
from directory.search.find import find
from directory.search.index import WhooshEngine
from directory.search.merging import MOST_SEGMENTS
from tests.search.search_builders import DAY, VOCABULARY, ask, directory, ids, opened, service


def moved(document: Document, phone: str) -> Document:
    return replace(document, phones=(phone,), former_phones=(*document.former_phones, *document.phones))


def test_missing_is_said_and_built(tmp_path: Path) -> None:
    engine = WhooshEngine(tmp_path / "none" / "index")
    assert engine.cursor is None
    assert engine.generation == ""
    assert engine.verify()
    with pytest.raises(IndexDamaged):
        ask(engine, "leg ulcer")
    with pytest.raises(IndexDamaged):
        engine.apply(directory(), number=1, day=DAY)
    engine.build(directory(), number=3, day=DAY)
    assert WhooshEngine(tmp_path / "none" / "index").cursor == (3, DAY)
    assert engine.verify() == []


def test_an_empty_directory_is_a_sound_index(tmp_path: Path) -> None:
    engine = opened(tmp_path, [])
    assert engine.cursor == (7, DAY)
    assert ask(engine, "leg ulcer").total == 0
    assert engine.suggest("leg") == ()
    engine.apply(directory(), number=8, day=DAY)
    assert ids(ask(engine, "leg ulcer"))[0] == "leg-ulcer"


def test_the_cursor_moves_without_documents(tmp_path: Path) -> None:
    engine = opened(tmp_path)
    engine.apply([], number=7, day=DAY + timedelta(days=1))
    assert engine.cursor == (7, DAY + timedelta(days=1))
    assert WhooshEngine(tmp_path).cursor == engine.cursor


def test_a_change_replaces_the_old_record_everywhere_at_once(tmp_path: Path) -> None:
    engine, other = opened(tmp_path), WhooshEngine(tmp_path)
    assert ids(ask(other, "01632 960101")) == ["leg-ulcer"]
    engine.apply([moved(directory()[0], "01632 960555")], number=8, day=DAY)
    for each in (engine, other, WhooshEngine(tmp_path)):
        assert each.cursor == (8, DAY)
        found = ask(each, "01632 960101")
        assert [(hit.service_id, hit.matched.field) for hit in found.hits] == [("leg-ulcer", "former_phone")]
        assert ask(each, "01632 960555").hits[0].matched.field == "phone"


def test_applying_twice_is_applying_once(tmp_path: Path) -> None:
    engine = opened(tmp_path)
    changed = [moved(directory()[0], "01632 960555"), service("new", "Continence service")]
    engine.apply(changed, number=8, day=DAY)
    once = [ask(engine, text).hits for text in ("leg ulcer", "continence", "service", "nurse")]
    engine.apply([*changed, *changed], number=8, day=DAY)
    assert [ask(engine, text).hits for text in ("leg ulcer", "continence", "service", "nurse")] == once
    assert engine.verify() == []


def test_order_and_scores_do_not_hang_on_how_it_was_written(tmp_path: Path) -> None:
    built = opened(tmp_path / "built")
    grown = opened(tmp_path / "grown", [])
    for number, document in enumerate(reversed(directory())):
        grown.apply([replace(document, phones=("01632 960000",))], number=number, day=DAY)
        grown.apply([document], number=number, day=DAY)
    for text in ("leg ulcer", "nurse", "falls", "Northmoor Community Health NHS Trust", "community clinic Eastmarsh"):
        assert ask(grown, text).hits == ask(built, text).hits
    assert len(list((tmp_path / "grown").glob("build-*"))) == 1
    assert grown.verify() == []


def test_pages_do_not_overlap(tmp_path: Path) -> None:
    engine = opened(tmp_path, [service(f"s{n:03}", f"Podiatry {n % 7}", needs=("feet",)) for n in range(90)])
    whole = ask(engine, "podiatry", limit=90)
    assert whole.total == 90
    pages = [hit for at in range(0, 90, 13) for hit in ask(engine, "podiatry", limit=13, offset=at).hits]
    assert pages == list(whole.hits)
    assert len({hit.service_id for hit in pages}) == 90


def _every_file(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file() and "lock" not in path.name.lower())


@pytest.mark.parametrize("damage", ["garbage", "same-size", "truncated", "empty", "deleted"])
def test_every_damaged_file_is_noticed_and_heals(tmp_path: Path, damage: str) -> None:
    engine = opened(tmp_path / "sound")
    engine.apply([service("new", "Continence service")], number=8, day=DAY)
    names = [path.relative_to(tmp_path / "sound") for path in _every_file(tmp_path / "sound")]
    # The manifest and table of contents before the last change are kept only for readers that are just opening them.
    names = [name for name in names if name.name not in ("manifest-1.json", "_MAIN_1.toc")]
    assert len(names) >= 8
    for number, name in enumerate(names):
        folder = tmp_path / f"copy-{number}"
        shutil.copytree(tmp_path / "sound", folder)
        running = WhooshEngine(folder)
        assert running.cursor == (8, DAY)
        _damage(folder / name, damage)
        for each in (running, WhooshEngine(folder)):
            assert each.cursor is None, (name, damage)
            assert each.verify(), (name, damage)
        # A process that opens it now says so, or answers from files that are sound; it never answers wrongly.
        with suppress(IndexDamaged):
            assert ids(ask(WhooshEngine(folder), "leg ulcer"))[0] == "leg-ulcer"
        with pytest.raises(IndexDamaged):
            running.apply([service("x", "X ray")], number=9, day=DAY)
        # What was loaded while it was sound goes on answering until it is healed.
        assert ids(ask(running, "continence")) == ["new"]
        running.build(directory(), number=9, day=DAY)
        assert running.cursor == WhooshEngine(folder).cursor == (9, DAY)
        assert running.verify() == []


def _damage(path: Path, damage: str) -> None:
    data = path.read_bytes()
    match damage:
        case "garbage":
            path.write_bytes(os.urandom(300))
        case "same-size":
            path.write_bytes(bytes(byte ^ 0x55 for byte in data))
        case "truncated":
            path.write_bytes(data[: len(data) // 2])
        case "empty":
            path.write_bytes(b"")
        case _:
            path.unlink()


def test_what_is_not_ours_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "changes").mkdir()
    (tmp_path / "changes" / "000001.md").write_text("a record")
    engine = opened(tmp_path)
    (tmp_path / "build-leftover").mkdir()
    engine.build(directory(), number=9, day=DAY)
    assert (tmp_path / "changes" / "000001.md").exists()
    assert not (tmp_path / "build-leftover").exists()


def test_a_deleted_folder_heals(tmp_path: Path) -> None:
    engine = opened(tmp_path / "index")
    shutil.rmtree(tmp_path / "index")
    assert engine.cursor is None
    engine.build(directory(), number=9, day=DAY)
    assert engine.cursor == (9, DAY)


def test_a_failing_document_leaves_what_was(tmp_path: Path) -> None:
    engine = opened(tmp_path)
    bad = replace(directory()[0], needs=(None,))  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        engine.apply([service("new", "Continence service"), bad], number=8, day=DAY)
    assert engine.cursor == (7, DAY)
    engine.apply([service("new", "Continence service")], number=8, day=DAY)
    assert ids(ask(engine, "continence")) == ["new"]


def test_another_whoosh_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(whoosh, "__version__", (2, 7, 5))
    with pytest.raises(IndexDamaged, match=r"2\.7\.4"):
        WhooshEngine(tmp_path)


def test_many_changes_are_folded_into_few_segments(tmp_path: Path) -> None:
    engine = opened(tmp_path)
    for number in range(30):
        engine.apply([service(f"n{number}", f"Clinic {number}", phones=(f"01632 9700{number:02}",))], number=8, day=DAY)
        engine.tidy(1_000)
    assert len(list(tmp_path.glob("build-*/*.trm"))) <= 2 * MOST_SEGMENTS
    for number in range(30):
        assert ids(ask(engine, f"01632 9700{number:02}")) == [f"n{number}"]
    assert engine.verify() == []


def test_readers_never_fail_and_never_go_back_while_a_writer_applies(tmp_path: Path) -> None:
    writer = opened(tmp_path)
    document = directory()[0]
    published = 0
    stop = threading.Event()
    wrong: list[str] = []

    def read() -> None:
        engine = WhooshEngine(tmp_path)
        while not stop.is_set():
            least = published
            found = ask(engine, f"01632 97{least:04}" if least else "01632 960101")
            fields = [hit.matched.field for hit in found.hits if hit.service_id == "leg-ulcer"]
            if fields not in (["phone"], ["former_phone"]):
                wrong.append(f"{least}: {found.hits}")

    readers = [threading.Thread(target=read) for _ in range(2)]
    for reader in readers:
        reader.start()
    for number in range(1, 9):
        document = moved(document, f"01632 97{number:04}")
        writer.apply([document], number=number, day=DAY)
        published = number
    stop.set()
    for reader in readers:
        reader.join()
    assert wrong == []


def _write_for_ever(folder: Path) -> None:
    engine = WhooshEngine(folder)
    number = 100
    while True:
        number += 1
        engine.apply([service("counter", f"Counter {number}", codes=(f"N{number}",))], number=number, day=DAY)
        if number % 25 == 0:
            documents = [*directory(), service("counter", f"Counter {number}", codes=(f"N{number}",))]
            engine.build(documents, number=number, day=DAY)


def test_what_a_killed_writer_left_is_written_over(tmp_path: Path) -> None:
    engine = opened(tmp_path)
    manifest = on_disk.read_manifest(tmp_path, on_disk.read_pointer(tmp_path))
    # Killed after the table of contents, before anything pointed to it.
    (tmp_path / manifest.build / "_MAIN_2.toc").write_bytes(b"half a state")
    engine.apply([service("stoma", "Ostomy nurses")], number=8, day=DAY)
    assert ids(ask(engine, "ostomy")) == ["stoma"]
    assert engine.verify() == []


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_killed_at_any_moment_the_cursor_is_never_ahead_of_its_documents(tmp_path: Path) -> None:
    opened(tmp_path)
    # Forked, not spawned: a fresh interpreter would spend the test importing.
    start = multiprocessing.get_context("fork")
    last = 0
    for turn in range(6):
        process = start.Process(target=_write_for_ever, args=(tmp_path,))
        process.start()
        time.sleep(0.08 + 0.037 * turn)
        assert process.pid
        os.kill(process.pid, signal.SIGKILL)
        process.join()
        engine = WhooshEngine(tmp_path)
        cursor = engine.cursor
        assert cursor is not None
        assert engine.verify() == []
        if cursor[0] > 100:
            assert ids(ask(engine, f"N{cursor[0]}")) == ["counter"]
            last = cursor[0]
    engine.apply([], number=1, day=date(2026, 4, 1))
    assert engine.cursor == (1, date(2026, 4, 1))
    assert last > 100


def test_a_closed_engine_opens_again(tmp_path: Path) -> None:
    engine = opened(tmp_path)
    before = engine.generation
    engine.close()
    assert find(Query("leg ulcer"), engine, VOCABULARY).total
    assert engine.generation == before


def test_what_is_applied_while_an_index_is_built_is_in_the_new_one(tmp_path: Path) -> None:
    engine, other = opened(tmp_path), WhooshEngine(tmp_path)

    def slowly() -> Iterator[Document]:
        yield from directory()[:5]
        other.apply([moved(directory()[0], "01632 960555"), service("new", "Continence service")], number=9, day=DAY)
        yield from directory()[5:]

    engine.build(slowly(), number=8, day=DAY)
    for each in (engine, other, WhooshEngine(tmp_path)):
        assert each.cursor == (9, DAY)
        assert ids(ask(each, "continence")) == ["new"]
        assert ask(each, "01632 960101").hits[0].matched.field == "former_phone"
        assert ids(ask(each, "podiatry"))[0] == "podiatry"
    assert engine.verify() == []


def test_an_index_that_was_ahead_of_the_database_is_not_carried_over(tmp_path: Path) -> None:
    engine = opened(tmp_path)
    engine.apply([service("gone", "Withdrawn service")], number=90, day=DAY)
    engine.build(directory(), number=8, day=DAY)
    assert engine.cursor == (8, DAY)
    assert "gone" not in ids(ask(engine, "withdrawn service"))


def test_what_changes_while_segments_are_merged_is_not_lost(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    engine, other = opened(tmp_path), WhooshEngine(tmp_path)
    for number in range(12):
        engine.apply([service(f"n{number}", f"Clinic {number}", phones=(f"01632 9700{number:02}",))], number=8, day=DAY)
    merged = compiled

    def meanwhile(folder: Path, documents: Iterable[Document]) -> object:
        found = merged(folder, documents)
        monkeypatch.setattr(index_module, "compiled", merged)
        other.apply([service("n3", "Clinic 3", phones=("01632 970555",))], number=9, day=DAY)
        return found

    monkeypatch.setattr(index_module, "compiled", meanwhile)
    assert engine.tidy(1_000) > 1
    for each in (engine, other, WhooshEngine(tmp_path)):
        assert each.cursor == (9, DAY)
        assert ask(each, "01632 970003").total == 0
        assert ids(ask(each, "01632 970555")) == ["n3"]
        assert ids(ask(each, "01632 970004")) == ["n4"]
        assert ids(ask(each, "podiatry"))[0] == "podiatry"
    assert engine.verify() == []


def _read_for_ever(folder: Path, stop: Event, wrong: Queue[str]) -> None:
    engine = WhooshEngine(folder)
    last = asked = 0
    while not stop.is_set():
        try:
            found = ask(engine, "counter").hits
            shown = int(found[0].matched.text.split()[-1])
            least, last = last, shown
            if shown < least:
                wrong.put(f"{least} was followed by {shown}")
        except Exception as error:
            wrong.put(repr(error))
        asked += 1
    wrong.put(f"asked {asked}")


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_readers_in_other_processes_never_fail_and_never_go_back(tmp_path: Path) -> None:
    """While changes are applied, small segments merged and the whole built again."""
    writer = opened(tmp_path, [*directory(), service("counter", "Counter 0")])
    start = multiprocessing.get_context("fork")
    stop, wrong = start.Event(), start.Queue()
    readers = [start.Process(target=_read_for_ever, args=(tmp_path, stop, wrong)) for _ in range(2)]
    for reader in readers:
        reader.start()
    for number in range(1, 40):
        counter = service("counter", f"Counter {number}")
        writer.apply([counter], number=10 + number, day=DAY)
        writer.tidy(1_000)
        if number % 13 == 0:
            writer.build([*directory(), counter], number=10 + number, day=DAY)
    stop.set()
    told = [wrong.get(timeout=30)]
    while not (told[-1].startswith("asked") and sum(each.startswith("asked") for each in told) == len(readers)):
        told.append(wrong.get(timeout=30))
    for reader in readers:
        reader.join()
    assert [each for each in told if not each.startswith("asked")] == []
    assert all(int(each.split()[1]) > 0 for each in told)
