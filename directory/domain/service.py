"""A service: what its versions say (`Facts`), a numbered `Version`, and the `Entry` in force at an instant."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import date, datetime
from typing import ClassVar, Literal, get_args

from directory.domain.place import Point
from directory.domain.succession import Succession

Status = Literal["active", "paused", "closed", "planned"]
Setting = Literal["community", "acute", "mental-health", "social-care", "voluntary", "urgent-care", "primary-care"]
ContactType = Literal["phone", "email", "website", "text", "address"]
Audience = Literal["professionals", "public"]
ReferralMethod = Literal["email", "phone", "electronic", "web", "letter", "self"]
Urgency = Literal["routine", "urgent", "emergency"]
Basis = Literal["registered", "resident"]

# Read by pydantic where values come in from outside: an unknown key is a mistake to be named, never dropped.
STRICT: Mapping[str, object] = {"extra": "forbid", "str_strip_whitespace": True}


@dataclass(frozen=True, slots=True)
class Contact:
    """One way to reach a service, and whether the public may use it."""

    __pydantic_config__: ClassVar[Mapping[str, object]] = STRICT
    type: ContactType
    value: str
    label: str = ""
    audience: Audience = "public"

    def __post_init__(self) -> None:
        _require(self.value, "a contact needs a value")


@dataclass(frozen=True, slots=True)
class ReferralRoute:
    """One way in: who may refer, how, to which address, how urgently, and what to send."""

    __pydantic_config__: ClassVar[Mapping[str, object]] = STRICT
    method: ReferralMethod
    address: str = ""
    who: str = ""
    urgency: Urgency = "routine"
    hours: str = ""
    what_to_send: str = ""
    notes: str = ""


@dataclass(frozen=True, slots=True)
class Area:
    """A place that a service covers, for people who are registered with a GP there or live there."""

    __pydantic_config__: ClassVar[Mapping[str, object]] = STRICT
    name: str
    code: str = ""
    basis: Basis = "resident"

    def __post_init__(self) -> None:
        _require(self.name, "an area needs a name")


@dataclass(frozen=True, slots=True)
class Location:
    """Where a service is seen; latitude and longitude in degrees (WGS 84)."""

    __pydantic_config__: ClassVar[Mapping[str, object]] = STRICT
    name: str = ""
    address: str = ""
    postcode: str = ""
    latitude: float | None = None
    longitude: float | None = None

    def __post_init__(self) -> None:
        if self.latitude is not None and not -90 <= self.latitude <= 90:
            raise ValueError("a latitude lies between -90 and 90")
        if self.longitude is not None and not -180 <= self.longitude <= 180:
            raise ValueError("a longitude lies between -180 and 180")

    @property
    def point(self) -> Point | None:
        """Where it is on the map, if that is known."""
        if self.latitude is None or self.longitude is None:
            return None
        return Point(self.latitude, self.longitude)


@dataclass(frozen=True, slots=True)
class Eligibility:
    """Who is taken, in words, and the ages in whole years (both ends included)."""

    __pydantic_config__: ClassVar[Mapping[str, object]] = STRICT
    text: str = ""
    age_min: int | None = None
    age_max: int | None = None

    def __post_init__(self) -> None:
        ages = [age for age in (self.age_min, self.age_max) if age is not None]
        if any(not 0 <= age <= 130 for age in ages):
            raise ValueError("an age lies between 0 and 130 years")
        if len(ages) == 2 and ages[0] > ages[1]:
            raise ValueError("the youngest age is above the oldest")


@dataclass(frozen=True, slots=True)
class Identifier:
    """What another system calls it (`system` is a URI or a short name such as `ods`)."""

    __pydantic_config__: ClassVar[Mapping[str, object]] = STRICT
    LONGEST: ClassVar[int] = 300
    system: str
    value: str

    def __post_init__(self) -> None:
        _require(self.system and self.value, "an identifier needs a system and a value")
        if len(self.system) > 200 or len(self.value) > self.LONGEST:
            raise ValueError(f"an identifier's system has up to 200 characters and its value up to {self.LONGEST}")


@dataclass(frozen=True, slots=True)
class Owner:
    """Who runs a service: the id of an organisation and, where one is known, the slug of its team.

    Before a change is worked out, a team alone will do: its organisation follows from it.
    """

    __pydantic_config__: ClassVar[Mapping[str, object]] = STRICT
    organisation: str = ""
    team: str | None = None

    def __post_init__(self) -> None:
        _require(self.organisation or self.team or "", "an owner needs an organisation or a team")


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What one version says of a service.

    `description` is Markdown; `hours` is text, best in OpenStreetMap's opening_hours syntax.
    """

    __pydantic_config__: ClassVar[Mapping[str, object]] = STRICT
    name: str
    owner: Owner
    status: Status = "active"
    setting: Setting = "community"
    summary: str = ""
    description: str = ""
    eligibility: Eligibility = Eligibility()
    needs: tuple[str, ...] = ()
    areas: tuple[Area, ...] = ()
    referral_routes: tuple[ReferralRoute, ...] = ()
    contacts: tuple[Contact, ...] = ()
    locations: tuple[Location, ...] = ()
    hours: str = ""
    former_names: tuple[str, ...] = ()
    identifiers: tuple[Identifier, ...] = ()

    def __post_init__(self) -> None:
        _require(self.name.strip(), "a service needs a name")

    def miles_from(self, near: Point) -> float | None:
        """How far the nearest of its locations is, as the crow flies; None where none has coordinates."""
        return min((near.miles_to(place.point) for place in self.locations if place.point), default=None)

    def with_(self, edit: Mapping[str, object]) -> Facts:
        """These facts with whole fields replaced; a new name keeps the old one among the former names."""
        after = replace(self, **edit)  # type: ignore[arg-type]
        if after.name == self.name or self.name in after.former_names:
            return after
        kept = tuple(name for name in after.former_names if name != after.name)
        return replace(after, former_names=(*kept, self.name))


FIELDS: tuple[str, ...] = tuple(field.name for field in fields(Facts))
SETTINGS: tuple[str, ...] = get_args(Setting)


@dataclass(frozen=True, slots=True)
class Version:
    """An immutable, numbered snapshot.

    `effective_from` is a day in the directory's time zone, `recorded_at` an instant in UTC.
    """

    service_id: str
    number: int
    effective_from: date
    recorded_at: datetime
    change_number: int
    facts: Facts


@dataclass(frozen=True, slots=True)
class OrganisationName:
    """An organisation as it is shown beside a service."""

    id: str
    name: str
    ods_code: str | None = None


@dataclass(frozen=True, slots=True)
class TeamName:
    """A team as it is shown beside a service."""

    slug: str
    name: str


@dataclass(frozen=True, slots=True)
class Upcoming:
    """A published change that is not yet in force for this service."""

    change_number: int
    title: str
    effective_from: date
    kinds: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """The version in force at an instant, with the names of those it points to.

    `owner_since` is the day from which the present owner runs it; `previous_owner` who did before, if anyone.
    """

    id: str
    slug: str
    version: Version
    organisation: OrganisationName
    team: TeamName | None
    owner_since: date
    previous_owner: str | None
    checked_at: datetime | None
    succeeded_by: tuple[Succession, ...]
    replaces: tuple[Succession, ...]
    upcoming: tuple[Upcoming, ...]
    latest_version: int
    # When it was first recorded (UTC), where it was never checked.
    added_at: datetime | None = None
    # After how many months it is to be checked again, where that is not the setting.
    check_every: int | None = None
    # Who ran it before, by id and slug: what `previous_owner` is called may change.
    owner_before: Owner | None = None

    @property
    def facts(self) -> Facts:
        """What the version in force says."""
        return self.version.facts

    @property
    def owner_name(self) -> str:
        """The answer to "who handles this": team and organisation in words."""
        return f"{self.team.name}, {self.organisation.name}" if self.team else self.organisation.name


def differing_fields(before: Facts, after: Facts) -> tuple[str, ...]:
    """The names of the fields in which two versions differ, in the order of `FIELDS`."""
    return tuple(name for name in FIELDS if getattr(before, name) != getattr(after, name))


def slug_of(name: str, *, limit: int = 80) -> str:
    """A readable identifier: ASCII letters, digits and single hyphens; "service" where nothing is left."""
    ascii_name = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    slug = re.sub(r"[^a-z0-9]+", "-", ascii_name.lower().replace("'", "")).strip("-")
    return slug[:limit].rstrip("-") or "service"


def _require(value: str, message: str) -> None:
    if not value:
        raise ValueError(message)
