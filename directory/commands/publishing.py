"""Commands that write: publish, import."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import click

from directory.actions.audience import audience_of
from directory.actions.import_content import import_folder
from directory.actions.import_services import Import, Imported, import_file, preview_import
from directory.actions.prepare import Progress
from directory.actions.publish import preview, publish
from directory.api import names as called
from directory.api.entries import change_json
from directory.api.publishing import published_json
from directory.commands.shared import Day, Failure, acting, as_json, counted, opened, print_json
from directory.content.folder import read_folder
from directory.content.reading import read_change
from directory.domain.policy import Actor
from directory.errors import ImportRefused, Invalid, RowProblem
from directory.exchange.reading import FORMATS, read
from directory.site import Site


@click.command("publish")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--as", "email", metavar="EMAIL", help="Who publishes; without it, whoever runs this machine.")
@click.option("--dry-run", is_flag=True, help="Print who would be told; write nothing.")
@as_json
def publish_command(file: Path, email: str | None, dry_run: bool, json_: bool) -> None:
    """Publish a change from a Markdown file."""
    with opened() as site:
        draft = read_change(_text_of(file), where=file.name).draft
        call = preview if dry_run else publish
        done = call(site.database, draft, by=acting(site, email), at=site.now(), zone=site.settings.zone)
        with site.database.read() as connection:
            if json_:
                print_json(published_json(connection, done, base_url=site.settings.base_url, on=site.today()))
                return
            told = audience_of(connection, done)
        change = done.change
        click.echo(f"{'Would publish' if dry_run else 'Published'} change {change.number}: {change.title}")
        click.echo(f"  {', '.join(change.kinds)}, from {change.effective_from}, {change.weight}")
        if change.weight == "minor":
            click.echo("  Nobody is told of a minor change.")
            return
        people = "1 person" if told.people == 1 else f"{told.people} people"
        when = "would be told" if dry_run else "will be told"
        click.echo(f"  {people} and {counted(told.teams, 'team')} {when}")
        for label, count in told.by_subscription:
            click.echo(f"    {count} by {label}")


def _text_of(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise Failure(f"{file.name}: this is not UTF-8 text; save it as UTF-8") from None


@click.command("import")
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option(
    "--format", "format_", type=click.Choice(["auto", "markdown", *FORMATS]), default="auto", show_default=True
)
@click.option("--as", "email", metavar="EMAIL", help="Who imports; without it, whoever runs this machine.")
@click.option("--effective", type=Day(), help="The day from which it holds; today by default.")
@click.option("--complete", is_flag=True, help="Close what came from this kind of source and is no longer in it.")
@click.option("--dry-run", is_flag=True, help="Print what would change; write nothing.")
@as_json
def import_command(
    files: Sequence[Path],
    format_: str,
    email: str | None,
    effective: date | None,
    complete: bool,
    dry_run: bool,
    json_: bool,
) -> None:
    """Import files: what differs from the directory becomes changes. All of a file comes in, or nothing of it."""
    with opened() as site:
        by = acting(site, email)
        for file in files:
            done = _import_one(
                site, file, format_, by, effective or site.today(), complete=complete, dry_run=dry_run, json_=json_
            )
            _print_imported(site, file, done, dry_run=dry_run, json_=json_)


def _import_one(
    site: Site, file: Path, format_: str, by: Actor, day: date, *, complete: bool, dry_run: bool, json_: bool
) -> Imported:
    at, zone = site.now(), site.settings.zone
    try:
        if format_ == "markdown" or file.is_dir():
            return import_folder(site.database, read_folder(file), by=by, at=at, zone=zone, dry_run=dry_run)
        with _progress(hidden=json_) as progress:
            job = Import(read(file, format_), file.name, by, at, zone, day, complete, progress)
            return (preview_import if dry_run else import_file)(site.database, job)
    except ImportRefused as refusal:
        _print_problems(file, refusal.problems, json_=json_)
        raise Failure(f"{file.name}: {refusal}") from None
    except Invalid as invalid:
        for problem in invalid.problems:
            click.echo(str(problem), err=True)
        raise Failure(f"{file.name}: nothing was written; mend the above and import again") from None


@contextmanager
def _progress(*, hidden: bool) -> Iterator[Progress]:
    """A progress bar on a terminal, on stderr so that it never mixes with what is printed."""
    with click.progressbar(
        length=1, label="Importing", file=sys.stderr, hidden=hidden or not sys.stderr.isatty()
    ) as bar:

        def show(done: int, of: int) -> None:
            bar.length = of
            bar.update(done - bar.pos)

        yield show


def _print_problems(file: Path, problems: Sequence[RowProblem], *, json_: bool) -> None:
    if json_:
        rows = [{"row": problem.row, "column": problem.column, "reason": problem.reason} for problem in problems]
        print_json({"file": str(file), "problems": rows})
    else:
        for problem in problems:
            click.echo(f"{file.name}: {problem}", err=True)


def _print_imported(site: Site, file: Path, done: Imported, *, dry_run: bool, json_: bool) -> None:
    if json_:
        notices = [{"row": each.row, "column": each.column, "reason": each.reason} for each in done.notices]
        print_json(
            {"file": str(file), "changes": _changes_json(site, done), "unchanged": done.unchanged, "notices": notices}
        )
        return
    for notice in done.notices:
        click.echo(f"{file.name}: note: {notice}")
    if dry_run:
        for published in done.changes:
            click.echo(f"{', '.join(published.change.kinds)}: {published.change.title}")
    kinds = Counter(kind for published in done.changes for kind in published.change.kinds)
    by_kind = ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items())) or "none"
    verb = "would be published" if dry_run else "published"
    services = f"{done.services_opened} services new, {done.services_changed} changed, {done.unchanged} unchanged"
    click.echo(f"{file.name}: {counted(len(done.changes), 'change')} {verb} ({by_kind}); {services}")


def _changes_json(site: Site, done: Imported) -> list[dict[str, Any]]:
    changes = [published.change for published in done.changes]
    with site.database.read() as connection:
        names = called.names(connection, called.in_changes(changes, ()), on=site.today())
    for published in done.changes:
        names |= called.opened_by(published)
    return [change_json(change, base_url=site.settings.base_url, names=names) for change in changes]
