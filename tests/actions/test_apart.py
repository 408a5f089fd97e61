"""Long work on the index in a process of its own: it is done, and a failure is told."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from directory.actions.apart import Tidier, rebuild_index_apart
from directory.actions.follow import follow_index
from directory.errors import IndexDamaged
from directory.search.index import WhooshEngine
from directory.search.merging import MOST_SEGMENTS
from directory.search.snapshot import Snapshot
from directory.store.database import Database
from tests import build
from tests.search.search_builders import DAY, ask, directory, ids, opened, service


def test_an_index_is_built_apart(sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("directory.actions.follow.MANY", 1)
    with closing(Database(sqlite_url)) as database, closing(WhooshEngine(tmp_path / "index")) as engine:
        build.directory(database)

        def rebuild() -> None:
            rebuild_index_apart(database, tmp_path / "index", today=build.TODAY)

        assert follow_index(database, engine, today=build.TODAY, rebuild=rebuild) == 1
        assert engine.cursor == (1, build.TODAY)
        assert engine.verify() == []
        assert follow_index(database, engine, today=build.TODAY, rebuild=rebuild) == 0


def test_a_build_apart_that_fails_is_told(tmp_path: Path) -> None:
    with closing(Database(f"sqlite:///{tmp_path}/empty.db")) as database, pytest.raises(IndexDamaged):
        rebuild_index_apart(database, tmp_path / "index", today=build.TODAY)


def test_segments_are_kept_few_here_and_apart(tmp_path: Path) -> None:
    engine = opened(tmp_path)
    tidier = Tidier(engine)
    assert tidier.run() == 0
    for number in range(MOST_SEGMENTS + 1):
        engine.apply([service(f"n{number}", f"Clinic {number}")], number=8, day=DAY)
    assert tidier.run() > 1
    for number in range(MOST_SEGMENTS + 1):
        more = [service(f"m{number}-{each}", f"Hospice {number} {each}") for each in range(30)]
        engine.apply(more, number=9, day=DAY)
    while tidier.run():
        pass
    assert tidier._apart is not None
    tidier._apart.join()
    state = engine.lexicon()
    assert isinstance(state, Snapshot)
    assert len(state.parts) <= MOST_SEGMENTS
    assert engine.verify() == []
    assert ids(ask(engine, "Clinic 3"))[:1] == ["n3"]
    assert ids(ask(engine, "podiatry"))[0] == directory()[6].id
