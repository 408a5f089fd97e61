"""The command that imports files, lists what was imported, and undoes it."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any, ClassVar

import click

from directory.actions.import_content import import_folder
from directory.actions.import_services import Import, Imported, import_file, preview_import
from directory.actions.prepare import Progress
from directory.actions.read_hsds import Fetching, read_hsds, words_of
from directory.actions.undo_import import Undo, preview_undo, undo_import, why_undone
from directory.api import names as called
from directory.api.entries import change_json
from directory.commands.shared import Day, Failure, acting, as_json, counted, opened, print_json
from directory.content.folder import read_folder
from directory.domain.policy import Actor
from directory.domain.source import Reading
from directory.errors import FeedFailed, ImportRefused, Invalid, RowProblem, UndoRefused
from directory.exchange import hsds
from directory.exchange.reading import FORMATS, read
from directory.outbound.http import outgoing_for
from directory.site import Site
from directory.store import imports as import_store
from directory.store.imports import Batch

LISTED = 50


@dataclass(frozen=True, slots=True)
class Feed:
    """An Open Referral feed at an address of the web, to be read once."""

    name: str


class FileOrFeed(click.ParamType[Path | Feed]):
    """A file or folder that is there, or the address of a feed."""

    name = "file or URL"
    _path: ClassVar[click.Path] = click.Path(exists=True, path_type=Path)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path | Feed:
        """What is meant; a clear refusal where there is no such file."""
        if str(value).startswith(("https://", "http://")):
            return Feed(str(value))
        return Path(str(self._path.convert(value, param, ctx)))


@click.command("import")
@click.argument("files", nargs=-1, type=FileOrFeed())
@click.option(
    "--format", "format_", type=click.Choice(["auto", "markdown", *FORMATS]), default="auto", show_default=True
)
@click.option("--as", "email", metavar="EMAIL", help="Who imports; without it, whoever runs this machine.")
@click.option("--effective", type=Day(), help="The day from which it holds; today by default.")
@click.option("--complete", is_flag=True, help="Close what came from this kind of source and is no longer in it.")
@click.option("--dry-run", is_flag=True, help="Print what would change; write nothing.")
@click.option("--batches", is_flag=True, help="List what was imported, the newest first, and nothing else.")
@click.option("--undo", type=int, metavar="BATCH", help="Undo an import by its number, as a whole, and nothing else.")
@click.option("--why", help="With --undo: what those who were told of its changes will read.")
@as_json
def import_command(
    files: Sequence[Path | Feed],
    format_: str,
    email: str | None,
    effective: date | None,
    complete: bool,
    dry_run: bool,
    batches: bool,
    undo: int | None,
    why: str | None,
    json_: bool,
) -> None:
    """Import files: what differs from the directory becomes changes. All of a file comes in, or nothing of it.

    A file can be the URL of an Open Referral feed, which is read once; `signpost source add` reads it again and again.

    Each file is a batch with a number: --batches lists them, and --undo takes one back.
    """
    if bool(files) + batches + (undo is not None) != 1:
        raise click.UsageError("Give files to import, or --batches, or --undo BATCH.")
    with opened() as site:
        if batches:
            _list(site, json_=json_)
            return
        by = acting(site, email)
        if undo is not None:
            _undo(site, undo, by=by, why=why, dry_run=dry_run, json_=json_)
            return
        for file in files:
            done = _import_one(
                site, file, format_, by, effective or site.today(), complete=complete, dry_run=dry_run, json_=json_
            )
            _print_imported(site, file, done, dry_run=dry_run, json_=json_)


def _import_one(
    site: Site, file: Path | Feed, format_: str, by: Actor, day: date, *, complete: bool, dry_run: bool, json_: bool
) -> Imported:
    at, zone = site.now(), site.settings.zone
    try:
        if isinstance(file, Path) and (format_ == "markdown" or file.is_dir()):
            return import_folder(
                site.database, read_folder(file), by=by, at=at, zone=zone, source=file.name, dry_run=dry_run
            )
        with _progress("Importing", hidden=json_) as progress:
            reading = _fetched(site, file, format_) if isinstance(file, Feed) else read(file, format_)
            job = Import(reading, file.name, by, at, zone, day, complete, progress, keeps=json_ or dry_run)
            return (preview_import if dry_run else import_file)(site.database, job)
    except ImportRefused as refusal:
        _print_problems(file, refusal.problems, json_=json_)
        raise Failure(f"{file.name}: {refusal}") from None
    except Invalid as invalid:
        for problem in invalid.problems:
            click.echo(str(problem), err=True)
        raise Failure(f"{file.name}: nothing was written; mend the above and import again") from None


def _fetched(site: Site, feed: Feed, format_: str) -> Reading:
    """All of a feed; half of one is no import."""
    if format_ not in ("auto", hsds.FORMAT):
        raise click.UsageError(f"From an address only --format {hsds.FORMAT} can be imported.")
    settings = site.settings
    outgoing = outgoing_for(settings.reach, base_url=settings.base_url)
    try:
        found = read_hsds(Fetching.begun(outgoing, site.now), feed.name, known=(), at_most=0)
    except FeedFailed as failure:
        raise Failure(f"{feed.name}: {words_of(failure)}; nothing was written") from None
    if found.trouble or found.notes:
        raise Failure(f"{feed.name}: {found.trouble or found.notes[0]}; nothing was written")
    return found.reading


def _list(site: Site, *, json_: bool) -> None:
    with site.database.read() as connection:
        found = import_store.newest(connection, limit=LISTED)
    if json_:
        print_json([_batch_json(batch) for batch in found])
        return
    for batch in found:
        click.echo(_in_words(site, batch))


def _in_words(site: Site, batch: Batch) -> str:
    at = batch.recorded_at.astimezone(site.settings.zone)
    changes = f"changes {batch.first_change} to {batch.last_change}" if batch.size else "no changes"
    by = f"by {batch.person or 'the command line'}{', undone' if batch.undone else ''}"
    return f"{batch.id}  {at:%Y-%m-%d %H:%M}  {batch.source} ({batch.format}): {changes}, {by}"


def _batch_json(batch: Batch) -> dict[str, Any]:
    names = ("id", "source", "format", "recorded_at", "person", "first_change", "last_change")
    plain: dict[str, Any] = {name: getattr(batch, name) for name in names}
    plain["services"] = asdict(batch.counts) if batch.counts else None
    plain["undone"] = asdict(batch.undone) if batch.undone else None
    return plain


def _undo(site: Site, number: int, *, by: Actor, why: str | None, dry_run: bool, json_: bool) -> None:
    with site.database.read() as connection:
        batch = import_store.load(connection, number)
    was_undone = batch.undone is not None
    try:
        with _progress("Undoing", hidden=json_) as progress:
            undo = Undo(number, why or why_undone(batch), by, site.now(), site.settings.zone, progress)
            seen = preview_undo(site.database, undo) if dry_run else None
            batch = seen.batch if seen else undo_import(site.database, undo)
    except UndoRefused as refusal:
        since = [asdict(each) for each in refusal.since]
        if json_:
            print_json({"batch": number, "since": since})
        else:
            for each in refusal.since:
                by_change = f" (change {each.change_number})" if each.change_number else ""
                click.echo(f"{each.noun} {each.id}: {each.title}{by_change}", err=True)
        raise Failure(str(refusal)) from None
    if json_:
        print_json(_batch_json(batch) | {"changes": len(seen.numbers) if seen else None, "dry_run": dry_run})
    elif was_undone:
        click.echo(f"Import {number} was undone before; nothing was written.")
    elif seen:
        click.echo(f"Would undo import {number} ({batch.source}): {counted(len(seen.numbers), 'change')} withdrawn")
    else:
        made = batch.undone
        run = f": changes {made.first_change} to {made.last_change}" if made and made.first_change else ""
        click.echo(f"Import {number} ({batch.source}) is undone{run}")


@contextmanager
def _progress(label: str, *, hidden: bool) -> Iterator[Progress]:
    """A progress bar on a terminal, on stderr so that it never mixes with what is printed."""
    with click.progressbar(length=1, label=label, file=sys.stderr, hidden=hidden or not sys.stderr.isatty()) as bar:

        def show(done: int, of: int) -> None:
            bar.length = of
            bar.update(done - bar.pos)

        yield show


def _print_problems(file: Path | Feed, problems: Sequence[RowProblem], *, json_: bool) -> None:
    if json_:
        rows = [{"row": problem.row, "column": problem.column, "reason": problem.reason} for problem in problems]
        print_json({"file": _called(file), "problems": rows})
    else:
        for problem in problems:
            click.echo(f"{file.name}: {problem}", err=True)


def _called(file: Path | Feed) -> str:
    return file.name if isinstance(file, Feed) else str(file)


def _print_imported(site: Site, file: Path | Feed, done: Imported, *, dry_run: bool, json_: bool) -> None:
    if json_:
        notices = [{"row": each.row, "column": each.column, "reason": each.reason} for each in done.notices]
        print_json(
            {
                "file": _called(file),
                "batch": done.batch,
                "changes": _changes_json(site, done),
                "services": asdict(done.counts),
                "unchanged": done.unchanged,
                "notices": notices,
            }
        )
        return
    for notice in done.notices:
        click.echo(f"{file.name}: note: {notice}")
    if dry_run:
        for published in done.changes:
            click.echo(f"{', '.join(published.change.kinds)}: {published.change.title}")
    tally = done.tally
    by_kind = ", ".join(f"{count} {kind}" for kind, count in sorted(tally.kinds.items())) or "none"
    verb = "would be published" if dry_run else "published"
    counts = done.counts
    closed = f"{counts.closed} closed, " if counts.closed else ""
    services = f"{counts.opened} services new, {counts.changed} changed, {closed}{counts.unchanged} unchanged"
    click.echo(f"{file.name}: {counted(tally.changes, 'change')} {verb} ({by_kind}); {services}")
    if tally.changes and done.batch:
        click.echo(f"{file.name}: import {done.batch}; to take it back: signpost import --undo {done.batch}")


def _changes_json(site: Site, done: Imported) -> list[dict[str, Any]]:
    changes = [published.change for published in done.changes]
    with site.database.read() as connection:
        names = called.names(connection, called.in_changes(changes, ()), on=site.today())
    for published in done.changes:
        names |= called.opened_by(published)
    return [change_json(change, base_url=site.settings.base_url, names=names) for change in changes]
