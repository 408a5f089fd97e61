"""Commands that look after what is kept: digest, content."""

from __future__ import annotations

from datetime import datetime

import click

from directory.actions.verify import rewrite_missing, verify_content
from directory.commands.shared import Failure, Instant, as_json, counted, opened, print_json
from directory.notify.deliver import deliver_due
from directory.notify.digest import preview, run_due_slots
from directory.notify.match import match_announced, match_in_force
from directory.notify.match_pages import match_pages
from directory.notify.notice import Notice
from directory.notify.page_notice import PageNotice
from directory.outbound.mail import mailer_for
from directory.outbound.return_path import return_path_of
from directory.store import people
from directory.worker import letterhead


@click.group()
def digest() -> None:
    """What goes out together, and when."""


@digest.command("preview")
@click.argument("email")
@click.option("--at", type=Instant(), help="As if it were this instant.")
@as_json
def digest_preview(email: str, at: datetime | None, json_: bool) -> None:
    """What somebody's next digest would hold, from what has been matched so far."""
    with opened() as site:
        with site.database.read() as connection:
            person = people.by_email(connection, email)
        found = preview(
            site.database,
            site.settings.digest_schedule,
            person.id,
            letterhead=letterhead(site.settings),
            at=at or site.now(),
        )
        notices = [item.notice for item in found.items]
    changes = [each for each in notices if isinstance(each, Notice)]
    rows = [{"number": each.number, "title": each.title, "effective_from": each.effective_from} for each in changes]
    pages = [
        {"slug": each.page, "version": each.number, "title": each.lead}
        for each in notices
        if isinstance(each, PageNotice)
    ]
    if json_:
        print_json({"slot": found.slot.at, "changes": rows, "pages": pages})
        return
    click.echo(f"At {found.slot.at.astimezone(site.settings.zone):%d %B %Y %H:%M}: {counted(len(rows), 'change')}")
    for row in rows:
        click.echo(f"  {row['number']}: {row['title']} (from {row['effective_from']})")
    for page in pages:
        click.echo(f"  page {page['slug']}, version {page['version']}: {page['title']}")


@digest.command("run")
@click.option("--at", type=Instant(), help="As if it were this instant.")
def digest_run(at: datetime | None) -> None:
    """Match, make the digests of every slot that is due, and send all that is due."""
    with opened() as site:
        now = at or site.now()
        database, settings = site.database, site.settings
        match_announced(database, at=now, zone=settings.zone)
        match_in_force(database, at=now, zone=settings.zone)
        match_pages(database, at=now)
        made = run_due_slots(database, settings.digest_schedule, at=now)
        mailer = mailer_for(settings.smtp_url, settings.mail_folder, return_path_of(settings))
        sent = deliver_due(
            database, mailer, letterhead=letterhead(settings), clock=lambda: now, a_minute=settings.smtp_rate
        )
        click.echo(f"{counted(made, 'digest')} made, {counted(sent, 'message')} sent")


@click.group()
def content() -> None:
    """The Markdown records."""


@content.command("verify")
@as_json
def content_verify(json_: bool) -> None:
    """Check every record on disk against the chain in the database."""
    with opened() as site:
        found = verify_content(site.database, site.settings.content)
    if json_:
        print_json({"records": found.records, "head": found.head, "problems": list(found.problems)})
    else:
        for problem in found.problems:
            click.echo(problem, err=True)
    if found.problems:
        raise Failure(f"{len(found.problems)} of {found.records} records are not as they were published")
    if not json_:
        click.echo(f"{found.records} records, each as it was published; the last is {found.head}")


@content.command("rewrite")
def content_rewrite() -> None:
    """Write records that are missing on disk again, from the database; those that are there are left alone."""
    with opened() as site:
        count = rewrite_missing(site.database, site.settings.content)
        click.echo(f"{counted(count, 'record')} written again")
