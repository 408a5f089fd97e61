"""Settings: the names, defaults and refusals that `interface.md` promises."""

from __future__ import annotations

import stat
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from datetime import time
from pathlib import Path

import pytest

from directory.errors import SettingsError
from directory.settings import PREFIX, Settings, in_force, load

# As interface.md's table has them; where the default depends on the data folder, `HOME` stands for it.
DEFAULTS = {
    "HOME": "./var",
    "DATABASE_URL": "sqlite:///HOME/signpost.db",
    "CONTENT_DIR": "HOME/content",
    "BASE_URL": "http://127.0.0.1:8000",
    "SECRET": "********",
    "CHECKPOINT_KEY": "",
    "SMTP_URL": "",
    "SMTP_RATE": "",
    "MAIL_FROM": "Signpost <signpost@localhost>",
    "READING": "public",
    "SIGN_IN_DOMAINS": "*",
    "SIGN_IN_BY_MAIL": "yes",
    "OIDC_ISSUER": "",
    "OIDC_CLIENT_ID": "",
    "OIDC_CLIENT_SECRET": "",
    "BOUNCE_ADDRESS": "",
    "BOUNCE_MAILBOX": "",
    "OIDC_SCOPES": "openid email profile",
    "OIDC_ACR": "",
    "OIDC_MAX_AGE": "43200",
    "OIDC_NAME": "your organisation's account",
    "PASSKEYS": "off",
    "TIMEZONE": "Europe/London",
    "BANK_HOLIDAYS": "england",
    "CHECK_EVERY": "6",
    "KEEP_MONTHS": "12",
    "OUTGOING_PRIVATE": "no",
    "OUTGOING_HOSTS": "*",
    "DIGEST_AT": "07:00:00",
    "DIGEST_WEEKDAY": "monday",
    "API_LIMIT": "6000",
    "API_LIMIT_WITHOUT_KEY": "3000",
    "LOG": "text",
    "METRICS": "off",
    "METRICS_PORT": "",
    "ORGANISATION_NAME": "Signpost",
    "LOGO": "",
    "COLOUR": "#005eb8",
}


def loaded(home: Path, **given: str) -> Settings:
    return load({"SIGNPOST_HOME": str(home), **{PREFIX + name: value for name, value in given.items()}})


def shown(home: Path, **given: str) -> dict[str, tuple[str, str]]:
    rows = in_force({"SIGNPOST_HOME": str(home), **{PREFIX + name: value for name, value in given.items()}})
    return {row.name.removeprefix(PREFIX): (row.value, row.source) for row in rows}


def test_every_name_and_default_is_as_promised(tmp_path: Path) -> None:
    found = shown(tmp_path)
    wanted = {name: value.replace("HOME", str(tmp_path)) for name, value in DEFAULTS.items()} | {"HOME": str(tmp_path)}
    assert {name: value for name, (value, _) in found.items()} == wanted
    assert {name for name, (_, source) in found.items() if source != "default"} == {"HOME"}


def test_the_data_folder_is_var_where_none_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert load({"PATH": "/bin"}).home == tmp_path / "var"


def test_what_is_given_is_in_force(tmp_path: Path) -> None:
    found = loaded(tmp_path, DIGEST_AT="06:30", DIGEST_WEEKDAY="Friday", BASE_URL="https://signpost.example/")
    assert (found.digest_schedule.at, found.digest_schedule.weekday) == (time(6, 30), 4)
    assert found.base_url == "https://signpost.example"
    assert found.content == tmp_path / "content"


def test_a_secret_is_read_from_a_file(tmp_path: Path) -> None:
    secret = tmp_path / "mounted"
    secret.write_text("from-a-file\n", encoding="utf-8")
    given = {"SECRET_FILE": str(secret)}
    assert loaded(tmp_path, **given).secret.get_secret_value() == "from-a-file"
    assert shown(tmp_path, **given)["SECRET"] == ("********", f"file {secret}")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DIGEST_TIME", "07:00"),
        ("HOEM", "x"),
        ("NOTHING_FILE", "/dev/null"),
        ("SECRET_FILE", "/nowhere/at/all"),
        ("BASE_URL", "signpost.example"),
        ("BASE_URL", "ftp://signpost.example"),
        ("SMTP_URL", "mail.example:25"),
        ("SMTP_URL", "smtp://"),
        ("SMTP_URL", "smtp://mail.example:mailport"),
        ("SMTP_URL", "smtp://mail.example:99999"),
        ("DATABASE_URL", "signpost.db"),
        ("DATABASE_URL", "mysql://localhost/x"),
        ("DATABASE_URL", "postgresql://host:notaport/x"),
        ("MAIL_FROM", "nobody"),
        ("MAIL_FROM", "a@b.example\r\nBcc: c@d.example"),
        ("READING", "secret"),
        ("LOGO", "/nowhere/at/all.svg"),
        ("LOGO", "/etc/hostname"),
        ("COLOUR", "blue"),
        ("COLOUR", "#005eb"),
        ("COLOUR", "#41b6e6"),
        ("TIMEZONE", "Europe/Londn"),
        ("DIGEST_AT", "25:00"),
        ("DIGEST_AT", "seven"),
        ("DIGEST_AT", "7"),
        ("DIGEST_WEEKDAY", "someday"),
    ],
)
def test_what_is_unknown_or_malformed_stops_and_names_itself(tmp_path: Path, name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=f"^{PREFIX}{name}: ") as refusal:
        loaded(tmp_path, **{name: value})
    assert "\n" not in str(refusal.value)


def test_a_value_and_a_file_for_one_setting_are_refused(tmp_path: Path) -> None:
    secret = tmp_path / "mounted"
    secret.write_text("x", encoding="utf-8")
    with pytest.raises(SettingsError, match=r"SIGNPOST_SECRET: .* not both"):
        loaded(tmp_path, SECRET="y", SECRET_FILE=str(secret))


@pytest.mark.parametrize(
    ("name", "value", "masked"),
    [
        ("SMTP_URL", "smtp://me:hunter2@mail.example:25", "smtp://me:********@mail.example:25"),
        ("SMTP_URL", "smtps://me:hun@ter2@mail.example", "smtps://me:********@mail.example"),
        ("SMTP_URL", "smtp://hunter2:hunter2@h.example", "smtp://hunter2:********@h.example"),
        ("DATABASE_URL", "postgresql://me:hunter2@db/x", "postgresql://me:********@db/x"),
        ("DATABASE_URL", "postgresql://db/x?user=me&password=hunter2", "postgresql://db/x?user=me&password=********"),
        ("SECRET", "hunter2", "********"),
        ("OIDC_CLIENT_SECRET", "hunter2", "********"),
    ],
)
def test_secrets_are_masked(tmp_path: Path, name: str, value: str, masked: str) -> None:
    assert shown(tmp_path, **{name: value})[name] == (masked, "environment")
    assert "hunter2" not in repr(loaded(tmp_path, **{name: value}).secret)


def test_the_secret_is_made_once_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    home = tmp_path / "new"
    first, second = (loaded(home).secret.get_secret_value() for _ in range(2))
    assert first == second
    assert len(first) >= 43
    assert stat.S_IMODE((home / "secret").stat().st_mode) == 0o600
    assert [path.name for path in home.iterdir()] == ["secret"]


def test_an_empty_key_is_never_signed_with(tmp_path: Path) -> None:
    (tmp_path / "secret").touch()
    with pytest.raises(SettingsError, match="secret is empty; remove it"):
        loaded(tmp_path)


def test_a_data_folder_that_cannot_be_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(SettingsError, match="SIGNPOST_HOME: cannot write to"):
        loaded(tmp_path / "file")


def _secret(home: str) -> str:
    return load({"SIGNPOST_HOME": home}).secret.get_secret_value()


def test_processes_that_start_at_once_agree_on_the_secret(tmp_path: Path) -> None:
    homes = [str(tmp_path / "home")] * 8
    with ProcessPoolExecutor(4) as processes, ThreadPoolExecutor(4) as threads:
        found = {*processes.map(_secret, homes), *threads.map(_secret, homes)}
    assert len(found) == 1


@pytest.mark.parametrize("issuer", ["http://login.example", "login.example", "ftp://login.example", "https://", "x"])
def test_an_issuer_has_to_be_https(tmp_path: Path, issuer: str) -> None:
    with pytest.raises(SettingsError, match="SIGNPOST_OIDC_ISSUER: give the provider's issuer"):
        loaded(tmp_path, OIDC_ISSUER=issuer, OIDC_CLIENT_ID="signpost")


def test_a_provider_needs_our_name(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="SIGNPOST_OIDC_CLIENT_ID: give the name"):
        loaded(tmp_path, OIDC_ISSUER="https://login.example")
    assert loaded(tmp_path, OIDC_ISSUER="http://127.0.0.1:9", OIDC_CLIENT_ID="x").oidc_issuer == "http://127.0.0.1:9"


@pytest.mark.parametrize(
    ("address", "local"),
    [
        ("http://127.0.0.1:8000", True),
        ("http://localhost", True),
        ("http://[::1]:8000", True),
        ("https://signpost.example", False),
        ("http://127.evil.example", False),
        ("http://10.0.0.1", False),
    ],
)
def test_what_is_local(tmp_path: Path, address: str, local: bool) -> None:
    assert loaded(tmp_path, BASE_URL=address).is_local is local
