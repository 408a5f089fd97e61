"""What is kept in the database without being readable there: sealed under the secret of the settings (Fernet)."""

from __future__ import annotations

import base64
import hashlib
import hmac

from cryptography.fernet import Fernet, InvalidToken

_PURPOSE = b"signpost channels"


class Seal:
    """Seals and opens short texts. Whoever has only the database opens nothing; another secret opens nothing either."""

    def __init__(self, secret: str) -> None:
        key = hmac.digest(secret.encode(), _PURPOSE, hashlib.sha256)
        self._key, self._fernet = key, Fernet(base64.urlsafe_b64encode(key))

    def close(self, text: str) -> str:
        """A text, sealed: another one each time."""
        return self._fernet.encrypt(text.encode()).decode("ascii")

    def open(self, sealed: str) -> str | None:
        """What was sealed; None where it was sealed under another secret."""
        try:
            return self._fernet.decrypt(sealed.encode("ascii")).decode()
        except (InvalidToken, ValueError):
            return None

    def mark(self, text: str) -> str:
        """Six characters by which two texts can be told apart, and that tell nobody else what they are."""
        return hmac.digest(self._key, text.encode(), hashlib.sha256).hex()[:6]
