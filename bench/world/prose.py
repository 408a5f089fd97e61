"""What a service says of itself: one to two hundred words, put together anew for each."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from bench.words import Specialty, glosses, prose
from bench.world.places import venue

_WORDS = 100, 190
_DAYS = (
    "Mondays",
    "Tuesdays",
    "Wednesdays",
    "Thursdays",
    "Fridays",
    "weekdays",
    "Mondays and Thursdays",
    "Tuesdays and Fridays",
)
_WITH_GLOSS = 0.12


def listed(parts: Sequence[str]) -> str:
    """Parts as English lists them."""
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def description(kind: Specialty, place: str, told: Sequence[str], others: Sequence[str], random: Random) -> str:
    """Paragraphs that hold every condition in `told`, what the service does and does not do, and how it works."""
    said = prose()
    own = [_fill(random.choice(said["does"]), does=listed(random.sample(kind.does, min(3, len(kind.does)))))]
    rest = list(told)
    random.shuffle(rest)
    while rest:
        some, rest = rest[:4], rest[4:]
        own.append(_fill(random.choice(said["needs"]), needs=listed(some)))
    if random.random() < _WITH_GLOSS:
        own += [_gloss(need, random) for need in kind.needs if need in glosses()]
    left = [_fill(random.choice(said["not"]), **{"not": random.choice(kind.not_)})]
    if others and random.random() < 0.6:
        left.append(_beside(random.choice(others), place, random))
    general = random.sample(said["general"], 12)
    count = sum(len(sentence.split()) for sentence in (*own, *left))
    wanted = random.randint(*_WORDS)
    chosen = []
    while count < wanted and general:
        chosen.append(_fill(general.pop(), place=place, venue=venue(random), team=kind.team, days=random.choice(_DAYS),
                            weeks=str(random.randint(2, 30)), few=random.choice(["two", "three", "five"])))  # fmt: skip
        count += len(chosen[-1].split())
    half = len(chosen) // 2
    paragraphs = (own, chosen[:half], chosen[half:] + left)
    return "\n\n".join(" ".join(sentences) for sentences in paragraphs if sentences)


def eligibility(kind: Specialty, place: str, random: Random) -> str:
    """Who is taken."""
    form = random.choice(["For {who}.", "We accept {who}.", "Open to {who} in {place}.", "{Who}, in {place} only."])
    return form.format(who=kind.who, Who=kind.who[0].upper() + kind.who[1:], place=place)


def summary(kind: Specialty, random: Random) -> str:
    """One sentence."""
    done = random.sample(kind.does, 2)
    form = random.choice(["We {} and {}.", "Staff who {} and {}.", "Here to {} and {}."])
    return form.format(*done)


def _gloss(need: str, random: Random) -> str:
    lay = glosses()[need]
    return _fill(random.choice(prose()["gloss"]), need=need, lay=lay, lay_first=lay[0].upper() + lay[1:])


def _beside(other: str, place: str, random: Random) -> str:
    name = f"the {other[0].lower()}{other[1:]}" if other[1:2].islower() else f"the {other}"
    return _fill(random.choice(prose()["beside"]), other=name, Other=name[0].upper() + name[1:], place=place)


def _fill(sentence: str, **parts: str) -> str:
    for name, value in parts.items():
        sentence = sentence.replace(f"{{{name}}}", value)
    return sentence
