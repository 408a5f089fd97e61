"""A directory of three or four invented districts, made once for all tests of this room."""

from __future__ import annotations

import pytest

from bench.corpus import SEED, documents
from bench.search.queries.ground import Ground
from directory.search.document import Document

SIZE = 700


@pytest.fixture(scope="session")
def corpus() -> list[Document]:
    return list(documents(SIZE))


@pytest.fixture(scope="session")
def ground() -> Ground:
    return Ground(SIZE, SEED)
