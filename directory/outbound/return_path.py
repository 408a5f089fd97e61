"""To where a message comes back that cannot be delivered: an address of its own, which says which message it was.

Variable envelope return paths (VERP). The signature keeps anybody who did not get the message from reporting that it
came back; it is in lower case because relays change the case of addresses.
"""

from __future__ import annotations

import hmac
import re
from base64 import b32encode
from dataclasses import dataclass
from typing import Literal

from directory.settings import Settings

Unit = Literal["delivery", "digest"]
_UNITS: dict[str, Unit] = {"e": "delivery", "d": "digest"}
_LETTERS = {unit: letter for letter, unit in _UNITS.items()}
_MESSAGE_ID = re.compile(r"\s*<(delivery|digest)-([0-9]{1,18})@")
_LENGTH = 20


@dataclass(frozen=True, slots=True)
class ReturnPath:
    """Makes and reads return paths below one address: `bounces@example` becomes `bounces+d12-signature@example`."""

    address: str
    secret: str

    def of(self, message_id: str) -> str | None:
        """The return path of a message with updates; None for any other, which has its sender's."""
        found = _MESSAGE_ID.match(message_id)
        if found is None:
            return None
        local, _, domain = self.address.rpartition("@")
        what = f"{_LETTERS['digest' if found[1] == 'digest' else 'delivery']}{found[2]}"
        return f"{local}+{what}-{self._signature(what)}@{domain}"

    def read(self, address: str) -> tuple[Unit, int] | None:
        """Which message an address is the return path of; None where it was not made here."""
        local, _, domain = self.address.lower().rpartition("@")
        pattern = rf"{re.escape(local)}\+(([de])([0-9]{{1,18}}))-([a-z2-7]{{{_LENGTH}}})@{re.escape(domain)}"
        found = re.fullmatch(pattern, address.strip().strip("<>").lower())
        if found is None or not hmac.compare_digest(found[4], self._signature(found[1])):
            return None
        return _UNITS[found[2]], int(found[3])

    def _signature(self, what: str) -> str:
        digest = hmac.new(self.secret.encode(), f"return path {what}".encode(), "sha256").digest()
        return b32encode(digest).decode().lower()[:_LENGTH]


def return_path_of(settings: Settings) -> ReturnPath | None:
    """The return paths of a site; None where no address for them is set."""
    if settings.bounce_address is None:
        return None
    return ReturnPath(settings.bounce_address, settings.secret.get_secret_value())
