"""The words of a question that are beside its subject: where, for whom, how soon; unless they belong to a name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from directory.search.lexicon import Lexicon
from directory.search.places import Places
from directory.search.question import Key
from directory.search.reading import Word
from directory.search.text import LONGEST_PHRASE, key, stem
from directory.search.understanding import Recognised, recognise

_CHILD = frozenset(map(stem, ("child", "baby", "toddler", "teenager", "boy", "girl", "adolescent")))
_ADULT = frozenset(map(stem, ("adult", "elderly", "older", "geriatric", "pensioner")))
_GROUP_LABELS = {"child": "Children", "adult": "Adults"}
# Keys that say what is wanted by name: a place or an age within one is part of it, and asks for nothing by itself.
_NAMING = frozenset({"name", "former_name", "core", "former_core", "owner", "former_owner", "need"})
OWNING = frozenset({"owner", "former_owner"})
# Below this trust a phrase is a guess at what was typed, and decides nothing about the words in it.
AS_TYPED = 0.8


@dataclass(slots=True)
class Aside:
    """What stands beside the subject, by the places of its words.

    `places` are names of areas; `named` are the words that belong to a longer name or need; `owned` those of an owner,
    of whom the question `wants_more` than to be found.
    """

    places: list[str] = field(default_factory=list)
    place_at: set[int] = field(default_factory=set)
    soft_at: set[int] = field(default_factory=set)
    named: set[int] = field(default_factory=set)
    owned: set[int] = field(default_factory=set)
    wants_more: bool = False
    age_group: str | None = None
    recognised: list[Recognised] = field(default_factory=list)

    def value_of(self, kind: str) -> str | None:
        """What was recognised of a kind."""
        return next((each.value for each in self.recognised if each.kind == kind), None)


def aside_of(read: Sequence[Word], found: Iterable[Key], places: Places, lexicon: Lexicon) -> Aside:
    """What of a question is beside its subject."""
    spans = [match for match in found if match.kind in _NAMING and match.weight >= AS_TYPED and len(match.covers) > 1]
    aside = Aside(named={at for match in spans for at in match.covers})
    # An owner that is called as a service is, "Podiatry team", is asked for as the service.
    called = {match.covers for match in spans if match.kind not in OWNING}
    aside.owned = {at for match in spans if match.kind in OWNING and match.covers not in called for at in match.covers}
    for spot, name in _spots(read, places, lexicon):
        if any(len(match.covers) > len(spot) and set(spot) <= set(match.covers) for match in spans):
            continue
        aside.places.append(name)
        aside.place_at.update(spot)
        aside.recognised.append(Recognised("place", name, name, tuple(read[at].typed for at in spot)))
    for spot, said in recognise([word.read for word in read]):
        if not aside.named & set(spot) and not aside.place_at & set(spot):
            aside.recognised.append(said)
            aside.soft_at.update(() if said.is_subject else spot)
    _read_age_group(aside, read)
    beside = aside.owned | aside.place_at | aside.soft_at
    aside.wants_more = any(word.role == "subject" and at not in beside for at, word in enumerate(read))
    return aside


def _spots(read: Sequence[Word], places: Places, lexicon: Lexicon) -> Iterator[tuple[range, str]]:
    """Every place named in a question, the longest name first at each word, with the places of its words."""
    stems = tuple(word.stem for word in read)
    first = 0
    while first < len(stems):
        for last in range(min(len(stems), first + LONGEST_PHRASE), first, -1):
            span = stems[first:last]
            name = places.named(span)
            if name is None and lexicon.has("area", key(span)):
                name = " ".join(word.read for word in read[first:last]).title()
            if name is not None:
                yield range(first, last), name
                first = last - 1
                break
        first += 1


def _read_age_group(aside: Aside, read: Sequence[Word]) -> None:
    for at, word in enumerate(read):
        group = "child" if word.stem in _CHILD else "adult" if word.stem in _ADULT else None
        if group and not aside.age_group:
            aside.age_group = group
            if at not in aside.named:
                aside.soft_at.add(at)
                aside.recognised.append(Recognised("age", group, _GROUP_LABELS[group], (word.typed,)))
