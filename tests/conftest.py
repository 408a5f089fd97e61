"""What every room's tests share: a migrated database of each kind, real and their own."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from directory.store.database import Database
from directory.store.migrate import migrate
from tests.postgres import INSTALL, PostgresServer, server_programs
from tests.running import Relay, Signpost

STARTER = Path(__file__).resolve().parents[1] / "content"
REAL_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "realdata" in item.keywords and not REAL_DATA.is_dir():
            item.add_marker(pytest.mark.skip(reason="../shared/data is not here"))


@pytest.fixture(scope="session")
def real_data() -> Path:
    return REAL_DATA


@pytest.fixture(scope="session")
def _sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "signpost.db"
    database = Database(f"sqlite:///{path}")
    migrate(database)
    database.close()
    return path


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """A server for this test process, with a migrated database `template` to copy."""
    programs = server_programs()
    if programs is None:
        message = f"PostgreSQL's server is not installed: {INSTALL}"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    # Not pytest's own folder, which only its user may enter; PostgreSQL runs as another.
    folder = Path(tempfile.mkdtemp(prefix="signpost-postgres-"))
    server = PostgresServer(programs, folder)
    server.start()
    try:
        _create(server, "template_signpost")
        database = Database(server.url("template_signpost"))
        migrate(database)
        database.close()
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


_names = iter(range(1_000_000))


def _create(server: PostgresServer, name: str, template: str = "template1") -> None:
    with psycopg.connect(server.url("postgres"), autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"'.encode())


@pytest.fixture
def sqlite_url(_sqlite_template: Path, tmp_path: Path) -> str:
    path = tmp_path / "signpost.db"
    shutil.copy(_sqlite_template, path)
    return f"sqlite:///{path}"


@pytest.fixture
def postgres_url(postgres_server: PostgresServer) -> str:
    name = f"signpost_{next(_names)}"
    _create(postgres_server, name, "template_signpost")
    return postgres_server.url(name)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest) -> str:
    """An empty, migrated database of each kind."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    opened = Database(database_url)
    yield opened
    opened.close()


@pytest.fixture
def relay() -> Iterator[Relay]:
    """A real SMTP server, not ours, that keeps what it accepts."""
    with Relay() as running:
        yield running


@pytest.fixture
def signpost(tmp_path: Path, database_url: str, relay: Relay) -> Iterator[Signpost]:
    """An installation with the starter content, on each database."""
    installed = Signpost(tmp_path / "home", database_url=database_url, smtp_url=relay.url)
    installed.run("import", str(STARTER), "--format", "markdown")
    yield installed
    installed.stop()
