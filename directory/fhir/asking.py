"""What a call asks: the parameters of a search as conditions, and how its answer is to be put."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from directory.exchange.fhir_codes import OWN, fold
from directory.exchange.fhir_terms import LONGEST, PARAMETERS, Parameter
from directory.fhir.dates import days, instants
from directory.fhir.distances import circle
from directory.fhir.problems import Refused
from directory.store.fhir_search import Condition, Has, How, Lasts, Leads, Near, OneOf, Term, Updated

PAGE, LARGEST_PAGE = 100, 500
# Those that every search takes; what each type takes beside them is in PARAMETERS.
OF_EVERY_SEARCH = ("_id", "_lastUpdated")
OF_RESULTS = ("_count", "_include", "_revinclude", "_sort", "_summary", "_total")
_OF_FORM = ("_format", "_pretty", "_page")
ORDERS = ("_id", "_lastUpdated", "name")
_TEXT_MODIFIERS: Mapping[str, How] = {"": "begins", "contains": "contains", "exact": "written"}
# As many conditions, and values of one, as anybody needs.
MOST = 100


@dataclass(frozen=True, slots=True)
class Context:
    """What reading parameters takes: where this server is, and in which zone a day begins."""

    base: str
    zone: ZoneInfo
    strict: bool = False


@dataclass(slots=True)
class Asked:
    """A search of a type, read. `kept` are the parameters that were understood; `ignored` says why others were not."""

    type: str
    conditions: list[Condition] = field(default_factory=list)
    includes: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)
    revincludes: list[tuple[str, str]] = field(default_factory=list)
    order: tuple[str, ...] = ()
    count: int = PAGE
    total: bool = True
    as_of: int | None = None
    offset: int = 0
    kept: list[tuple[str, str]] = field(default_factory=list)
    ignored: list[str] = field(default_factory=list)


class _Unknown(Exception):
    """A parameter that this server does not have."""


def read_search(type_: str, given: Sequence[tuple[str, str]], context: Context) -> Asked:
    """A search, read; raises Refused for what is wrong and, where the call is strict, for what is unknown."""
    asked = Asked(type_)
    if len(given) > MOST:
        raise Refused(400, "too-costly", f"A search has up to {MOST} parameters.")
    for name, value in given:
        if not value:
            continue
        try:
            _take(asked, name, value, context)
        except _Unknown:
            if context.strict:
                raise Refused(400, "not-supported", f"There is no parameter {name} of {type_} here.") from None
            asked.ignored.append(f"{name} was ignored: there is no such parameter of {type_} here.")
            continue
        except ValueError as wrong:
            raise Refused(400, "value", f"{name}: {wrong}") from None
        if name != "_page":
            asked.kept.append((name, value))
    return asked


def _take(asked: Asked, name: str, value: str, context: Context) -> None:
    if name in _OF_FORM or name in OF_RESULTS:
        _take_of_results(asked, name, value)
    elif name == "_id":
        asked.conditions.append(OneOf(tuple(_split(value))))
    elif name == "_lastUpdated":
        asked.conditions.append(Updated(tuple(instants(each, context.zone) for each in _split(value))))
    else:
        asked.conditions.append(_condition(asked.type, name, value, context))


def _take_of_results(asked: Asked, name: str, value: str) -> None:
    if name == "_count":
        asked.count = count_of(value)
    elif name == "_total":
        asked.total = one_of(value, ("none", "estimate", "accurate")) != "none"
    elif name == "_summary":
        # Others would leave out elements: whoever asks for them gets whole resources, and is told.
        if value == "count":
            asked.count = 0
        elif value != "false":
            raise _Unknown
    elif name == "_sort":
        asked.order = tuple(f"{'-' * each.startswith('-')}{one_of(each.lstrip('-'), ORDERS)}" for each in _split(value))
    elif name == "_include":
        source, param, targets = _link(value)
        if source != asked.type:
            raise _Unknown
        asked.includes.append((param, targets))
    elif name == "_revinclude":
        source, param, targets = _link(value)
        if asked.type not in targets:
            raise _Unknown
        asked.revincludes.append((source, param))
    elif name == "_page":
        asked.as_of, asked.offset = page_of(value)


def page_of(value: str) -> tuple[int, int]:
    """As of which number, and from where to go on; raises ValueError."""
    found = re.fullmatch(r"(\d{1,15})\.(\d{1,15})", value)
    if found is None:
        raise ValueError("follow the link of the page before, as it is")
    return int(found[1]), int(found[2])


def count_of(value: str) -> int:
    """How many to a page, and no more than there may be; raises ValueError."""
    if not (value.isascii() and value.isdigit() and len(value) < 10):
        raise ValueError("give a whole number from 0")
    return min(int(value), LARGEST_PAGE)


def one_of(value: str, known: Sequence[str]) -> str:
    """The value; raises ValueError where it is none of those known."""
    if value not in known:
        raise ValueError(f"give one of {', '.join(known)}")
    return value


def _link(value: str) -> tuple[str, str, tuple[str, ...]]:
    """`Location:organization`, or with the type that it leads to after another colon."""
    source, _, rest = value.partition(":")
    name, _, target = rest.partition(":")
    param = next((each for each in PARAMETERS.get(source, ()) if each.name == name and each.kind == "reference"), None)
    if param is None or (target and target not in param.targets):
        raise _Unknown
    return source, name, (target,) if target else param.targets


def _condition(type_: str, name: str, value: str, context: Context) -> Condition:
    head, dot, rest = name.partition(".")
    name, _, modifier = head.partition(":")
    param = next((each for each in PARAMETERS[type_] if each.name == name), None)
    if param is None:
        raise _Unknown
    if not dot:
        return _of_parameter(param, modifier, value, context)
    if param.kind != "reference":
        raise _Unknown
    targets = (modifier,) if modifier else param.targets
    if not set(targets) <= set(param.targets):
        raise _Unknown
    found = _condition(targets[0], rest, value, context)
    if not isinstance(found, Has | Near):
        raise _Unknown
    return Leads(param.name, targets, found)


def _of_parameter(param: Parameter, modifier: str, value: str, context: Context) -> Has | Lasts | Near:
    values = _split(value)
    if param.kind == "special" and not modifier:
        return Near(param.name, tuple(map(circle, values)))
    if param.kind == "date" and not modifier:
        return Lasts(param.name, tuple(days(each) for each in values))
    if param.kind == "string" and modifier in _TEXT_MODIFIERS:
        how = _TEXT_MODIFIERS[modifier]
        texts = [each if how == "written" else fold(each) for each in values]
        return Has(param.name, tuple(Term(each[:LONGEST], how=how) for each in texts))
    if param.kind == "token" and not modifier:
        return Has(param.name, tuple(_token(each, context.base) for each in _split(value, keep=True)))
    if param.kind == "reference" and (not modifier or modifier in param.targets):
        targets = (modifier,) if modifier else param.targets
        found = [Term(reference) for each in values for reference in _references(each, targets, context.base)]
        return Has(param.name, tuple(found))
    raise Refused(400, "not-supported", f"{param.name} does not take :{modifier} here.")


def _references(value: str, targets: Sequence[str], base: str) -> list[str]:
    relative = value.removeprefix(f"{base}/fhir/")
    return [relative[:LONGEST]] if "/" in relative else [f"{target}/{relative}"[:LONGEST] for target in targets]


def _token(value: str, base: str) -> Term:
    """`code`, `system|code`, `system|` or `|code`."""
    pieces = [_unescaped(each) for each in re.split(r"(?<!\\)\|", value)]
    if len(pieces) == 1:
        return Term(pieces[0][:LONGEST])
    if len(pieces) > 2 or not any(pieces):
        raise ValueError("give a code, or a system and a code with | between them")
    system, code = pieces
    own = f"{base}/fhir/"
    system = OWN + system.removeprefix(own) if system.startswith(own) else system
    return Term(code[:LONGEST] or None, system[:LONGEST])


def _split(value: str, *, keep: bool = False) -> list[str]:
    """What stands between commas, but for those after a backslash."""
    found = [each for each in re.split(r"(?<!\\),", value) if each]
    if not found or len(found) > MOST:
        raise ValueError(f"give one value, or up to {MOST} with commas between them")
    return found if keep else [_unescaped(each) for each in found]


def _unescaped(text: str) -> str:
    return re.sub(r"\\([\\,|$])", r"\1", text)
