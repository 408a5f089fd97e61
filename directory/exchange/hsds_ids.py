"""The identifiers of Open Referral, which are UUIDs: a source's own where it gave one, else made of ours for ever.

What has no id of its own here (a telephone number, a place, a need) is named by what it is and whose: the same thing
has the same UUID in every answer, and another one only when it is another thing.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from uuid import UUID, uuid5

from directory.domain.change import fold
from directory.domain.service import Identifier

SYSTEM = "hsds"
# Never to be changed: every UUID that was ever given out is made with it.
_NAMESPACE = UUID("5b0f4f5e-8d0a-5c55-9a53-2f1c6d1b7a40")
_HEX = re.compile(r"[0-9a-f]{32}")
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


def made_of(*parts: str) -> str:
    """The UUID of something by what it is; other parts give another."""
    return str(uuid5(_NAMESPACE, json.dumps(parts, ensure_ascii=False)))


def own_uuid(noun: str, key: str) -> str:
    """The UUID of a service, organisation or team by our id: the id itself where that is one."""
    if _HEX.fullmatch(key):
        return str(UUID(key))
    return key if is_uuid(key) else made_of(noun, key)


def service_uuid(key: str, identifiers: Iterable[Identifier]) -> str:
    """The UUID of a service: what its Open Referral source calls it, where that is a UUID, else made of our id."""
    given = (each.value for each in identifiers if each.system == SYSTEM and is_uuid(each.value))
    return next(given, None) or own_uuid("service", key)


def is_uuid(text: str) -> bool:
    """Whether a text is a UUID as JSON schemas take it (RFC 4122, with hyphens)."""
    return _UUID.fullmatch(text) is not None


NEEDS_TAXONOMY = made_of("taxonomy", "needs")


def need_uuid(need: str) -> str:
    """The UUID of a need as a taxonomy term, without regard to case and spacing."""
    return made_of("need", fold(need))
