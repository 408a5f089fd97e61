"""What publishing a draft will do: who hears of it, what it leaves pointing astray, the message, the entry after."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from email.message import EmailMessage

from sqlalchemy import Connection

from directory.actions.audience import audience_of
from directory.actions.pointing import Clash, clashes, names_and_slugs, pointing
from directory.actions.prepare import Published
from directory.actions.submit import Considered
from directory.domain.offer import Need
from directory.domain.service import Facts
from directory.notify.compose import Recipient, compose_immediate
from directory.notify.items import Item
from directory.notify.letterhead import Letterhead
from directory.notify.notice import notice_of
from directory.store import taken_back
from directory.store.deliveries import Audience
from directory.store.foretold import foretold
from directory.store.told import ToldChange
from directory.store.versions import find_ids, load_in_force
from directory.web import words
from directory.web.views.changes import TouchedView, touched
from directory.web.views.lines import whole_entry
from directory.web.views.names import Named


@dataclass(frozen=True, slots=True)
class ToldView:
    """Who will be told, in numbers; `again` are those who were told of what this takes the place of.

    `kept` are numbers and addresses that stay as they are though another team takes over: whose are they?
    """

    audience: Audience
    again: int
    minor: bool
    needs: tuple[str, ...]
    kept: tuple[str, ...]
    pages: tuple[tuple[Named, bool], ...]
    entries: tuple[Named, ...]
    replaced: tuple[Named, ...]
    ends: bool
    clashes: tuple[tuple[Clash, str], ...]


def told_view(connection: Connection, seen: Considered, *, today: date) -> ToldView:
    """Who hears of a change, and what to look after when it is published."""
    published = seen.published
    gone, found = published.change.supersedes, pointing(connection, published, today=today)
    return ToldView(
        audience=audience_of(connection, published),
        again=taken_back.count_told(connection, gone) if gone else 0,
        minor=published.change.weight == "minor",
        needs=needs_in_words(connection, seen.needs, today=today),
        kept=kept_addresses(said_of(connection, published)),
        pages=tuple((Named(title, f"/pages/{slug}"), step) for slug, title, step in found.pages),
        entries=_named(connection, found.entries, today),
        replaced=_named(connection, found.replaced, today),
        ends=found.ends,
        clashes=tuple(
            (clash, words.listed(words.FIELD_LABELS.get(name, name).lower() for name in clash.fields))
            for clash in clashes(connection, published, today=today)
        ),
    )


def _named(connection: Connection, ids: tuple[str, ...], today: date) -> tuple[Named, ...]:
    return tuple(Named(name, f"/services/{slug}") for name, slug in names_and_slugs(connection, ids, today=today))


def kept_addresses(said: ToldChange) -> tuple[str, ...]:
    """What each service that goes to another team still gives out: it may well be the old team's."""
    return tuple(
        line
        for each in said.services
        if each.before and each.before.owner != each.after.owner and each.after.status != "closed"
        for line in _given_out(each.before)
        if line in _given_out(each.after)
    )


def _given_out(facts: Facts) -> list[str]:
    """Where calls and referrals go; a web site is nobody's desk."""
    contacts = [each for each in facts.contacts if each.type != "website"]
    routes = [each.address for each in facts.referral_routes if each.address]
    lines = [*routes, *(f"{each.value} ({each.label})" if each.label else each.value for each in contacts)]
    return list(dict.fromkeys(lines))


def needs_in_words(connection: Connection, needs: tuple[Need, ...], *, today: date) -> tuple[str, ...]:
    """Who has to agree before it is published, each in a sentence."""
    ids = find_ids(connection, "team", [need.team for need in needs if need.team])
    rows = load_in_force(connection, "team", ids.values(), on=today)
    names: Mapping[str, str] = {slug: rows[team].facts.name for slug, team in ids.items() if team in rows}
    return tuple(_need(need, names.get(need.team, need.team)) for need in needs)


def _need(need: Need, team: str) -> str:
    if not need.team:
        return "An editor has to agree: no team owns it."
    if need.kind == "accept":
        return f"{team} has to accept it."
    return f"A second person of {team}, or an editor, has to approve it: the service is marked critical."


@dataclass(frozen=True, slots=True)
class MessageView:
    """The subject of the mail, and each service that the change touches: what differs, and the whole entry after."""

    subject: str
    services: tuple[tuple[TouchedView, tuple[tuple[str, str], ...]], ...]


def message_view(
    connection: Connection, published: Published, *, to: Recipient, letterhead: Letterhead, at: datetime
) -> MessageView:
    """What a change looks like in a mail and in the directory."""
    said = said_of(connection, published)
    mail = mail_of(said, published, to=to, letterhead=letterhead, at=at)
    return MessageView(
        str(mail["Subject"]),
        tuple((touched(each), whole_entry(each.after, owner=each.owner)) for each in said.services),
    )


def said_of(connection: Connection, published: Published) -> ToldChange:
    """A change as messages tell it, before it is written."""
    opened = {(newcomer.noun, newcomer.id): newcomer.slug for newcomer in published.newcomers}
    return foretold(connection, published.new, published.versions, opened)


def mail_of(
    said: ToldChange, published: Published, *, to: Recipient, letterhead: Letterhead, at: datetime
) -> EmailMessage:
    """The message itself, as if its author followed the service."""
    change = published.change
    instead = "withdrawn" if change.sets_nothing else "amended"
    stage = instead if change.supersedes else "announced"
    reasons = ("you are shown what others will get",)
    return compose_immediate(Item(notice_of(said, letterhead), stage, reasons, 0), to=to, letterhead=letterhead, at=at)


def when_told(urgent: bool, *, ahead: bool, digest_at: str, weekday: str) -> list[str]:
    """When those who follow the service hear of it, in sentences."""
    now = "within a minute or two"
    if urgent:
        said = [f"It is urgent: everybody is told {now}, whatever they chose."]
    else:
        said = [
            f"Those who chose to hear at once are told {now}.",
            f"Those who chose a daily message hear at {digest_at}, those who chose a weekly one on "
            f"{weekday.capitalize()} at {digest_at}.",
        ]
    return [*said, "Everybody is told again on the day from which it holds."] if ahead else said
