"""The invented directory: the same from the same seed, and true to the rules that a real one keeps."""

from __future__ import annotations

import pytest

from bench.corpus import SEED, complete_districts, documents, services
from bench.words import glosses, specialties
from bench.world.areas import gazetteer
from bench.world.places import PLACES, district, most_districts, place_name
from bench.world.service import MOST_SERVICES, telephone
from bench.world.services import services_of
from directory.domain.succession import cardinality_problems
from directory.search.document import Document


def test_the_same_seed_gives_the_same_directory_and_another_seed_another(corpus: list[Document]) -> None:
    assert list(documents(len(corpus))) == corpus
    assert list(documents(50, seed=SEED + 1)) != corpus[:50]


def test_a_smaller_directory_is_the_beginning_of_a_larger_one(corpus: list[Document]) -> None:
    assert list(documents(100)) == corpus[:100]


def test_ids_slugs_and_own_numbers_are_never_shared(corpus: list[Document]) -> None:
    assert len({document.id for document in corpus}) == len(corpus)
    assert len({document.slug for document in corpus}) == len(corpus)
    assert len({document.codes[0] for document in corpus}) == len(corpus)


def test_no_two_services_get_one_telephone_number() -> None:
    districts = range(0, most_districts(), 97)
    every = [telephone(number, index, 0) for number in districts for index in range(0, MOST_SERVICES, 7)]
    assert len(set(every)) == len(every)


def test_every_place_has_a_name_of_its_own() -> None:
    names = {place_name(number) for number in range(most_districts() * (PLACES + 1))}
    assert len(names) == most_districts() * (PLACES + 1)


def test_there_are_names_for_two_hundred_thousand_services() -> None:
    fewest = min(len(services_of(number, SEED)) for number in range(10))
    assert fewest * most_districts() > 180_000
    with pytest.raises(ValueError, match="names"):
        district(most_districts(), SEED)


def test_what_a_description_holds(corpus: list[Document]) -> None:
    lengths = sorted(len(document.text.split()) for document in corpus)
    assert lengths[len(lengths) // 20] >= 100
    assert lengths[-len(lengths) // 20] <= 240
    # Every condition of a service is in its entry: among its needs, or in its prose.
    for service in services(120):
        held = f"{service.facts.needs} {service.facts.description}".casefold()
        assert all(need.casefold() in held for need in service.kind.needs)


def test_succession_keeps_the_rules_and_points_to_what_is_live() -> None:
    for number in range(3):
        every = {service.id: service for service in services_of(number, SEED)}
        links = [link for service in every.values() for link in service.successions]
        assert links
        assert cardinality_problems([link for link in links if link.kind != "merged"]) == []
        assert all(every[link.predecessor].facts.status == "closed" for link in links)
        assert all(every[link.successor].live for link in links if link.successor)


def test_states_follow_one_another_in_time() -> None:
    for service in services(200):
        days = [state.effective_from for state in service.states]
        assert days == sorted(set(days))


def test_only_whole_districts_are_counted() -> None:
    first = len(services_of(0, SEED))
    assert complete_districts(first - 1) == 0
    assert complete_districts(first) == 1


def test_every_area_of_a_live_service_is_in_the_register(corpus: list[Document]) -> None:
    register = gazetteer(6, SEED)
    assert all(register.named(area) for document in corpus for area in document.areas)
    where = district(2, SEED)
    assert where.name in register.around(where.places[0])
    assert [area.name for area in register.of_outward(where.outward)] == [where.name]


def test_other_words_are_for_conditions_that_somebody_takes() -> None:
    needs = {need for kind in specialties() for need in kind.needs}
    assert set(glosses()) <= needs
