"""The CapabilityStatement, made from what the server does: its types, their parameters, and what each leads to."""

from __future__ import annotations

from starlette.requests import Request

from directory import __version__
from directory.exchange.fhir_codes import PROFILES, Json
from directory.exchange.fhir_terms import PARAMETERS, Parameter
from directory.exchange.fhir_topics import TOPICS
from directory.fhir.asking import OF_EVERY_SEARCH
from directory.fhir.definitions import PUBLISHED
from directory.fhir.problems import MEDIA_TYPE
from directory.fhir.reading import Answer
from directory.fhir.subscribing import PROFILE
from directory.notify.fhir_notices import BACKPORT, topic_url
from directory.site import Site

_INTERACTIONS = ("read", "vread", "history-instance", "history-type", "search-type")
BACKPORT_IG = "http://hl7.org/fhir/uv/subscriptions-backport/"
# mCSD asks more of people than can be said of none: no profile is claimed for them.
_PROFILED = ("HealthcareService", "Organization", "Location", "Endpoint", "OrganizationAffiliation")
_NO_PEOPLE = "The directory names no people: there are none to be found, and there will be none."


def show_capability(_request: Request, site: Site, _body: bytes) -> Answer:
    """GET metadata."""
    return Answer(capability(site.settings.base_url))


def capability(base: str) -> Json:
    """What this server does."""
    return {
        "resourceType": "CapabilityStatement",
        "id": "signpost",
        "url": f"{base}/fhir/metadata",
        "version": __version__,
        "name": "Signpost",
        "title": "Signpost, a directory of health services",
        "status": "active",
        "experimental": False,
        "date": PUBLISHED,
        "publisher": "Signpost",
        "description": "The directory as it stands and as it stood, by IHE mCSD 4.0.1, in JSON: only subscriptions "
        "are written.",
        "kind": "instance",
        "instantiates": [
            "https://profiles.ihe.net/ITI/mCSD/CapabilityStatement/IHE.mCSD.Directory",
            f"{BACKPORT_IG}CapabilityStatement/backport-subscription-server-r4",
        ],
        "software": {"name": "Signpost", "version": __version__},
        "implementation": {"description": "The directory at this address", "url": f"{base}/fhir"},
        "fhirVersion": "4.0.1",
        "format": [MEDIA_TYPE, "json"],
        "rest": [
            {
                "mode": "server",
                "documentation": "Unknown parameters are ignored, and named in an OperationOutcome among the entries; "
                "with Prefer: handling=strict they are refused. Pages are of one state of the directory.",
                "security": {
                    "cors": False,
                    "description": "Where reading is not public, send a key as Authorization: Bearer KEY.",
                },
                "resource": [*(_resource(type_) for type_ in PARAMETERS), _subscription(base)],
                "interaction": [{"code": "batch"}],
            }
        ],
    }


def _resource(type_: str) -> Json:
    found: Json = {
        "type": type_,
        "profile": f"http://hl7.org/fhir/StructureDefinition/{type_}",
    }
    if type_ in _PROFILED:
        found["supportedProfile"] = [f"{PROFILES}{type_}"]
    else:
        found["documentation"] = _NO_PEOPLE
    found |= {
        "interaction": [{"code": each} for each in _INTERACTIONS],
        "versioning": "versioned",
        "readHistory": True,
        "updateCreate": False,
        "conditionalCreate": False,
        "conditionalRead": "full-support",
        "conditionalUpdate": False,
        "conditionalDelete": "not-supported",
        "referencePolicy": ["literal", "local"],
    }
    if includes := [f"{type_}:{each.name}" for each in PARAMETERS[type_] if each.kind == "reference"]:
        found["searchInclude"] = includes
    if revincludes := _revincludes(type_):
        found["searchRevInclude"] = revincludes
    found["searchParam"] = [*(_common(name) for name in OF_EVERY_SEARCH), *map(_param, PARAMETERS[type_])]
    return found


def _subscription(base: str) -> Json:
    topics = f"{BACKPORT}capabilitystatement-subscriptiontopic-canonical"
    params = {"status": "token", "url": "uri"}
    return {
        "extension": [{"url": topics, "valueCanonical": topic_url(name, base)} for name in TOPICS],
        "type": "Subscription",
        "profile": "http://hl7.org/fhir/StructureDefinition/Subscription",
        "supportedProfile": [PROFILE],
        "documentation": "One's own, by key. Messages go to a rest-hook: an empty payload, ids, or whole resources.",
        "interaction": [{"code": each} for each in ("create", "read", "delete", "search-type")],
        "versioning": "no-version",
        "conditionalCreate": False,
        "searchParam": [
            _common("_id"),
            *(
                {"name": name, "definition": f"http://hl7.org/fhir/SearchParameter/Subscription-{name}", "type": kind}
                for name, kind in params.items()
            ),
        ],
        "operation": [
            {"name": name, "definition": f"{BACKPORT_IG}OperationDefinition/backport-subscription-{name}"}
            for name in ("status", "events")
        ],
    }


def _revincludes(type_: str) -> list[str]:
    return [
        f"{source}:{each.name}" for source, params in PARAMETERS.items() for each in params if type_ in each.targets
    ]


def _common(name: str) -> Json:
    kind = "token" if name == "_id" else "date"
    return {"name": name, "definition": f"http://hl7.org/fhir/SearchParameter/Resource-{name[1:]}", "type": kind}


def _param(param: Parameter) -> Json:
    found: Json = {"name": param.name, "type": param.kind}
    if param.kind == "string":
        found["documentation"] = "Also with :contains and :exact."
    elif param.kind == "reference":
        found["documentation"] = "Also with the parameters of what it leads to, as in organization.name."
    elif param.kind == "special":
        found["documentation"] = "latitude|longitude|distance|units: km (also where none is given), m or [mi_i]; 10 km."
    return found
