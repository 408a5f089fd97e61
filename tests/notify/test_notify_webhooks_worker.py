"""The background loop posts beside its other steps: a receiver that does not answer keeps nobody's mail."""

from __future__ import annotations

from http.server import BaseHTTPRequestHandler
from pathlib import Path
from time import monotonic, sleep

from directory.actions.channels import Wish, add_channel
from directory.domain.change import Edit
from directory.domain.policy import OPERATOR
from directory.domain.reach import Reach
from directory.settings import load
from directory.site import Site
from directory.store import people, subscriptions
from directory.store.sealing import Seal
from directory.worker import Worker
from tests import build
from tests.outbound.receiver import Receiver


def test_mail_goes_out_while_a_receiver_is_silent(sqlite_url: str, tmp_path: Path, receiver: Receiver) -> None:
    home = {"SIGNPOST_HOME": str(tmp_path / "home"), "SIGNPOST_DATABASE_URL": sqlite_url}
    site = Site.open(load(home | {"SIGNPOST_OUTGOING_PRIVATE": "yes"}))
    site.clock = lambda: build.NOON
    build.directory(site.database)
    seal = Seal(site.settings.secret.get_secret_value())
    with site.database.write() as connection:
        key = people.add(connection, email="amina@northmoor.example", name="", editor=False, at=build.NOON)
        everything = {"criteria": {}, "label": "every change", "person_id": key}
        subscriptions.subscribe(connection, frequency="immediately", at=build.NOON, **everything)  # type: ignore[arg-type]
        wish = Wish(channel="webhook", url=receiver.url, **everything)  # type: ignore[arg-type]
        add_channel(connection, wish, by=OPERATOR, at=build.NOON, seal=seal, reach=Reach(private=True))
    build.change(site.database, build.draft(Edit("leg-ulcer-clinic", {"hours": "Mo 09:00-10:00"})))
    arrived: list[bool] = []

    def silent_until_the_next_mail_is_there(handler: BaseHTTPRequestHandler) -> None:
        build.change(
            site.database, build.draft(Edit("leg-ulcer-clinic", {"hours": "Mo 09:00-11:00"}), title="The next")
        )
        until = monotonic() + 8
        while not (there := _mailed(site, "The next")) and monotonic() < until:
            sleep(0.02)
        arrived.append(there)
        handler.send_response(200)
        handler.send_header("Content-Length", "0")
        handler.end_headers()
        worker.stop()

    receiver.answers = [silent_until_the_next_mail_is_there]
    worker = Worker(site)
    worker.run()
    site.close()
    assert arrived == [True]


def _mailed(site: Site, title: str) -> bool:
    return any(title in mail.read_text() for mail in site.settings.mail_folder.glob("*.eml"))
