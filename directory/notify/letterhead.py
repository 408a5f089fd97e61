"""What every message carries, whatever it says: who sends it, where its links lead, and how to stop it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from itsdangerous import BadSignature, URLSafeSerializer


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


def unsubscribe_token(person_id: int, secret: str) -> str:
    """A token that stands for a person in the address of /unsubscribe: no name, no address, no expiry."""
    token = _serialiser(secret).dumps(person_id)
    return token if isinstance(token, str) else token.decode()


def person_of_token(token: str, secret: str) -> int | None:
    """The id of the person whom a token stands for; None where it was not made here."""
    try:
        found = _serialiser(secret).loads(token)
    except BadSignature:
        return None
    return found if isinstance(found, int) else None


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


def _serialiser(secret: str, purpose: str = "unsubscribe") -> URLSafeSerializer:
    return URLSafeSerializer(secret, salt=purpose)
