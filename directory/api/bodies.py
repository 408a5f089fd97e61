"""The body of POST /changes: the shape that it must have, and the draft that it makes.

Only form is checked here: types, sizes, characters. What the fields mean is read by the parser that files use too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from directory.api.parameters import CONTROL, LARGEST
from directory.api.partial import OrganisationSet, ServiceGiven, TeamSet
from directory.api.problems import Refused
from directory.content.reading import draft_from_plain
from directory.domain.change import Draft, Edit, Kind, Weight, fold
from directory.domain.service import Area, Identifier
from directory.domain.subscription import Chosen, Facet, Frequency
from directory.domain.succession import Part, SuccessionKind
from directory.errors import Invalid, Problem
from directory.shapes import problems_of

Key = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Slug = Annotated[str, StringConstraints(max_length=80, pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
OdsCode = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9]{2,12}$")]
Text = Annotated[str, StringConstraints(max_length=50_000)]
# As long as the store keeps them, folded: beyond that, two that differ would be one.
LONGEST_TERM, LONGEST_SYSTEM, LONGEST_NAME = 300, 200, 500


def _one_line(title: str) -> str:
    if not title.strip():
        raise ValueError("say in one line what changes")
    return title


Title = Annotated[
    str,
    StringConstraints(max_length=LONGEST_NAME),
    AfterValidator(_one_line),
    Field(json_schema_extra={"pattern": r"\S"}),
]


class _Body(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", populate_by_name=True)


def _shown(**example: Any) -> ConfigDict:
    """An example, for the document."""
    return ConfigDict(json_schema_extra={"examples": [example]})


class EditBody(_Body):
    """What a change sets; `expected_version` is the version that was read, 0 for what is opened."""

    id: Key
    expected_version: Annotated[int, Field(ge=0, le=2**31 - 1)] | None = None
    slug: Slug | None = None
    ods_code: OdsCode | None = None


class ServiceEdit(EditBody):
    """What a change sets of a service."""

    set: ServiceGiven = Field(default_factory=dict)


class OrganisationEdit(EditBody):
    """What a change sets of an organisation."""

    set: OrganisationSet = Field(default_factory=dict)


class TeamEdit(EditBody):
    """What a change sets of a team."""

    set: TeamSet = Field(default_factory=dict)


class LinkBody(_Body):
    """One succession."""

    kind: SuccessionKind
    from_: Annotated[Key, Field(alias="from")]
    to: Key | None = None
    effective_from: date | None = None
    part: Part | None = None


class ChangeBody(_Body):
    """A change as a program publishes it."""

    model_config = _shown(
        title="Leg ulcer clinic opens on Saturdays",
        kinds=["hours"],
        services=[{"id": "leg-ulcer-clinic", "expected_version": 1, "set": {"hours": "Mo-Sa 09:00-17:00"}}],
        effective_from="2026-12-01",
        why="More patients than the week has room for.",
        what_to_do="Offer Saturdays too.",
        weight="minor",
    )
    title: Title
    kinds: list[Kind] = []
    services: list[ServiceEdit] = []
    organisations: list[OrganisationEdit] = []
    teams: list[TeamEdit] = []
    succession: list[LinkBody] = []
    organisation_succession: list[LinkBody] = []
    effective_from: date
    why: Text = ""
    what_to_do: Text = ""
    in_flight: Text = ""
    weight: Weight = "major"
    urgent: bool = False
    supersedes: Annotated[int, Field(ge=1, le=2**31 - 1)] | None = None
    override: Text = ""


class WithdrawalBody(_Body):
    """Why something is withdrawn or declined."""

    model_config = _shown(why="It was agreed otherwise.")
    why: Text = ""


class TakingBackBody(WithdrawalBody):
    """Why a change is withdrawn and, where others would have to agree, why it is done without them."""

    model_config = _shown(why="The team cannot take it on yet.")
    override: Text = ""


class ReversalBody(TakingBackBody):
    """From which day what a change did is set back; from today where none is given."""

    model_config = _shown(effective_from="2027-01-01", why="The trial is over.")
    effective_from: date | None = None


class AgreementBody(WithdrawalBody):
    """The version of an offer that was read; why, where it is published without the others."""

    model_config = _shown(version=1)
    version: Annotated[int, Field(ge=1, le=2**31 - 1)]


def read_taking_back(body: bytes) -> TakingBackBody:
    """What a withdrawal says; raises as `read_change` does."""
    return TakingBackBody.model_validate(_read(TakingBackBody, body))


def read_reversal(body: bytes) -> ReversalBody:
    """What a reversal says; raises as `read_change` does."""
    return ReversalBody.model_validate(_read(ReversalBody, body))


def read_agreement(body: bytes) -> AgreementBody:
    """What an agreement says; raises as `read_change` does."""
    return AgreementBody.model_validate(_read(AgreementBody, body))


class ReportBody(_Body):
    """What is wrong with an entry; `email` is for who has no key and wants to hear what became of it."""

    model_config = _shown(kind="number", text="The number rings out.", email="")
    kind: Literal["not-us", "number", "criteria", "question", "other"]
    text: Text = ""
    email: Annotated[str, StringConstraints(max_length=254)] = ""


class AcknowledgementBody(_Body):
    """For which team (slug) it is said, or that it does not concern the caller; empty: they have read it."""

    model_config = _shown(team="tissue-viability")
    team: Slug | None = None
    excused: bool = False


class CheckBody(_Body):
    """Which version was read, and is correct."""

    model_config = _shown(expected_version=1)
    expected_version: Annotated[int, Field(ge=1, le=2**31 - 1)] | None = None


def read_report(body: bytes) -> dict[str, Any]:
    """A report as plain data; raises as `read_change` does."""
    return _read(ReportBody, body)


def read_check(body: bytes) -> int | None:
    """The version that was checked, where the body names one; a body is not needed. Raises as `read_change` does."""
    return _read(CheckBody, body).get("expected_version") if body.strip() else None


def read_acknowledgement(body: bytes) -> dict[str, Any]:
    """What the body of an acknowledgement says; a body is not needed. Raises as `read_change` does."""
    return _read(AcknowledgementBody, body) if body.strip() else {}


class SubscriptionBody(_Body):
    """What to be told of, how often and how; for whom where not for the key's owner."""

    model_config = _shown(criteria={"need": ["leg ulcer"]}, frequency="daily")
    criteria: dict[Facet, list[Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_TERM)]]]
    frequency: Frequency = "daily"
    channel: Chosen = "mail"
    url: Text | None = None
    team: Slug | None = None
    mandatory: bool = False


class AlteredBody(_Body):
    """What is to be otherwise about a subscription; `paused_until` null ends a pause."""

    model_config = _shown(frequency="weekly")
    frequency: Frequency | None = None
    paused_until: AwareDatetime | None = None
    mandatory: bool | None = None


class BounceBody(_Body):
    """A message that came back: the address to which it was returned, and its status (RFC 3463)."""

    model_config = _shown(return_path="bounces+1.abc@northmoor.example", status="5.1.1")
    return_path: Annotated[str, StringConstraints(min_length=3, max_length=320)]
    status: Annotated[str, StringConstraints(pattern=r"^[45]\.[0-9]{1,3}\.[0-9]{1,3}$")]


def read_subscription(body: bytes) -> dict[str, Any]:
    """A subscription as plain data; raises as `read_change` does."""
    return _read(SubscriptionBody, body)


def read_altered(body: bytes) -> dict[str, Any]:
    """What is to be otherwise, only what was given; raises as `read_change` does."""
    return _read(AlteredBody, body)


def read_bounce(body: bytes) -> BounceBody:
    """A message that came back; raises as `read_change` does."""
    return BounceBody.model_validate(_read(BounceBody, body))


class SendAgainBody(_Body):
    """From which number on a channel's events are sent once more."""

    model_config = _shown(**{"from": 17})
    number: int = Field(alias="from", ge=1, le=LARGEST)


def read_send_again(body: bytes) -> int:
    """The number that the body names; raises as `read_change` does."""
    return int(_read(SendAgainBody, body)["from"])


def read_withdrawal(body: bytes) -> str:
    """Why, as the body of a withdrawal says; raises as `read_change` does."""
    return str(_read(WithdrawalBody, body).get("why", ""))


def read_change(body: bytes) -> dict[str, Any]:
    """The body as plain data of the right form; raises `Refused` where it is no JSON, else `Invalid`."""
    return _read(ChangeBody, body)


def _read(shape: type[_Body], body: bytes) -> dict[str, Any]:
    try:
        shaped = shape.model_validate_json(body, strict=True)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        if first["type"] == "json_invalid":
            raise Refused(400, "malformed-json", first["msg"]) from None
        raise Invalid(problems_of(error)) from None
    plain = shaped.model_dump(by_alias=True, exclude_unset=True)
    if problems := list(_unclean(plain, "")):
        raise Invalid(problems)
    return plain


def draft_of(plain: Mapping[str, Any]) -> Draft:
    """The draft that plain data makes; raises `Invalid` naming every mistake."""
    draft = draft_from_plain(plain)
    if problems := [
        *(problem for place, edit in enumerate(draft.services) for problem in _oversized(f"services.{place}", edit)),
        *_nameless(draft),
    ]:
        raise Invalid(problems)
    return draft


def _unclean(value: object, where: str) -> Iterator[Problem]:
    """Every text with a control character in it: a NUL is no text to a database, and the others are never meant."""
    if isinstance(value, str):
        if CONTROL.search(value):
            yield Problem(where, "take out the control characters")
    elif isinstance(value, Mapping):
        for key, part in value.items():
            yield from _unclean(key, where)
            yield from _unclean(part, f"{where}.{key}".lstrip("."))
    elif isinstance(value, list | tuple):
        for place, part in enumerate(value):
            yield from _unclean(part, f"{where}.{place}")


def _oversized(where: str, edit: Edit) -> Iterator[Problem]:
    for field in ("name", "needs", "former_names", "areas", "identifiers"):
        given: Any = edit.set.get(field, ())
        for item in (given,) if isinstance(given, str) else given:
            if any(len(text) > longest for text, longest in _measured(field, item)):
                yield Problem(f"{where}.set.{field}", "too long: shorten it")


def _measured(field: str, item: str | Area | Identifier) -> list[tuple[str, int]]:
    if isinstance(item, Area):
        return [(fold(item.name), LONGEST_TERM)]
    if isinstance(item, Identifier):
        return [(item.system, LONGEST_SYSTEM), (item.value, LONGEST_TERM)]
    return [(item, LONGEST_NAME) if field == "name" else (fold(item), LONGEST_TERM)]


def _nameless(draft: Draft) -> Iterator[Problem]:
    for field, edits in (
        ("services", draft.services),
        ("organisations", draft.organisations),
        ("teams", draft.teams),
    ):
        for place, edit in enumerate(edits):
            if not str(edit.set.get("name", "a name")).strip():
                yield Problem(f"{field}.{place}.set.name", "give it a name")
