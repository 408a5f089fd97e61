"""The command that looks for what is wrong."""

from __future__ import annotations

import sys

import click

from directory.actions.inspecting import KINDS, inspect
from directory.commands.shared import as_json, opened, print_json

WRONG = 1


@click.command()
@as_json
def doctor(json_: bool) -> None:
    """Look for what is wrong in the directory; exits 0 only where nothing is."""
    with opened() as site, site.database.read() as connection:
        found = inspect(connection, today=site.today(), at=site.now())
    if json_:
        print_json({kind: [{"subject": it.subject, "detail": it.detail} for it in of] for kind, of in found.items()})
    else:
        for name, of_kind in found.items():
            if of_kind:
                click.echo(f"{KINDS[name].heading}: {len(of_kind):,}. {KINDS[name].to_do}")
            for it in of_kind:
                click.echo(f"  {it.subject}: {it.detail}")
    if any(found.values()):
        sys.exit(WRONG)
    if not json_:
        click.echo("Nothing wrong was found.")
