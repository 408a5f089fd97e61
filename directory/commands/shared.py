"""What the commands share: the site that the environment names, who acts, and how things are printed."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from typing import Any, TypeVar

import click

from directory.domain.change import YEARS, is_likely
from directory.domain.policy import OPERATOR, Actor
from directory.errors import SignpostError
from directory.settings import load
from directory.site import Site
from directory.store import people
from directory.store.database import reachable
from directory.store.disk import refused_by
from directory.store.migrate import migrate

F = TypeVar("F", bound=Callable[..., Any])


class Failure(click.ClickException):
    """An error as the command line shows it: one line on stderr that says what to do."""

    def show(self, file: Any = None) -> None:
        """Print it, without usage text."""
        click.echo(f"signpost: {self.format_message()}", file=file, err=True)


@contextmanager
def opened() -> Iterator[Site]:
    """The site of this environment, its database brought up to date."""
    try:
        site = Site.open(load(os.environ))
        try:
            if not reachable(site.database):
                why = refused_by(site.folders) or "See SIGNPOST_DATABASE_URL in `signpost settings`."
                raise Failure(f"the database does not answer. {why}")
            migrate(site.database)
            yield site
        finally:
            site.close()
    except SignpostError as error:
        raise Failure(str(error)) from error


def acting(site: Site, email: str | None) -> Actor:
    """The person who acts; without an address, whoever runs this machine."""
    if email is None:
        return OPERATOR
    with site.database.read() as connection:
        return people.by_email(connection, email).actor


_GIVE_A_DAY = f"give a day from {YEARS[0]} to {YEARS[1]}"


class Day(click.ParamType[date]):
    """A day such as 2026-12-01."""

    name = "date"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        """The day; a clear refusal otherwise."""
        if isinstance(value, date):
            return value
        try:
            day = date.fromisoformat(value)
        except ValueError:
            self.fail(f"{value!r} is not a day; give one as in 2026-12-01", param, ctx)
        return day if is_likely(day) else self.fail(f"{value}: {_GIVE_A_DAY}", param, ctx)


class Instant(click.ParamType[datetime]):
    """An instant such as 2026-12-01T07:00+00:00; without an offset it is UTC."""

    name = "instant"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """The instant, with its zone; a clear refusal otherwise."""
        if isinstance(value, datetime):
            return value
        try:
            at = datetime.fromisoformat(value)
        except ValueError:
            self.fail(f"{value!r} is not an instant; give one as in 2026-12-01T07:00+00:00", param, ctx)
        if not is_likely(at.date()):
            self.fail(f"{value}: {_GIVE_A_DAY}", param, ctx)
        return at if at.tzinfo else at.replace(tzinfo=UTC)


def as_json(command: F) -> F:
    """The --json option."""
    return click.option("--json", "json_", is_flag=True, help="Print JSON.")(command)


def print_json(value: Any) -> None:
    """JSON on stdout, readable."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=2, default=str))


def counted(number: int, noun: str) -> str:
    """How many of something, in words: "1 change", "2 changes"."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
