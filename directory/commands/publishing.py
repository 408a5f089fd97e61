"""The command that publishes a change."""

from __future__ import annotations

from pathlib import Path

import click

from directory.actions.audience import audience_of
from directory.actions.publish import preview, publish
from directory.api.publishing import published_json
from directory.commands.shared import Failure, acting, as_json, counted, opened, print_json
from directory.content.reading import read_change


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
        if told.channels:
            click.echo(f"  It is also posted to {counted(told.channels, 'webhook, Teams or Slack channel')}")
        for label, count in told.by_subscription:
            click.echo(f"    {count} by {label}")


def _text_of(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise Failure(f"{file.name}: this is not UTF-8 text; save it as UTF-8") from None
