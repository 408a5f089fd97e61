"""The command that writes the directory out: export."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import click

from directory.actions.export import Export, export_folder, export_sheet
from directory.actions.export_fhir import export_fhir
from directory.actions.open_referral import export_hsds
from directory.commands.shared import Day, Failure, Instant, opened
from directory.errors import Invalid

WRITERS = {"services-csv": export_sheet, "hsds": export_hsds, "fhir": export_fhir, "markdown": export_folder}


@click.command()
@click.option("--format", "format_", type=click.Choice(list(WRITERS)), required=True)
@click.option("--as-of", type=Day(), help="What held on another day than today.")
@click.option("--known-at", type=Instant(), help="Only what was known at an instant.")
@click.argument("out", type=click.Path(path_type=Path))
def export(format_: str, as_of: date | None, known_at: datetime | None, out: Path) -> None:
    """Write the directory to OUT: a spreadsheet, Open Referral, FHIR or Markdown. `signpost import` takes each back."""
    with opened() as site:
        job = Export(out, as_of or site.today(), site.settings.zone, known_at, site.settings.base_url)
        try:
            done = WRITERS[format_](site.database, job)
        except Invalid as invalid:
            raise Failure("; ".join(map(str, invalid.problems))) from None
        except OSError as error:
            raise Failure(f"{out} cannot be written: {error.strerror or error}") from None
    click.echo(f"{out}: {done.services} services as of {job.on}")
    if done.not_carried:
        listed = ", ".join(f"{name} of {count}" for name, count in done.not_carried.items())
        click.echo(f"{out}: a sheet does not carry all of: {listed} services; markdown does", err=True)
