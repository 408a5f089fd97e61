"""`python -m bench search`."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from bench.measure import CLOCKS
from bench.search.peers import PEERS
from bench.search.prepared import SETS, Prepared
from bench.search.printing import as_json, as_text, failing
from bench.search.running import PARTS, Run, cache_folder

_USUAL = ("relevance", "latency", "memory", "found", "odd", "reindex")


def _names(allowed: tuple[str, ...], given: str) -> tuple[str, ...]:
    names = tuple(name for name in given.split(",") if name)
    if unknown := [name for name in names if name not in allowed]:
        raise click.BadParameter(f"{', '.join(unknown)}: there are {', '.join(allowed)}.")
    return names


@click.command()
@click.option("--size", default=2_000, show_default=True, help="Services in the directory.")
@click.option(
    "--peers", default=",".join(PEERS), show_default=True, help="Engines beside Signpost's; none: an empty text."
)
@click.option("--set", "questions", type=click.Choice(list(SETS)), default="held-out", show_default=True)
@click.option("--only", default="", help=f"Parts to measure, of {','.join(_USUAL)}; all of them where none is named.")
@click.option(
    "--clock",
    type=click.Choice(list(CLOCKS)),
    default="wall",
    show_default=True,
    help="cpu: time on a processor, where others work on the machine.",
)
@click.option("--failures", is_flag=True, help="Name each question that went wrong.")
@click.option("--json", "plain", is_flag=True, help="Print the figures as JSON.")
@click.option("--cache", type=click.Path(path_type=Path), help="Where corpora and indexes are kept.")
def search(
    size: int, peers: str, questions: str, only: str, clock: str, failures: bool, plain: bool, cache: Path | None
) -> None:
    """How well and how fast search answers, beside other engines under the same planner."""
    parts = _names(tuple(PARTS), only) or _USUAL
    if failures and questions == "held-out":
        click.echo("Look at these to mend the questions, never the product: tune with --set tuning.", err=True)

    def say(text: str) -> None:
        click.echo(f"… {text}", err=True)

    run = Run(Prepared.of(size, cache_folder(cache)), _names(PEERS, peers), questions, clock, say)
    for part in parts:
        run.part(part)
    if plain:
        json.dump(as_json(run.report), sys.stdout, indent=1)
        click.echo()
        return
    for text in as_text(run.report):
        click.echo(f"{text}\n")
    if failures:
        for line in failing(run.report):
            click.echo(line)
