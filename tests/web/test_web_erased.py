"""Somebody who used all of it is erased: afterwards not one file of the data folder holds their name or address."""

from __future__ import annotations

from email import message_from_bytes, policy
from pathlib import Path

from directory.actions.erase import erase
from directory.actions.people import subscribe_person
from directory.actions.verify import verify_content
from directory.domain.change import Edit
from directory.site import Site
from directory.store import people
from directory.worker import Worker
from tests import build
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


def use_everything(site: Site) -> None:
    """Sign in, subscribe, draft, report, read, and be written to."""
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
    build.change(site.database, build.draft(Edit("leg-ulcer-clinic", {"hours": "Mo 09:00-10:00"}), urgent=True))
    assert Worker(site).once() == 0


def test_no_file_of_the_data_folder_holds_them(sqlite_url: str, tmp_path: Path) -> None:
    site = site_over(sqlite_url, tmp_path)
    build.directory(site.database)
    Worker(site).once()
    use_everything(site)
    before = holding(tmp_path)
    assert any(name.startswith("signpost.db") for name in before)
    assert any(name.endswith(".eml") for name in before)
    done = erase(site.database, site.settings.mail_folder, email=ADDRESS, at=build.NOON)
    assert (done.left, done.to_do) == ((), "")
    assert holding(tmp_path) == []
    assert verify_content(site.database, site.settings.content).problems == ()
    # What runs on writes nothing of them either.
    assert Worker(site).once() == 0
    assert holding(tmp_path) == []
    site.close()
