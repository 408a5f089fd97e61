"""`python -m bench pages`, `api`, `publish`, `import` and `startup`."""

from __future__ import annotations

import json
import statistics
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click

from bench.search.running import cache_folder
from bench.serving import importing, pages, publishing, startup
from bench.serving.home import home
from bench.serving.reading import Goal, as_plain, as_text, measure
from bench.tables import figure, table
from bench.telling.databases import KINDS

Command = Callable[..., Any]
_SIZE = click.option("--size", default=20_000, show_default=True, help="Services in the directory.")
_ROUNDS = click.option("--rounds", default=3, show_default=True, help="Each figure is the median of so many.")
_JSON = click.option("--json", "plain", is_flag=True, help="Print the figures as JSON.")
_CACHE = click.option("--cache", type=click.Path(path_type=Path), help="Where directories and peers are kept.")


def _reading(command: Command) -> Command:
    seconds = click.option("--seconds", default=2, show_default=True, help="How long each is asked in a round.")
    alone = click.option("--alone", is_flag=True, help="Without the peers.")
    for option in (_CACHE, _JSON, alone, seconds, _ROUNDS, _SIZE):
        command = option(command)
    return command


@click.command("pages")
@_reading
def pages_command(size: int, rounds: int, seconds: int, alone: bool, plain: bool, cache: Path | None) -> None:
    """Pages under load, beside a bare route of the same server, Datasette and Django."""
    _read(pages.PAGE_GOALS, size, rounds, seconds, json_=False, alone=alone, plain=plain, cache=cache)


@click.command("api")
@_reading
def api_command(size: int, rounds: int, seconds: int, alone: bool, plain: bool, cache: Path | None) -> None:
    """The same of JSON."""
    _read(pages.API_GOALS, size, rounds, seconds, json_=True, alone=alone, plain=plain, cache=cache)


def _read(
    goals: Sequence[Goal],
    size: int,
    rounds: int,
    seconds: int,
    *,
    json_: bool,
    alone: bool,
    plain: bool,
    cache: Path | None,
) -> None:
    kept = cache_folder(cache)
    click.echo("… the directory and its peers", err=True)
    with pages.targets(home(size, kept), kept, json=json_, beside=not alone) as targets:
        names = {each.name for each in targets}
        wanted = [goal for goal in goals if goal.beside in names]
        click.echo("… load", err=True)
        found = measure(targets, wanted, rounds=rounds, seconds=seconds)
    click.echo(json.dumps(as_plain(found), indent=1) if plain else as_text(found))


@click.command("publish")
@click.option("--subscribers", "numbers", multiple=True, type=int, default=(10, 1_000), show_default=True)
@click.option("--each", default=20, show_default=True, help="Changes that each of eight publishes at once.")
@click.option("--rounds", default=15, show_default=True, help="Each figure is the median of so many.")
@click.option("--database", "kinds", multiple=True, type=click.Choice(KINDS), default=KINDS)
@_JSON
def publish_command(numbers: Sequence[int], each: int, rounds: int, kinds: Sequence[str], plain: bool) -> None:
    """Publishing one change and telling of it, beside the same statements alone; then eight people at once."""
    rows = [
        [kind, f"{found.subscribers:,}", figure(found.ours), figure(found.bare), figure(found.ratio), "≤ 2"]
        for kind in kinds
        for found in (publishing.measured(kind, number, rounds) for number in numbers)
    ]
    crowds = [
        [kind, f"{found.changes:,}", str(found.failed), figure(found.median), figure(found.longest)]
        for kind in kinds
        for found in [publishing.crowded(kind, each)]
    ]
    _say(["database", "subscribers", "ms", "bare", "ratio", "should be"], rows, plain=plain)
    _say(["eight at once", "changes", "failed", "ms p50", "longest"], crowds, plain=plain)


@click.command("import")
@click.option("--size", "sizes", multiple=True, type=int, default=(5_000, 20_000), show_default=True)
@_JSON
def import_command(sizes: Sequence[int], plain: bool) -> None:
    """A file of services taken in, as new ones and then again, unchanged."""
    rows = [
        [f"{size:,}", found.name, figure(found.rate), figure(found.memory)]
        for size in sizes
        for found in importing.measured(size)
    ]
    _say(["services", "which are", "a second (≥ 2,000)", "most MB (< 300)"], rows, plain=plain)


@click.command("startup")
@_SIZE
@_ROUNDS
@_JSON
@_CACHE
def startup_command(size: int, rounds: int, plain: bool, cache: Path | None) -> None:
    """From the start until a page is answered, and the memory of web and background loop at rest."""
    made = home(size, cache_folder(cache))
    found = [startup.started(made) for _ in range(rounds)]
    middle = [statistics.median(getattr(each, what) for each in found) for what in ("seconds", "resident", "private")]
    head = ["services", "seconds (≤ 1)", "resident MB (≤ 150)", "private MB"]
    _say(head, [[f"{size:,}", *map(figure, middle)]], plain=plain)


def _say(head: Sequence[str], rows: Sequence[Sequence[str]], *, plain: bool) -> None:
    click.echo(
        json.dumps([dict(zip(head, row, strict=True)) for row in rows], indent=1) if plain else table(head, rows)
    )
    if not plain:
        click.echo()


COMMANDS = (pages_command, api_command, publish_command, import_command, startup_command)
