"""A PostgreSQL server of the tests' own: made in a temporary folder, on a free loopback port, ended afterwards.

The server refuses to run as root, so as root it runs as the system user `postgres` (or `nobody`).
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

INSTALL = "apt-get install -y postgresql"
# What is lost in a power cut is not what the tests ask. A measurement keeps PostgreSQL's own settings.
FLEETING = (
    "-c shared_buffers=64MB -c fsync=off -c full_page_writes=off -c synchronous_commit=off -c autovacuum=off"
    " -c checkpoint_timeout=1h -c max_wal_size=1GB"
)
DURABLE = "-c shared_buffers=256MB -c fsync=on"


def server_programs() -> Path | None:
    """The folder of the server's programs: beside pg_config, beside postgres itself, or where Debian puts them."""
    found = []
    if pg_config := shutil.which("pg_config"):
        found.append(Path(subprocess.check_output([pg_config, "--bindir"], text=True).strip()))
    if postgres := shutil.which("postgres"):
        found.append(Path(postgres).resolve().parent)
    found += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return next((folder for folder in found if (folder / "initdb").exists()), None)


class PostgresServer:
    """One throw-away cluster; `url(name)` names a database in it."""

    def __init__(self, programs: Path, folder: Path, *, durable: bool = False) -> None:
        self.programs, self.folder, self.durable = programs, folder, durable
        self.port = _free_port()
        self._user = _unprivileged_user()
        self._asking: psycopg.Connection | None = None

    def start(self) -> None:
        """Make the cluster the first time; afterwards go on with what it holds."""
        if not Path(self._data).exists():
            self._make()
        options = f"-p {self.port} -k {self.folder} -c listen_addresses=127.0.0.1 -c max_connections=100"
        options += f" {DURABLE if self.durable else FLEETING}"
        self._run("pg_ctl", "-D", self._data, "-w", "-l", str(self.folder / "log"), "-o", options, "start")

    def stop(self) -> None:
        """At once, as a crash ends it: what was committed is in its log, and nothing else is tidied."""
        if self._asking is not None:
            self._asking.close()
            self._asking = None
        self._run("pg_ctl", "-D", self._data, "-m", "immediate", "-w", "stop")

    def url(self, name: str) -> str:
        return f"postgresql://signpost@127.0.0.1:{self.port}/{name}"

    def create(self, name: str, template: str = "template1") -> str:
        """Copy a database, as files: five times as fast as through the log. Returns the new one's URL."""
        self._say(f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY FILE_COPY')
        return self.url(name)

    def drop(self, name: str) -> None:
        self._say(f'DROP DATABASE "{name}" WITH (FORCE)')

    def wait_for_others(self) -> None:
        """From now on a commit is answered when it is on the disk of a follower, too; returns when one follows so."""
        self._say("ALTER SYSTEM SET synchronous_standby_names = '*'")
        self._say("SELECT pg_reload_conf()")
        until = time.monotonic() + 30
        while not self._ask("SELECT 1 FROM pg_stat_replication WHERE sync_state = 'sync'"):
            assert time.monotonic() < until, "no other server follows this one"
            time.sleep(0.05)

    def _make_folder(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        if self._user:
            os.chown(self.folder, *self._user)

    def _make(self) -> None:
        self._make_folder()
        how = ["--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", *([] if self.durable else ["--no-sync"])]
        self._run("initdb", "-D", self._data, "-U", "signpost", *how)

    def _say(self, statement: str) -> None:
        self._connection().execute(statement.encode())

    def _ask(self, question: str) -> bool:
        return self._connection().execute(question.encode()).fetchone() is not None

    def _connection(self) -> psycopg.Connection:
        if self._asking is None:
            self._asking = psycopg.connect(self.url("postgres"), autocommit=True)
        return self._asking

    @property
    def _data(self) -> str:
        return str(self.folder / "data")

    def _run(self, program: str, *arguments: str) -> None:
        uid, gid = self._user or (None, None)
        subprocess.run(
            [str(self.programs / program), *arguments],
            check=True,
            user=uid,
            group=gid,
            extra_groups=[] if self._user else None,
            cwd="/",
            stdout=subprocess.DEVNULL,
            env={"PATH": os.environ["PATH"], "LANG": "C.UTF-8"},
        )


class Follower(PostgresServer):
    """A copy of another server that follows it, until it is promoted to take its place."""

    def __init__(self, primary: PostgresServer, folder: Path, *, port: int | None = None) -> None:
        super().__init__(primary.programs, folder, durable=True)
        self._primary = primary
        self.port = port or self.port

    @contextmanager
    def deaf(self) -> Iterator[None]:
        """As on a network that is slow, then breaks: what the other server says in the block never arrives."""
        found = self._connection().execute("SELECT pid FROM pg_stat_wal_receiver").fetchone()
        assert found is not None, "it follows no server"
        os.kill(found[0], signal.SIGSTOP)
        try:
            yield
        finally:
            # First, or it would read what waits for it on this machine.
            os.kill(found[0], signal.SIGTERM)
            os.kill(found[0], signal.SIGCONT)

    def promote(self) -> None:
        """Take writes from now on."""
        self._run("pg_ctl", "-D", self._data, "-w", "promote")

    def _make(self) -> None:
        self._make_folder()
        whom = ["-h", "127.0.0.1", "-p", str(self._primary.port), "-U", "signpost"]
        self._run("pg_basebackup", *whom, "-D", self._data, "-R", "-X", "stream", "-c", "fast", "--no-sync")


def _unprivileged_user() -> tuple[int, int] | None:
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name: (entry.pw_uid, entry.pw_gid) for entry in pwd.getpwall()}
    return names.get("postgres") or names["nobody"]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
