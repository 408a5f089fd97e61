"""What this server adds to FHIR: extensions as StructureDefinition, codes as CodeSystem, topics of subscriptions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import get_args

from starlette.requests import Request

from directory import __version__
from directory.domain.service import SETTINGS, ReferralMethod, Status, Urgency
from directory.domain.succession import SuccessionKind
from directory.exchange.fhir_codes import Json
from directory.exchange.fhir_places import METHOD_NAMES
from directory.exchange.fhir_terms import PARAMETERS
from directory.exchange.fhir_topics import FOCUS, TOPICS
from directory.fhir.problems import Refused
from directory.fhir.reading import Answer
from directory.notify.fhir_notices import topic_url
from directory.site import Site

PUBLISHED = "2026-11-23"
_TOPIC_ELEMENT = "http://hl7.org/fhir/5.0/StructureDefinition/extension-SubscriptionTopic."
_KINDS = ", ".join(get_args(SuccessionKind))


@dataclass(frozen=True, slots=True)
class Extension:
    """An extension: its title, where it stands, and its value, or its parts by name with their values."""

    title: str
    on: tuple[str, ...]
    value: str = ""
    parts: Mapping[str, tuple[str, str]] | None = None
    targets: tuple[str, ...] = ()


_OWNED = ("HealthcareService", "Organization")
EXTENSIONS: Mapping[str, Extension] = {
    "succession": Extension(
        "What took the place of this, or what this took the place of: with the day, and the part where it was split",
        _OWNED,
        parts={
            "kind": ("code", f"How it was followed: {_KINDS}"),
            "effective-from": ("date", "The first day on which the successor handles what the predecessor did"),
            "predecessor": ("Reference", "What this takes the place of"),
            "successor": ("Reference", "What takes the place of this; none where it closed"),
            "part": ("string", "The part that the successor takes, where it was split"),
        },
        targets=_OWNED,
    ),
    "referral-route": Extension(
        "One way in: who may refer, how, to which address, how urgently, and what to send",
        ("HealthcareService",),
        parts={
            "method": ("code", f"How: {', '.join(get_args(ReferralMethod))}"),
            "urgency": ("code", f"For referrals that are: {', '.join(get_args(Urgency))}"),
            "address": ("string", "An email address, a telephone number, a web address or a postal one"),
            "who": ("string", "Who may refer"),
            "hours": ("string", "When"),
            "what-to-send": ("string", "What to send"),
            "notes": ("string", "What else to know"),
        },
    ),
    "effective-from": Extension("The first day on which what this says holds", _OWNED, "date"),
    "owner-since": Extension("Since which day its owner runs it", ("HealthcareService",), "date"),
    "team": Extension("The team that runs it", ("HealthcareService",), "Reference", targets=("Organization",)),
    "former-name": Extension("What it was called before", ("HealthcareService",), "string"),
    "contact-address": Extension("Where to write to", ("HealthcareService",), "string"),
    "contact-audience": Extension("For whom a contact is: professionals, or the public", ("ContactPoint",), "code"),
    "contact-label": Extension("What a contact is for", ("ContactPoint",), "string"),
    "coverage-basis": Extension(
        "Whether people are covered who live in an area (resident), or have their GP there (registered)",
        ("Reference",),
        "code",
    ),
    "exact": Extension(
        "In an exported file: what FHIR does not carry whole, as JSON, so that it comes in again the same",
        _OWNED,
        "string",
    ),
    "opened": Extension("The first day of an organisation", ("Organization",), "date"),
    "closed": Extension("The day after the last day of an organisation", ("Organization",), "date"),
}

# Codes that are not listed are free text, folded: what services say of themselves.
CODE_SYSTEMS: Mapping[str, tuple[str, Mapping[str, str] | None]] = {
    "setting": ("The setting of a service", {each: each.replace("-", " ").capitalize() for each in SETTINGS}),
    "service-characteristic": (
        "The status of a service, and whether people may refer themselves",
        {**{each: each.capitalize() for each in get_args(Status)}, "self-referral": "Self-referral"},
    ),
    "referral-method": ("How a referral is made", METHOD_NAMES),
    "location-type": (
        "What a location stands for",
        {"site": "Where a service is seen", "area": "A place that services cover"},
    ),
    "need": ("What a service is for, in the words of its entry", None),
    "organisation-kind": ("The kind of an organisation, in the words of its source", None),
    "membership-kind": ("How one organisation belongs to another, in the words of its source", None),
}


def show_definition(request: Request, site: Site, _body: bytes) -> Answer:
    """GET StructureDefinition/{id}, CodeSystem/{id} or SubscriptionTopic/{id}."""
    type_, id_ = request.url.path.rsplit("/", 2)[1:]
    base = site.settings.base_url
    if type_ == "StructureDefinition" and id_ in EXTENSIONS:
        return Answer(structure_definition(id_, base))
    if type_ == "CodeSystem" and id_ in CODE_SYSTEMS:
        return Answer(code_system(id_, base))
    if type_ == "SubscriptionTopic" and id_ in TOPICS:
        return Answer(subscription_topic(id_, base))
    raise Refused(404, "not-found", f"There is no {type_}/{id_} here.")


def subscription_topic(id_: str, base: str) -> Json:
    """A topic: R4 has no resource for it, so it is R5's in the way that HL7 has for that, as Basic with extensions."""
    topic = TOPICS[id_]
    trigger = [
        {"url": "description", "valueMarkdown": topic.description},
        {"url": "resource", "valueUri": f"http://hl7.org/fhir/StructureDefinition/{FOCUS}"},
        {"url": "supportedInteraction", "valueCode": "update"},
    ]
    said: list[tuple[str, Json]] = [
        ("url", {"valueUri": topic_url(id_, base)}),
        ("version", {"valueString": __version__}),
        ("title", {"valueString": topic.title}),
        ("status", {"valueCode": "active"}),
        ("date", {"valueDateTime": PUBLISHED}),
        ("description", {"valueMarkdown": topic.description}),
        ("resourceTrigger", {"extension": trigger}),
        *(
            ("canFilterBy", {"extension": [{"url": "filterParameter", "valueString": name}]})
            for name in ("_id", *(each.name for each in PARAMETERS[FOCUS]))
        ),
    ]
    return {
        "resourceType": "Basic",
        "id": id_,
        "extension": [{"url": f"{_TOPIC_ELEMENT}{name}", **value} for name, value in said],
        "code": {"coding": [{"system": "http://hl7.org/fhir/fhir-types", "code": "SubscriptionTopic"}]},
        "created": PUBLISHED,
    }


def code_system(id_: str, base: str) -> Json:
    """A code system of this server's."""
    title, codes = CODE_SYSTEMS[id_]
    found = _head("CodeSystem", id_, title, base) | {
        "caseSensitive": True,
        "content": "not-present" if codes is None else "complete",
    }
    if codes is not None:
        found["concept"] = [{"code": code, "display": display} for code, display in codes.items()]
    return found


def structure_definition(id_: str, base: str) -> Json:
    """An extension of this server's."""
    extension = EXTENSIONS[id_]
    elements: list[Json] = [
        {"id": "Extension", "path": "Extension", "short": extension.title, "definition": extension.title}
    ]
    if extension.parts is None:
        elements += [_none("Extension.extension"), _fixed("Extension.url", f"{base}/fhir/StructureDefinition/{id_}")]
        elements.append(_value("Extension.value[x]", extension.value, extension.targets))
    else:
        elements += _parts(extension)
        elements += [_fixed("Extension.url", f"{base}/fhir/StructureDefinition/{id_}"), _none("Extension.value[x]")]
    return _head("StructureDefinition", id_, extension.title, base) | {
        "fhirVersion": "4.0.1",
        "kind": "complex-type",
        "abstract": False,
        "context": [{"type": "element", "expression": each} for each in extension.on],
        "type": "Extension",
        "baseDefinition": "http://hl7.org/fhir/StructureDefinition/Extension",
        "derivation": "constraint",
        "differential": {"element": elements},
    }


def _head(type_: str, id_: str, title: str, base: str) -> Json:
    return {
        "resourceType": type_,
        "id": id_,
        "url": f"{base}/fhir/{type_}/{id_}",
        "version": __version__,
        "name": "".join(part.capitalize() for part in id_.split("-")),
        "title": title,
        "status": "active",
        "experimental": False,
        "date": PUBLISHED,
        "description": title,
    }


def _parts(extension: Extension) -> list[Json]:
    discriminator = [{"type": "value", "path": "url"}]
    slicing = {"discriminator": discriminator, "ordered": False, "rules": "closed"}
    found: list[Json] = [{"id": "Extension.extension", "path": "Extension.extension", "slicing": slicing}]
    for name, (kind, said) in (extension.parts or {}).items():
        id_ = f"Extension.extension:{name}"
        # The first says what it is about.
        required = name in ("kind", "method", "effective-from")
        found.append(
            {
                "id": id_,
                "path": "Extension.extension",
                "sliceName": name,
                "short": said,
                "definition": said,
                "min": 1 if required else 0,
                "max": "1",
            }
        )
        found.append({**_fixed("Extension.extension.url", name), "id": f"{id_}.url"})
        value = _value("Extension.extension.value[x]", kind, extension.targets)
        found.append({**value, "id": f"{id_}.value[x]"})
    return found


def _none(path: str) -> Json:
    return {"id": path, "path": path, "max": "0"}


def _fixed(path: str, url: str) -> Json:
    return {"id": path, "path": path, "fixedUri": url}


def _value(path: str, kind: str, targets: Sequence[str]) -> Json:
    wanted: Json = {"code": kind}
    if kind == "Reference" and targets:
        wanted["targetProfile"] = [f"http://hl7.org/fhir/StructureDefinition/{each}" for each in targets]
    return {"id": path, "path": path, "min": 1, "type": [wanted]}
