"""Who calls, for programs: whoever the key stands for or, without one, whose session it is."""

from __future__ import annotations

from starlette.requests import Request

from directory.domain.policy import Actor
from directory.errors import KeyInAddress, NotSignedIn
from directory.gate.sessions import actor_of
from directory.site import Site
from directory.store.people import actor_of_key

_KEYS_IN_QUERY = frozenset({"key", "api_key", "apikey", "access_token"})


def caller_of(request: Request, site: Site) -> Actor:
    """Whoever calls. An invalid key is refused, not ignored: raises NotSignedIn, and KeyInAddress for one in a link."""
    if _KEYS_IN_QUERY & {name.lower() for name in request.query_params}:
        # Addresses end up in logs and histories.
        raise KeyInAddress("A key does not belong in an address: send Authorization: Bearer KEY.")
    given = request.headers.get("authorization")
    if given is None:
        return actor_of(request)
    scheme, _, secret = given.partition(" ")
    if scheme.lower() != "bearer" or not secret.strip():
        raise NotSignedIn("Send the key as Authorization: Bearer KEY.")
    with site.database.read() as connection:
        actor = actor_of_key(connection, secret.strip(), at=site.now())
    if actor is None:
        raise NotSignedIn("This key is unknown, expired or revoked.")
    return actor
