"""An entry on paper is one sheet of A4, whatever it says."""

from __future__ import annotations

import re
from contextlib import closing, suppress
from io import BytesIO
from typing import Any

import pytest
import zxingcpp
from PIL import Image
from playwright.sync_api import Browser

from directory.domain.change import Edit
from directory.domain.service import Area, Contact, Eligibility, Location, ReferralRoute
from directory.errors import EditConflict
from directory.site import Site
from tests import build

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

WORDS = "People who cannot leave the house and need a dressing changed "


def fullest() -> Edit:
    """More of everything than a sheet holds."""
    who = WORDS * 5
    routes = [ReferralRoute("email", f"r{n}@northmoor.example", who, "urgent", "Mo-Fr", who, who) for n in range(6)]
    facts: dict[str, Any] = {
        "name": f"The fullest clinic {WORDS}",
        "summary": WORDS * 20,
        "eligibility": Eligibility(WORDS * 20, 18, 99),
        "needs": tuple(f"need number {n} of this clinic" for n in range(30)),
        "areas": tuple(
            Area(f"Area number {n}", basis=basis) for n in range(30) for basis in ("registered", "resident")
        ),
        "contacts": tuple(Contact("phone", f"01632 9601{n}", WORDS) for n in range(10, 30)),
        "locations": tuple(Location(f"House {n}", WORDS, "ZZ1 1ZZ") for n in range(9)),
        "referral_routes": tuple(routes),
        "hours": "Mo-Fr 09:00-17:00; Sa 09:00-12:00; PH off",
    }
    return build.opening("fullest-clinic", **facts)


@pytest.mark.parametrize("locale", ["en-GB", "cy-GB"])
@pytest.mark.parametrize("slug", ["leg-ulcer-clinic", "night-sitting", "hostile", "fullest-clinic"])
def test_one_page(chromium: Browser, standing: tuple[Site, str], slug: str, locale: str) -> None:
    site, address = standing
    if slug == "fullest-clinic":
        # In the other language it was opened already.
        with suppress(EditConflict):
            build.change(site.database, build.draft(fullest(), title="Opens", kinds=("opened",)))
    with closing(chromium.new_context(locale=locale)) as context:
        page = context.new_page()
        page.goto(f"{address}/services/{slug}/print")
        printed = page.pdf(prefer_css_page_size=True)
    assert len(re.findall(rb"/Type\s*/Page\b", printed)) == 1
    assert re.search(rb"/MediaBox \[0 0 59[45][.\d]* 84[12][.\d]*\]", printed)


@pytest.mark.parametrize("slug", ["leg-ulcer-clinic", "hostile"])
def test_its_code_leads_to_the_entry(chromium: Browser, standing: tuple[Site, str], slug: str) -> None:
    """As it is printed, and read by somebody else's program."""
    _, address = standing
    with closing(chromium.new_context()) as context:
        page = context.new_page()
        page.goto(f"{address}/services/{slug}/print")
        page.emulate_media(media="print")
        sheet = Image.open(BytesIO(page.screenshot(full_page=True)))
    assert [each.text for each in zxingcpp.read_barcodes(sheet)] == [f"{address}/services/{slug}"]
