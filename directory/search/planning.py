"""From a question to a plan, against what the index, the vocabulary and the register of areas know."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from directory.domain.parting import age_said
from directory.domain.query import Query
from directory.search import understanding
from directory.search.aside import AS_TYPED, OWNING, Aside, aside_of
from directory.search.lexicon import Lexicon
from directory.search.places import NOWHERE, Places, area_keys, within_keys
from directory.search.plan import Demand, Plan, Token
from directory.search.question import Key, clean, take_numbers
from directory.search.reading import Word, phrase_keys, readings_of, renumbered, typed_words
from directory.search.spelling import respell
from directory.search.understanding import GROUPS, Recognised
from directory.search.vocabulary import Vocabulary

_WEIGHTS = {"subject": 1.0, "soft": 0.2, "asking": 0.2}
# A place or an owner that is asked for is met by a demand: its words add little in names that happen to hold them.
_PLACE, _OWNED, _ASIDE, _REST = 0.08, 0.1, 0.3, 0.5
_ONCE_OWNED = 0.97
_REGISTERED = 0.99
_GROWN = 16


def plan(query: Query, vocabulary: Vocabulary, lexicon: Lexicon, places: Places = NOWHERE) -> Plan:
    """Read a question. Never raises, whatever was typed."""
    text = clean(query.text)
    numbers = take_numbers(text, lexicon, places)
    said = age_said(numbers.rest)
    rest = f"{numbers.rest[: said.start]} {numbers.rest[said.start + len(said.typed) :]}" if said else numbers.rest
    spelt = respell(typed_words(rest, vocabulary, lexicon), vocabulary, lexicon)
    read = [Word.of(item.typed, item.read, item.trust) for item in spelt.words]
    found = phrase_keys(read, vocabulary, lexicon)
    aside = aside_of(read, found, places, lexicon)
    kept = _kept(read, found, numbers.keys, aside)
    tokens = tuple(_token(read[at], at, aside) for at in kept)
    keys = (*numbers.keys, *renumbered(found, {old: new for new, old in enumerate(kept)}))
    group = aside.age_group
    recognised = list(aside.recognised)
    if said:
        group = "child" if said.ages[1] < _GROWN else "adult" if said.ages[0] >= _GROWN else group
        label = understanding.age_label(said.typed)
        recognised.append(Recognised("age", said.typed, label, understanding.said_in(said.typed)))
    named = [*aside.places]
    for typed, outward in numbers.outwards:
        inside = places.of_outward(outward)
        named += inside
        label = f"Postcode {typed}{f' ({inside[0]})' if inside else ''}"
        recognised.append(Recognised("postcode", outward, label, understanding.said_in(typed)))
    serving = [each for name in named for each in area_keys(places.serving(name))]
    # The areas of a practice are given with the wider ones around them: those beside it do not take its patients.
    serving += area_keys((name, _REGISTERED) for name in query.registered)
    return Plan(
        text=text,
        tokens=tokens,
        readings=readings_of([read[at] for at in kept], vocabulary, lexicon),
        keys=keys,
        unknown=(*numbers.unknown, *spelt.unknown),
        corrections=spelt.corrections,
        age_group=group,
        ages=said.ages if said else GROUPS.get(group or ""),
        placed=frozenset(entry for entry, _ in serving),
        demands=tuple(_demands(serving, keys, tokens, aside, group)),
        filters=_filters(query, places),
        recognised=tuple(recognised),
    )


def _kept(read: Sequence[Word], found: Iterable[Key], numbers: Sequence[Key], aside: Aside) -> list[int]:
    """Which words stay: the subject, what a recognised name holds, and soft words, if need be alone."""
    several = [match for match in found if len(match.covers) > 1 and match.kind != "area"]
    named = {at for match in several for at in match.covers}
    for at in named:
        if read[at].role == "asking":
            read[at].role = "soft"
    if numbers or any(word.role == "subject" or at in named for at, word in enumerate(read)):
        return [at for at, word in enumerate(read) if word.role != "asking" or at in named]
    single = {at for match in found for at in match.covers}
    return [at for at, word in enumerate(read) if word.role == "soft" or at in single or at in aside.place_at]


def _token(word: Word, at: int, aside: Aside) -> Token:
    if at in aside.place_at:
        return Token(word.typed, _PLACE * _WEIGHTS[word.role], False, True)
    if at in aside.soft_at:
        return Token(word.typed, _ASIDE, False)
    if at in aside.owned and aside.wants_more:
        return Token(word.typed, _OWNED, False)
    weight = _WEIGHTS[word.role]
    if aside.named and at not in aside.named:
        # A need or a name is spelt out: what else is said of it tells less.
        weight *= _REST
    return Token(word.typed, weight, word.role == "subject")


def _demands(
    serving: Sequence[tuple[str, float]], keys: Sequence[Key], tokens: Sequence[Token], aside: Aside, group: str | None
) -> Iterator[Demand]:
    if any(token.required for token in tokens):
        yield from _of_place(serving, keys)
        if aside.wants_more:
            yield from _of_owner(keys)
    if group:
        other = "adults" if group == "child" else "minors"
        yield Demand(((f"{other}:1", understanding.OTHER_AGE),), 1.0)
    if urgency := aside.value_of("urgency"):
        nearly = {"emergency": (("urgency:urgent", 0.97),)}.get(urgency, ())
        yield Demand((*nearly, (f"urgency:{urgency}", 1.0)), understanding.OTHER_URGENCY)
    if setting := aside.value_of("setting"):
        yield Demand(((f"setting:{setting}", 1.0),), understanding.OTHER_SETTING)


def _of_place(serving: Sequence[tuple[str, float]], keys: Sequence[Key]) -> Iterator[Demand]:
    shares: dict[str, float] = {f"{key.kind}:{key.value}": 1.0 for key in keys if key.kind in ("outward", "postcode")}
    for entry, share in serving:
        shares[entry] = max(share, shares.get(entry, 0.0))
    if shares:
        shares["anywhere:1"] = understanding.UNPLACED
        yield Demand(tuple(sorted(shares.items(), key=lambda each: each[1])), understanding.ELSEWHERE)


def _of_owner(keys: Sequence[Key]) -> Iterator[Demand]:
    """Where an owner is named and something is wanted of it, what others run goes down."""
    shares = [
        (f"{key.kind}:{key.value}", 1.0 if key.kind == "owner" else _ONCE_OWNED)
        for key in keys
        if key.kind in OWNING and len(key.covers) > 1 and key.weight >= AS_TYPED
    ]
    if shares:
        yield Demand(tuple(sorted(shares, key=lambda each: each[1])), understanding.OTHER_OWNER)


def _filters(query: Query, places: Places) -> tuple[tuple[str, ...], ...]:
    found = []
    if query.area:
        found.append(within_keys(places.serving(query.area)))
    if query.setting:
        found.append((f"setting:{query.setting}",))
    return tuple(found)
