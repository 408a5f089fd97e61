"""A file of services that comes in: as new ones, and once more, when nothing has changed."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import click

from bench.serving.home import environment_of
from bench.serving.sheet import write_sheet


@dataclass(frozen=True, slots=True)
class Taken:
    """How many services a second, the start of the program apart, and the most memory in megabytes."""

    name: str
    rate: float
    memory: float


def measured(size: int) -> list[Taken]:
    """Import a file of a size into an empty directory, and then again."""
    with tempfile.TemporaryDirectory(prefix="signpost-bench-", dir="/var/tmp") as folder:
        sheet, home = Path(folder, "services.csv"), Path(folder, "home")
        write_sheet(sheet, size)
        _run(home, "migrate")
        idle, _ = _run(home, "migrate")
        found = []
        for name in ("new", "unchanged"):
            seconds, memory = _run(home, "import", str(sheet))
            found.append(Taken(name, size / (seconds - idle), memory))
        return found


def _run(home: Path, *arguments: str) -> tuple[float, float]:
    """Seconds and megabytes of a command."""
    began = time.perf_counter()
    command = [sys.executable, "-m", "directory", *arguments]
    running = subprocess.Popen(command, env=environment_of(home), stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(running.pid, 0)
    running.returncode = os.waitstatus_to_exitcode(status)
    if running.returncode:
        raise click.ClickException(f"signpost {arguments[0]} failed")
    return time.perf_counter() - began, used.ru_maxrss / 1024
