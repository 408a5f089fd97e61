"""What people would use instead, installed by name in an environment of their own, with the same services in it."""

from __future__ import annotations

import hashlib
import json
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from bench.keeping import ROOT, digest, kept
from bench.serving.home import Home
from bench.serving.servers import free_port, running

# The only place in which they are named.
REQUIREMENTS = ("datasette>=0.65,<0.66", "django>=5.2,<5.3", "django-simple-history>=3.13,<4", "gunicorn>=23")
DJANGO = ROOT / "bench" / "serving" / "django_site.py"
_COLUMNS = (
    "slug", "name", "status", "setting", "summary", "description", "eligibility", "needs", "areas",
    "referral_routes", "contacts", "locations", "hours", "owner", "team",
)  # fmt: skip
_LISTS = ("needs", "areas", "referral_routes", "contacts", "locations", "former_names")
_NOW = """
SELECT s.slug, v.facts, o.name, t.name FROM service_versions v JOIN services s ON s.id = v.subject_id
LEFT JOIN organisation_versions o ON o.subject_id = v.owner_organisation
  AND o.number = (SELECT max(number) FROM organisation_versions WHERE subject_id = o.subject_id)
LEFT JOIN teams ON teams.slug = v.owner_team
LEFT JOIN team_versions t ON t.subject_id = teams.id
  AND t.number = (SELECT max(number) FROM team_versions WHERE subject_id = t.subject_id)
ORDER BY s.slug, v.number
"""


def installed(cache: Path) -> Path:
    """A Python that has them; installed by pip when this is first run."""

    def make(folder: Path) -> None:
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
        python = folder / "bin" / "python"
        subprocess.run([str(python), "-m", "pip", "install", "-qqq", *REQUIREMENTS], check=True)

    named = hashlib.sha256("\n".join(REQUIREMENTS).encode()).hexdigest()[:16]
    return kept(cache / f"peers-{named}", make) / "bin" / "python"


def versions_of(home: Home) -> Iterator[dict[str, Any]]:
    """Every version of every service, flat, with the names of who runs it; those of a service oldest first."""
    with closing(sqlite3.connect(home.folder / "signpost.db")) as database:
        for slug, said, owner, team in database.execute(_NOW):
            facts = json.loads(said)
            eligibility = facts.get("eligibility", {}).get("text", "")
            plain = {column: facts.get(column, [] if column in _LISTS else "") for column in _COLUMNS}
            yield plain | {"slug": slug, "eligibility": eligibility, "owner": owner or "", "team": team or ""}


def tables(home: Home) -> Path:
    """The services and their versions as two tables, and an index of the words: what Datasette serves."""

    def make(folder: Path) -> None:
        columns, marks = ", ".join(_COLUMNS), ", ".join("?" for _ in _COLUMNS)
        with closing(sqlite3.connect(folder / "tables.db")) as database, database:
            database.execute(f"CREATE TABLE services (rowid INTEGER PRIMARY KEY, {columns}, UNIQUE (slug))")
            database.execute(f"CREATE TABLE versions (id INTEGER PRIMARY KEY, {columns})")
            rows = [tuple(map(_cell, each.values())) for each in versions_of(home)]
            database.executemany(f"INSERT INTO versions ({columns}) VALUES ({marks})", rows)
            database.executemany(f"INSERT OR REPLACE INTO services ({columns}) VALUES ({marks})", rows)
            database.execute("CREATE INDEX versions_by_slug ON versions (slug)")
            said = "name, summary, description, needs, areas, owner, team, contacts"
            database.execute(f"CREATE VIRTUAL TABLE services_fts USING fts5 ({said}, content=services)")
            database.execute("INSERT INTO services_fts (services_fts) VALUES ('rebuild')")

    made = kept(home.folder.with_name(f"{home.folder.name}-tables-{digest('bench/serving/peers.py')}"), make)
    return made / "tables.db"


def _cell(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def row_ids(file: Path) -> dict[str, int]:
    """Datasette's names of the services, by slug."""
    with closing(sqlite3.connect(file)) as database:
        return dict(database.execute("SELECT slug, rowid FROM services"))


@contextmanager
def datasette(python: Path, file: Path) -> Iterator[int]:
    """Datasette over a file that may not change, and without looking for facets: so it is six times as fast."""
    port = free_port()
    command = [str(python), "-m", "datasette", "serve", "--immutable", str(file), "--port", str(port)]
    command += ["--setting", "suggest_facets", "off"]
    with running(command, port, path="/-/versions.json"):
        yield port


@contextmanager
def django(python: Path, home: Home) -> Iterator[int]:
    """Django with simple-history, which keeps every version of a row, served by gunicorn in one process."""

    def make(folder: Path) -> None:
        with (folder / "versions.jsonl").open("w", encoding="utf-8") as lines:
            lines.writelines(f"{json.dumps(each)}\n" for each in versions_of(home))
        subprocess.run([str(python), str(DJANGO), str(folder)], check=True)

    sources = digest("bench/serving/peers.py", "bench/serving/django_site.py")
    folder = kept(home.folder.with_name(f"{home.folder.name}-django-{sources}"), make)
    port = free_port()
    command = [str(python), "-m", "gunicorn", "--bind", f"127.0.0.1:{port}", "--worker-class", "gthread"]
    command += ["--threads", "4", "--keep-alive", "60", "django_site:application"]
    environment = {"BENCH_DJANGO": str(folder), "PATH": ""}
    with running(command, port, path="/ready", environment=environment, cwd=DJANGO.parent):
        yield port
