"""What one HSDS entry says, as fields of `Facts`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from directory.domain.service import Eligibility, Status
from directory.exchange.findings import Findings
from directory.exchange.hsds_contacts import areas_of, contacts_of, locations_of
from directory.exchange.hsds_json import Json, has, object_of, objects_of, text_of
from directory.exchange.opening_hours import hours_of
from directory.exchange.prose import line_of, markdown_of
from directory.exchange.tabular import number

_STATUS: Mapping[str, Status] = {
    "active": "active",
    "inactive": "closed",
    "defunct": "closed",
    "closed": "closed",
    "temporarily closed": "paused",
}
# Facts of HSDS for which the directory has no field of its own stand at the end of the description, so that
# they are read and found all the same. An alternate name is no former name.
_ADDED = {
    "alert": "Please note",
    "alternate_name": "Also known as",
    "application_process": "How to apply",
    "attending_access": "Access",
    "pc_attendingAccess_additionalInfo": "Attending",
}
_COST = ("fees_description", "fees", "cost_options")
_ELIGIBILITY = ("eligibilitys", "eligibility", "eligibility_description", "minimum_age", "maximum_age")
_NEEDS = ("pc_targetAudience", "service_taxonomys", "attributes")
_CONTACTS = ("email", "url", "phones", "contacts", "additional_urls")
_PLACES = ("service_at_locations", "locations", "location")
_SCHEDULES = ("schedules", "regular_schedules", "regular_schedule")


def facts_of(entry: Json, row: int, findings: Findings) -> dict[str, object]:
    """The fields that the entry has keys for, but name, owner and identifiers; oddities become notices."""
    facts: dict[str, object] = {}
    if status := _status(entry, row, findings):
        facts["status"] = status
    if has(entry, "description", *_ADDED, *_COST):
        facts["description"] = _description(entry)
    if has(entry, *_CONTACTS):
        facts["contacts"] = contacts_of(entry, row, findings)
    if has(entry, *_PLACES):
        facts["locations"] = locations_of(entry, row, findings)
    if has(entry, "service_areas"):
        facts["areas"] = areas_of(entry)
    if has(entry, *_ELIGIBILITY):
        facts["eligibility"] = _eligibility(entry, row, findings)
    if has(entry, *_NEEDS):
        facts["needs"] = tuple(dict.fromkeys(_needs(entry)))
    at_places = objects_of(entry, "service_at_locations")
    if has(entry, *_SCHEDULES) or any(has(place, *_SCHEDULES) for place in at_places):
        own = hours_of(objects_of(entry, *_SCHEDULES))
        facts["hours"] = own or hours_of([each for place in at_places for each in objects_of(place, *_SCHEDULES)])
    return facts


def _status(entry: Json, row: int, findings: Findings) -> Status | None:
    written = text_of(entry, "status").casefold()
    if written and written not in _STATUS:
        findings.notice(row, "status", f"“{written}” is not a status of HSDS; it is left out")
    return _STATUS.get(written)


def _description(entry: Json) -> str:
    parts = [markdown_of(text_of(entry, "description"))]
    for key, label in _ADDED.items():
        if added := markdown_of(text_of(entry, key)):
            parts.append(f"**{label}:** {added}")
    costs = [markdown_of(text_of(entry, "fees_description", "fees")), *_costs(entry)]
    if said := [cost for cost in costs if cost]:
        parts.append(f"**Cost:** {'; '.join(said)}")
    return "\n\n".join(part for part in parts if part)


def _costs(entry: Json) -> Iterator[str]:
    for cost in objects_of(entry, "cost_options"):
        amount, currency = text_of(cost, "amount"), text_of(cost, "currency").upper()
        price = f"£{amount}" if amount and currency in {"", "GBP"} else f"{amount} {currency}".strip()
        words = " ".join(filter(None, (price, line_of(text_of(cost, "amount_description")))))
        option = line_of(text_of(cost, "option"))
        yield f"{option}: {words}" if option and words else option or words


def _eligibility(entry: Json, row: int, findings: Findings) -> Eligibility:
    """Its words, and the widest of the ages where several are given."""
    rules = [entry, *objects_of(entry, "eligibilitys")]
    words = [text_of(rule, "eligibility_description", "eligibility") for rule in rules]
    text = "; ".join(dict.fromkeys(line_of(word) for word in words if line_of(word)))
    youngest = [age for rule in rules if (age := number(text_of(rule, "minimum_age"))) is not None]
    oldest = [age for rule in rules if (age := number(text_of(rule, "maximum_age"))) is not None]
    try:
        return Eligibility(text, int(min(youngest)) if youngest else None, int(max(oldest)) if oldest else None)
    except ValueError as error:
        findings.notice(row, "minimum_age", f"{error}; the ages are left out")
        return Eligibility(text)


def _needs(entry: Json) -> Iterator[str]:
    """Audiences and taxonomy terms; a path (`Low Income>Unemployed`) gives each of its parts."""
    names = [text_of(audience, "audienceType") for audience in objects_of(entry, "pc_targetAudience")]
    for link in objects_of(entry, "service_taxonomys", "attributes"):
        term = object_of(link, "taxonomy_term", "taxonomy")
        names.append(text_of(term, "name", "term"))
    for name in names:
        for part in name.split(">"):
            if need := line_of(part):
                yield need
