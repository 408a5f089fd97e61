"""What may follow the question mark, call by call: shapes that read an address and describe it alike.

A parameter that is empty counts as not given. What cannot be read is named, never guessed.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Any, Literal, TypeVar, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, WithJsonSchema
from starlette.datastructures import QueryParams

from directory.api.parameters import LARGEST, LONGEST, read_day, read_instant, read_whole
from directory.api.problems import BadParameter
from directory.domain.change import Kind
from directory.domain.service import Setting, Status

A = TypeVar("A", bound="Asked")
EMPTY: Mapping[str, Any] = {"type": "string", "maxLength": 0}


def _or_empty(schema: dict[str, Any]) -> WithJsonSchema:
    return WithJsonSchema({"anyOf": [schema, dict(EMPTY)]})


def _words(*words: str) -> WithJsonSchema:
    return WithJsonSchema({"enum": [*words, ""]})


class Asked(BaseModel):
    """Parameters, read; none of these names is a mistake, and others are passed over."""

    model_config = ConfigDict(frozen=True, extra="ignore")


# No control characters but tab and the ends of lines.
PRINTED = r"[^\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]"
TEXT: dict[str, Any] = {"type": "string", "maxLength": LONGEST, "pattern": f"^{PRINTED}*$"}
SOME_TEXT: dict[str, Any] = TEXT | {"pattern": rf"^{PRINTED}*[^\s\u0000-\u0020\u007f]{PRINTED}*$"}
Words = Annotated[str | None, WithJsonSchema(TEXT)]
Day = Annotated[date | None, BeforeValidator(read_day), _or_empty({"type": "string", "format": "date"})]
Instant = Annotated[
    datetime | None, BeforeValidator(read_instant), _or_empty({"type": "string", "format": "date-time"})
]
Flag = Annotated[Literal["true", "false", "1", "0"] | None, _words("true", "false", "1", "0")]


def _whole(least: int, most: int) -> tuple[BeforeValidator, WithJsonSchema]:
    return (
        BeforeValidator(lambda given: read_whole(given, least=least, most=most)),
        _or_empty({"type": "integer", "minimum": least, "maximum": most}),
    )


FROM_0, FROM_1 = _whole(0, LARGEST), _whole(1, LARGEST)
TO_200, TO_100 = _whole(1, 200), _whole(1, 100)
Limit = Annotated[int, TO_200[0], TO_200[1], Field(description="how many at once")]
Limit100 = Annotated[int, TO_100[0], TO_100[1], Field(description="how many at once")]
AfterText = Annotated[Words, Field(description="`next` of the page before")]
AfterNumber = Annotated[
    int, FROM_0[0], FROM_0[1], Field(description="go on after this number: `next` of the page before")
]
AsOf = Annotated[Day, Field(description="as things stood, or will stand, on a day; today where it is not given")]
On = Annotated[Day, Field(description="on a day; today where it is not given")]
KnownAt = Annotated[Instant, Field(description="as far as was published by an instant, with its offset")]
Organisation = Annotated[Words, Field(description="an organisation, by id, slug or ODS code")]
Team = Annotated[Words, Field(description="a team, by slug")]
DryRun = Annotated[Flag, Field(description="`true` writes nothing, and says what would be done")]


class SearchAsked(Asked):
    """GET /search."""

    q: Annotated[
        str,
        WithJsonSchema(SOME_TEXT),
        Field(description="what somebody needs, in words"),
    ]
    area: Annotated[Words, Field(description="an area of the register, by name or code")] = None
    setting: Annotated[Setting | None, _words(*get_args(Setting)), Field(description="the setting")] = None
    as_of: AsOf = None
    known_at: KnownAt = None
    near: Annotated[Words, Field(description="coordinates, a postcode or an area: results say how many miles")] = None
    sort: Annotated[Literal["relevance", "distance"] | None, _words("relevance", "distance")] = None
    limit: Limit100 = 20


class SuggestAsked(Asked):
    """GET /suggest."""

    q: Annotated[
        str,
        WithJsonSchema(SOME_TEXT),
        Field(description="what was typed so far"),
    ]


class ServiceAsked(Asked):
    """One entry."""

    as_of: AsOf = None
    known_at: KnownAt = None


class ServicesAsked(ServiceAsked):
    """GET /services."""

    after: AfterText = None
    limit: Limit = 50
    owner: Organisation = None
    team: Team = None
    area: Annotated[Words, Field(description="an area: what serves it, or a wider one")] = None
    status: Annotated[Status | None, _words(*get_args(Status)), Field(description="the status")] = None


class VersionsAsked(Asked):
    """GET /services/{key}/versions."""

    after: Annotated[
        int, FROM_1[0], FROM_1[1], Field(description="older than this number: `next` of the page before")
    ] = 0
    limit: Limit = 50


class HandlersAsked(Asked):
    """GET /services/{key}/handlers."""

    on: On = None
    known_at: KnownAt = None


class ChangesAsked(Asked):
    """GET /changes."""

    after: AfterNumber = 0
    limit: Limit = 50
    service: Annotated[Words, Field(description="a service, by id or slug")] = None
    team: Team = None
    area: Annotated[Words, Field(description="an area, as entries name it")] = None
    owner: Organisation = None
    kind: Annotated[Kind | None, _words(*get_args(Kind)), Field(description="a kind of change")] = None


class DayAsked(Asked):
    """One organisation or team."""

    as_of: AsOf = None


class OrganisationsAsked(DayAsked):
    """GET /organisations."""

    after: AfterText = None
    limit: Limit = 50


class TeamsAsked(OrganisationsAsked):
    """GET /teams."""

    organisation: Organisation = None


class OnAsked(Asked):
    """GET /organisations/{key}/successors."""

    on: On = None


class NumbersAsked(Asked):
    """A list in the order of its numbers."""

    after: AfterNumber = 0
    limit: Limit = 50


class EventsAsked(NumbersAsked):
    """GET /subscriptions/{number}/events."""

    limit: Limit100 = 50


class KeysAsked(Asked):
    """A list in the order of its slugs or references."""

    after: AfterText = None
    limit: Limit = 50


class OffersAsked(Asked):
    """GET /offers."""

    after: Annotated[
        str | None,
        _or_empty({"type": "string", "pattern": "^[01]-[0-9]{1,15}$"}),
        Field(description="`next` of the page before"),
    ] = None
    limit: Limit = 50


class DryRunAsked(Asked):
    """POST /changes and POST /subscriptions."""

    dry_run: DryRun = None

    @property
    def is_dry(self) -> bool:
        """Whether nothing is to be written."""
        return self.dry_run in ("true", "1")


def read_query(shape: type[A], given: QueryParams) -> A:
    """The parameters of an address; raises BadParameter that names the first that cannot be read."""
    # Space around a text means nothing; around anything else it is no value at all.
    values = {name: text.strip() if _is_text(shape, name) else text for name, text in given.items()}
    values = {name: text for name, text in values.items() if text}
    try:
        return shape.model_validate(values)
    except ValidationError as error:
        found = error.errors(include_url=False)[0]
        raise BadParameter(str(found["loc"][0]), _reason(found["type"], found["msg"], found.get("ctx", {}))) from None


def _is_text(shape: type[Asked], name: str) -> bool:
    field = shape.model_fields.get(name)
    return field is not None and str in (field.annotation, *get_args(field.annotation))


def _reason(kind: str, message: str, context: Mapping[str, Any]) -> str:
    if kind == "missing":
        return "this is needed"
    if kind == "literal_error":
        return f"give one of {context['expected']}".replace("'", "").replace(" or ", ", ")
    return message.removeprefix("Value error, ")
