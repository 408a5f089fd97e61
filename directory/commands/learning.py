"""Commands about what the directory learns from its readers: vocabulary, gaps."""

from __future__ import annotations

import click

from directory.actions.gaps import close_gap
from directory.actions.vocabulary import KINDS, put_line, remove_line, restore_line
from directory.commands.shared import Failure, acting, as_json, counted, opened, print_json
from directory.domain.change import fold
from directory.errors import Invalid
from directory.store import gaps as gap_store
from directory.store import vocabulary as vocabulary_store

AS = click.option("--as", "email", metavar="EMAIL", help="Who does it; without it, whoever runs this machine.")


@click.group()
def vocabulary() -> None:
    """The words that staff use for one another."""


@vocabulary.command("list")
@click.option("--with", "holds", default="", help="Only lines that hold this text.")
@click.option("--removed", is_flag=True, help="Those that were removed, which `restore` puts back.")
@as_json
def vocabulary_list(holds: str, removed: bool, json_: bool) -> None:
    """Every line."""
    with opened() as site, site.database.read() as connection:
        found = vocabulary_store.removed(connection) if removed else vocabulary_store.entries(connection)
    lines = [line for line in found if fold(holds) in fold(" ".join((line.term, *line.means)))]
    if json_:
        print_json([{"term": each.term, "means": each.means, "kind": each.kind} for each in lines])
        return
    for each in lines:
        click.echo(f"{each.term}: {'; '.join(each.means)} ({each.kind})")


@vocabulary.command("add")
@click.argument("term")
@click.argument("means", nargs=-1, required=True)
@click.option("--kind", type=click.Choice(list(KINDS)), default="synonym", show_default=True)
@AS
def vocabulary_add(term: str, means: tuple[str, ...], kind: str, email: str | None) -> None:
    """Add a line, or replace the one of the same TERM; searches have it at once."""
    with opened() as site:
        try:
            put_line(site.database, (term, means, kind), expected=None, by=acting(site, email), at=site.now())
        except Invalid as invalid:
            raise Failure("; ".join(problem.reason for problem in invalid.problems)) from None
    click.echo(f"{term}: {'; '.join(means)} ({kind})")


@vocabulary.command("remove")
@click.argument("term")
@AS
def vocabulary_remove(term: str, email: str | None) -> None:
    """Take a line away; `restore` puts it back."""
    with opened() as site:
        remove_line(site.database, term, by=acting(site, email), at=site.now())
    click.echo(f"{term} is removed; `signpost vocabulary restore` puts it back")


@vocabulary.command("restore")
@click.argument("term")
@AS
def vocabulary_restore(term: str, email: str | None) -> None:
    """Put a line back as it was when it was removed."""
    with opened() as site:
        restore_line(site.database, term, by=acting(site, email), at=site.now())
    click.echo(f"{term} is back")


@click.group()
def gaps() -> None:
    """Questions that found no confident answer."""


@gaps.command("list")
@click.option("--closed", is_flag=True, help="Those that were closed and not asked since.")
@click.option("--limit", default=50, show_default=True)
@as_json
def gaps_list(closed: bool, limit: int, json_: bool) -> None:
    """The open ones, most asked first."""
    with opened() as site, site.database.read() as connection:
        found = (gap_store.closed_ones if closed else gap_store.open_ones)(connection, limit=limit)
    if json_:
        rows = [
            {
                "query": each.query,
                "times": each.times,
                "first_at": each.first_at,
                "last_at": each.last_at,
                "nearest": each.nearest,
                "closed_at": each.closed_at,
                "outcome": each.outcome,
            }
            for each in found
        ]
        print_json(rows)
        return
    for each in found:
        closed_as = f" (closed as {each.outcome})" if each.closed_at else ""
        click.echo(f"{each.query}: {counted(each.times, 'time')}, last {each.last_at:%Y-%m-%d}{closed_as}")


@gaps.command("close")
@click.argument("query")
@AS
def gaps_close(query: str, email: str | None) -> None:
    """Close a gap about which there is nothing to do. Asked again without an answer, it comes back."""
    with opened() as site:
        close_gap(site.database, fold(query), by=acting(site, email), at=site.now())
    click.echo(f"{query} is closed")
