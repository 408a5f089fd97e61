"""`python -m bench fanout`, `digest` and `deliver`."""

from __future__ import annotations

import statistics
from collections.abc import Sequence

import click

from bench.tables import figure, table
from bench.telling import databases, deliver, digest, fanout, sink

ROUNDS = 5
_DATABASE = click.option(
    "--database", "kinds", multiple=True, type=click.Choice(databases.KINDS), default=databases.KINDS
)
_ROUNDS = click.option("--rounds", default=ROUNDS, show_default=True, help="Each figure is the median of so many.")


@click.command("fanout")
@click.option("--subscribers", default=100_000, show_default=True)
@_ROUNDS
@_DATABASE
def fanout_command(subscribers: int, rounds: int, kinds: Sequence[str]) -> None:
    """One change to everybody: matching and writing the deliveries, beside a bare INSERT … SELECT of the same rows."""
    lines = []
    for kind in kinds:
        with databases.fresh(kind) as database:
            made = fanout.prepare(database, subscribers)
            found = [fanout.one_round(database, number) for number in range(rounds)]
        ours, bare = (statistics.median(each[at] for each in found) for at in (0, 1))
        share = statistics.median(each[0] / each[1] for each in found)
        lines.append([kind, f"{made:,}", f"{found[0][2]:,}", figure(ours), figure(bare), figure(share)])
    click.echo(table(["database", "subscriptions", "deliveries", "seconds", "bare", "ratio"], lines))


@click.command("digest")
@click.option("--people", default=100_000, show_default=True)
@click.option("--each", default=10, show_default=True, help="Changes that wait for each of them.")
@_ROUNDS
@_DATABASE
def digest_command(people: int, each: int, rounds: int, kinds: Sequence[str]) -> None:
    """What waits, gathered into one digest for each person, beside the two bare statements."""
    lines = []
    for kind in kinds:
        with databases.fresh(kind) as database:
            digest.prepare(database, people, each)
            found = [digest.one_round(database) for _ in range(rounds)]
        ours, bare = (statistics.median(spent[at] for spent in found) for at in (0, 1))
        share = statistics.median(spent[0] / spent[1] for spent in found)
        lines.append([kind, f"{people * each:,}", f"{found[0][2]:,}", figure(ours), figure(bare), figure(share)])
    click.echo(table(["database", "deliveries", "digests", "seconds", "bare", "ratio"], lines))


@click.command("deliver")
@click.option("--messages", default=4_000, show_default=True)
@click.option("--each", default=0, show_default=True, help="Changes in a digest; 0: messages of one change.")
@_DATABASE
def deliver_command(messages: int, each: int, kinds: Sequence[str]) -> None:
    """Writing mail, and sending it, beside a bare loop of smtplib with the same bytes; messages a second."""
    lines = []
    with sink.running() as port:
        for kind in kinds:
            with databases.fresh(kind) as database:
                deliver.prepare(database, messages, digests=each)
                found = deliver.measured(database, port)
            figures = (found.written, found.bare, found.ours)
            lines.append([kind, f"{found.size:,}", *(f"{value:,.0f}" for value in figures), f"{found.share:.0%}"])
    click.echo(table(["database", "bytes each", "written", "bare loop", "sent", "share"], lines))
