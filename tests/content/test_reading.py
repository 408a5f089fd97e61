"""A change written by people: everything they wrote is taken, or they are told."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from directory.content.reading import draft_from_plain, read_change
from directory.domain.service import Owner, ReferralRoute
from directory.errors import Invalid

EXAMPLE = """---
title: Leg ulcer clinic moves to the Tissue Viability Service
kinds: [owner, referral-route]
services:
  - id: leg-ulcer-clinic
    set:
      owner: {organisation: community-trust, team: tissue-viability}
      referral_routes:
        - {method: email, address: tvn.referrals@example.nhs.uk, who: "Any registered nurse", urgency: routine}
effective_from: 2026-12-01
weight: major
---
## Why
Because.

## A heading of my own
It goes with the why.

## What to do
Write to them.

## Referrals already made
Stay where they are.
"""


def read(old: str = "", new: str = "") -> None:
    assert old in EXAMPLE
    read_change(EXAMPLE.replace(old, new, 1), where="x.md")


def test_the_example_of_the_interface() -> None:
    draft = read_change(EXAMPLE).draft
    assert (draft.kinds, draft.effective_from, draft.weight) == (
        ("owner", "referral-route"),
        date(2026, 12, 1),
        "major",
    )
    (edit,) = draft.services
    assert edit.set["owner"] == Owner("community-trust", "tissue-viability")
    route = ReferralRoute("email", "tvn.referrals@example.nhs.uk", "Any registered nurse")
    assert edit.set["referral_routes"] == (route,)
    assert draft.why == "Because.\n\n## A heading of my own\nIt goes with the why."
    assert (draft.what_to_do, draft.in_flight) == ("Write to them.", "Stay where they are.")


def test_headings_are_known_in_any_case() -> None:
    draft = read_change(EXAMPLE.replace("## What to do", "## what to do ##")).draft
    assert draft.what_to_do == "Write to them."


def test_when_it_was_published() -> None:
    for line, at in (
        ("published: 2025-01-15T09:30:00+00:00", datetime(2025, 1, 15, 9, 30, tzinfo=UTC)),
        ("published: 2025-01-15 09:30:00", datetime(2025, 1, 15, 9, 30, tzinfo=UTC)),
    ):
        assert read_change(EXAMPLE.replace("weight: major", line)).published_at == at
    assert read_change(EXAMPLE).published_at is None


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("title: ", "titel: ", "there is no titel"),
        ("title: ", '"ti\\0tle": ', "there is no ti\ufffdtle"),
        ("title: Leg ulcer clinic moves to the Tissue Viability Service", "title: ''", "say in one line"),
        ("title: Leg ulcer clinic moves to the Tissue Viability Service", "title: [a]", "valid string"),
        ("title: ", "1: x\ntitle: ", "there is no 1"),
        ("2026-12-01", "soon", "as in 2026-12-01"),
        ("effective_from: 2026-12-01", "urgent: false", "as in 2026-12-01"),
        ("[owner, referral-route]", "[owner, moved-house]", "'moved-house' is not a kind"),
        ("[owner, referral-route]", "owner", "kinds: give a list"),
        ("[owner, referral-route]", "5", "kinds: give a list"),
        ("weight: major", "weight: huge", "give major"),
        ("- id: leg-ulcer-clinic", "- slug: leg-ulcer-clinic", "services.0: give an id"),
        ("- id: leg-ulcer-clinic", "- id: leg-ulcer-clinic\n    slug: 5", "a slug and an ods_code are text"),
        ("    set:", "    sets:", "there is no sets"),
        ("urgency: routine", "urgency: soon", r"services\.0\.set\.referral_routes\.0\.urgency"),
        ("{organisation: community-trust,", "{orgnisation: community-trust,", "orgnisation"),
        ("## Why\n", "Words before any heading.\n\n## Why\n", "before the first heading"),
        ("## A heading of my own", "## Why", "## Why is there twice"),
        ("weight: major", "why: In both places", "why and ## Why: say it once"),
        ("weight: major", "succession: [{kind: moved, to: b}]", "succession.0: give kind, from"),
        ("weight: major", "succession: [{kind: gone, from: a}]", r"succession\.0\.kind"),
        ("weight: major", "succession: moved", "succession: give a list"),
    ],
)
def test_every_mistake_is_named_with_its_file(old: str, new: str, reason: str) -> None:
    with pytest.raises(Invalid, match=reason) as refusal:
        read(old, new)
    assert all(problem.where.startswith("x.md") for problem in refusal.value.problems)


def test_all_mistakes_are_named_at_once() -> None:
    with pytest.raises(Invalid) as refusal:
        draft_from_plain({"kinds": ["x"], "weight": "y", "services": [{}], "succession": 1})
    wanted = {"effective_from", "title", "kinds", "weight", "services.0", "succession"}
    assert {problem.where for problem in refusal.value.problems} == wanted


def test_text_is_taken_without_the_space_around_it_and_with_one_kind_of_line_end() -> None:
    data = {
        "title": " A ",
        "effective_from": "2026-12-01",
        "why": "one\r\ntwo\r\n",
        "services": [{"id": "a", "set": {"hours": " 24/7\n", "description": "one\r\ntwo\n", "needs": [" x "]}}],
    }
    draft = draft_from_plain(data)
    assert (draft.title, draft.why) == ("A", "one\ntwo")
    assert draft.services[0].set == {"hours": "24/7", "description": "one\ntwo", "needs": ("x",)}
