"""/offers: changes that wait for somebody's agreement; agree, decline, take back, publish without."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection
from starlette.responses import Response

from directory.actions import agreeing
from directory.actions.submit import revise
from directory.api import names as called
from directory.api import replies_changes as replies
from directory.api.answers import encode
from directory.api.asking import OffersAsked
from directory.api.bodies import (
    AgreementBody,
    ChangeBody,
    WithdrawalBody,
    draft_of,
    read_agreement,
    read_change,
    read_withdrawal,
)
from directory.api.calls import Call
from directory.api.declaring import says
from directory.api.once import once
from directory.api.owners import with_plain_owners
from directory.api.problems import BadParameter
from directory.content.records import stamp
from directory.domain.offer import Need, Offer
from directory.errors import NotAllowed
from directory.store import offers as store


@says("Changes that wait for somebody's agreement, those of either side, what waits first.", replies.OfferPage)
def list_offers(call: Call, asked: OffersAsked) -> Response:
    """GET /offers: those that the caller may read, what waits first."""
    after, limit = _place(asked.after), asked.limit
    with call.site.database.read() as connection:
        found = store.for_actor(connection, call.by, limit=limit + 1, after=after)
        items = [offer_json(connection, call, offer) for offer in found[:limit]]
    last = found[limit - 1] if len(found) > limit else None
    return _json({"items": items, "next": f"{last.state == 'waiting':d}-{last.id}" if last else None})


def _place(after: str | None) -> tuple[bool, int] | None:
    if after is None:
        return None
    place = re.fullmatch(r"([01])-([0-9]{1,15})", after, re.ASCII)
    if place is None:
        raise BadParameter("after", "give the `next` of the page before")
    return place[1] == "1", int(place[2])


@says("One offer.", replies.OfferReply)
def show_offer(call: Call) -> Response:
    """GET /offers/{ref}."""
    with call.site.database.read() as connection:
        offer = store.load(connection, call.key("ref"))
        if not offer.may_read(call.by):
            raise NotAllowed("This belongs to other teams. Ask one of their leads, or an editor.")
        return _json(offer_json(connection, call, offer))


@says(
    "Another draft in place of what waits, by its author: everybody is asked again.",
    replies.OfferReply,
    takes=ChangeBody,
)
def put_offer(call: Call) -> Response:
    """PUT /offers/{ref}: another draft in place of what waits."""
    draft = draft_of(with_plain_owners(read_change(call.body)))
    ref, at, zone = call.key("ref"), call.site.now(), call.site.settings.zone
    with call.site.database.write() as connection:
        revise(connection, ref, draft, by=call.by, at=at, zone=zone)
        return _json(offer_json(connection, call, store.load(connection, ref)))


@says("Agree to what was read; the last to agree publishes it.", replies.OfferReply, takes=AgreementBody)
def accept(call: Call) -> Response:
    """POST /offers/{ref}/accept: agree to the version that was read; the last to agree publishes it."""
    version, zone = read_agreement(call.body).version, call.site.settings.zone
    return _once(
        call,
        "accept",
        lambda connection, ref, at: agreeing.agree(connection, ref, version=version, by=call.by, at=at, zone=zone),
    )


@says("An editor publishes it without the others, and says why.", replies.OfferReply, takes=AgreementBody)
def override(call: Call) -> Response:
    """POST /offers/{ref}/override: an editor publishes it without, and says why."""
    body, zone = read_agreement(call.body), call.site.settings.zone
    return _once(
        call,
        "override",
        lambda connection, ref, at: agreeing.override(
            connection, ref, version=body.version, why=body.why, by=call.by, at=at, zone=zone
        ),
    )


@says("Say no, and why.", replies.OfferReply, takes=WithdrawalBody)
def decline(call: Call) -> Response:
    """POST /offers/{ref}/decline: say no, and why."""
    why = read_withdrawal(call.body)
    return _once(
        call,
        "decline",
        lambda connection, ref, at: agreeing.decline(connection, ref, why=why, by=call.by, at=at),
    )


@says("Take it back.", replies.OfferReply, takes=WithdrawalBody)
def withdraw(call: Call) -> Response:
    """POST /offers/{ref}/withdraw: take it back."""
    read_withdrawal(call.body)
    return _once(
        call,
        "withdraw",
        lambda connection, ref, at: agreeing.withdraw_offer(connection, ref, by=call.by, at=at),
    )


def _once(call: Call, what: str, settle: Callable[[Connection, str, datetime], Offer]) -> Response:
    ref = call.key("ref")
    answer = once(
        call,
        f"POST /offers/{ref}/{what}",
        lambda connection, at: offer_json(connection, call, settle(connection, ref, at)),
        status_of=lambda _body: 200,
    )
    answer.headers["Cache-Control"] = "no-store"
    return answer


def offer_json(connection: Connection, call: Call, offer: Offer) -> dict[str, Any]:
    """What waits, or what became of it; nobody is named in it, only teams."""
    teams = _teams(connection, offer, on=call.site.today())
    number = offer.change_number
    return {
        "ref": offer.ref,
        "title": offer.title,
        "state": offer.became(call.site.now()),
        "version": offer.version,
        "offered_by": [teams[slug] for slug in sorted(offer.teams)],
        "offered_at": stamp(offer.offered_at),
        "expires_at": stamp(offer.expires_at),
        "needs": [need_json(need, teams) | {"agreed": need in offer.agreed} for need in offer.needs],
        "reason": offer.reason,
        "settled_at": stamp(offer.settled_at) if offer.settled_at else None,
        "draft": dict(offer.plain),
        "change": {"number": number, "href": f"{call.base_url}/changes/{number}"} if number else None,
        "href": f"{call.base_url}/offers/{offer.ref}",
    }


def need_json(need: Need, teams: dict[str, dict[str, str]]) -> dict[str, Any]:
    """Who has to agree: a team, or where none owns it (null) an editor."""
    return {"kind": need.kind, "team": teams.get(need.team) if need.team else None}


def teams_json(connection: Connection, slugs: set[str], *, on: date) -> dict[str, dict[str, str]]:
    """Teams as they are shown beside something else, by slug."""
    names = called.names(connection, [("team", slug) for slug in sorted(slugs)], on=on)
    named = {slug: names.get(("team", slug)) for slug in slugs}
    return {slug: {"slug": slug, "name": each.name if each else slug} for slug, each in named.items()}


def _teams(connection: Connection, offer: Offer, *, on: date) -> dict[str, dict[str, str]]:
    return teams_json(connection, set(offer.teams) | {need.team for need in offer.needs if need.team}, on=on)


def _json(body: dict[str, Any]) -> Response:
    return Response(encode(body), headers={"Cache-Control": "no-store"}, media_type="application/json")
