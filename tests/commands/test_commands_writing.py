"""Commands that write: people, keys, imports, changes, mail and records."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from directory.__main__ import run
from directory.notify.match import match_announced
from directory.store.database import Database
from directory.store.sending import claim
from tests.commands import texts
from tests.commands.conftest import Signpost, printed


def write(path: Path, text: str | bytes) -> str:
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return str(path)


def test_people_and_their_roles(stocked: Signpost) -> None:
    assert "ann@b.example is here, lead of nurses" in stocked(
        "user", "add", "Ann@B.example", "--name", "Ann", "--team", "nurses", "--role", "lead"
    ).stdout  # fmt: skip
    stocked("user", "add", "ed@b.example", "--role", "editor")
    assert stocked("user", "list").stdout.splitlines() == [
        "ann@b.example Ann, lead of nurses",
        "ed@b.example  (editor)",
    ]
    assert printed(stocked("user", "list", "--json"))[0]["roles"] == {"nurses": "lead"}


def test_a_role_is_taken_away_only_when_another_is_given(stocked: Signpost) -> None:
    stocked("user", "add", "ed@b.example", "--role", "editor")
    assert "an editor" in stocked("user", "add", "ed@b.example", "--name", "Ed").stdout
    assert "only editor" in stocked("user", "add", "ed@b.example", "--role", "reader", code=1).stderr
    stocked("user", "add", "eve@b.example", "--role", "editor")
    assert "an editor" in stocked("user", "add", "ed@b.example", "--team", "nurses", "--role", "lead").stdout
    assert "an editor" not in stocked("user", "add", "ed@b.example", "--role", "reader").stdout


def test_roles_are_taken_and_sessions_ended(stocked: Signpost) -> None:
    stocked("user", "add", "ann@b.example", "--team", "nurses", "--role", "lead")
    stocked("user", "add", "ed@b.example", "--role", "editor")
    assert stocked("user", "list", "--team", "nurses").stdout.splitlines() == ["ann@b.example , lead of nurses"]
    assert stocked("user", "take-role", "ann@b.example", "--team", "nurses").stdout == "ann@b.example is here\n"
    assert "only editor" in stocked("user", "take-role", "ed@b.example", "--editor", code=1).stderr
    assert "say which role" in stocked("user", "take-role", "ed@b.example", code=1).stderr
    assert "0 sessions ended" in stocked("user", "sign-out", "ann@b.example").stdout


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["find"], "signpost: Missing argument 'QUERY'. See `signpost find --help`."),
        (["nonsense"], "signpost: No such command 'nonsense'. See `signpost --help`."),
        (
            ["show", "x", "--as-of", "soon"],
            "signpost: Invalid value for '--as-of': 'soon' is not a day; give one as in",
        ),
    ],
)
def test_a_wrong_call_is_one_line(
    arguments: list[str], line: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["signpost", *arguments])
    with pytest.raises(SystemExit) as ending:
        run()
    shown = capsys.readouterr()
    assert (ending.value.code, shown.out, len(shown.err.splitlines())) == (2, "", 1)
    assert shown.err.startswith(line)


def test_a_key_is_shown_once(stocked: Signpost) -> None:
    stocked("user", "add", "ann@b.example")
    made = printed(
        stocked("key", "add", "--owner", "ann@b.example", "--scope", "read", "--expires", "2030-01-31", "--json")
    )
    listed = stocked("key", "list").stdout
    assert made["id"] in listed
    assert made["key"] not in listed
    (row,) = printed(stocked("key", "list", "--json"))
    assert (row["owner"], row["scope"], row["expires_at"][:10]) == ("ann@b.example", "read", "2030-01-31")
    stocked("key", "revoke", made["id"])
    assert "revoked" in stocked("key", "list").stdout
    assert "no key" in stocked("key", "revoke", made["id"], code=1).stderr


def test_import_says_what_it_did_and_twice_is_nothing(stocked: Signpost, tmp_path: Path) -> None:
    file = write(tmp_path / "services.csv", texts.SERVICES)
    preview = stocked("import", "--dry-run", file).stdout
    assert "opened: Foot protection is in the directory" in preview
    assert preview.splitlines()[-1].startswith("services.csv: 2 changes would be published (2 opened); ")
    assert "2 changes published (2 opened)" in stocked("import", file).stdout
    assert stocked("import", file).stdout.startswith("services.csv: 0 changes published (none); ")
    found = printed(stocked("import", "--json", file))
    assert (found["changes"], found["unchanged"]) == ([], 2)
    assert printed(stocked("show", "foot-protection", "--json"))["owner"]["organisation"]["ods_code"] == "ZZN01"


def test_import_refuses_bad_rows_and_names_each(stocked: Signpost, tmp_path: Path) -> None:
    file = write(tmp_path / "bad.csv", texts.BAD_SERVICES)
    result = stocked("import", file, code=1)
    lines = result.stderr.splitlines()
    assert [line.split(":")[1].strip() for line in lines[:-1]] == [
        "row 2, name",
        "row 3, owner_organisation",
        "row 4, age_min",
    ]
    assert lines[-1] == (
        "signpost: bad.csv: 3 bad rows; nothing was written. Mend or take them out and import again."
    )  # fmt: skip
    assert result.stdout == ""
    assert [row["row"] for row in printed(stocked("import", "--json", file, code=1))["problems"]] == [2, 3, 4]
    stocked("show", "legs", code=1)


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("a.txt", "hello\n", "is of no known format"),
        ("a.csv", texts.SERVICES.replace("phone", "telephone"), "telephone"),
        ("a.csv", "", "is of no known format"),
        ("a.json", "[{]", "This is not JSON"),
    ],
)
def test_import_refuses_what_it_does_not_know(
    stocked: Signpost, tmp_path: Path, name: str, text: str, said: str
) -> None:
    result = stocked("import", write(tmp_path / name, text), code=1)
    assert said in result.stderr
    assert result.stderr.splitlines()[-1].startswith(f"signpost: {name}: nothing was written")


def test_who_may_import(stocked: Signpost, tmp_path: Path) -> None:
    stocked("user", "add", "ann@b.example")
    file = write(tmp_path / "services.csv", texts.SERVICES)
    assert "You need to be an editor" in stocked("import", "--as", "ann@b.example", file, code=1).stderr


def test_publish_and_what_the_worker_then_does(stocked: Signpost, home: Path, tmp_path: Path) -> None:
    stocked("subscribe", "ann@b.example", "--service", "leg-ulcer-clinic", "--every", "immediately")
    assert "hears daily of need leg ulcer" in stocked("subscribe", "bob@b.example", "--need", "leg ulcer").stdout
    file = write(tmp_path / "move.md", texts.MOVE)
    preview = stocked("publish", "--dry-run", file).stdout
    assert preview.startswith("Would publish change ")
    assert "2 people and 0 teams would be told" in preview
    assert printed(stocked("show", "leg-ulcer-clinic", "--json"))["version"] == 1
    assert stocked("publish", file).stdout.startswith("Published change ")
    shown = stocked("show", "leg-ulcer-clinic").stdout
    assert "Owner: Tissue Viability, Northmoor Trust, since 2025-01-01" in shown
    assert "Before: District Nursing, Northmoor Trust" in shown
    known = printed(stocked("show", "leg-ulcer-clinic", "--known-at", "2025-06-01", "--json"))
    assert (known["version"], len(known["history"])) == (1, 1)
    stocked("work", "--once")
    stocked("work", "--once")
    (mail,) = (home / "mail").glob("*.eml")
    assert "ann@b.example" in mail.read_text(encoding="utf-8")
    assert len(list((home / "content" / "changes").rglob("*.md"))) == 4
    assert "Tissue Viability" in stocked("find", "leg ulcer").stdout


def test_digests(stocked: Signpost, home: Path, tmp_path: Path) -> None:
    stocked("subscribe", "bob@b.example")
    stocked("publish", write(tmp_path / "move.md", texts.MOVE))
    stocked("work", "--once")
    tomorrow = "2099-01-01T12:00"
    found = printed(stocked("digest", "preview", "bob@b.example", "--at", tomorrow, "--json"))
    assert [change["title"] for change in found["changes"]] == ["The leg ulcer clinic has another owner"]
    assert "1 change" in stocked("digest", "preview", "bob@b.example").stdout
    assert stocked("digest", "run", "--at", tomorrow).stdout == "1 digest made, 1 message sent\n"
    assert stocked("digest", "run", "--at", tomorrow).stdout == "0 digests made, 0 messages sent\n"
    assert len(list((home / "mail").glob("*.eml"))) == 1


def test_digests_of_another_day_leave_alone_what_a_worker_sends_at_this_moment(
    stocked: Signpost, home: Path, tmp_path: Path
) -> None:
    stocked("subscribe", "bob@b.example", "--every", "immediately")
    stocked("publish", write(tmp_path / "move.md", texts.MOVE))
    now = datetime.now(UTC)
    with closing(Database(f"sqlite:///{home / 'signpost.db'}")) as database:
        match_announced(database, at=now, zone=ZoneInfo("Europe/London"))
        with database.write() as connection:
            held = claim(connection, lease="another", at=now, until=now + timedelta(minutes=5), limit=9)
    assert len(held) == 1
    assert stocked("digest", "run", "--at", "2099-01-01T12:00").stdout == "0 digests made, 0 messages sent\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (texts.MOVE.replace("wounds}", "nobody}"), "there is no team 'nobody'"),
        (texts.MOVE.replace("wounds}", "nurses}"), "nothing differs from what already holds"),
        (texts.MOVE.replace("title:", "titel:"), "there is no titel"),
        (texts.MOVE.replace("[owner]", "[owner"), "line"),
        (b"---\ntitle: L\xe9gs\n---\n", "UTF-8"),
        ("", "say in one line what changes"),
    ],
)
def test_publish_refuses_in_one_line(stocked: Signpost, tmp_path: Path, text: str | bytes, said: str) -> None:
    result = stocked("publish", write(tmp_path / "move.md", text), code=1)
    assert said in result.stderr
    assert result.stderr.startswith("signpost: ")
    assert result.stderr.count("\n") == 1


def test_records_are_verified_and_written_again(stocked: Signpost, home: Path) -> None:
    stocked("work", "--once")
    assert "3 records, each as it was published" in stocked("content", "verify").stdout
    first, second, _ = sorted((home / "content" / "changes").rglob("*.md"))
    first.unlink()
    second.write_text("x", encoding="utf-8")
    lines = stocked("content", "verify", code=1).stderr.splitlines()
    assert lines[-1] == "signpost: 2 of 3 records are not as they were published"
    assert len(lines) == 3
    assert len(printed(stocked("content", "verify", "--json", code=1))["problems"]) == 2
    assert stocked("content", "rewrite").stdout.startswith("1 record")
    assert first.exists()


def test_reindex_and_migrate(stocked: Signpost) -> None:
    assert stocked("reindex").stdout.startswith("1 service")
    assert stocked("migrate").stdout == "The database is up to date.\n"
