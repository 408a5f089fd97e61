"""The design system as the pages use it: its macros escape and refuse what is not known, and wear nobody's brand."""

from __future__ import annotations

import re
from importlib.resources import files

import pytest
from jinja2 import UndefinedError

from directory.web.components import COMPONENTS, components
from directory.web.rendering import STATIC, environment
from tests.client import TestClient

SCRIPT = "<script>alert(1)</script>"
# What header, footer, page template and fonts of the design system would show, were they used as they come.
BRAND = re.compile(
    r"NHS England|©|nhsuk-(header|footer)__logo|nhsuk-logo|assets\.nhs\.uk|frutiger|nhsuk-favicon", re.IGNORECASE
)


def test_a_name_that_nobody_gave_is_a_mistake_inside_a_macro_too() -> None:
    with pytest.raises(UndefinedError):
        environment().from_string('{{ nhs.tag({"text": nobody}) }}').render()


@pytest.mark.parametrize(
    "given",
    [
        '{{ nhs.tag({"text": it}) }}',
        '{{ nhs.insetText({"text": it}) }}',
        '{{ nhs.backLink({"text": it, "href": "/" ~ it}) }}',
        '{{ nhs.details({"summary": it, "text": it}) }}',
        '{{ nhs.errorMessage({"text": it}) }}',
        '{{ nhs.errorSummary({"heading": it, "errorList": [{"text": it, "href": "#" ~ it}]}) }}',
        '{{ nhs.taskList({"items": [{"heading": it, "href": it, "status": it}]}) }}',
    ],
)
def test_what_a_macro_is_given_is_shown_as_text(given: str) -> None:
    html = environment().from_string(given).render(it=SCRIPT + "\"'")
    assert "alert(1)" in html
    assert "<script" not in html


def test_the_macros_are_those_whose_styles_are_kept() -> None:
    compiled = (STATIC.parents[2] / "frontend" / "compile.mjs").read_text(encoding="utf-8")
    kept = re.search(r"const MACROS = \[(.*?)\]", compiled)
    assert kept
    assert sorted(re.findall(r'"(.*?)"', kept[1])) == sorted(COMPONENTS.values())
    assert not {"header", "footer", "template"} & set(COMPONENTS.values())
    assert not hasattr(components(), "header")


def test_the_macros_header_would_wear_a_brand() -> None:
    """The check below would notice: this is what it looks for."""
    theirs = files("nhsuk_frontend_jinja") / "templates" / "nhsuk" / "components"
    assert BRAND.search((theirs / "header" / "template.jinja").read_text(encoding="utf-8"))
    assert BRAND.search((theirs / "footer" / "template.jinja").read_text(encoding="utf-8"))


def test_no_page_and_no_style_wears_another_brand(client: TestClient) -> None:
    assert not BRAND.search((STATIC / "built" / "site.css").read_text(encoding="utf-8"))
    for path in (
        "/",
        "/find?q=leg+ulcer",
        "/services/leg-ulcer-clinic",
        "/changes",
        "/sign-in",
        "/privacy",
        "/nowhere",
    ):
        text = client.get(path).text
        assert not BRAND.search(text), path
        # Nothing is fetched from elsewhere.
        assert not re.search(
            r'<(?:link|script|img)[^>]+(?:href|src)="(?:https?:)?//', text.replace('rel="canonical"', "")
        ), path


def test_the_style_goes_out_compressed_to_who_can_read_it(client: TestClient) -> None:
    address = str(environment().globals["stylesheet"])
    small = client.get(address, headers={"Accept-Encoding": "gzip"})
    plain = client.get(address, headers={"Accept-Encoding": "identity"})
    assert small.headers["Content-Encoding"] == "gzip"
    assert int(small.headers["Content-Length"]) < 10_000
    assert "Content-Encoding" not in plain.headers
    assert small.text == plain.text
    assert {small.headers["Content-Type"], plain.headers["Content-Type"]} == {"text/css; charset=utf-8"}
    assert "Accept-Encoding" in plain.headers["Vary"]
