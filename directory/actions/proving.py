"""Whether somebody showed lately who they are: before they change how they sign in, or sign out another browser.

Who sits down at a screen left open, or got hold of a session, has neither the mail nor the passkey.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from directory.errors import PasskeyNeeded, SignInAgain
from directory.store.sessions import Session

# How long a sign-in, and a passkey that was shown, are fresh.
FRESH = timedelta(minutes=15)
# How a session began where the OpenID provider asked for nothing, because it still knew the browser.
UNASKED = "openid-unasked"


def require_proof(session: Session, *, passkeys: int, at: datetime) -> None:
    """Go on where, within 15 minutes, a passkey was shown or, by whoever has none that count, somebody signed in.

    Raises PasskeyNeeded, SignInAgain.
    """
    if passkeys:
        if session.confirmed_at is None or session.confirmed_at <= at - FRESH:
            raise PasskeyNeeded("Show one of your passkeys first.")
    elif session.method == UNASKED or session.created_at <= at - FRESH:
        raise SignInAgain("This needs a sign-in of the last 15 minutes: sign in again.")
