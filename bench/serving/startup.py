"""From the start of the program until it has answered a reader, and what it holds in memory when it rests."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import click

from bench.measure import memory_now
from bench.serving.home import Home, copied, environment_of, signpost
from bench.serving.servers import answers_in_time, free_port

# The background loop has done what there was to do by then.
_REST = 5.0
_PAUSE = 0.005


@dataclass(frozen=True, slots=True)
class Started:
    """Seconds until the first page of an entry, and megabytes when nobody asks: web and background loop together."""

    seconds: float
    resident: float
    private: float


def started(home: Home) -> Started:
    """Start Signpost once on a copy of a directory, as it is served, and end it."""
    with tempfile.TemporaryDirectory(prefix="signpost-bench-") as folder:
        made = copied(home.folder, Path(folder, "home"))
        # An older home is migrated and indexed first: that is a new version's first start, and not every start.
        signpost(made, "work", "--once")
        return _started(made, home.slugs[0])


def _started(folder: Path, slug: str) -> Started:
    port = free_port()
    command = [sys.executable, "-m", "directory", "serve", "--port", str(port)]
    began = time.perf_counter()
    server = subprocess.Popen(command, env=environment_of(folder), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        if not answers_in_time(port, f"/services/{slug}", server, pause=_PAUSE):
            raise click.ClickException("it did not serve")
        seconds = time.perf_counter() - began
        time.sleep(_REST)
        memory = memory_now(server.pid)
    finally:
        server.terminate()
        server.wait()
    return Started(seconds, memory.resident, memory.private)
