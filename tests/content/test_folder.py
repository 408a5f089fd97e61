"""A folder of Markdown: every mistake is named by its file, and what an entry's file says reads back."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from directory.content.entries import entry_text, write_page
from directory.content.folder import read_folder, read_service
from directory.domain.service import Area, Contact, Entry, Facts, OrganisationName, Owner, TeamName, Version
from directory.errors import Invalid
from tests import build

SERVICE = "---\nname: Legs\nowner: {organisation: trust}\neffective_from: 2024-10-01\n---\nWhat it does.\n"
PAGE = "---\ntitle: Discharge\nkind: forum\nupdated: 2026-01-01\n---\nNotes.\n"
CHANGE = (
    "---\ntitle: Legs move\neffective_from: 2026-12-01\nservices: [{id: legs, set: {hours: 24/7}}]\n---\n## Why\nX\n"
)
WORDS = "- {term: DN, means: [district nurse], kind: abbreviation}\n"


def write(folder: Path, name: str, text: str | bytes) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return folder


def whole(folder: Path) -> Path:
    write(folder, "organisations/trust.md", "---\nname: Trust\neffective_from: 1990-01-01\n---\n")
    write(
        folder,
        "teams/nurses.md",
        "---\nname: Nurses\norganisation: trust\neffective_from: 2000-01-01\n---\nThey visit.\n",
    )
    write(folder, "services/legs.md", SERVICE)
    write(folder, "changes/2026/legs-move.md", CHANGE)
    write(folder, "pages/discharge.md", PAGE)
    return write(folder, "vocabulary.yaml", WORDS)


def test_everything_in_a_folder_is_read(tmp_path: Path) -> None:
    found = read_folder(whole(tmp_path))
    assert [file.slug for file in (*found.organisations, *found.teams)] == ["trust", "nurses"]
    assert found.teams[0].set["description"] == "They visit."
    (service,) = found.services
    assert (service.slug, service.set["description"], service.effective_from) == (
        "legs", "What it does.", date(2024, 10, 1)
    )  # fmt: skip
    assert [change.draft.title for change in found.changes] == ["Legs move"]
    assert found.pages[0].text == PAGE
    assert found.vocabulary == [("DN", ("district nurse",), "abbreviation")]


@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [
        ("services/legs.md", SERVICE.replace("name:", "nam:"), "there is no such field"),
        ("services/legs.md", SERVICE.replace("{organisation: trust}", "trust"), "say who runs it"),
        ("services/legs.md", SERVICE.replace("2024-10-01", "once"), "effective_from"),
        ("services/legs.md", SERVICE.replace("{organisation", "{organisation: [unclosed"), "line"),
        ("services/legs.md", SERVICE.replace("2024-10-01", "2024-13-01"), "not readable"),
        ("services/legs.md", b"---\nname: L\xe9gs\n---\n", "UTF-8"),
        ("services/legs.md", SERVICE.replace("name: Legs\n", ""), "name"),
        ("services/legs.md", SERVICE.replace("Legs", "''"), "name"),
        ("organisations/trust.md", "---\nkind: trust\neffective_from: 1990-01-01\n---\n", "name"),
        ("teams/nurses.md", "---\nname: Nurses\neffective_from: 1990-01-01\n---\n", "organisation"),
        ("pages/discharge.md", PAGE.replace("forum", "blog"), "kind"),
        ("pages/discharge.md", PAGE.replace("Discharge", ""), "title"),
        ("pages/discharge.md", PAGE.replace("2026-01-01", "lately"), "updated"),
        ("changes/2026/legs-move.md", CHANGE.replace("hours", "hour"), r"services\.0\.set\.hour"),
        ("vocabulary.yaml", "- {term: DN}\n", "needs term, means and kind"),
        ("vocabulary.yaml", "- {term: DN, means: [\n", "needs term, means and kind"),
        ("vocabulary.yaml", "- {term: DN, means: nurse, kind: abbreviation}\n", "a list"),
        ("vocabulary.yaml", WORDS + WORDS.replace("district", "day"), "DN is there twice"),
        ("vocabulary.yaml", b"- {term: \xff}\n", "UTF-8"),
        ("vocabulary.yaml", "", "needs term, means and kind"),
    ],
)
def test_a_mistake_names_its_file(tmp_path: Path, name: str, text: str | bytes, reason: str) -> None:
    write(whole(tmp_path), name, text)
    with pytest.raises(Invalid, match=reason) as refusal:
        read_folder(tmp_path)
    assert {problem.where.split(" ")[0] for problem in refusal.value.problems} == {Path(name).name}


def test_every_file_with_a_mistake_is_named_at_once(tmp_path: Path) -> None:
    for name in ("services/legs.md", "services/arms.md", "pages/discharge.md"):
        write(tmp_path, name, "---\nx: y\n---\n")
    with pytest.raises(Invalid) as refusal:
        read_folder(tmp_path)
    named = {problem.where.split(" ")[0] for problem in refusal.value.problems}
    assert named == {"legs.md", "arms.md", "discharge.md"}


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="no services, changes or pages"):
        read_folder(tmp_path)


def entry(**facts: object) -> Entry:
    held = Facts(name="Legs", owner=Owner("trust", "nurses")).with_(facts)
    version = Version("id", 3, date(2024, 10, 1), datetime(2024, 10, 1, tzinfo=UTC), 7, held)
    return Entry(
        "id", "legs", version, OrganisationName("successor", "New Trust"), TeamName("nurses", "Nurses"),
        date(2024, 10, 1), None, None, (), (), (), 3,
    )  # fmt: skip


def test_an_entry_reads_back_as_what_holds() -> None:
    """Also where another organisation followed its own: the file says what the version says, the page who it is now."""
    shown = entry(
        description="# What\n\n---\n\nmore",
        areas=(Area("Eastmarsh", basis="registered"),),
        contacts=(Contact("phone", "01632 960145", audience="professionals"),),
        former_names=("Old: legs",),
    )
    found = read_service(Path("legs.md"), entry_text(shown))
    facts = {name: getattr(shown.facts, name) for name in found.set}
    assert dict(found.set) == facts
    assert (found.organisation.name, found.team, found.slug) == ("trust", "nurses", "legs")
    assert found.effective_from == build.OPENED


def test_a_page_is_written_only_where_it_differs(tmp_path: Path) -> None:
    write_page(tmp_path, "discharge", PAGE)
    path = tmp_path / "pages" / "discharge.md"
    before = path.stat().st_ino
    write_page(tmp_path, "discharge", PAGE)
    assert path.stat().st_ino == before
    write_page(tmp_path, "discharge", PAGE + "More.\n")
    assert path.read_text(encoding="utf-8") == PAGE + "More.\n"
