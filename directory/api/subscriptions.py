"""/subscriptions: what the key's owner and their teams are told of."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection
from starlette.responses import Response

from directory.actions import subscribe as deeds
from directory.actions.channels import subscribe_channel
from directory.actions.criteria import resolve
from directory.actions.subscribe import Altered, Wanted
from directory.api import replies_telling as replies
from directory.api.answers import matches, page, plain, tag_of, tagged
from directory.api.asking import DryRunAsked, NumbersAsked
from directory.api.bodies import AlteredBody, SubscriptionBody, read_altered, read_subscription
from directory.api.calls import Call
from directory.api.declaring import says
from directory.api.once import attempt_of, once
from directory.api.problems import PreconditionFailed, Refused
from directory.content.records import stamp
from directory.domain.subscription import Subscription
from directory.errors import Invalid, NotSignedIn, Problem
from directory.store import heard, subscriptions, team_subscriptions
from directory.store.sealing import Seal

LOOK_BACK = timedelta(days=90)


@says("What the key's owner and their teams are told of.", replies.SubscriptionPage)
def list_subscriptions(call: Call, asked: NumbersAsked) -> Response:
    """GET /subscriptions?after=&limit=: one's own and those of one's teams, oldest first."""
    person_id, after, limit = _person(call), asked.after, asked.limit
    with call.site.database.read() as connection:
        theirs = team_subscriptions.of_member(connection, person_id)
        found = [*subscriptions.of_person(connection, person_id), *(each.subscription for each in theirs)]
    teams = {each.subscription.id: each.team for each in theirs}
    later = sorted((each for each in found if each.id > after), key=lambda each: each.id)
    items = [_plain_json(call, each, teams.get(each.id)) for each in later[:limit]]
    return page(items, later[limit - 1].id if len(later) > limit else None)


@says("One subscription.", replies.SubscriptionReply, tagged=True)
def show_subscription(call: Call) -> Response:
    """GET /subscriptions/{number}"""
    _person(call)
    with call.site.database.read() as connection:
        return tagged(call, _json(connection, call, deeds.find(connection, call.number(), call.by)))


@says(
    "Be told of changes, by mail, webhook, Teams or Slack.",
    replies.NewSubscription,
    status=201,
    also={200: replies.SubscriptionLook},
    takes=SubscriptionBody,
)
def post_subscription(call: Call, asked: DryRunAsked) -> Response:
    """POST /subscriptions; `?dry_run=true` writes nothing, and lists what the last 90 days would have told."""
    given = read_subscription(call.body)
    channel, url = given.get("channel", "mail"), given.get("url")
    if (channel == "mail") != (url is None):
        raise Invalid([Problem("url", "give the address of a webhook, of Teams or of Slack; mail has none")])
    wanted = Wanted(
        given["criteria"],
        given.get("frequency", "daily" if channel == "mail" else "immediately"),
        given.get("team"),
        given.get("mandatory", False),
    )
    if asked.is_dry:
        attempt_of(call, "POST /subscriptions")
        return _look(call, wanted)

    def begin(connection: Connection, at: datetime) -> dict[str, Any]:
        today = call.site.today()
        if channel == "mail":
            made = deeds.subscribe(connection, wanted, by=call.by, at=at, today=today)
            return _json(connection, call, made)
        settings = call.site.settings
        added = subscribe_channel(
            connection,
            wanted,
            channel,
            url or "",
            by=call.by,
            at=at,
            today=today,
            seal=Seal(settings.secret.get_secret_value()),
            reach=settings.reach,
        )
        return _json(connection, call, subscriptions.one(connection, added.subscription_id)) | {"secret": added.secret}

    return once(
        call, "POST /subscriptions", begin, lead_to=lambda body: f"/subscriptions/{body['id']}", shown_once=("secret",)
    )


@says("Alter a subscription.", replies.SubscriptionReply, takes=AlteredBody, tagged=True, matched=True)
def patch_subscription(call: Call) -> Response:
    """PATCH /subscriptions/{number}: `frequency`, `paused_until`, `mandatory`; If-Match says what was read."""
    given, key = read_altered(call.body), call.number()
    altered = Altered(
        frequency=given.get("frequency"),
        paused_until=given.get("paused_until"),
        resumed="paused_until" in given and given["paused_until"] is None,
        mandatory=given.get("mandatory"),
    )
    header = call.header("if-match")
    if header is None:
        raise Refused(428, "precondition-required", "Say what you read: its ETag in If-Match.")
    with call.site.database.write() as connection:
        _check_read(connection, call, key, header)
        held = deeds.alter(connection, key, altered, by=call.by, at=call.site.now())
        return tagged(call, _json(connection, call, held))


@says("End a subscription.", None, status=204, matched=True)
def delete_subscription(call: Call) -> Response:
    """DELETE /subscriptions/{number}: it ends; If-Match, where given, says what was read."""
    key, header = call.number(), call.header("if-match")
    with call.site.database.write() as connection:
        if header is not None:
            _check_read(connection, call, key, header)
        deeds.end(connection, key, by=call.by, at=call.site.now())
    return Response(status_code=204)


def _check_read(connection: Connection, call: Call, key: int, header: str) -> None:
    deeds.find(connection, key, call.by)
    tag = tag_of(_json(connection, call, subscriptions.one(connection, key, hold=True)))
    if not matches(header, tag):
        raise PreconditionFailed(f"subscription {key}", current=None, tag=tag)


def _look(call: Call, wanted: Wanted) -> Response:
    at, zone = call.site.now(), call.site.settings.zone
    since = at - LOOK_BACK
    with call.site.database.read() as connection:
        criteria = resolve(connection, wanted.criteria, today=call.site.today())
        past = heard.would_have_told(
            connection,
            criteria.facets,
            since=since,
            first=since.astimezone(zone).date(),
            today=call.site.today(),
        )
    told = [{"title": each.title, "day": each.day.isoformat(), "href": f"{call.base_url}{each.href}"} for each in past]
    return plain({"label": criteria.label, "criteria": _plain(criteria.facets), "since": stamp(since), "told": told})


def _json(connection: Connection, call: Call, each: Subscription) -> dict[str, Any]:
    team = team_subscriptions.slug_of(connection, each.team_id) if each.team_id else None
    return _plain_json(call, each, team)


def _plain_json(call: Call, each: Subscription, team: str | None) -> dict[str, Any]:
    return {
        "id": each.id,
        "label": each.label,
        "criteria": _plain(each.criteria),
        "frequency": each.frequency,
        "channel": each.channel,
        "team": team,
        "mandatory": each.mandatory,
        "paused_until": stamp(each.paused_until) if each.paused_until else None,
        "created_at": stamp(each.created_at),
        "href": f"{call.base_url}/my/updates/{each.id}",
    }


def _plain(criteria: Any) -> dict[str, list[str]]:
    return {facet: list(values) for facet, values in criteria.items()}


def _person(call: Call) -> int:
    if call.by.person_id is None:
        raise NotSignedIn("This needs a key: send it as Authorization: Bearer KEY.")
    return call.by.person_id
