"""A list that lies on disk is a list."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from directory.domain.source import SourceOrganisation, SourceService
from directory.domain.spool import SHORT, Spool, spooled


@given(values=st.lists(st.text() | st.integers(), max_size=30), at=st.integers(-40, 40), cut=st.slices(40))
def test_it_gives_what_a_list_gives(values: list[object], at: int, cut: slice) -> None:
    spool: Spool[object] = Spool()
    spool.extend(values[:7])
    spool.extend(values[7:])
    assert (len(spool), list(spool), spool[cut]) == (len(values), values, values[cut])
    if -len(values) <= at < len(values):
        assert spool[at] == values[at]
    else:
        with pytest.raises(IndexError):
            spool[at]


def test_it_can_be_read_in_two_places_at_once_and_grow_meanwhile() -> None:
    spool = spooled(range(SHORT + 10))
    assert isinstance(spool, Spool)
    for one, other in zip(spool, spool, strict=True):
        assert one == other == spool[one]
        if one == SHORT:
            spool.extend([7])
            break
    assert len(spool) == SHORT + 11


def test_a_short_one_is_an_ordinary_one() -> None:
    assert spooled(iter("ab")) == ("a", "b")


def test_services_come_back_as_they_were() -> None:
    service = SourceService(None, {"name": "Legs"}, SourceOrganisation({"name": "A Trust"}), slug="legs", row=2)
    spool: Spool[SourceService] = Spool()
    spool.extend([service])
    assert spool[0] == service
