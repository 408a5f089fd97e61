"""Somebody who used all of it is erased: afterwards not one file of the data folder holds their name or address."""

from __future__ import annotations

from email import message_from_bytes, policy
from pathlib import Path
from zipfile import ZipFile

from sqlalchemy import text

from directory.actions.back_up import back_up
from directory.actions.channels import subscribe_channel
from directory.actions.erase import erase
from directory.actions.follow_fhir import follow_fhir
from directory.actions.people import subscribe_person
from directory.actions.subscribe import Wanted
from directory.actions.verify import verify_content
from directory.domain.change import Edit
from directory.domain.reach import Reach
from directory.site import Site
from directory.store import people
from directory.store.sealing import Seal
from directory.worker import Worker
from tests import build
from tests.fhir.subscribing import asked
from tests.web.conftest import client_of, signed_in, site_over

ADDRESS, NAME = "hazel.thornbury@northmoor.example", "Hazel Thornbury"
MARK = "thornbury"


def holding(home: Path) -> list[str]:
    """The files of a data folder, of whatever kind, in which the mark stands; of messages, decoded too."""
    found = []
    for path in sorted(each for each in home.rglob("*") if each.is_file()):
        said = path.read_bytes()
        if path.suffix == ".eml":
            parts = message_from_bytes(said, policy=policy.default).walk()
            said += b"".join(bytes(part.get_payload(decode=True) or b"") for part in parts if not part.is_multipart())
        if MARK.encode() in said.lower():
            found.append(str(path.relative_to(home)))
    return found


def rows_of(site: Site, table: str) -> int:
    with site.database.read() as connection:
        return int(connection.execute(text(f'SELECT count(*) FROM "{table}"')).scalar_one())


def use_everything(site: Site) -> None:
    """Sign in, subscribe, draft, report, read, keep offline, print, have events sent, and be written to."""
    with site.database.write() as connection:
        people.add(connection, email=ADDRESS, name=NAME, editor=False, at=build.NOON)
    subscribe_person(
        site.database,
        email=ADDRESS,
        criteria={"service": ["leg-ulcer-clinic"]},
        frequency="immediately",
        at=build.NOON,
        today=build.TODAY,
    )
    browser = signed_in(site, ADDRESS, role="lead", team="vascular")
    stranger = client_of(site)
    assert stranger.post("/sign-in", data={"email": ADDRESS}).status_code == 200
    said = {"kind": "question", "text": f"Who is it? Ask {NAME}.", "email": ADDRESS}
    assert stranger.post("/services/leg-ulcer-clinic/report", data=said).status_code in (200, 303)
    assert browser.get("/find", params={"q": f"something that {NAME} knows"}).status_code == 200
    assert browser.post("/my/services", data={"service": "leg-ulcer-clinic"}).status_code == 303
    for path in ("/my/services", "/services/leg-ulcer-clinic/offline", "/services/leg-ulcer-clinic/print"):
        assert MARK not in browser.get(path).text.partition("<main")[2].lower()
    have_events_sent(site)
    build.change(site.database, build.draft(Edit("leg-ulcer-clinic", {"hours": "Mo 09:00-10:00"}), urgent=True))
    assert Worker(site).once() == 0


def have_events_sent(site: Site) -> None:
    """A webhook and a FHIR subscription of theirs, to addresses and with words that name them, and a key for both."""
    seal = Seal(site.settings.secret.get_secret_value())
    with site.database.write() as connection:
        person = people.by_email(connection, ADDRESS)
        people.add_key(
            connection, key_id="k", secret="their-key", person_id=person.id, scope="publish", at=build.NOON,
            expires_at=None,
        )  # fmt: skip
        wanted = Wanted({}, frequency="immediately")
        subscribe_channel(
            connection, wanted, "webhook", f"https://127.0.0.1:9/{ADDRESS}", by=person.actor, at=build.NOON,
            today=build.TODAY, seal=seal, reach=Reach(private=True),
        )  # fmt: skip
    said = asked(f"https://127.0.0.1:9/fhir/{ADDRESS}", headers=(f"X-Whose: {ADDRESS}",), reason=f"For {NAME}")
    said["criteria"] = f"{site.settings.base_url}/fhir/SubscriptionTopic/owner-changed"
    follow_fhir(site.database, today=build.TODAY, clock=site.now)
    answer = client_of(site).post("/fhir/Subscription", json=said, headers={"Authorization": "Bearer their-key"})
    assert answer.status_code == 201, answer.text


def test_no_file_of_the_data_folder_holds_them(sqlite_url: str, tmp_path: Path) -> None:
    # To this machine alone, where nobody listens: what cannot be delivered waits, and is kept.
    site = site_over(sqlite_url, tmp_path, SIGNPOST_OUTGOING_PRIVATE="yes")
    build.directory(site.database)
    Worker(site).once()
    use_everything(site)
    before = holding(tmp_path)
    assert any(name.startswith("signpost.db") for name in before)
    assert any(name.endswith(".eml") for name in before)
    assert [rows_of(site, name) for name in ("channels", "fhir_subscriptions", "favourites")] == [2, 1, 1]
    assert rows_of(site, "channel_events") > 0
    done = erase(site.database, site.settings.mail_folder, email=ADDRESS, at=build.NOON)
    assert (done.left, done.to_do) == ((), "")
    assert holding(tmp_path) == []
    # What was sealed would not be found by reading.
    gone = ("channels", "channel_events", "fhir_subscriptions", "fhir_events", "favourites")
    assert [rows_of(site, name) for name in gone] == [0] * 5
    assert verify_content(site.database, site.settings.content).problems == ()
    # What runs on writes nothing of them either, nor does a backup that is made afterwards.
    assert Worker(site).once() == 0
    assert holding(tmp_path) == []
    back_up(site.database, "secret", tmp_path / "afterwards.zip", at=build.NOON)
    with ZipFile(tmp_path / "afterwards.zip") as archive:
        assert [name for name in archive.namelist() if MARK.encode() in archive.read(name).lower()] == []
    site.close()
