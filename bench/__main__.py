"""Measurements of Signpost, one command for each part of it."""

from __future__ import annotations

import click

from bench.search.command import search


@click.group()
def bench() -> None:
    """Measure Signpost on invented directories of any size."""


bench.add_command(search)

if __name__ == "__main__":
    bench()
