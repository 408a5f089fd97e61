"""Commands that save everything, and bring it back."""

from __future__ import annotations

import os
from pathlib import Path

import click

from directory.actions.back_up import back_up, check_restored
from directory.actions.back_up import restore as restore_into
from directory.actions.verify import rewrite_missing
from directory.commands.shared import Failure, as_json, opened, print_json
from directory.errors import SignpostError
from directory.settings import PREFIX, load
from directory.site import Site
from directory.store.database import reachable

_SECRET = f"{PREFIX}SECRET"


@click.command()
@click.argument("out", type=click.Path(dir_okay=False, path_type=Path))
@as_json
def backup(out: Path, json_: bool) -> None:
    """Save everything into a new file, also while Signpost runs."""
    with opened() as site:
        secret = site.settings.secret.get_secret_value()
        made = back_up(site.database, secret, out, at=site.now())
    if json_:
        print_json({"file": str(out), "change": made.number, "sha256": made.sha256, "rows": made.rows})
        return
    click.echo(
        f"{out}: {made.total:,} rows, up to change {made.number}. It holds addresses and a secret: keep it safe."
    )


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--verify", is_flag=True, help="Read everything back and compare.")
@as_json
def restore(file: Path, verify: bool, json_: bool) -> None:
    """Bring a backup back, into an empty database and data folder."""
    site = _place()
    try:
        found, secret = restore_into(site.database, file, verify=verify)
        _keep(site, secret)
        written = rewrite_missing(site.database, site.settings.content)
        wrong = check_restored(site.database, site.settings.content, found) if verify else ()
    except SignpostError as error:
        raise Failure(str(error)) from error
    finally:
        site.close()
    if wrong:
        raise Failure(f"restored, but not as it was: {'; '.join(wrong[:5])}")
    if json_:
        print_json({"change": found.number, "sha256": found.sha256, "rows": found.rows, "verified": verify})
        return
    said = ", read back and compared" if verify else ""
    click.echo(f"{found.total:,} rows and {written:,} records are back, up to change {found.number}{said}.")


def _place() -> Site:
    """The place to restore into; unlike `opened`, not brought up to date: the backup says to what."""
    try:
        site = Site.open(load(os.environ))
    except SignpostError as error:
        raise Failure(str(error)) from error
    if not reachable(site.database):
        raise Failure("the database does not answer; see SIGNPOST_DATABASE_URL in `signpost settings`")
    return site


def _keep(site: Site, secret: str) -> None:
    """With another secret, every link in mail that was sent would stop working."""
    if site.settings.secret.get_secret_value() == secret:
        return
    if _SECRET in os.environ or f"{_SECRET}_FILE" in os.environ:
        click.echo(f"{_SECRET} is not that of the backup: links in mail sent before do not work with it.", err=True)
        return
    path = site.settings.home / "secret"
    descriptor = os.open(path, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(secret)
