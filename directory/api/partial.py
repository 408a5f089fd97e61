"""Some of the fields of a service, an organisation or a team: what a change sets, whole fields at a time."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any, TypeAlias, get_type_hints

from pydantic import BaseModel, ConfigDict, Field
from typing_extensions import TypedDict

from directory.domain.organisation import OrganisationFacts, TeamFacts
from directory.domain.service import Facts


def _some_of(name: str, shape: type[Any], **other: Any) -> Any:
    hints = get_type_hints(shape)
    given = {each.name: hints[each.name] for each in fields(shape)} | other
    typed: Any = TypedDict
    made = typed(name, given, total=False)
    made.__pydantic_config__ = ConfigDict(extra="forbid", str_strip_whitespace=True)
    made.__doc__ = "Some fields, each as a whole."
    return made


class _Said(BaseModel):
    # An entry says more of an owner than is needed to name it.
    model_config = ConfigDict(extra="ignore")


class OrganisationSaid(_Said):
    """An organisation as an entry has it: what counts is its id."""

    id: str


class TeamSaid(_Said):
    """A team as an entry has it: what counts is its slug."""

    slug: str


class OwnerSaid(BaseModel):
    """The owner: an organisation and a team, each by its id or slug or as an entry has it; a team alone will do."""

    model_config = ConfigDict(extra="forbid")
    organisation: str | OrganisationSaid | None = Field(default=None)
    team: str | TeamSaid | None = Field(default=None)


if TYPE_CHECKING:
    ServiceSet: TypeAlias = dict[str, Any]
    OrganisationSet: TypeAlias = dict[str, Any]
    TeamSet: TypeAlias = dict[str, Any]
    ServiceGiven: TypeAlias = dict[str, Any]
else:
    ServiceSet = _some_of("ServiceSet", Facts)
    OrganisationSet = _some_of("OrganisationSet", OrganisationFacts)
    TeamSet = _some_of("TeamSet", TeamFacts)
    ServiceGiven = _some_of("ServiceGiven", Facts, owner=OwnerSaid)
