"""Commands that ask: find, show."""

from __future__ import annotations

from datetime import date, datetime

import click

from directory.actions.follow import follow_index
from directory.actions.page_index import follow_page_index
from directory.answer import answer
from directory.api import names as called
from directory.api.entries import entry_json, version_json
from directory.api.search import Asker, answer_json
from directory.commands.shared import Day, Instant, as_json, opened, print_json
from directory.domain.query import NEAREST, Answer, Query, Result
from directory.domain.service import Entry
from directory.guidance import guidance
from directory.store import services
from directory.store.versions import history


@click.command()
@click.argument("query")
@click.option("--as-of", type=Day(), help="Ask about another day than today.")
@click.option("--known-at", type=Instant(), help="As it was known at this instant.")
@click.option("--area", help="Only services that cover this area.")
@as_json
def find(query: str, as_of: date | None, known_at: datetime | None, area: str | None, json_: bool) -> None:
    """Who handles this: the answer, then the results."""
    with opened() as site:
        follow_index(site.database, site.engine, today=site.today())
        follow_page_index(site.database, site.page_engine, today=site.today())
        with site.database.read() as connection:
            asked = Query(query, area=area, as_of=as_of)
            areas = site.gazetteer()
            found = answer(connection, asked, site.search, today=site.today(), known_at=known_at, gazetteer=areas)
            pages = guidance(connection, found, site.search_pages)
            if json_:
                now = found.on == site.today() and known_at is None
                asker = Asker(site.opening, due_of=site.check_due) if now else Asker()
                print_json(answer_json(connection, found, pages, base_url=site.settings.base_url, asker=asker))
                return
        _print_answer(found)
        for page in pages:
            click.echo(f"{page.kind.capitalize()}: {page.title} ({site.settings.base_url}/pages/{page.slug})")


def _print_answer(found: Answer) -> None:
    if found.understood:
        click.echo(f"Understood: {', '.join(each.label for each in found.understood)}")
    if found.best is None:
        click.echo("No confident answer." + (" The nearest:" if found.results else ""))
        if found.ask:
            click.echo(found.ask)
        if found.did_you_mean:
            click.echo(f"Did you mean: {found.did_you_mean}")
    for place, result in enumerate(found.results):
        if place == (1 if found.best else NEAREST):
            click.echo("\nAlso:")
        _print_result(result, whole=result is found.best)


def _print_result(result: Result, *, whole: bool) -> None:
    entry = result.entry
    closed = " (closed)" if entry.facts.status == "closed" else ""
    click.echo(f"{entry.facts.name}{closed}: {entry.owner_name}")
    for said in (*((result.against,) if result.against else ()), *(() if whole else result.why)):
        click.echo(f"  {said}")
    if not whole:
        return
    if result.asked_for:
        click.echo(f"  {result.asked_for} is now {entry.facts.name}")
    click.echo(f"  since {entry.owner_since}" + (f"; before: {entry.previous_owner}" if entry.previous_owner else ""))
    for route in entry.facts.referral_routes:
        click.echo(f"  refer by {route.method}: {route.address} ({route.urgency}; {route.who or 'anyone'})")
    for contact in entry.facts.contacts:
        click.echo(f"  {contact.type}: {contact.value}")
    if result.registered:
        click.echo(f"  takes patients registered with a GP in {result.registered.area} ({result.registered.practice})")
    for said in result.why:
        click.echo(f"  {said}")


@click.command()
@click.argument("service")
@click.option("--as-of", type=Day(), help="What held on this day.")
@click.option("--known-at", type=Instant(), help="As it was known at this instant.")
@as_json
def show(service: str, as_of: date | None, known_at: datetime | None, json_: bool) -> None:
    """An entry, with its owner, routes, succession and history."""
    with opened() as site:
        on = as_of or site.today()
        with site.database.read() as connection:
            entry = services.entry(connection, service, on=on, known_at=known_at)
            versions = history(connection, "service", entry.id, known_at=known_at)
            names = called.names(connection, called.in_entries([entry]), on=on)
        now = on == site.today() and known_at is None
        due = site.check_due(entry) if now else None
        if json_:
            base_url = site.settings.base_url
            opening = site.opening(entry.facts) if now else None
            shown = entry_json(entry, base_url=base_url, names=names, opening=opening, due=due)
            told = [version_json(row.version, slug=entry.slug, base_url=base_url, names=names) for row in versions]
            print_json(shown | {"history": told})
            return
        _print_entry(entry)
        if due:
            click.echo(f"To be checked by {due.on}{': overdue' if due.overdue else ''}")
        click.echo("History:")
        for version in versions:
            click.echo(f"  {version.number}: from {version.effective_from} (change {version.change_number})")


def _print_entry(entry: Entry) -> None:
    facts = entry.facts
    click.echo(f"{facts.name} ({facts.status}), version {entry.version.number}, from {entry.version.effective_from}")
    click.echo(f"Owner: {entry.owner_name}, since {entry.owner_since}")
    if entry.previous_owner:
        click.echo(f"Before: {entry.previous_owner}")
    for route in facts.referral_routes:
        click.echo(f"Refer by {route.method}: {route.address} ({route.urgency}; {route.who or 'anyone'})")
    for contact in facts.contacts:
        click.echo(f"{contact.type.capitalize()}: {contact.value}")
    if facts.former_names:
        click.echo(f"Formerly: {', '.join(facts.former_names)}")
    for link in (*entry.replaces, *entry.succeeded_by):
        click.echo(
            f"Succession: {link.predecessor} → {link.successor or 'nothing'} ({link.kind}, {link.effective_from})"
        )
    for coming in entry.upcoming:
        click.echo(f"Coming: {coming.effective_from} {coming.title} (change {coming.change_number})")
