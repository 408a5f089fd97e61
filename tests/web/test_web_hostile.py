"""What people wrote shows as text on every page: whatever it holds, no element and no attribute comes of it.

Every page of the route table is fetched as a reader, a lead and an editor, and read by an HTML parser that is not ours.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from selectolax.lexbor import LexborHTMLParser
from starlette.routing import Route

from directory.store.changes import read_head
from directory.web.routes import routes
from tests.web.conftest import TestClient, signed_in
from tests.web.furnished import CLINIC, TEAM, Furnished
from tests.web.hostile import MARKS, hostile_site


@pytest.fixture(scope="module")
def furnished(_sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Furnished]:
    with hostile_site(_sqlite_template, tmp_path_factory.mktemp("hostile")) as made:
        yield made


# For what the route table leaves open, where the furnished directory says no better.
KNOWN = {
    "/services/{slug}": CLINIC,
    "/pages/{slug}": "leg-wound",
    "/teams/{slug}": TEAM,
    "/check/{token}": "none",
    "/organisations/{slug}": "community-trust",
    "/changes/{number}": "{last}",
    "/reports/{ref}": "{report}",
}
ASKED = ("/find?q=zqservice", "/find?q=zqneed&area=zqarea", "/find?q=%22%3E%3Czq-it%20zq-on%3D1%3E",
         "/changes?area=%22%3E%3Czq-it%3E", "/manage?area=%22%3E%3Czq-it%3E", "/sign-in?next=%2F%22%3E%3Czq-it%3E",
         "/my/updates/new?q=%3Czq-it%3E")  # fmt: skip


def addresses(furnished: Furnished) -> Iterator[tuple[str, TestClient | None]]:
    """Every page of the route table, and who alone has something there (None: look as each)."""
    ways = {route: (who, path) for route, who, path in furnished.looked_at()}
    with furnished.site.database.read() as connection:
        newest = str(read_head(connection).number)
    for route in routes():
        if not isinstance(route, Route) or "GET" not in (route.methods or ()):
            continue
        who, path = ways.get(route.path, (None, route.path))
        for known, value in KNOWN.items():
            value = {"{last}": newest, "{report}": furnished.report}.get(value, value)
            if path.startswith(known):
                path = known.rpartition("/")[0] + "/" + value + path.removeprefix(known)
        path = path.replace("{date}", "2026-11-22").replace("{number}", "1").replace("{key}", "gaps")
        yield path, who
    yield from ((path, None) for path in ASKED)


def found_in(html: str) -> list[str]:
    """Elements and attributes that come of what people wrote."""
    wrong = []
    for node in LexborHTMLParser(html).css("*"):
        given = {name: value or "" for name, value in node.attributes.items()}
        if (node.tag or "").startswith("zq") or any(name.startswith(("zq", "on")) for name in given):
            wrong.append(f"<{node.tag} {given}>"[:200])
        if node.tag in ("script", "style") and "zq" in node.text():
            wrong.append(f"in <{node.tag}>")
        if any(
            given.get(name, "").strip().lower().startswith(("javascript:", "zq")) for name in ("href", "src", "action")
        ):
            wrong.append(f"{node.tag} {given}"[:200])
    return wrong


@pytest.mark.parametrize(
    "html",
    [
        '<p zq-on="1">',
        "<zq-it>",
        "<script>zq()</script>",
        "<img src=zq>",
        '<a href="javascript:zq()">',
        "<b onclick=x>",
    ],
)
def test_what_is_looked_for_is_found(html: str) -> None:
    """Else the test below would pass whatever the pages are like."""
    assert found_in(f"<main>{html}</main>")
    assert not found_in("<main><p>zq &lt;zq-it&gt;</p></main>")


def test_whatever_people_wrote_is_text_on_every_page(furnished: Furnished) -> None:
    roles = {"reader": signed_in(furnished.site, "rita@northmoor.example", role="reader", team=TEAM),
             "lead": furnished.lead, "editor": furnished.editor}  # fmt: skip
    wrong, statuses, seen = {}, {}, set()
    for path, alone in addresses(furnished):
        for name, who in ({"who has it": alone} if alone else roles).items():
            answer = who.get(path)
            statuses[path, name] = answer.status_code
            if not answer.headers.get("content-type", "").startswith("text/html"):
                continue
            if broken := found_in(answer.text):
                wrong[path, name] = broken[:3]
            tree = LexborHTMLParser(answer.text).body
            said = tree.text() if tree else ""
            # Of Markdown the tags are gone.
            seen |= {mark for mark in MARKS if f"zq{mark}" in said and (mark == "why" or '<zq-it zq-on="1">' in said)}
    assert wrong == {}
    assert [key for key, status in statuses.items() if status >= 500] == []
    pages_ = {path for (path, _), status in statuses.items() if status == 200}
    assert len(pages_) >= 70, f"only {len(pages_)} of {len({path for path, _ in statuses})} pages were read"
    assert set(MARKS) - seen == set(), "no page shows these: they were not tried"
