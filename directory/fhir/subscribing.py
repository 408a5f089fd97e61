"""A Subscription as a program writes it, read; and as it is shown: R4 with HL7's Subscriptions R5 Backport 1.1."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Annotated, Literal
from urllib.parse import parse_qsl

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from directory.exchange.fhir_codes import Json
from directory.exchange.fhir_shown import instant
from directory.exchange.fhir_topics import FOCUS, TOPICS
from directory.fhir.asking import Context, read_search
from directory.fhir.problems import MEDIA_TYPE, Refused
from directory.notify.fhir_notices import BACKPORT, topic_url
from directory.store.fhir_search import Has, OneOf, Term
from directory.store.fhir_subscriptions import Asked, Condition, Content, Held

PROFILE = f"{BACKPORT}backport-subscription"
SHORTEST_BEAT, LONGEST_BEAT, LONGEST_WAIT, MOST_EVENTS = 10, 7 * 86_400, 10, 20
MOST_FILTERS, MOST_HEADERS = 10, 10
_HEADER = re.compile(r"([A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}):[ \t]*([\x21-\x7e]([\x20-\x7e]{0,2000}[\x21-\x7e])?)")
# They belong to the message and the way that it goes, not to whoever asked for it.
_OURS = re.compile(
    r"(content-.*|proxy-.*|sec-.*|host|connection|transfer-encoding|te|trailer|upgrade|expect|date)", re.I
)

Text = Annotated[str, StringConstraints(min_length=1, max_length=2000)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="ignore", populate_by_name=True)


class _Extension(_Part):
    url: Text
    text: Text | None = Field(None, alias="valueString")
    code: Text | None = Field(None, alias="valueCode")
    unsigned: Annotated[int, Field(ge=0)] | None = Field(None, alias="valueUnsignedInt")
    positive: Annotated[int, Field(ge=1)] | None = Field(None, alias="valuePositiveInt")


class _Extended(_Part):
    extension: list[_Extension] = []


class _Channel(_Extended):
    type: Literal["rest-hook"]
    endpoint: Text
    payload: Text = MEDIA_TYPE
    payload_: _Extended = Field(_Extended(), alias="_payload")
    header: Annotated[list[str], Field(max_length=MOST_HEADERS)] = []


class _Subscription(_Part):
    resource: Literal["Subscription"] = Field(alias="resourceType")
    status: Literal["requested", "active"]
    reason: Text
    criteria: Text
    criteria_: _Extended = Field(_Extended(), alias="_criteria")
    channel: _Channel
    end: AwareDatetime | None = None


def read_subscription(body: bytes, context: Context) -> tuple[Asked, str, list[tuple[str, str]]]:
    """What is asked for, its endpoint, and the headers to be sent with each message; raises Refused."""
    try:
        given = _Subscription.model_validate_json(body)
    except ValidationError as wrong:
        first = wrong.errors()[0]
        place = ".".join(str(each) for each in first["loc"]) or "The body"
        raise Refused(422, "invalid", f"{place}: {first['msg']}.") from None
    if given.channel.payload.partition(";")[0].strip() not in (MEDIA_TYPE, "application/json"):
        raise Refused(422, "not-supported", f"channel.payload: messages are {MEDIA_TYPE}.")
    filters = tuple(each.text for each in _all(given.criteria_, "backport-filter-criteria") if each.text)
    if len(filters) > MOST_FILTERS:
        raise Refused(422, "too-costly", f"A subscription has up to {MOST_FILTERS} filters.")
    asked = Asked(
        topic=_topic(given.criteria, context.base),
        content=_content(given.channel.payload_),
        filters=filters,
        conditions=tuple(each for text in filters for each in _conditions(text, context)),
        reason=given.reason,
        heartbeat=_between(given.channel, "backport-heartbeat-period", SHORTEST_BEAT, LONGEST_BEAT),
        timeout=_between(given.channel, "backport-timeout", 1, LONGEST_WAIT),
        most=_between(given.channel, "backport-max-count", 1, MOST_EVENTS),
        ends_at=given.end,
    )
    return asked, given.channel.endpoint, [_header(each) for each in given.channel.header]


def _all(holder: _Extended, name: str) -> list[_Extension]:
    return [each for each in holder.extension if each.url == f"{BACKPORT}{name}"]


def _topic(criteria: str, base: str) -> str:
    found = next((name for name in TOPICS if criteria.partition("|")[0] == topic_url(name, base)), None)
    if found is None:
        known = ", ".join(topic_url(name, base) for name in TOPICS)
        raise Refused(422, "not-supported", f"criteria: give the address of a topic: {known}.")
    return found


def _content(payload: _Extended) -> Content:
    codes = [each.code for each in _all(payload, "backport-payload-content")]
    known: tuple[Content, ...] = ("empty", "id-only", "full-resource")
    found = next((each for each in known if codes == [each]), None)
    if found is None:
        raise Refused(422, "required", f"channel._payload: say backport-payload-content: one of {', '.join(known)}.")
    return found


def _between(channel: _Channel, name: str, least: int, most: int) -> int | None:
    """A number as near to what is asked for as this server goes, which is what it shows; None where none is given."""
    given = next(iter(_all(channel, name)), None)
    value = None if given is None else given.unsigned if given.positive is None else given.positive
    # No heartbeat is asked for with 0, too.
    return min(max(value, least), most) if value else None


def _header(text: str) -> tuple[str, str]:
    found = _HEADER.fullmatch(text.strip(" \t"))
    if found is None:
        raise Refused(422, "value", "channel.header: give a name and a value, as in Authorization: Bearer SECRET.")
    if _OURS.fullmatch(found[1]):
        raise Refused(422, "value", f"channel.header: {found[1]} is not yours to set.")
    return found[1], found[2]


def _conditions(text: str, context: Context) -> list[Condition]:
    type_, _, query = text.partition("?")
    if type_ != FOCUS or not query:
        raise Refused(422, "not-supported", f"A filter is a search for {FOCUS}, as in {FOCUS}?organization=some-trust.")
    given = parse_qsl(query, keep_blank_values=True)
    if not given:
        raise Refused(422, "value", f"{text}: there is nothing to filter by.")
    asked = read_search(FOCUS, given, Context(context.base, context.zone, strict=True))
    found: list[Condition] = []
    for each in asked.conditions:
        if isinstance(each, OneOf):
            found.append(("_id", tuple(("equal", None, id_) for id_ in each.ids)))
        elif isinstance(each, Has):
            found.append((each.param, tuple(_value(term) for term in each.terms)))
    if len(found) != len(given):
        raise Refused(422, "not-supported", f"{text}: a filter does not take all of these parameters.")
    return found


def _value(term: Term) -> tuple[str, str | None, str | None]:
    return term.how, term.system, term.value


def shown(held: Held, endpoint: str | None, base: str) -> Json:
    """A subscription as its owner reads it; no `endpoint` where it was sealed under another secret.

    Its headers are not in it: they are where receivers have their passwords.
    """
    asked = held.asked
    channel: Json = {
        "type": "rest-hook",
        **({"endpoint": endpoint} if endpoint else {}),
        "payload": MEDIA_TYPE,
        "_payload": {"extension": [_extension("payload-content", valueCode=asked.content)]},
    }
    numbers = (
        ("heartbeat-period", "valueUnsignedInt", asked.heartbeat),
        ("timeout", "valueUnsignedInt", asked.timeout),
        ("max-count", "valuePositiveInt", asked.most),
    )
    if extensions := [_extension(name, **{kind: value}) for name, kind, value in numbers if value is not None]:
        channel = {"extension": extensions, **channel}
    found: Json = {
        "resourceType": "Subscription",
        "id": str(held.id),
        "meta": {"profile": [PROFILE]},
        "status": held.status,
        "reason": asked.reason,
        "criteria": topic_url(asked.topic, base),
        "channel": channel,
    }
    if asked.filters:
        found["_criteria"] = {"extension": [_extension("filter-criteria", valueString=each) for each in asked.filters]}
    if asked.ends_at is not None:
        found["end"] = instant(asked.ends_at)
    if held.status in ("error", "off") and held.channel.reason:
        found["error"] = held.channel.reason
    return found


def _extension(name: str, **value: object) -> Json:
    return {"url": f"{BACKPORT}backport-{name}", **value}


def only(found: Sequence[Held], *, ids: Sequence[str], states: Sequence[str]) -> list[Held]:
    """Those of some ids and states; all where none are named."""
    return [each for each in found if (not ids or str(each.id) in ids) and (not states or each.status in states)]
