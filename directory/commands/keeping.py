"""Commands that look after what is kept: digest, content, audit."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from pathlib import Path

import click
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from directory.actions import checkpoint
from directory.actions.audit_trail import seal_trail, verify_trail
from directory.actions.rebuild import rebuild
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
from directory.site import Site
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
        # Sent now, whatever day is meant: at another, what a worker is sending would pass for left behind.
        sent = deliver_due(
            database, mailer, letterhead=letterhead(settings), clock=site.now, a_minute=settings.smtp_rate
        )
        click.echo(f"{counted(made, 'digest')} made, {counted(sent, 'message')} sent")


@click.group()
def content() -> None:
    """The Markdown records."""


@content.command("verify")
@click.option("--checkpoint", "kept", type=click.Path(path_type=Path, exists=True), help="A checkpoint kept elsewhere.")
@click.option("--public-key", help="The key that signed it, as noted when it was made; else the one in force here.")
@as_json
def content_verify(kept: Path | None, public_key: str | None, json_: bool) -> None:
    """Check every record on disk against the chain in the database, and both chains against a checkpoint."""
    with opened() as site:
        found = verify_content(site.database, site.settings.content)
        problems = list(found.problems)
        if kept is not None:
            public = checkpoint.public_of(public_key) if public_key else _key(site).public_key()
            known = checkpoint.read_signed(kept.read_text(encoding="utf-8", errors="replace"), public)
            problems += checkpoint.differences(site.database, known)
    if json_:
        print_json({"records": found.records, "head": found.head, "problems": problems})
    else:
        for problem in problems:
            click.echo(problem, err=True)
    if problems:
        raise Failure(f"{len(problems)} of {found.records} records are not as they were published")
    if not json_:
        click.echo(f"{found.records} records, each as it was published; the last is {found.head}")


@content.command("checkpoint")
@click.argument("out", required=False, type=click.Path(path_type=Path, dir_okay=False))
def content_checkpoint(out: Path | None) -> None:
    """Sign where both chains end now, in a file to be kept away from this machine; without OUT, print it."""
    with opened() as site:
        seal_trail(site.database, at=site.now())
        key = _key(site)
        made = checkpoint.make(site.database, at=site.now())
        text = checkpoint.signed(made, key)
    if out is None:
        click.echo(text, nl=False)
        return
    try:
        with out.open("x", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise Failure(f"{out} cannot be written: {error.strerror}; give the name of a new file") from None
    public = checkpoint.public_text(key.public_key())
    click.echo(f"{counted(made.changes, 'change')}, {made.audit} entries of the audit trail; public key {public}")


def _key(site: Site) -> Ed25519PrivateKey:
    given = site.settings.checkpoint_key
    if given is not None:
        return checkpoint.key_of(given.get_secret_value())
    return checkpoint.kept_key(site.settings.checkpoint_key_file)


@content.command("rebuild")
@as_json
def content_rebuild(json_: bool) -> None:
    """Make an empty database anew from the records and pages in the content folder; all or nothing."""
    with opened() as site:
        zone = site.settings.zone
        made = rebuild(site.database, site.settings.content, at=site.now(), zone=zone)
        problems = verify_content(site.database, site.settings.content).problems
    if json_:
        print_json({**asdict(made), "problems": list(problems)})
    for problem in problems:
        click.echo(problem, err=True)
    if problems:
        raise Failure("the records are not those of this database; see above")
    if not json_:
        click.echo(
            f"{counted(made.changes, 'change')} and {counted(made.pages, 'page')}; the last record is {made.head}"
        )


@click.group()
def audit() -> None:
    """The trail of who did what."""


@audit.command("verify")
@as_json
def audit_verify(json_: bool) -> None:
    """Check that no entry of the audit trail was edited, taken out, reordered or cut off."""
    with opened() as site:
        found = verify_trail(site.database)
    if json_:
        print_json(asdict(found))
    for problem in found.problems:
        click.echo(problem, err=True)
    if found.problems:
        raise Failure(f"{counted(len(found.problems), 'thing')} wrong in {found.entries} entries of the audit trail")
    if not json_:
        waits = f"; {found.waiting} not sealed yet" if found.waiting else ""
        click.echo(f"{found.entries} entries, each as it was sealed; the last is {found.head}{waits}")


@content.command("rewrite")
def content_rewrite() -> None:
    """Write records that are missing on disk again, from the database; those that are there are left alone."""
    with opened() as site:
        count = rewrite_missing(site.database, site.settings.content)
        click.echo(f"{counted(count, 'record')} written again")
