"""What an ID token must say before anybody is let in on it (OpenID Connect Core 1.0, 3.1.3.7).

Its signature is checked before, in `outbound`. Every claim may be of any type: an answer is somebody else's text.
"""

from __future__ import annotations

import hmac
import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from directory.domain.arriving import address_of
from directory.errors import SignInRefused

# How far two machines' clocks may be apart.
LEEWAY = timedelta(seconds=60)
LONGEST_SUBJECT = 255


@dataclass(frozen=True, slots=True)
class Asked:
    """One request to sign in, kept by the browser until the answer comes."""

    state: str
    nonce: str
    verifier: str
    next_path: str


@dataclass(frozen=True, slots=True)
class Expected:
    """What we asked for. `acr` are the levels that are good enough, none for any; `max_age` counts from `auth_time`."""

    issuer: str
    client_id: str
    nonce: str
    max_age: timedelta
    acr: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Identity:
    """Somebody as their provider knows them; `verified` is whether it vouches for the address.

    `proved_at` is when they last showed the provider who they are, which may be hours ago.
    """

    issuer: str
    subject: str
    email: str | None
    verified: bool
    proved_at: datetime


def identity_in(claims: Mapping[str, Any], expected: Expected, *, at: datetime) -> Identity:
    """Who signed in; raises SignInRefused that says which claim does not hold."""
    if claims.get("iss") != expected.issuer:
        raise SignInRefused("Your organisation's sign-in answered in another's name.")
    _check_audience(claims, expected.client_id)
    _check_times(claims, at)
    nonce = claims.get("nonce")
    if not isinstance(nonce, str) or not hmac.compare_digest(nonce.encode(), expected.nonce.encode()):
        raise SignInRefused("This answer belongs to another attempt to sign in. Start again.")
    proved_at = _check_strength(claims, expected, at)
    subject = claims.get("sub")
    if not isinstance(subject, str) or not 0 < len(subject) <= LONGEST_SUBJECT or not subject.isprintable():
        raise SignInRefused("Your organisation's sign-in did not say who you are.")
    email = claims.get("email")
    verified = claims.get("email_verified")
    return Identity(
        expected.issuer,
        subject,
        address_of(email) if isinstance(email, str) else None,
        verified is True or verified == "true",
        proved_at,
    )


def _check_audience(claims: Mapping[str, Any], client_id: str) -> None:
    audience = claims.get("aud")
    meant = audience if isinstance(audience, list) else [audience]
    others = len(meant) > 1
    if client_id not in meant or (("azp" in claims or others) and claims.get("azp") != client_id):
        raise SignInRefused("This sign-in was meant for another service.")


def _check_times(claims: Mapping[str, Any], at: datetime) -> None:
    now, leeway = at.timestamp(), LEEWAY.total_seconds()
    expires, issued, begins = (_seconds(claims.get(name)) for name in ("exp", "iat", "nbf"))
    if expires is None or expires <= now - leeway:
        raise SignInRefused("This sign-in has expired. Start again.")
    if issued is None or issued > now + leeway or ("nbf" in claims and (begins is None or begins > now + leeway)):
        raise SignInRefused("This sign-in is dated in the future: a clock is wrong. Tell whoever runs this directory.")


def _check_strength(claims: Mapping[str, Any], expected: Expected, at: datetime) -> datetime:
    level = claims.get("acr")
    if expected.acr and not (isinstance(level, str) and level in expected.acr):
        raise SignInRefused("This needs a stronger way to sign in, such as your smartcard or security key.")
    signed_in, now, leeway = _seconds(claims.get("auth_time")), at.timestamp(), LEEWAY.total_seconds()
    if signed_in is None or signed_in > now + leeway:
        raise SignInRefused("Your organisation's sign-in did not say when you signed in there.")
    if now - signed_in > expected.max_age.total_seconds() + leeway:
        raise SignInRefused("You signed in to your organisation too long ago. Sign in there again, then here.")
    return datetime.fromtimestamp(signed_in, at.tzinfo)


def _seconds(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        seconds = float(value)
    except OverflowError:
        return None
    return seconds if math.isfinite(seconds) else None
