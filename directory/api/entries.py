"""Domain values as the JSON of the public interface. Pure functions: the command line prints the same.

Days are ISO dates, instants RFC 3339 in UTC. No key is ever left out; what is not known is null, "" or [].
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from pydantic_core import to_jsonable_python

from directory.content.records import stamp
from directory.domain.change import Change, Subject
from directory.domain.freshness import CheckDue
from directory.domain.opening import Opening
from directory.domain.organisation import Organisation, OrganisationFacts, Team
from directory.domain.service import Entry, Facts, OrganisationName, TeamName, Upcoming, Version
from directory.domain.succession import Noun, Succession


@dataclass(frozen=True, slots=True)
class Named:
    """What a service, organisation or team is called."""

    id: str
    slug: str
    name: str
    ods_code: str | None = None


# By noun and by whatever names it in a domain value: an id or, for the team of an owner, a slug.
Names = Mapping[tuple[Noun, str], Named]
NOBODY: Names = {}


def entry_json(
    entry: Entry,
    *,
    base_url: str,
    names: Names = NOBODY,
    opening: Opening | None = None,
    due: CheckDue | None = None,
) -> dict[str, Any]:
    """An `Entry`; `names` adds what the services of its successions are called.

    `opening` says whether it is open now, `due` when it is to be checked: null where that is not asked of this moment.
    """
    facts = to_jsonable_python(entry.facts)
    return {
        "id": entry.id,
        "slug": entry.slug,
        **{key: facts[key] for key in ("name", "former_names", "status", "setting")},
        "version": entry.version.number,
        "latest_version": entry.latest_version,
        "effective_from": entry.version.effective_from.isoformat(),
        "recorded_at": stamp(entry.version.recorded_at),
        "checked_at": stamp(entry.checked_at) if entry.checked_at else None,
        "check_due_on": due.on.isoformat() if due else None,
        "check_overdue": due.overdue if due else None,
        "change": entry.version.change_number,
        "owner": owner_json(entry.organisation, entry.team),
        "owner_since": entry.owner_since.isoformat(),
        "previous_owner": entry.previous_owner,
        "owner_before": to_jsonable_python(entry.owner_before),
        **_rest(facts),
        "succeeded_by": [link_json(link, "service", names) for link in entry.succeeded_by],
        "replaces": [link_json(link, "service", names) for link in entry.replaces],
        "upcoming": [_upcoming(coming, base_url) for coming in entry.upcoming],
        "open_now": opening.open if opening else None,
        "opens_at": stamp(opening.opens_at) if opening and opening.opens_at else None,
        "closes_at": stamp(opening.closes_at) if opening and opening.closes_at else None,
        "href": f"{base_url}/services/{entry.slug}",
    }


def version_json(version: Version, *, slug: str, base_url: str, names: Names = NOBODY) -> dict[str, Any]:
    """One version of a service, its owner as it is called in `names`."""
    facts = to_jsonable_python(version.facts)
    return {
        "id": version.service_id,
        "slug": slug,
        **{key: facts[key] for key in ("name", "former_names", "status", "setting")},
        "version": version.number,
        "effective_from": version.effective_from.isoformat(),
        "recorded_at": stamp(version.recorded_at),
        "change": version.change_number,
        "owner": _owner_of(version.facts, names),
        **_rest(facts),
        "href": f"{base_url}/api/v1/services/{slug}/versions/{version.number}",
    }


def owner_json(organisation: OrganisationName, team: TeamName | None) -> dict[str, Any]:
    """Who runs a service."""
    return {"organisation": to_jsonable_python(organisation), "team": to_jsonable_python(team)}


def _owner_of(facts: Facts, names: Names) -> dict[str, Any]:
    return {
        "organisation": organisation_name_json(facts.owner.organisation, names),
        "team": _team_name(facts.owner.team, names) if facts.owner.team else None,
    }


def organisation_name_json(key: str, names: Names) -> dict[str, Any]:
    """An organisation as it is shown beside something else; its id stands in where its name is not known."""
    named = names.get(("organisation", key), Named(key, key, key))
    return {"id": named.id, "name": named.name, "ods_code": named.ods_code}


def _team_name(slug: str, names: Names) -> dict[str, Any]:
    named = names.get(("team", slug), Named(slug, slug, slug))
    return {"slug": named.slug, "name": named.name}


def _rest(facts: dict[str, Any]) -> dict[str, Any]:
    shown_before = {"name", "former_names", "status", "setting", "owner"}
    return {key: value for key, value in facts.items() if key not in shown_before}


def _upcoming(coming: Upcoming, base_url: str) -> dict[str, Any]:
    return {
        "number": coming.change_number,
        "title": coming.title,
        "effective_from": coming.effective_from.isoformat(),
        "kinds": list(coming.kinds),
        "href": f"{base_url}/changes/{coming.change_number}",
    }


def link_json(link: Succession, noun: Noun, names: Names = NOBODY) -> dict[str, Any]:
    """A succession by ids and, for what is in `names`, slugs, names and ODS codes."""
    plain: dict[str, Any] = {
        "from": link.predecessor,
        "to": link.successor,
        "kind": link.kind,
        "effective_from": link.effective_from.isoformat(),
        "part": to_jsonable_python(link.part),
    }
    for end, key in (("from", link.predecessor), ("to", link.successor)):
        if key and (named := names.get((noun, key))):
            plain |= {f"{end}_slug": named.slug, f"{end}_name": named.name}
            if noun == "organisation":
                plain[f"{end}_ods_code"] = named.ods_code
    return plain


def change_json(change: Change, *, base_url: str, names: Names = NOBODY, reached: Iterable[str] = ()) -> dict[str, Any]:
    """A change with all that it sets; `reached` are the services, by id, that it also reaches through their owner."""
    by_noun: dict[Noun, dict[str, Subject]] = {"service": {}, "organisation": {}, "team": {}}
    for subject in change.subjects:
        by_noun[subject.noun][subject.id] = subject
    for service in reached:
        by_noun["service"].setdefault(service, Subject("service", service, None, {}))
    return {
        **{key: getattr(change, key) for key in ("number", "title", "slug")},
        "kinds": list(change.kinds),
        "effective_from": change.effective_from.isoformat(),
        "recorded_at": stamp(change.recorded_at),
        **{key: getattr(change, key) for key in ("weight", "urgent", "status", "why", "what_to_do", "in_flight")},
        "services": [_subject(subject, names) for subject in by_noun["service"].values()],
        "organisations": [_subject(subject, names) for subject in by_noun["organisation"].values()],
        "teams": [_subject(subject, names) for subject in by_noun["team"].values()],
        "succession": [link_json(link, "service", names) for link in change.succession],
        "organisation_succession": [link_json(link, "organisation", names) for link in change.organisation_succession],
        "supersedes": change.supersedes,
        "superseded_by": change.superseded_by,
        "reverses": change.reverses,
        "override": change.override,
        "sha256": change.sha256,
        "previous": change.previous,
        "href": f"{base_url}/changes/{change.number}",
    }


def _subject(subject: Subject, names: Names) -> dict[str, Any]:
    named = names.get((subject.noun, subject.id), Named(subject.id, subject.id, subject.id))
    plain: dict[str, Any] = {"id": subject.id, "slug": named.slug, "name": named.name}
    if subject.noun == "organisation":
        plain["ods_code"] = named.ods_code
    return plain | {"version": subject.version, "set": to_jsonable_python(dict(subject.set))}


def organisation_json(
    organisation: Organisation, *, base_url: str, names: Names = NOBODY, on: date | None = None
) -> dict[str, Any]:
    """An organisation; given a day, its status is that of the day, where it is known when it closed."""
    facts = to_jsonable_python(organisation.facts)
    return {
        "id": organisation.id,
        "slug": organisation.slug,
        **facts,
        "status": status_on(organisation.facts, on) if on else organisation.facts.status,
        "member_of": [
            organisation_name_json(membership.of, names)
            | {key: to_jsonable_python(getattr(membership, key)) for key in ("kind", "start", "end")}
            for membership in organisation.member_of
        ],
        "version": organisation.version,
        "effective_from": organisation.effective_from.isoformat(),
        "recorded_at": stamp(organisation.recorded_at),
        "href": f"{base_url}/organisations/{organisation.slug}",
    }


def status_on(facts: OrganisationFacts, on: date) -> str:
    """Whether an organisation is `active` or `closed` on a day: by its date of closing, where it has one."""
    if facts.closed is None:
        return facts.status
    return "closed" if facts.closed <= on else "active"


def team_json(team: Team, *, base_url: str, names: Names = NOBODY) -> dict[str, Any]:
    """A team, its organisation as it is called in `names`."""
    return {
        "id": team.id,
        "slug": team.slug,
        **to_jsonable_python(team.facts),
        "organisation": organisation_name_json(team.facts.organisation, names),
        "version": team.version,
        "effective_from": team.effective_from.isoformat(),
        "recorded_at": stamp(team.recorded_at),
        "href": f"{base_url}/teams/{team.slug}",
    }
