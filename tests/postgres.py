"""A PostgreSQL server of the tests' own: made in a temporary folder, on a free loopback port, ended afterwards.

The server refuses to run as root, so as root it runs as the system user `postgres` (or `nobody`).
"""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
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

    def _make(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        if self._user:
            os.chown(self.folder, *self._user)
        how = ["--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", *([] if self.durable else ["--no-sync"])]
        self._run("initdb", "-D", self._data, "-U", "signpost", *how)

    def _say(self, statement: str) -> None:
        if self._asking is None:
            self._asking = psycopg.connect(self.url("postgres"), autocommit=True)
        self._asking.execute(statement.encode())

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
