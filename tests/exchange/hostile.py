"""Facts as nobody would write them: every field, with text that tempts a spreadsheet, a parser or a splitter."""

from __future__ import annotations

from typing import get_args

from hypothesis import strategies as st

from directory.domain.lettering import strange
from directory.domain.service import (
    Area,
    Contact,
    ContactType,
    Eligibility,
    Facts,
    Identifier,
    Location,
    Owner,
    ReferralMethod,
    ReferralRoute,
    Setting,
    Status,
    Urgency,
)

_PIECES = st.sampled_from(
    ["=1+1", "+44 20", "-x", "@sum", "'", '"', ";", "\\", "\\;", ",", "\n", "null", "Ö", "漢字", "🩺", "\u202e", "---",
     "#", "#N/A", "###", "1.2E+11", ": ", "- ", "{", "registered: ", "(E09000099)", "＝", "\t", "a", "b c"]
)  # fmt: skip
_ANY = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=8)
texts = st.lists(_PIECES | _ANY, max_size=4).map("".join).map(str.strip)
named = texts.filter(bool)
# What an entry may be called.
called = named.filter(lambda said: strange(said) is None)
# Digits and dots stay out of the text that the screen for patients' numbers reads.
routes = st.builds(
    ReferralRoute,
    method=st.sampled_from(get_args(ReferralMethod)),
    address=texts | st.sampled_from(["legs@northmoor.example", "01632 960145", "https://northmoor.example/a?b;c"]),
    who=texts,
    urgency=st.sampled_from(get_args(Urgency)),
    hours=texts,
    what_to_send=texts,
    notes=texts,
)
contacts = st.builds(
    Contact,
    type=st.sampled_from(get_args(ContactType)),
    value=named | st.sampled_from(["+44 1632 960145", "01632 960145", "a@b.example", "http://a.example"]),
    label=texts,
    audience=st.sampled_from(["professionals", "public"]),
)
degrees = st.floats(-90, 90)
locations = st.builds(
    Location, texts, texts, texts, latitude=st.none() | degrees, longitude=st.none() | degrees
) | st.builds(Location, texts, texts, texts)
ages = st.lists(st.none() | st.integers(0, 130), min_size=2, max_size=2).map(
    lambda pair: sorted(pair, key=lambda age: -1 if age is None else age)
)


def few(values: st.SearchStrategy[object]) -> st.SearchStrategy[tuple[object, ...]]:
    """Up to three, in a tuple."""
    return st.lists(values, max_size=3).map(tuple)


facts = st.builds(
    Facts,
    name=called,
    owner=st.just(Owner("community-trust")),
    status=st.sampled_from(get_args(Status)),
    setting=st.sampled_from(get_args(Setting)),
    summary=texts,
    description=texts,
    eligibility=st.builds(lambda text, pair: Eligibility(text, *pair), texts, ages),
    needs=few(texts),
    areas=few(st.builds(Area, named, texts, st.sampled_from(["registered", "resident"]))),
    referral_routes=few(routes),
    contacts=few(contacts),
    locations=few(locations),
    hours=texts,
    former_names=few(called),
    identifiers=few(st.builds(Identifier, st.sampled_from(["services-csv", "ods"]), named)),
)
