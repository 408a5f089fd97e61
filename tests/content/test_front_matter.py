"""Facts are written as libyaml writes them, to the byte: records are hashed, and one written anew must be the same."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from directory.content import records
from directory.content.front_matter import by_libyaml, write_yaml
from directory.domain.change import Draft
from tests.content.test_records import drafts
from tests.examples import examples

AT = datetime(2026, 12, 31, 23, 59, 59, 123456, tzinfo=UTC)
# Every mark that means something in YAML, words that are no text without quotation marks, and lines that are too long.
WORDS = [
    "a",
    "yes",
    "No",
    "null",
    "~",
    "0x1f",
    "01632960123",
    "1e3",
    "2026-11-23",
    "12:30",
    ".5",
    "=",
    "<<",
    "é–…",
    "…",
]
MARKS = [*"#,[]{}&*!|>'\"%@`?:-.$()/\\+~ \t\n\u00a0\u2028\x85", ": ", " #", "- ", "--- ", "...", "  "]
texts = st.lists(st.sampled_from([*WORDS, *MARKS, "referral ", "to the clinic "]), max_size=60).map("".join)
long_texts = st.lists(
    st.sampled_from(["clinic", "'", "it's", ",", "  ", "x" * 130, "a: b", "\n", "in\nlines", "two.\n\nLast"]),
    max_size=80,
).map(" ".join)
scalars = (
    texts
    | long_texts
    | st.text(max_size=8)
    | st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.dates(date(1948, 7, 5))
)
keys = st.sampled_from(["name", "set", "from", "needs", "on", "y", "null", "A key", "k" * 130])
values: st.SearchStrategy[Any] = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4) | st.tuples(inner, inner),
    max_leaves=12,
)
facts_of = st.dictionaries(keys, values, max_size=4)


@settings(max_examples=examples(60))
@given(facts_of)
@example({"a": ["x"], "b": {"c": "y " * 90, "d": {}}})
@example({"a": [{"k" * 50: "w" * 40, "l" * 50: "word " * 30, "m": 1}]})
@example({"a": {"b": "one\ntwo " + "three " * 50 + "\n\nfour's " + "five " * 60 + "six", "c": ["d\ne"]}})
@example({"a": [["x"], {}, {"b": [{"c": []}]}]})
@example({"a": {"b": ["x" * 58, "y" * 58, "it's: here", None, True, 1.5, -0.0, 1e22]}})
def test_facts_are_written_as_libyaml_writes_them(facts: dict[str, Any]) -> None:
    assert write_yaml(facts) == by_libyaml(facts)


@settings(max_examples=examples(10))
@given(drafts)
def test_the_record_of_a_draft_holds_the_bytes_that_libyaml_writes(draft: Draft) -> None:
    said: list[str] = []
    text = records.render(draft, number=7, slug="a-change", recorded_at=AT, previous=records.NO_RECORD)
    head = text.removeprefix("---\n").partition("\n---\n")[0] + "\n"
    said.append(by_libyaml(yaml.safe_load(head)))
    assert said == [head]


def test_a_record_of_today_has_the_bytes_it_always_had() -> None:
    facts = {
        "number": 12,
        "title": "Leg ulcer clinic: moved, and it's open",
        "kinds": ["opened"],
        "effective_from": date(2026, 11, 23),
        "services": [
            {
                "id": "leg-ulcer-clinic",
                "set": {
                    "name": "Leg ulcer clinic",
                    "needs": [],
                    "description": "For people whose leg has not healed in two weeks: dressings, compression, and a "
                    "plan that the surgery gets on the same day.",
                    "contacts": [{"kind": "phone", "value": "01632960123", "note": "yes"}],
                    "eligibility": {"text": "Adults\n\nwho live here", "age_min": 18, "age_max": None},
                },
            }
        ],
    }
    assert write_yaml(facts) == (
        "number: 12\n"
        "title: 'Leg ulcer clinic: moved, and it''s open'\n"
        "kinds: [opened]\n"
        "effective_from: 2026-11-23\n"
        "services:\n"
        "- id: leg-ulcer-clinic\n"
        "  set:\n"
        "    name: Leg ulcer clinic\n"
        "    needs: []\n"
        "    description: 'For people whose leg has not healed in two weeks: dressings, compression, and a plan"
        " that the surgery gets\n"
        "      on the same day.'\n"
        "    contacts:\n"
        "    - {kind: phone, value: 01632960123, note: 'yes'}\n"
        "    eligibility: {text: 'Adults\n\n\n        who live here', age_min: 18, age_max: null}\n"
    )


@pytest.mark.parametrize("value", [object(), {1, 2}, date(2026, 1, 1), {"a": {1: "x"}}])
def test_what_no_record_holds_is_left_to_libyaml(value: object) -> None:
    try:
        expected = by_libyaml({"a": value, "b": []})
    except yaml.YAMLError as error:
        with pytest.raises(type(error)):
            write_yaml({"a": value, "b": []})
    else:
        assert write_yaml({"a": value, "b": []}) == expected
