"""/offers: changes that wait for somebody's agreement; agree, decline, take back, publish without."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import Connection
from starlette.responses import Response

from directory.actions import agreeing
from directory.actions.submit import revise
from directory.api import names as called
from directory.api.answers import encode
from directory.api.bodies import draft_of, read_agreement, read_change, read_withdrawal
from directory.api.calls import Call
from directory.api.owners import with_plain_owners
from directory.content.records import stamp
from directory.domain.offer import Need, Offer
from directory.errors import NotAllowed
from directory.store import offers as store


def list_offers(call: Call) -> Response:
    """GET /offers: those that the caller may read, what waits first; at most 100."""
    with call.site.database.read() as connection:
        found = store.for_actor(connection, call.by, limit=100)
        return _json([offer_json(connection, call, offer) for offer in found])


def show_offer(call: Call) -> Response:
    """GET /offers/{ref}."""
    with call.site.database.read() as connection:
        offer = store.load(connection, call.key("ref"))
        if not offer.may_read(call.by):
            raise NotAllowed("This belongs to other teams. Ask one of their leads, or an editor.")
        return _json(offer_json(connection, call, offer))


def put_offer(call: Call) -> Response:
    """PUT /offers/{ref}: another draft in place of what waits."""
    draft = draft_of(with_plain_owners(read_change(call.body)))
    ref, at, zone = call.key("ref"), call.site.now(), call.site.settings.zone
    with call.site.database.write() as connection:
        revise(connection, ref, draft, by=call.by, at=at, zone=zone)
        return _json(offer_json(connection, call, store.load(connection, ref)))


def accept(call: Call) -> Response:
    """POST /offers/{ref}/accept: agree to the version that was read; the last to agree publishes it."""
    version, at, zone = read_agreement(call.body).version, call.site.now(), call.site.settings.zone
    with call.site.database.write() as connection:
        offer = agreeing.agree(connection, call.key("ref"), version=version, by=call.by, at=at, zone=zone)
        return _json(offer_json(connection, call, offer))


def override(call: Call) -> Response:
    """POST /offers/{ref}/override: an editor publishes it without, and says why."""
    body, at, zone = read_agreement(call.body), call.site.now(), call.site.settings.zone
    with call.site.database.write() as connection:
        ref, version = call.key("ref"), body.version
        offer = agreeing.override(connection, ref, version=version, why=body.why, by=call.by, at=at, zone=zone)
        return _json(offer_json(connection, call, offer))


def decline(call: Call) -> Response:
    """POST /offers/{ref}/decline: say no, and why."""
    why = read_withdrawal(call.body)
    with call.site.database.write() as connection:
        offer = agreeing.decline(connection, call.key("ref"), why=why, by=call.by, at=call.site.now())
        return _json(offer_json(connection, call, offer))


def withdraw(call: Call) -> Response:
    """POST /offers/{ref}/withdraw: take it back."""
    read_withdrawal(call.body)
    with call.site.database.write() as connection:
        offer = agreeing.withdraw_offer(connection, call.key("ref"), by=call.by, at=call.site.now())
        return _json(offer_json(connection, call, offer))


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


def _json(value: Any) -> Response:
    body = {"items": value} if isinstance(value, list) else value
    return Response(encode(body), headers={"Cache-Control": "no-store"}, media_type="application/json")
