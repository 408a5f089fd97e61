"""An update as it is read: on a phone without scrolling sideways, dark or light, with images off, and as text alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from importlib.resources import files

import pytest
from playwright.sync_api import Browser, Page

from directory.notify.items import Item
from directory.notify.lines import Row, Value
from directory.notify.notice import Notice, Prose, ServiceLine
from directory.notify.press import Press
from directory.outbound.message import Mail
from tests.notify.build import LETTERHEAD, NOW
from tests.notify.fakes import opened
from tests.notify.test_notify_compose import AMINA, PLAIN

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

UNBROKEN = "x" * 120
WORDS = f"""Read [this](https://example.nhs.uk/{UNBROKEN}), not ![a picture](https://example.nhs.uk/a.png).

| Day | From | Until | Where | Who | How | What to bring |
|---|---|---|---|---|---|---|
| Wednesday | 09:00 | 17:00 | Northmoor Community Hospital | Registered nurses | By telephone | Nothing |

    {UNBROKEN} in a block

> {UNBROKEN}
"""
RULES = """axe.run(document, {resultTypes: ['violations'], runOnly: {type: 'rule', values:
    ['color-contrast', 'document-title', 'html-has-lang', 'heading-order', 'link-name', 'image-alt', 'list']}})"""

WIDE = """[...document.body.querySelectorAll('*')].filter(it => it.getBoundingClientRect().right > 390)
    .map(it => it.outerHTML.slice(0, 90))"""


def _notice() -> Notice:
    rows = (
        Row("Handled by", (Value("Tissue Viability Team, Northmoor Community Trust"),), was="District Nursing"),
        Row("Call", (Value("01632 960146", "tel:01632960146"),), was="01632 960001"),
        Row("Write to", (Value(f"{UNBROKEN}@northmoor.example", f"mailto:{UNBROKEN}@northmoor.example"),)),
    )
    link = "https://signpost.example/services/leg-ulcer-clinic"
    owner, before = "Tissue Viability Team", "District Nursing"
    service = ServiceLine("leg-ulcer-clinic", "Leg ulcer clinic", None, owner, before, False, rows, link)
    prose = Prose("What to do", WORDS, LETTERHEAD.render_markdown(WORDS))
    return replace(PLAIN, title=f"The clinic moves {UNBROKEN}", urgent=True, services=(service,), prose=(prose,))


def _mails() -> Iterator[Mail]:
    press, told = Press(LETTERHEAD), [Item(_notice(), "announced", ("every change",), key) for key in (1, 2)]
    yield press.immediate(told[0], to=AMINA, at=NOW)
    yield press.digest(told, digest_id=3, slot_at=NOW, to=AMINA, at=NOW)


@pytest.fixture(params=["light", "dark"])
def page(chromium: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    context = chromium.new_context(viewport={"width": 390, "height": 844}, color_scheme=request.param, bypass_csp=True)
    context.route("**", lambda route: route.abort())
    yield context.new_page()
    context.close()


@pytest.mark.parametrize("mail", list(_mails()), ids=["immediate", "digest"])
def test_on_a_phone(page: Page, mail: Mail) -> None:
    html = opened(mail).get_body(("html",))
    assert html is not None
    page.set_content(html.get_content())
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert page.evaluate(WIDE) == []
    for needed in ("Leg ulcer clinic", "Tissue Viability Team", "01632 960146", "was District Nursing"):
        assert page.get_by_text(needed).first.is_visible()
    # The ground that the browser gives; axe takes it for white where nobody has said it.
    page.evaluate("document.body.style.backgroundColor = 'Canvas'")
    page.evaluate((files("axe_playwright_python") / "axe.min.js").read_text())
    assert [(it["id"], it["nodes"][0]["html"]) for it in page.evaluate(RULES)["violations"]] == []


@pytest.mark.parametrize("mail", list(_mails()), ids=["immediate", "digest"])
def test_the_text_says_all_that_the_page_does(mail: Mail) -> None:
    text = opened(mail).get_body(("plain",))
    assert text is not None
    said = " ".join(text.get_content().split())
    for needed in ("Leg ulcer clinic", "Tissue Viability Team", "01632 960146", "District Nursing", "Wednesday"):
        assert needed.casefold() in said.casefold()
    assert "<" not in said.replace("<https", "")
