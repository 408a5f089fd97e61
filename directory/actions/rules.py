"""The rules that a draft must keep before it is published; each check raises with everything that breaks it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from directory.actions.naming import EDITS
from directory.domain.change import KINDS, YEARS, Change, Draft, Edit, Kind, is_likely, kinds_between
from directory.domain.offer import Parties
from directory.domain.policy import Actor, Thing, can
from directory.domain.service import Facts, Identifier, Owner
from directory.domain.source import names_record
from directory.domain.succession import Noun, Succession, cardinality_problems, looping
from directory.domain.timeline import Made, Timeline
from directory.errors import AlreadyWithdrawn, EditConflict, Invalid, NotAllowed, Problem
from directory.shapes import SHAPE_OF_NOUN, required_fields

OF_SUCCESSION: frozenset[Kind] = frozenset({"merged", "split", "moved", "replaced"})
# These say why or how, which no field shows.
FREE: frozenset[Kind] = frozenset({"correction", "capacity"})


def check_versions(draft: Draft, gone: Change | None, lives: Mapping[str, Timeline], *, today: date) -> None:
    """Refuse an edit of something that was changed since the author read it.

    The version that was read may be the one in force or the latest recorded; where a later one is already scheduled,
    an edit of other fields is no conflict, because both will hold; nor is one of what this draft withdraws.
    """
    for edit in draft.services:
        life, expected = lives[edit.id], edit.expected_version
        if expected is None or expected == life.latest_number:
            continue
        scheduled = [step for step in life.steps if step.effective_from > today]
        later = {field for step in scheduled if not gone or step.change_number != gone.number for field in step.set}
        if expected != life.number_on(today) or later & edit.set.keys():
            raise EditConflict(edit.id, expected=expected, current=life.latest_number)


def check_days(drafts: Sequence[Draft]) -> None:
    """Refuse days that no change or succession begins on; the calendar ends a day beyond the furthest of them."""
    days = [("effective_from", draft.effective_from) for draft in drafts]
    links = [link for draft in drafts for link in (*draft.succession, *draft.organisation_succession)]
    days += [("succession", link.effective_from) for link in links]
    if wrong := sorted({where for where, day in days if not is_likely(day)}):
        raise Invalid([Problem(where, f"give a day from {YEARS[0]} to {YEARS[1]}") for where in wrong])


def check_superseding(gone: Change | None) -> None:
    """Refuse to take the place of a change that was withdrawn already, or that only withdraws another."""
    if gone is None:
        return
    if gone.status != "published":
        raise AlreadyWithdrawn(gone.number, by=gone.superseded_by)
    if gone.sets_nothing:
        raise Invalid([Problem("supersedes", f"change {gone.number} is a withdrawal: publish what is to hold instead")])


def parties(
    draft: Draft,
    gone: Change | None,
    lives: Mapping[str, Timeline],
    without: Mapping[str, Timeline],
    *,
    today: date,
) -> Parties:
    """The teams that a draft concerns; `lives` hold the change whose place it takes, `without` do not.

    Concerned are who runs a service on the day from which the change holds and, because what is changed in the past
    holds now too, who runs it today.
    """
    linked = {key for link in draft.succession for key in (link.predecessor, link.successor) if key}
    runs = {edit.id: _runs(edit, without[edit.id], draft.effective_from, today) for edit in draft.services}
    for key in linked - runs.keys():
        runs[key] = _runs(Edit(key, {}), without[key], draft.effective_from, today)
    after = {edit.id: _teams([edit.set]) for edit in draft.services if "owner" in edit.set}
    owning = {team for edit in draft.services if edit.id not in linked for team in runs[edit.id]}
    if gone is not None:
        eve = gone.effective_from - timedelta(days=1)
        for life in (lives[subject.id] for subject in gone.subjects if subject.noun == "service"):
            held = [life.on(day) for day in {eve, max(eve, today)}]
            owning |= _teams(held) or _teams([life.on(gone.effective_from)])
    handed = {team for edit in draft.services for team in after.get(edit.id, set()) - runs[edit.id]}
    for link in draft.succession:
        if link.successor:
            handed |= (after.get(link.successor) or runs[link.successor]) - runs[link.predecessor]
    return Parties(
        owning=frozenset(owning),
        leaving=frozenset(team for link in draft.succession for team in runs[link.predecessor]),
        joined=frozenset(team for edit in draft.services if edit.id in linked for team in runs[edit.id]),
        receiving=frozenset(handed),
        services_only=_only_services(draft) and (gone is None or _only_services(gone)),
    )


def _runs(edit: Edit, life: Timeline, effective_from: date, today: date) -> set[str]:
    held = [life.before(day) for day in {effective_from, max(effective_from, today)}]
    return _teams(held) or _teams([edit.set])


def check_policy(concerned: Parties, *, by: Actor, offered: bool) -> None:
    """Refuse what `by` may not publish: it takes a lead of every team concerned, or an editor.

    What is `offered` to others takes a lead of those only who give something away.
    """
    teams = concerned.edited
    if offered:
        allowed = concerned.may_offer(by)
    else:
        allowed = can(by, "publish", Thing(teams if concerned.services_only else frozenset()))
    if not allowed:
        whose = ", ".join(sorted(team for team in teams if team)) or "the directory"
        raise NotAllowed(f"You need to be a lead of {whose}, or an editor, to publish this.")


def _teams(held: Sequence[Any]) -> set[str]:
    """The teams that some facts, or what an edit sets, name as owners; "" where there is none."""
    found = set()
    for facts in held:
        owner = facts.get("owner") if isinstance(facts, Mapping) else getattr(facts, "owner", None)
        if facts is not None:
            found.add(owner.team or "" if isinstance(owner, Owner) else "")
    return found


def _only_services(given: Draft | Change) -> bool:
    if isinstance(given, Change):
        others = any(subject.noun != "service" for subject in given.subjects)
    else:
        others = bool(given.organisations or given.teams)
    return not others and not given.organisation_succession


def check_openings(draft: Draft, lives: Mapping[Noun, Mapping[str, Timeline]]) -> None:
    """Something new needs every required field; a draft needs something to change."""
    problems = []
    if draft.sets_nothing and draft.supersedes is None:
        problems.append(Problem("services", "say which service changes, and how"))
    for noun, field in EDITS.items():
        shape = SHAPE_OF_NOUN[noun]
        edits: Sequence[Edit] = getattr(draft, field)
        for edit in edits:
            missing = sorted(required_fields(shape) - edit.set.keys())
            if not lives[noun][edit.id].days and missing:
                problems.append(Problem(f"{field} {edit.id}", f"a new {noun} needs {', '.join(missing)}"))
    if len({(field, edit.id) for field in EDITS.values() for edit in getattr(draft, field)}) < sum(
        len(getattr(draft, field)) for field in EDITS.values()
    ):
        problems.append(Problem("services", "name each service once, with everything that changes"))
    if problems:
        raise Invalid(problems)


def check_identifiers(draft: Draft, records: dict[Identifier, str]) -> None:
    """Refuse a source's id that is another service's: the next import would mix the two up.

    `records` says whose each id is; those that this draft is first to give are added.
    """
    given = [
        (identifier, edit)
        for edit in draft.services
        for identifier in edit.set.get("identifiers", ())  # type: ignore[attr-defined]
        if names_record(identifier.system)
    ]
    problems = [
        Problem(f"services {edit.id} identifiers", f"{identifier.value} in {identifier.system} is already {other}")
        for identifier, edit in given
        if (other := records.setdefault(identifier, edit.id)) != edit.id
    ]
    if problems:
        raise Invalid(problems)


def check_succession(draft: Draft, links: Mapping[str, Sequence[Succession]]) -> None:
    """Refuse a succession that breaks its kind's rules, leads in a circle, or closes without saying what to do."""
    problems = [Problem("succession", text) for text in cardinality_problems(draft.succession)]
    added: dict[str, list[Succession]] = {node: list(leaving) for node, leaving in links.items()}
    for link in draft.succession:
        added.setdefault(link.predecessor, []).append(link)
    circle = looping(added) & {link.predecessor for link in draft.succession}
    if circle:
        problems.append(Problem("succession", f"this would lead back to {', '.join(sorted(circle))}"))
    closes = any(link.successor is None for link in draft.succession) or any(
        edit.set.get("status") == "closed"
        for edit in draft.services
        if edit.id not in {link.predecessor for link in draft.succession}
    )
    if closes and not draft.what_to_do.strip():
        problems.append(Problem("what_to_do", "it closes with nothing after it: say what to do instead"))
    if problems:
        raise Invalid(problems)


def kinds(
    draft: Draft,
    gone: Change | None,
    before: Mapping[str, Facts | None],
    made: Mapping[tuple[Noun, str], list[Made]],
    *,
    known_on: date,
) -> tuple[Kind, ...]:
    """The kinds of a change: those that the author gave, which must be true, and any that they left out.

    What says of a day before `known_on` something else than was known of it is a correction too. A withdrawal is of
    the kinds of what it withdraws.
    """
    true = _true_kinds(draft, before, made)
    if gone is not None and draft.sets_nothing:
        true |= set(gone.kinds)
    earliest = min(draft.effective_from, gone.effective_from) if gone else draft.effective_from
    if earliest < known_on and _rewrites(before, gone, made):
        true.add("correction")
    if not true and not draft.succession and not draft.organisation_succession:
        raise Invalid([Problem("services", "nothing differs from what already holds")])
    false = set(draft.kinds) - true - FREE
    if false:
        raise Invalid(
            [Problem("kinds", f"this changes no {', '.join(sorted(false))}; it is {', '.join(sorted(true))}")]
        )
    # A replaced service is closed, but "replaced" says it better.
    shown = true - ({"closed"} if true & OF_SUCCESSION and "closed" not in draft.kinds else set())
    return tuple(kind for kind in KINDS if kind in shown | set(draft.kinds))


def _rewrites(
    before: Mapping[str, Facts | None], gone: Change | None, made: Mapping[tuple[Noun, str], list[Made]]
) -> bool:
    """Whether it says something else of a service that was there: one that is new to us is told, not corrected."""
    known = {subject for subject, facts in before.items() if facts} | {
        each.id for each in (gone.subjects if gone else ())
    }
    return any(noun == "service" and versions and subject in known for (noun, subject), versions in made.items())


def _true_kinds(
    draft: Draft, before: Mapping[str, Facts | None], made: Mapping[tuple[Noun, str], list[Made]]
) -> set[Kind]:
    true: set[Kind] = {link.kind for link in (*draft.succession, *draft.organisation_succession)}
    for (noun, subject), versions in made.items():
        if not versions:
            continue
        if noun == "service":
            # Of what another change is only taken out of, there is nothing to say.
            true.update(kinds_between(before[subject], versions[0].facts) if subject in before else ())
        elif versions[0].number == 1:
            true.add("opened")
        else:
            edit = next((edit for edit in getattr(draft, EDITS[noun]) if edit.id == subject), None)
            if edit is not None:
                true.add("renamed" if "name" in edit.set else "correction")
    return true
