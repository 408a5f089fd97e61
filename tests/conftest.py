"""What every room's tests share: a migrated database of each kind, real and their own."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from directory.store.database import Database
from directory.store.migrate import migrate
from tests.compiled import keep_compiled
from tests.examples import THOROUGH
from tests.postgres import INSTALL, PostgresServer, server_programs
from tests.running import Relay, Signpost

STARTER = Path(__file__).resolve().parents[1] / "content"
REAL_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
LONG = ("faults", "journeys", "browser")
ROOM = 2 * 2**30
# They rest on the store, whose own tests are on both databases in every run; theirs on PostgreSQL are run when asked,
# and in CI. What is done by several at once, and what has SQL of its own for each, is always done on both.
ABOVE_THE_STORE = ("actions", "api", "faults", "fhir", "hsds", "journeys", "notify")
ON_BOTH = (
    "test_publish.py",
    "test_api_publishing.py",
    "test_fhir_search.py",
    "test_notify_match.py",
    "test_notify_digest.py",
    "test_notify_faults.py",
)

keep_compiled()

# Compiled once, not by every process that a test starts.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

# `HYPOTHESIS_PROFILE=thorough scripts/test` looks for what the quick examples of every day did not meet.
# In CI the examples are the same each time: what a change broke is told apart from what chance found.
settings.register_profile("quick", max_examples=25, deadline=None, derandomize="CI" in os.environ)
settings.register_profile("thorough", max_examples=1000, deadline=None)
settings.load_profile("thorough" if THOROUGH else "quick")


def _memory() -> Path | None:
    """A folder in memory, where there is one with room: a disk that writes through is most of a test's time."""
    folder = Path("/dev/shm")
    if not os.access(folder, os.W_OK) or shutil.disk_usage(folder).free < ROOM:
        return None
    return folder


MEMORY = _memory()
if MEMORY is not None:
    # pytest's own folders, too.
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY))


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    # The longest begin first, so that no worker ends alone with one of them.
    items.sort(key=lambda item: not item.path.parent.name.startswith(LONG))
    for item in items:
        if "realdata" in item.keywords and not REAL_DATA.is_dir():
            item.add_marker(pytest.mark.skip(reason="../shared/data is not here"))
        above = item.path.parent.name in ABOVE_THE_STORE and item.path.name not in ON_BOTH
        if above and item.get_closest_marker("postgres"):
            item.add_marker(pytest.mark.again)


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
    folder = Path(tempfile.mkdtemp(prefix="signpost-postgres-", dir=MEMORY))
    server = PostgresServer(programs, folder)
    server.start()
    try:
        database = Database(server.create("template_signpost"))
        migrate(database)
        database.close()
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


_names = iter(range(1_000_000))


@pytest.fixture
def sqlite_url(_sqlite_template: Path, tmp_path: Path) -> str:
    path = tmp_path / "signpost.db"
    shutil.copy(_sqlite_template, path)
    return f"sqlite:///{path}"


@pytest.fixture
def postgres_url(postgres_server: PostgresServer) -> Iterator[str]:
    name = f"signpost_{next(_names)}"
    yield postgres_server.create(name, "template_signpost")
    postgres_server.drop(name)


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


@pytest.fixture(scope="session")
def _furnished(_sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An installation on SQLite with the starter content, its records and its index, to be copied."""
    folder = tmp_path_factory.mktemp("furnished")
    shutil.copy(_sqlite_template, folder / "signpost.db")
    _furnish(folder / "home", f"sqlite:///{folder / 'signpost.db'}")
    return folder


@pytest.fixture(scope="session")
def _furnished_postgres(postgres_server: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same on PostgreSQL, in the database `furnished`."""
    folder = tmp_path_factory.mktemp("furnished")
    _furnish(folder / "home", postgres_server.create("furnished", "template_signpost"))
    return folder


def _furnish(home: Path, url: str) -> None:
    installed = Signpost(home, database_url=url)
    installed.run("import", str(STARTER), "--format", "markdown")
    installed.run("work", "--once")


@pytest.fixture
def signpost(request: pytest.FixtureRequest, tmp_path: Path, database_url: str, relay: Relay) -> Iterator[Signpost]:
    """An installation with the starter content, on each database."""
    on_sqlite = database_url.startswith("sqlite:")
    folder: Path = request.getfixturevalue("_furnished" if on_sqlite else "_furnished_postgres")
    shutil.copytree(folder / "home", tmp_path / "home")
    if on_sqlite:
        shutil.copy(folder / "signpost.db", database_url.removeprefix("sqlite:///"))
    else:
        server: PostgresServer = request.getfixturevalue("postgres_server")
        name = database_url.rpartition("/")[2]
        server.drop(name)
        server.create(name, "furnished")
    installed = Signpost(tmp_path / "home", database_url=database_url, smtp_url=relay.url)
    yield installed
    installed.stop()
