"""What every message carries, whatever it says: who sends it, where its links lead, and how to stop it."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from hashlib import sha512
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from itsdangerous import BadSignature, URLSafeSerializer

from directory.content.markdown import render
from directory.settings import Settings

# Until the next message about the same entry at the latest.
CHECK_GOOD_FOR = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class Letterhead:
    """The settings that messages need. `render_markdown` gives safe HTML, with absolute links."""

    base_url: str
    mail_from: str
    organisation_name: str
    secret: str
    zone: ZoneInfo
    render_markdown: Callable[[str], str]

    @property
    def host(self) -> str:
        """The name under which this directory numbers its messages."""
        return (urlsplit(self.base_url).hostname or "localhost").replace(":", ".")

    def link(self, path: str) -> str:
        """An address in this directory, from outside."""
        return f"{self.base_url}{path}"

    def unsubscribe_link(self, person_id: int) -> str:
        """Where a person stops these messages, without signing in; it works for as long as the secret is kept."""
        return self.link(f"/unsubscribe/{unsubscribe_token(person_id, self.secret)}")

    def sign_in_link(self, sign_in: str) -> str:
        """Where somebody goes on who asked to sign in."""
        return self.link(f"/sign-in/{sign_in_token(sign_in, self.secret)}")

    def check_link(self, service_id: str, person_id: int, *, at: datetime) -> str:
        """Where a person says that an entry is still correct, without signing in, for as long as `CHECK_GOOD_FOR`."""
        return self.link(f"/check/{check_token(service_id, person_id, self.secret, at=at)}")


def letterhead_of(settings: Settings) -> Letterhead:
    """What every message of a site carries."""
    return Letterhead(
        base_url=settings.base_url,
        mail_from=settings.mail_from,
        organisation_name=settings.organisation_name,
        secret=settings.secret.get_secret_value(),
        zone=settings.zone,
        render_markdown=lambda text: render(text, service_link=lambda slug: f"{settings.base_url}/services/{slug}"),
    )


def unsubscribe_token(person_id: int, secret: str) -> str:
    """A token that stands for a person in the address of /unsubscribe. It never expires, and says nothing of them."""
    sealed = _seal(secret).encrypt(person_id.to_bytes(8, "big"), [b"unsubscribe"])
    return urlsafe_b64encode(sealed).decode()


def person_of_token(token: str, secret: str) -> int | None:
    """The id of the person whom a token stands for; None where it was not made here."""
    try:
        return int.from_bytes(_seal(secret).decrypt(urlsafe_b64decode(token), [b"unsubscribe"]), "big")
    except (ValueError, InvalidTag):
        pass
    # As tokens were at first: they are in mail that was sent.
    try:
        found = _serialiser(secret).loads(token)
    except BadSignature:
        return None
    return found if isinstance(found, int) else None


@cache
def _seal(secret: str) -> AESSIV:
    # The same person always has the same token (RFC 5297): a message that is sent again is the same message.
    return AESSIV(sha512(b"unsubscribe " + secret.encode()).digest())


def sign_in_token(sign_in: str, secret: str) -> str:
    """A token that stands for a request to sign in, by its id."""
    token = _serialiser(secret, "sign-in").dumps(sign_in)
    return token if isinstance(token, str) else token.decode()


def sign_in_of_token(token: str, secret: str) -> str | None:
    """The id of the request to sign in for which a token stands; None where it was not made here."""
    try:
        found = _serialiser(secret, "sign-in").loads(token)
    except BadSignature:
        return None
    return found if isinstance(found, str) else None


def check_token(service_id: str, person_id: int, secret: str, *, at: datetime) -> str:
    """A token that stands for a person who was asked at an instant to check a service."""
    token = _serialiser(secret, "check").dumps([service_id, person_id, int(at.timestamp())])
    return token if isinstance(token, str) else token.decode()


def check_of_token(token: str, secret: str, *, at: datetime) -> tuple[str, int] | None:
    """The ids of the service and the person of a token; None where it was not made here, or is too old."""
    try:
        found = _serialiser(secret, "check").loads(token)
    except BadSignature:
        return None
    service_id, person_id, asked_at = found
    return (service_id, person_id) if at.timestamp() - asked_at <= CHECK_GOOD_FOR.total_seconds() else None


def _serialiser(secret: str, purpose: str = "unsubscribe") -> URLSafeSerializer:
    return URLSafeSerializer(secret, salt=purpose)
