"""Drafts of questions about owners, telephone numbers and codes."""

from __future__ import annotations

from bench.search.queries.ground import Ground, digits, name_key
from bench.search.queries.labelled import Draft
from bench.search.queries.making import Making
from bench.world.places import SHARED, District, Organisation
from bench.world.service import Service, access_point


def owner(making: Making) -> Draft | None:
    """A team by its name; or an owner, present or former, and what is wanted of it."""
    service = making.any_service(lambda each: each.live)
    chance = making.random.random()
    if chance < 0.4:
        name = service.teams[service.facts.owner.team or ""].name
        text = making.random.choice(making.phrases.team).format(name=making.sloppy(name))
        return Draft("owner", text, (("owner", name_key(name)), ("former-owner", name_key(name))))
    now = service.owners[service.facts.owner.organisation]
    need = making.random.choice(making.needs(service.kind))
    if chance < 0.75:
        return _of(making, service, now, now.name, need)
    former = [each for each in service.owners.values() if each.id != now.id]
    if former:
        return _of(making, service, former[0], former[0].name, need)
    return _of(making, service, now, now.former_name, need) if now.former_name else None


def number(making: Making) -> Draft | None:
    """A telephone number, present or former or its end, a code, an address of mail, or a postcode and a condition."""
    service = making.any_service(lambda each: each.live)
    facts, chance = service.facts, making.random.random()
    if chance < 0.55:
        ever = [
            contact.value for state in service.states for contact in state.facts.contacts if contact.type == "phone"
        ]
        # A district's single point of access answers for many services: nobody can be sure which is meant.
        found = access_point(service.district.number) if chance < 0.04 else making.random.choice(ever)
        typed = making.dial(found) if chance < 0.45 else digits(found)[-6:]
        sought = tuple((kind, digits(found)) for kind in ("phone", "former-phone"))
        return Draft("number", making.random.choice(making.phrases.number).format(number=typed), sought)
    if chance < 0.75:
        code = facts.identifiers[0].value
        forms = (code, code, code.lower(), f"{code[:4]}-{code[4:]}", f"{code[:4]} {code[4:]}")
        typed = making.random.choice(forms)
        return Draft("number", making.random.choice(making.phrases.code).format(number=typed), (("code", code),))
    if chance < 0.88:
        box = next(contact.value for contact in facts.contacts if contact.type == "email")
        return Draft("number", making.random.choice(making.phrases.mail).format(number=box), (("mail", box),))
    postcode = facts.locations[0].postcode
    typed = making.random.choice([postcode, postcode.lower(), postcode.replace(" ", "")])
    same = [
        each
        for each in making.ground.services(service.district.number)
        if each.kind.key == service.kind.key and each.live
    ]
    best = frozenset(each.id for each in same if each.facts.locations[0].postcode == postcode)
    return Draft("number", f"{typed} {making.random.choice(making.needs(service.kind))}", best=best)


def _of(making: Making, service: Service, organisation: Organisation, name: str, need: str) -> Draft:
    best = {
        each.id
        for nearby in _districts_of(making.ground, service.district, organisation)
        for each in making.ground.services(nearby)
        if each.live and each.kind.key == service.kind.key and organisation.id in each.owners
    }
    return Draft("owner", making.random.choice(making.phrases.owner).format(name=name, need=need), best=frozenset(best))


def _districts_of(ground: Ground, where: District, organisation: Organisation) -> range:
    shared = {"mh": 4, "ac": SHARED}.get(organisation.id.split("-")[0], 1)
    first = where.number - where.number % shared
    return range(first, min(first + shared, ground.districts))
