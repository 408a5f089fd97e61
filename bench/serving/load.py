"""Load for some seconds, by wrk: one thread of C, so that not the client is what is measured."""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import click

INSTALL = "apt-get install wrk"
CONNECTIONS = 32
_SCRIPT = """
local asked, at = {}, 0
init = function(arguments)
  for line in io.lines(arguments[2]) do
    local name, value = line:match("^(%S+) (.*)$")
    wrk.headers[name] = value
  end
  for path in io.lines(arguments[1]) do
    asked[#asked + 1] = wrk.format("GET", path)
  end
end
request = function()
  at = at % #asked + 1
  return asked[at]
end
done = function(summary, latency, requests)
  local failed = summary.errors
  io.write(string.format(
    '\\n{"count": %d, "seconds": %.6f, "p50": %.3f, "p95": %.3f, "p99": %.3f, "failed": %d}\\n',
    summary.requests, summary.duration / 1e6, latency:percentile(50) / 1000, latency:percentile(95) / 1000,
    latency:percentile(99) / 1000, failed.status + failed.connect + failed.read + failed.write + failed.timeout))
end
"""


@dataclass(frozen=True, slots=True)
class Load:
    """What some seconds showed: requests a second, and milliseconds until the answer."""

    rate: float
    p50: float
    p95: float


@dataclass(frozen=True, slots=True)
class Target:
    """What is asked for: the paths in turn, from the first again after the last."""

    name: str
    port: int
    paths: Sequence[str]
    headers: Mapping[str, str] = field(default_factory=dict)


def loaded(target: Target, *, seconds: int, part: int = 0, parts: int = 1) -> Load:
    """Ask for some seconds, on 32 connections, beginning at a part of the paths; whatever is refused ends the run."""
    start = len(target.paths) * part // parts
    paths = [*target.paths[start:], *target.paths[:start]]
    with tempfile.TemporaryDirectory(prefix="signpost-bench-") as folder:
        script, listed, headers = Path(folder, "load.lua"), Path(folder, "paths"), Path(folder, "headers")
        script.write_text(_SCRIPT, encoding="utf-8")
        listed.write_text("\n".join(paths), encoding="utf-8")
        headers.write_text("\n".join(" ".join(each) for each in target.headers.items()), encoding="utf-8")
        address = f"http://127.0.0.1:{target.port}"
        command: list[str | Path] = [
            _wrk(),
            "-t1",
            f"-c{CONNECTIONS}",
            f"-d{seconds}s",
            "-s",
            script,
            address,
            listed,
            headers,
        ]
        done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise click.ClickException(f"{target.name}: {done.stderr or done.stdout}")
    found = json.loads(done.stdout.splitlines()[-1])
    if found["failed"] or not found["count"]:
        raise click.ClickException(f"{target.name}: {found['failed']} of {found['count']} requests failed")
    return Load(found["count"] / found["seconds"], found["p50"], found["p95"])


def _wrk() -> str:
    found = shutil.which("wrk")
    if found is None:
        raise click.UsageError(f"wrk makes the load, and is not installed: {INSTALL}.")
    return found
