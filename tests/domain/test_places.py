"""Points, postcodes, areas, and the practice that a question names."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from directory.domain.area import Area, Gazetteer
from directory.domain.place import Point, middle, outward_of, postcode_of
from directory.domain.registration import Belonging, Practice, codes, name_key, registration, spans

points = st.builds(Point, st.floats(-90, 90), st.floats(-180, 180))
MARSH = (Belonging("NHS Northmoor ICB Eastmarsh", "ZZN91"), Belonging("NHS Northmoor ICB", "ZZN04"))
GAZETTEER = Gazetteer.of(
    [
        Area("Northmoor", "integrated-care-system", "ZZN04", organisations=("ZZN04",)),
        Area("Northmoor East", within=("Northmoor",)),
        Area("Eastmarsh", "borough", within=("Northmoor East",), outward=("NM1",), organisations=("ZZN91",)),
        Area("Northgate", "borough", within=("Northmoor East",), organisations=("ZZN92",)),
    ]
)


def test_distance_is_that_of_the_map() -> None:
    # Two places whose distance anybody can look up: London and Edinburgh, city centres, 332 miles.
    assert Point(51.5074, -0.1278).miles_to(Point(55.9533, -3.1883)) == pytest.approx(331.5, abs=1)
    assert Point(0, 179.5).miles_to(Point(0, -179.5)) == pytest.approx(69.1, abs=0.1)


@given(points, points)
def test_distance_has_no_direction_and_is_nothing_only_at_home(one: Point, two: Point) -> None:
    assert one.miles_to(two) == pytest.approx(two.miles_to(one))
    assert one.miles_to(one) == 0
    assert 0 <= one.miles_to(two) <= 12_440


def test_coordinates_and_postcodes_are_read_as_people_write_them() -> None:
    assert Point.read(" 54.03, -1.52 ") == Point(54.03, -1.52)
    assert Point.read("54.03 1.5") == Point(54.03, 1.5)
    assert [Point.read(text) for text in ("91,0", "54", "NM1", "54,", "")] == [None] * 5
    assert postcode_of("nm12ab") == postcode_of("NM1 2AB") == ("NM1", "NM1 2AB")
    assert outward_of("nm1") == "NM1"
    assert (postcode_of("NM1"), outward_of("NM1 2AB"), outward_of("Eastmarsh")) == (None, None, None)
    assert middle([]) is None
    assert middle([Point(1, 1), Point(3, 3)]) == Point(2, 2)


def test_an_area_is_found_by_its_district_and_its_planners() -> None:
    assert [area.name for area in GAZETTEER.of_outward("nm1")] == ["Eastmarsh"]
    assert [area.name for area in GAZETTEER.of_code("zzn92")] == ["Northgate"]
    assert GAZETTEER.around("EASTMARSH") == ("EASTMARSH", "Northmoor East", "Northmoor")
    loop = Gazetteer.of([Area("One", within=("Two",)), Area("Two", within=("One",))])
    assert loop.around("One") == ("One", "Two")


@pytest.mark.parametrize(
    "wrong", [{"name": " "}, {"outward": ("NM1 2AB",)}, {"latitude": 1.0}, {"latitude": 99.0, "longitude": 0.0}]
)
def test_an_area_that_cannot_be_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError):
        Area(**({"name": "Eastmarsh"} | wrong))  # type: ignore[arg-type]


def test_names_are_met_without_regard_to_case_apostrophes_and_articles() -> None:
    assert name_key("The St. Mary’s Surgery & Partners") == "st marys surgery and partners"
    assert name_key("ST MARY'S   surgery and Partners") == "st marys surgery and partners"


def test_a_practice_says_where_its_patients_are_registered() -> None:
    practice = Practice("harbour street practice", "Harbour Street Practice", MARSH)
    found = registration("leg ulcer at Harbour street PRACTICE please", [practice], GAZETTEER)
    assert found is not None
    assert found.rest == "leg ulcer at please"
    assert registration("patients registered at the Harbour Street Practice", [practice], GAZETTEER).rest == ""  # type: ignore[union-attr]
    assert found.practice == "Harbour Street Practice"
    assert found.nearest[0] == "Eastmarsh"
    assert not {"Northmoor", "Northmoor East"} & set(found.nearest)
    assert found.areas[:3] == ("Eastmarsh", "Northmoor East", "Northmoor")
    assert {"NHS Northmoor ICB", "ZZN04"} <= set(found.areas)
    assert registration("leg ulcer", [practice], GAZETTEER) is None


def test_of_two_practices_with_one_name_only_what_both_share_is_certain() -> None:
    gate = (Belonging("NHS Northmoor ICB Northgate", "ZZN92"), MARSH[1])
    both = [Practice("park surgery", "Park Surgery", MARSH), Practice("park surgery", "Park Surgery", gate)]
    found = registration("park surgery", both, GAZETTEER)
    assert found is not None
    assert "Northmoor" in found.areas
    assert not {"Eastmarsh", "Northgate"} & set(found.areas)
    apart = [both[0], Practice("park surgery", "Park Surgery", (Belonging("Elsewhere"),))]
    assert registration("park surgery", apart, GAZETTEER) is None


def test_the_longest_name_counts() -> None:
    short = Practice("hill surgery", "Hill Surgery", (Belonging("Elsewhere"),))
    long = Practice("hallow hill surgery", "Hallow Hill Surgery", MARSH)
    found = registration("diet hallow hill surgery", [short, long], GAZETTEER)
    assert found is not None
    assert (found.practice, found.rest) == ("Hallow Hill Surgery", "diet")


@given(st.text(max_size=400))
def test_any_question_is_read(text: str) -> None:
    found = spans(text)
    assert len(found) <= 30 * 10
    assert all(0 <= span.start < span.end <= len(text) for span in found)
    assert all(any(char.isdigit() for char in code) for code in codes(found))
