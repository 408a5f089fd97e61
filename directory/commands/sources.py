"""The command that adds feeds of other directories, lists them, reads one at once, and removes it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click

from directory.actions import sources as actions
from directory.actions.polling import Polling, poll_now
from directory.commands.shared import Failure, acting, as_json, counted, opened, print_json
from directory.errors import Invalid
from directory.outbound.http import outgoing_for
from directory.site import Site
from directory.store import sources as store
from directory.store.sources import KINDS, Source


@click.group()
def source() -> None:
    """Feeds of other directories that are read on a schedule."""


@source.command("add")
@click.argument("name")
@click.argument("url")
@click.option("--kind", type=click.Choice(KINDS), default="hsds", show_default=True)
@click.option("--every", type=int, default=actions.EVERY_DAY, show_default=True, help="Minutes between readings.")
@click.option(
    "--at-most",
    type=int,
    default=actions.AT_MOST,
    show_default=True,
    help="Of a hundred services, how many may vanish at once and be closed without anybody being asked.",
)
@click.option("--keeper", default="", metavar="EMAIL", help="Who is written to when it cannot be read.")
@click.option("--as", "email", metavar="EMAIL", help="Who adds it; without it, whoever runs this machine.")
def add(name: str, url: str, kind: str, every: int, at_most: int, keeper: str, email: str | None) -> None:
    """Read the feed at URL from now on, under NAME. The worker reads it; `signpost source poll` does at once."""
    given = actions.Given(name=name, url=url, kind=kind, every_minutes=every, at_most=at_most, keeper=keeper)
    with opened() as site, _refused():
        settings, by = site.settings, acting(site, email)
        with site.database.write() as connection:
            actions.add(connection, given, by=by, at=site.now(), reach=settings.reach, base_url=settings.base_url)
        click.echo(f"{name} is read every {counted(every, 'minute')}")


@source.command("set")
@click.argument("name")
@click.option("--url", help="Where it has moved to.")
@click.option("--every", type=int, help="Minutes between readings.")
@click.option("--at-most", type=int, help="Of a hundred services, how many may vanish at once.")
@click.option("--keeper", metavar="EMAIL", help="Who is written to when it cannot be read; empty for the editors.")
@click.option("--as", "email", metavar="EMAIL", help="Who changes it; without it, whoever runs this machine.")
def set_(
    name: str, url: str | None, every: int | None, at_most: int | None, keeper: str | None, email: str | None
) -> None:
    """Read a feed otherwise, and next. What it said is not forgotten, as it would be if it were removed and added."""
    with opened() as site, _refused():
        settings = site.settings
        with site.database.write() as connection:
            found = actions.change(
                connection,
                name,
                by=acting(site, email),
                at=site.now(),
                reach=settings.reach,
                base_url=settings.base_url,
                url=url,
                every_minutes=every,
                at_most=at_most,
                keeper=keeper,
            )
        click.echo(f"{name} is read every {counted(found.every_minutes, 'minute')} at {found.url}")


@contextmanager
def _refused() -> Iterator[None]:
    """What is wrong with what was given, in one line."""
    try:
        yield
    except Invalid as invalid:
        raise Failure("; ".join(problem.reason for problem in invalid.problems)) from None


@source.command("list")
@as_json
def list_(json_: bool) -> None:
    """Every feed: how often it is read, when it was last, and how that went."""
    with opened() as site:
        with site.database.read() as connection:
            found = store.list_all(connection)
        if json_:
            print_json([_plain(each) for each in found])
            return
        for each in found:
            click.echo(_in_words(site, each))


@source.command("poll")
@click.argument("name")
@click.option("--close-missing", is_flag=True, help="Close what the last reading missed, although it was too much.")
@click.option("--as", "email", metavar="EMAIL", help="Who asks; without it, whoever runs this machine.")
@as_json
def poll(name: str, close_missing: bool, email: str | None, json_: bool) -> None:
    """Read a feed at once, and publish what differs. Ends with an error where not all of it could be read."""
    with opened() as site:
        settings, by = site.settings, acting(site, email)
        with site.database.write() as connection:
            if close_missing:
                actions.let_close(connection, name, by=by, at=site.now())
            else:
                actions.read_soon(connection, name, by=by, at=site.now())
        outgoing = outgoing_for(settings.reach, base_url=settings.base_url)
        polling = Polling(
            database=site.database,
            outgoing=outgoing,
            clock=site.now,
            zone=settings.zone,
            base_url=settings.base_url,
        )
        found = poll_now(polling, name)
        if json_:
            print_json(_plain(found))
        else:
            click.echo(found.result)
            for note in found.notes:
                click.echo(f"note: {note}")
        if found.failed:
            raise Failure(f"{name}: not all of it could be read; it is tried again within the hour")


@source.command("remove")
@click.argument("name")
@click.option("--as", "email", metavar="EMAIL", help="Who removes it; without it, whoever runs this machine.")
def remove(name: str, email: str | None) -> None:
    """Read a feed no more. The services that it brought stay as they are."""
    with opened() as site:
        by = acting(site, email)
        with site.database.write() as connection:
            actions.remove(connection, name, by=by, at=site.now())
        click.echo(f"{name} is not read any more; its services stay as they are")


def _plain(found: Source) -> dict[str, Any]:
    names = (
        "name", "kind", "url", "every_minutes", "at_most", "keeper", "due_at", "read_at", "failed", "result", "notes",
        "missing", "services", "clashes",
    )  # fmt: skip
    return {name: getattr(found, name) for name in names}


def _in_words(site: Site, found: Source) -> str:
    zone = site.settings.zone
    read = f"read {found.read_at.astimezone(zone):%Y-%m-%d %H:%M}" if found.read_at else "not read yet"
    clashes = "1 clash" if found.clashes == 1 else f"{found.clashes} clashes"
    said = f"{counted(found.services, 'service')}, {clashes}"
    return f"{found.name}  {found.kind}  {found.url}  every {found.every_minutes} min, {read}: {said}. {found.result}"
