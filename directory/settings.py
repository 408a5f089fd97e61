"""Settings: one frozen object from the environment, all named SIGNPOST_…; anything odd stops the program at start.

`SIGNPOST_X_FILE` reads X from a file (a secret mount). An unknown SIGNPOST_ name is a mistake, and says so.
"""

from __future__ import annotations

import os
import re
import secrets
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import time, timedelta
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, available_timezones

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
)

from directory.domain.colour import ENOUGH, contrast_with_white
from directory.domain.digest import WEEKDAYS, DigestSchedule
from directory.domain.paths import is_loopback
from directory.domain.reach import Reach
from directory.errors import SettingsError

PREFIX = "SIGNPOST_"
# What the header wears where nothing else is set.
COLOUR = "#005eb8"
PNG = b"\x89PNG\r\n\x1a\n"
LARGEST_LOGO = 200_000
SECRET_SETTINGS = frozenset({"SECRET", "OIDC_CLIENT_SECRET", "CHECKPOINT_KEY"})
# These carry a password inside, which is masked when they are shown.
URL_SETTINGS = frozenset({"BOUNCE_MAILBOX", "DATABASE_URL", "SMTP_URL"})


def _web_url(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise ValueError("give a web address, as in https://signpost.example")
    return value.rstrip("/")


def _database_url(value: str) -> str:
    if value and not (value.startswith(("sqlite:///", "postgresql://")) and _port_is_sound(value)):
        raise ValueError("give a database, as in sqlite:///var/signpost.db or postgresql://user@host/name")
    return value


def _smtp_url(value: str | None) -> str | None:
    if value is not None and not (
        urlsplit(value).scheme in ("smtp", "smtps") and urlsplit(value).hostname and _port_is_sound(value)
    ):
        raise ValueError("give a relay, as in smtp://user:password@host:25 or smtps://host")
    return value


def _mailbox(value: str | None) -> str | None:
    if value is not None and "://" in value:
        parts = urlsplit(value)
        if parts.scheme not in ("imap", "imaps") or not parts.hostname or not _port_is_sound(value):
            raise ValueError("give a mailbox, as in imaps://user:password@host/INBOX, or a folder")
    return value


def _issuer(value: str | None) -> str | None:
    if value is not None:
        parts = urlsplit(value)
        here = parts.scheme == "http" and is_loopback(parts.hostname)
        if not parts.hostname or not (parts.scheme == "https" or here):
            raise ValueError("give the provider's issuer, as in https://login.example; it has to be https")
    return value


def _logo(value: Path | None) -> Path | None:
    if value is None:
        return None
    path = value.expanduser().resolve()
    try:
        if path.stat().st_size > LARGEST_LOGO:
            raise ValueError("a logo may have 200 kB at most")
        content = path.read_bytes()
    except OSError as error:
        raise ValueError(f"cannot read {path}: {error.strerror}") from None
    if not (content.startswith(PNG) and len(content) > len(PNG) + 16) and b"<svg" not in content[:2_000]:
        raise ValueError("give a picture that is PNG or SVG")
    return path


def _colour(value: str) -> str:
    if not re.fullmatch(r"#[0-9a-fA-F]{6}", value):
        raise ValueError("give a colour, as in #005eb8")
    if contrast_with_white(value) < ENOUGH:
        raise ValueError(
            f"white letters cannot be read on {value}: their contrast is below {ENOUGH}; take a darker colour"
        )
    return value.lower()


def _port_is_sound(url: str) -> bool:
    try:
        return urlsplit(url).port != 0
    except ValueError:
        return False


def _timezone(value: str) -> str:
    if value not in available_timezones():
        raise ValueError("give a time zone of the IANA database, as in Europe/London")
    return value


class Settings(BaseModel):
    """Every setting, checked. Paths are absolute once loaded."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    home: Path = Path("./var")
    database_url: Annotated[str, AfterValidator(_database_url)] = ""
    content_dir: Path | None = None
    base_url: Annotated[str, AfterValidator(_web_url)] = "http://127.0.0.1:8000"
    secret: SecretStr = SecretStr("")
    # An Ed25519 key as PEM; none: made and kept in HOME when the first checkpoint is.
    checkpoint_key: SecretStr | None = None
    smtp_url: Annotated[str | None, AfterValidator(_smtp_url)] = None
    # Messages a minute, of updates; none: as fast as the relay takes them.
    smtp_rate: int | None = Field(None, ge=1, le=1_000_000)
    mail_from: str = Field("Signpost <signpost@localhost>", pattern=r"^[^\r\n]+@[^\r\n]+$")
    bounce_address: str | None = Field(None, pattern=r"^[A-Za-z0-9._-]{1,20}@[A-Za-z0-9.-]+$")
    bounce_mailbox: Annotated[str | None, AfterValidator(_mailbox)] = None
    reading: Literal["public", "signed-in"] = "public"
    sign_in_domains: str = "*"
    sign_in_by_mail: Literal["yes", "no"] = "yes"
    oidc_issuer: Annotated[str | None, AfterValidator(_issuer)] = None
    oidc_client_id: str | None = Field(None, validate_default=True)
    oidc_client_secret: SecretStr | None = None
    oidc_scopes: str = "openid email profile"
    oidc_acr: str = ""
    oidc_max_age: int = Field(12 * 3600, ge=0, le=7 * 24 * 3600)
    oidc_name: str = "your organisation's account"
    passkeys: Literal["off", "offered", "required"] = "off"
    timezone: Annotated[str, AfterValidator(_timezone)] = "Europe/London"
    bank_holidays: Literal["england", "wales", "scotland", "northern-ireland"] = "england"
    check_every: int = Field(6, ge=1, le=60)
    # Months after which questions, and messages in HOME/mail, are let go of.
    keep_months: int = Field(12, ge=1, le=120)
    outgoing_private: Literal["no", "yes"] = "no"
    # Names of hosts, separated by commas, `*.` before one for all below it; "*": the open internet.
    outgoing_hosts: str = Field("*", pattern=r"[A-Za-z0-9*]")
    digest_at: time = time(7, 0)
    digest_weekday: str = "monday"
    # Calls of the API a minute, by key and by network without one; 0: as many as they like.
    api_limit: int = Field(6000, ge=0, le=1_000_000)
    api_limit_without_key: int = Field(3000, ge=0, le=1_000_000)
    log: Literal["text", "json"] = "text"
    metrics: Literal["off", "public"] = "off"
    metrics_port: int | None = Field(None, ge=1, le=65535)
    organisation_name: str = "Signpost"
    logo: Annotated[Path | None, AfterValidator(_logo)] = None
    colour: Annotated[str, AfterValidator(_colour)] = COLOUR

    @field_validator("digest_weekday")
    @classmethod
    def _weekday(cls, value: str) -> str:
        if value.lower() not in WEEKDAYS:
            raise ValueError(f"give one of {', '.join(WEEKDAYS)}")
        return value.lower()

    @field_validator("passkeys")
    @classmethod
    def _has_a_name(cls, value: str, info: ValidationInfo) -> str:
        host = urlsplit(info.data.get("base_url", "")).hostname or ""
        if value != "off" and (":" in host or host.replace(".", "").isdigit()):
            raise ValueError("passkeys need a host name in SIGNPOST_BASE_URL, such as http://localhost:8000")
        return value

    @field_validator("oidc_client_id")
    @classmethod
    def _client_id(cls, value: str | None, info: ValidationInfo) -> str | None:
        if info.data.get("oidc_issuer") and not value:
            raise ValueError("give the name by which the provider of SIGNPOST_OIDC_ISSUER knows this directory")
        return value

    @property
    def origin(self) -> str:
        """BASE_URL without its path: what browsers call the origin of these pages."""
        parts = urlsplit(self.base_url)
        return f"{parts.scheme}://{parts.netloc}"

    @property
    def is_local(self) -> bool:
        """Whether Signpost serves nobody but its own machine, by its BASE_URL."""
        return is_loopback(urlsplit(self.base_url).hostname)

    @property
    def measures(self) -> bool:
        """Whether somebody can read the metrics."""
        return self.metrics == "public" or self.metrics_port is not None

    @property
    def reach(self) -> Reach:
        """Where webhooks and the like may go, and feeds be read from."""
        given = tuple(each.strip() for each in self.outgoing_hosts.split(",") if each.strip())
        return Reach(self.outgoing_private == "yes", () if "*" in given else given)

    @property
    def oidc_longest(self) -> timedelta:
        """How long ago somebody may have signed in at the OpenID provider."""
        return timedelta(seconds=self.oidc_max_age)

    @property
    def zone(self) -> ZoneInfo:
        """The time zone in which days begin and digests go out."""
        return ZoneInfo(self.timezone)

    @property
    def digest_schedule(self) -> DigestSchedule:
        """When digests go out."""
        return DigestSchedule(self.zone, self.digest_at, WEEKDAYS.index(self.digest_weekday))

    @property
    def content(self) -> Path:
        """The Markdown store."""
        return self.content_dir or self.home / "content"

    @property
    def mail_folder(self) -> Path:
        """Where mail goes when there is no relay."""
        return self.home / "mail"

    @property
    def index_folder(self) -> Path:
        """Where the search index lives."""
        return self.home / "index"

    @property
    def checkpoint_key_file(self) -> Path:
        """Where the key that signs checkpoints is kept, where the settings give none."""
        return self.home / "checkpoint-key"

    @property
    def page_index_folder(self) -> Path:
        """Where the index of knowledge pages lives."""
        return self.home / "index-of-pages"


@dataclass(frozen=True, slots=True)
class InForce:
    """One setting as `signpost settings` prints it; secrets are masked."""

    name: str
    value: str
    source: str


def load(environment: Mapping[str, str]) -> Settings:
    """The settings in force; raises SettingsError that names what is unknown or malformed."""
    values, _ = _gather(environment)
    try:
        settings = Settings.model_validate(values)
    except ValidationError as error:
        found = error.errors(include_url=False)[0]
        name = PREFIX + str(found["loc"][0]).upper()
        raise SettingsError(f"{name}: {found['msg'].removeprefix('Value error, ')}") from None
    home = settings.home.expanduser().resolve()
    return settings.model_copy(
        update={
            "home": home,
            "database_url": settings.database_url or f"sqlite:///{home / 'signpost.db'}",
            "content_dir": (settings.content_dir or home / "content").expanduser().resolve(),
            "secret": settings.secret if settings.secret.get_secret_value() else SecretStr(_kept_secret(home)),
        }
    )


def in_force(environment: Mapping[str, str]) -> list[InForce]:
    """Every setting with its value and where it comes from, for an operator to read."""
    settings = load(environment)
    _, sources = _gather(environment)
    rows = []
    for field in Settings.model_fields:
        value = getattr(settings, field)
        name = field.upper()
        if name in SECRET_SETTINGS:
            shown = "********" if value else ""
        else:
            shown = _masked(str(value)) if name in URL_SETTINGS and value else "" if value is None else str(value)
        rows.append(InForce(PREFIX + name, shown, sources.get(field, "default")))
    return rows


def _gather(environment: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    values: dict[str, str] = {}
    sources: dict[str, str] = {}
    for variable, value in environment.items():
        # Compose files write settings that are not set as empty ones.
        if not variable.startswith(PREFIX) or not value:
            continue
        field = variable.removeprefix(PREFIX).lower()
        source = "environment"
        if field not in Settings.model_fields and field.endswith("_file"):
            field, source = field.removesuffix("_file"), f"file {value}"
            value = _read(variable, value)
        if field not in Settings.model_fields:
            raise SettingsError(f"{variable}: there is no such setting; `signpost settings` lists them")
        if field in values:
            raise SettingsError(f"{PREFIX}{field.upper()}: set it directly or by a file, not both")
        values[field], sources[field] = value, source
    return values, sources


def _read(variable: str, path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{variable}: cannot read {path}: {error}") from None


def _kept_secret(home: Path) -> str:
    """The signing key kept in the data folder, made there at first."""
    path = home / "secret"
    try:
        home.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            # Written aside and linked: of several processes that start at once, one wins and none reads half a key.
            with tempfile.NamedTemporaryFile("w", dir=home, encoding="ascii") as file:
                file.write(secrets.token_urlsafe(48))
                file.flush()
                os.fsync(file.fileno())
                with suppress(FileExistsError):
                    path.hardlink_to(file.name)
        secret = path.read_text(encoding="ascii").strip()
    except OSError as error:
        raise SettingsError(f"SIGNPOST_HOME: cannot write to {home}: {error.strerror}") from None
    if not secret:
        raise SettingsError(f"SIGNPOST_HOME: {path} is empty; remove it, and a new one is made")
    return secret


def _masked(url: str) -> str:
    password = urlsplit(url).password
    if password:
        url = url.replace(f":{password}@", ":********@", 1)
    # PostgreSQL takes it among the parameters too.
    return re.sub(r"(?<=password=)[^&]+", "********", url)
