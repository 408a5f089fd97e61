"""Commands that run it: serve, work, migrate, reindex, settings, version."""

from __future__ import annotations

import os
import signal
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import click
import uvicorn

from directory import __version__
from directory.actions.follow import follow_index, rebuild_index
from directory.actions.page_index import follow_page_index, rebuild_page_index
from directory.actions.starter import import_starter
from directory.commands.shared import Failure, as_json, opened, print_json
from directory.domain.policy import OPERATOR
from directory.errors import SignpostError
from directory.gate import timing
from directory.logs import begin
from directory.settings import in_force
from directory.site import Site
from directory.worker import Worker

# A message that a relay is just taking has 30 seconds: ended before, it would be sent again.
ENDING_SECONDS = 40


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True)
@click.option("--workers", default=1, show_default=True, help="How many processes answer.")
@click.option("--no-work", is_flag=True, help="Only answer; another `signpost work` does the rest.")
@click.option("--starter", is_flag=True, help="Fill an empty directory with the starter content first.")
def serve(host: str, port: int, workers: int, no_work: bool, starter: bool) -> None:
    """The web application, with the background loop."""
    with opened() as site, ExitStack() as stack:
        begin(site.settings.log)
        if site.settings.measures:
            timing.share(stack)
        if starter and import_starter(site.database, by=OPERATOR, at=site.now(), zone=site.settings.zone):
            click.echo("The directory was empty: it now holds the starter content, Northmoor.")
        with ThreadPoolExecutor(1) as aside:
            # The first reader must not wait for, or miss, an index that is not there yet.
            indexed = aside.submit(_index, site)
            if workers == 1:
                # What the server is about to import, while the index is read; its processes import their own.
                import directory.app  # noqa: F401
            indexed.result()
        _measure(site)
        worker = Worker(site)
        # The server inside raises what ended it once more, when it has answered who was there.
        signal.signal(signal.SIGTERM, lambda *_: worker.stop())
        working = None if no_work else worker.start()
        try:
            uvicorn.run(
                "directory.app:create",
                factory=True,
                host=host,
                port=port,
                workers=workers,
                # Another parser may be installed beside it; the one that is tested reads every request.
                http="h11",
                access_log=False,
                log_config=None,
            )
        finally:
            worker.stop()
            if working is not None:
                working.join(ENDING_SECONDS)


def _index(site: Site) -> None:
    follow_index(site.database, site.engine, today=site.today())
    follow_page_index(site.database, site.page_engine, today=site.today())


def _measure(site: Site) -> None:
    port = site.settings.metrics_port
    if port is None:
        return
    from directory.metrics import serve_apart

    try:
        serve_apart(site, port)
    except OSError as error:
        raise Failure(f"SIGNPOST_METRICS_PORT: port {port} cannot be opened: {error.strerror}") from None


@click.command()
@click.option("--once", is_flag=True, help="Do all that is due now, then exit.")
def work(once: bool) -> None:
    """The background loop: index, records, matching, digests and sending."""
    with opened() as site:
        begin(site.settings.log)
        worker = Worker(site)
        if not once:
            signal.signal(signal.SIGTERM, lambda *_: worker.stop())
            _measure(site)
            worker.run()
        elif failed := worker.once():
            raise Failure(f"{failed} steps failed; the log above says why")


@click.command()
def migrate() -> None:
    """Bring the database to this version's tables."""
    with opened():
        click.echo("The database is up to date.")


@click.command()
def reindex() -> None:
    """Make the search index anew; the old one answers meanwhile."""
    with opened() as site:
        count = rebuild_index(site.database, site.engine, today=site.today())
        rebuild_page_index(site.database, site.page_engine, today=site.today())
        click.echo(f"{count} services indexed.")


@click.command()
@as_json
def settings(json_: bool) -> None:
    """Every setting, its value, and where it comes from; secrets are masked."""
    try:
        rows = in_force(os.environ)
    except SignpostError as error:
        raise Failure(str(error)) from None
    if json_:
        print_json({row.name: {"value": row.value, "source": row.source} for row in rows})
        return
    for row in rows:
        click.echo(f"{row.name}={row.value}  ({row.source})")


@click.command()
def version() -> None:
    """The version of Signpost."""
    click.echo(__version__)
