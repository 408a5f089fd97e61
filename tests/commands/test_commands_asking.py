"""Commands that ask, that show settings, and that refuse what is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from directory import __version__
from directory.__main__ import COMMANDS, main
from tests.commands.conftest import Signpost, printed


def test_every_command_says_what_it_does() -> None:
    listed = CliRunner().invoke(main, ["--help"]).output
    for name in COMMANDS:
        assert f"  {name} " in listed
        assert CliRunner().invoke(main, [name, "--help"]).exit_code == 0


def test_version_and_settings(signpost: Signpost, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert signpost("version").stdout == f"{__version__}\n"
    monkeypatch.setenv("SIGNPOST_SMTP_URL", "smtp://me:hunter2@mail.example")
    lines = signpost("settings").stdout.splitlines()
    assert f"SIGNPOST_HOME={home}  (environment)" in lines
    assert "SIGNPOST_SMTP_URL=smtp://me:********@mail.example  (environment)" in lines
    found = printed(signpost("settings", "--json"))
    assert found["SIGNPOST_DIGEST_WEEKDAY"] == {"value": "monday", "source": "default"}
    assert "hunter2" not in str(found)


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("SIGNPOST_FLAVOUR", "red", "signpost: SIGNPOST_FLAVOUR: there is no such setting"),
        ("SIGNPOST_DIGEST_AT", "soon", "signpost: SIGNPOST_DIGEST_AT: "),
        ("SIGNPOST_DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none", "signpost: the database does not answer"),
        ("SIGNPOST_DATABASE_URL", "sqlite:////dev/null/x.db", "signpost: SIGNPOST_DATABASE_URL: "),
    ],
)
def test_what_cannot_be_started_says_so_in_one_line(
    signpost: Signpost, monkeypatch: pytest.MonkeyPatch, name: str, value: str, said: str
) -> None:
    monkeypatch.setenv(name, value)
    result = signpost("find", "leg ulcer", code=1)
    assert result.stderr.startswith(said)
    assert result.stderr.count("\n") == 1
    assert result.stdout == ""


def test_a_database_that_is_damaged_says_so_in_one_line(signpost: Signpost, home: Path) -> None:
    (home / "signpost.db").write_bytes(b"not a database" * 1000)
    assert signpost("user", "list", code=1).stderr.startswith("signpost: the database does not answer")


def test_find_answers_first(stocked: Signpost) -> None:
    lines = stocked("find", "leg ulcer").stdout.splitlines()
    assert lines[0] == "Leg ulcer clinic: District Nursing, Northmoor Trust"
    assert "  refer by email: legs@northmoor.example (routine; Any nurse)" in lines
    found = printed(stocked("find", "leg ulcer", "--json"))
    assert found["answer"]["name"] == "Leg ulcer clinic"
    assert found["results"][0]["owner"]["team"]["slug"] == "nurses"


def test_find_without_an_answer_says_so(stocked: Signpost) -> None:
    assert stocked("find", "helicopter").stdout.startswith("No confident answer.")
    assert printed(stocked("find", "helicopter", "--json"))["answer"] is None


def test_show_an_entry_then_and_now(stocked: Signpost) -> None:
    assert "Owner: District Nursing, Northmoor Trust, since 2024-10-01" in stocked("show", "leg-ulcer-clinic").stdout
    found = printed(stocked("show", "leg-ulcer-clinic", "--json"))
    assert (found["slug"], found["version"], len(found["history"])) == ("leg-ulcer-clinic", 1, 1)


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("show", "nobody"), 1, "signpost: There is no service nobody"),
        (("show", "leg-ulcer-clinic", "--as-of", "2020-01-01"), 1, "was not in the directory on 2020-01-01"),
        (("show", "leg-ulcer-clinic", "--as-of", "01/02/2020"), 2, "give one as in 2026-12-01"),
        (("show", "leg-ulcer-clinic", "--known-at", "now"), 2, "give one as in 2026-12-01T07:00"),
        (("find",), 2, "Missing argument"),
        (("import",), 2, "Give files to import, or --batches, or --undo BATCH."),
        (("import", "/nowhere.csv"), 2, "does not exist"),
        (("user", "add", "not-an-address"), 1, "is not an email address"),
        (("user", "add", "a@b.example", "--role", "king"), 2, "is not one of"),
        (("user", "add", "a@b.example", "--role", "lead"), 1, "say of which team"),
        (("user", "add", "a@b.example", "--team", "nobody"), 1, "There is no team nobody"),
        (("key", "add", "--owner", "nobody@b.example", "--scope", "read"), 1, "Nobody here has the address"),
        (("key", "revoke", "abc"), 1, "there is no key abc in force"),
        (("digest", "preview", "nobody@b.example"), 1, "Nobody here has the address"),
        (("subscribe", "a@b.example", "--service", "nobody"), 1, "there is no service 'nobody'"),
        (("subscribe", "a@b.example", "--every", "hourly"), 2, "is not one of"),
        (("subscribe", "nobody"), 1, "is not an email address"),
        (("dance",), 2, "No such command"),
    ],
)
def test_wrong_input_is_refused_in_words(stocked: Signpost, arguments: tuple[str, ...], code: int, said: str) -> None:
    result = stocked(*arguments, code=code)
    assert said in result.stderr.splitlines()[-1]
    assert "Traceback" not in result.output
    assert result.stdout == ""
