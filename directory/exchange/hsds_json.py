"""The JSON of HSDS and Open Referral feeds, taken with the care that what strangers send needs.

Every accessor gives an empty value where a key is absent, null or of another type, so that no entry can stop a file.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TypeGuard

from directory.exchange.findings import not_of_the_format
from directory.exchange.tabular import clean, decode

Json = Mapping[str, object]
_LISTS = ("contents", "content", "services", "items", "data", "results")
# A service has one of these in every version; an organisation, a location or a term has none.
_OF_A_SERVICE = ("status", "organization", "organization_id", "service_at_locations", "eligibilitys", "assured_date")


def entries_of(data: bytes) -> Sequence[object]:
    """The services of a file: a list, an object with such a list, one service alone, or one on each line.

    Raises `Invalid` where it is no JSON, or JSON without services.
    """
    return page_of(data)[0]


def page_of(data: bytes) -> tuple[Sequence[object], Json]:
    """The same with the envelope that they came in; an empty one where there is none."""
    parsed = _parsed(decode(data))
    found = _list_of(parsed)
    if found is None or (found and not any(map(_is_service, found))):
        raise not_of_the_format(
            "This is JSON, but not a list of HSDS or Open Referral services: each needs an id, a name and a status."
        )
    return found, parsed if is_object(parsed) else {}


def _parsed(text: str) -> object:
    try:
        return json.loads(text)
    except RecursionError:
        raise not_of_the_format("This JSON is nested too deeply to be a list of services.") from None
    except ValueError as whole:
        lines = [line for line in text.splitlines() if line.strip()]
        try:
            if len(lines) > 1:
                return [json.loads(line) for line in lines]
        except (ValueError, RecursionError):
            pass
        raise not_of_the_format(f"This is not JSON: {whole}.") from None


def _list_of(parsed: object) -> Sequence[object] | None:
    if isinstance(parsed, list):
        return parsed
    if not isinstance(parsed, dict):
        return None
    for key in _LISTS:
        if isinstance(parsed.get(key), list):
            return _with_owner(parsed, list(parsed[key])) if key == "services" else list(parsed[key])
    return [parsed] if _is_service(parsed) else None


def _with_owner(parsed: Json, services: list[object]) -> list[object]:
    """The services of one organisation, told whose they are where the organisation is what was given."""
    if not text_of(parsed, "name"):
        return services
    return [{"organization": parsed, **each} if is_object(each) else each for each in services]


def _is_service(value: object) -> bool:
    return is_object(value) and "id" in value and any(key in value for key in _OF_A_SERVICE)


def is_object(value: object) -> TypeGuard[Json]:
    """Whether a value is a JSON object."""
    return isinstance(value, dict)


def has(entry: Json, *keys: str) -> bool:
    """Whether any of the keys is there, be it empty: a source says nothing of a field only by leaving it out."""
    return any(key in entry for key in keys)


def text_of(entry: Json, *keys: str) -> str:
    """The first of the keys that holds text or a number, without white space at its ends; "" where none does."""
    for key in keys:
        value = entry.get(key)
        if isinstance(value, str | int | float) and not isinstance(value, bool) and (text := clean(_digits(value))):
            return text
    return ""


def _digits(value: str | int | float) -> str:
    try:
        return str(value)
    except ValueError:  # Python refuses to write out whole numbers of more than 4,300 digits.
        return ""


def object_of(entry: Json, *keys: str) -> Json:
    """The first of the keys that holds an object; an empty one where none does."""
    return next((value for key in keys if is_object(value := entry.get(key))), {})


def objects_of(entry: Json, *keys: str) -> list[Json]:
    """The objects in the lists of all the keys; an object that stands alone counts as a list of one."""
    found: list[Json] = []
    for key in keys:
        value = entry.get(key)
        found.extend(filter(is_object, value if isinstance(value, list) else [value]))
    return found
