"""Measurements of Signpost, one command for each part of it."""

from __future__ import annotations

import click

from bench.search.command import search
from bench.serving.command import COMMANDS
from bench.telling.command import deliver_command, digest_command, fanout_command


@click.group()
def bench() -> None:
    """Measure Signpost on invented directories of any size."""


for each in (search, fanout_command, digest_command, deliver_command, *COMMANDS):
    bench.add_command(each)

if __name__ == "__main__":
    bench()
