"""Passkeys, as a second step before publishing: add one, show one, remove one (Web Authentication, level 3).

What is to be signed is kept with the session and taken once. A first passkey needs a fresh sign-in; any further one,
and a removal, needs one of those that are there (`proving`).

Whoever uses a passkey loads the library: it brings the certificates of every maker.
"""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, TypeVar

from sqlalchemy import Connection

from directory.actions.proving import require_proof
from directory.domain.policy import Actor
from directory.errors import Invalid, NotAllowed, Problem
from directory.store import audit, letters, passkeys, sessions
from directory.store.database import Database
from directory.store.passkeys import Passkey
from directory.store.sessions import Session

if TYPE_CHECKING:
    from webauthn.helpers.structs import PublicKeyCredentialDescriptor

T = TypeVar("T")
TO_SIGN = timedelta(minutes=5)
MOST = 10
_HEARD_OF_FOR = timedelta(days=3)


@dataclass(frozen=True, slots=True)
class Place:
    """Where passkeys are good: the host (their relying party), the origin of its pages, and how it is called."""

    host: str
    origin: str
    name: str


def offer_to_add(database: Database, session: Session, place: Place, *, at: datetime) -> str:
    """What the browser needs to make a passkey, as JSON; raises PasskeyNeeded, SignInAgain and NotAllowed."""
    from webauthn import generate_registration_options, options_to_json
    from webauthn.helpers.structs import (
        AuthenticatorSelectionCriteria,
        ResidentKeyRequirement,
        UserVerificationRequirement,
    )

    with database.write() as connection:
        known = passkeys.of_person(connection, session.person.id)
        _require_fresh(session, known, at=at)
        options = generate_registration_options(
            rp_id=place.host,
            rp_name=place.name,
            user_name=session.person.email,
            # No name and no address: devices keep it.
            user_id=f"person {session.person.id}".encode(),
            exclude_credentials=_described(known),
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.PREFERRED, user_verification=UserVerificationRequirement.REQUIRED
            ),
        )
        value = _text(options.challenge)
        sessions.challenge(connection, session.id, value=value, purpose="add", at=at)
    return options_to_json(options)


def add(database: Database, session: Session, place: Place, *, answer: str, name: str, at: datetime) -> None:
    """Keep the passkey that the browser made, and tell its owner by mail; raises Invalid."""
    from webauthn import verify_registration_response

    with database.write() as connection:
        known = passkeys.of_person(connection, session.person.id)
        _require_fresh(session, known, at=at)
        challenge = _taken(sessions.take_challenge(connection, session.id, purpose="add", since=at - TO_SIGN))
        made = _checked(
            lambda: verify_registration_response(
                credential=answer,
                expected_challenge=challenge,
                expected_rp_id=place.host,
                expected_origin=place.origin,
                require_user_verification=True,
            )
        )
        id = _text(made.credential_id)
        if passkeys.find(connection, id) is not None:
            raise Invalid([Problem("passkey", "This passkey is known already.")])
        name = name or f"Passkey {len(known) + 1}"
        person = session.person
        passkeys.add(connection, Passkey(id, person.id, made.credential_public_key, made.sign_count, name, at))
        sessions.confirm(connection, session.id, at=at)
        letters.queue(
            connection,
            kind="passkey-added",
            email=person.email,
            facts={"name": name},
            at=at,
            expires_at=at + _HEARD_OF_FOR,
        )
        _write_down(connection, person.id, "add-passkey", at=at)


def ask_to_show(database: Database, session: Session, place: Place, *, at: datetime) -> str | None:
    """What the browser needs to show a passkey, as JSON; None where the person has none."""
    from webauthn import generate_authentication_options, options_to_json
    from webauthn.helpers.structs import UserVerificationRequirement

    with database.write() as connection:
        known = passkeys.of_person(connection, session.person.id)
        if not known:
            return None
        options = generate_authentication_options(
            rp_id=place.host,
            allow_credentials=_described(known),
            user_verification=UserVerificationRequirement.REQUIRED,
        )
        value = _text(options.challenge)
        sessions.challenge(connection, session.id, value=value, purpose="show", at=at)
    return options_to_json(options)


def show(database: Database, session: Session, place: Place, *, answer: str, at: datetime) -> None:
    """Note that the person showed one of their passkeys; raises Invalid."""
    from webauthn import verify_authentication_response
    from webauthn.helpers import parse_authentication_credential_json

    with database.write() as connection:
        challenge = _taken(sessions.take_challenge(connection, session.id, purpose="show", since=at - TO_SIGN))
        credential = _checked(lambda: parse_authentication_credential_json(answer))
        passkey = passkeys.find(connection, _text(credential.raw_id))
        if passkey is None or passkey.person_id != session.person.id:
            raise Invalid([Problem("passkey", "This is not one of your passkeys.")])
        shown = _checked(
            lambda: verify_authentication_response(
                credential=credential,
                expected_challenge=challenge,
                expected_rp_id=place.host,
                expected_origin=place.origin,
                credential_public_key=passkey.public_key,
                credential_current_sign_count=passkey.sign_count,
                require_user_verification=True,
            )
        )
        passkeys.used(connection, passkey.id, sign_count=shown.new_sign_count, at=at)
        sessions.confirm(connection, session.id, at=at)
        _write_down(connection, session.person.id, "show-passkey", at=at)


def remove(database: Database, session: Session, id: str, *, at: datetime) -> None:
    """Let go of one of the person's passkeys; raises PasskeyNeeded."""
    with database.write() as connection:
        _require_fresh(session, passkeys.of_person(connection, session.person.id), at=at)
        if passkeys.remove(connection, session.person.id, id):
            _write_down(connection, session.person.id, "remove-passkey", at=at)


def _require_fresh(session: Session, known: list[Passkey], *, at: datetime) -> None:
    require_proof(session, passkeys=len(known), at=at)
    if len(known) > MOST:
        raise NotAllowed(f"Nobody needs more than {MOST} passkeys. Remove one first.")


def _taken(challenge: str | None) -> bytes:
    if challenge is None:
        raise Invalid([Problem("passkey", "That took longer than 5 minutes, or was sent twice. Try again.")])
    return _bytes(challenge)


def _checked(check: Callable[[], T]) -> T:
    try:
        return check()
    except Exception:
        # The library decodes what anybody may send (CBOR, keys, certificates), and any of it can break in its own way.
        raise Invalid([Problem("passkey", "The passkey did not answer as it should. Try again.")]) from None


def _described(known: list[Passkey]) -> list[PublicKeyCredentialDescriptor]:
    from webauthn.helpers.structs import PublicKeyCredentialDescriptor

    return [PublicKeyCredentialDescriptor(id=_bytes(each.id)) for each in known]


def _text(value: bytes) -> str:
    """Bytes as Web Authentication writes them: base64url without padding (RFC 4648, 5)."""
    return urlsafe_b64encode(value).decode().rstrip("=")


def _bytes(value: str) -> bytes:
    return urlsafe_b64decode(value + "=" * (-len(value) % 4))


def _write_down(connection: Connection, person_id: int, action: str, *, at: datetime) -> None:
    by = Actor(f"person {person_id}", person_id)
    audit.record(connection, audit.Event(at, by, action, f"person {person_id}", {}))
