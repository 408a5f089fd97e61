"""Names of five thousand characters, and letters that turn the direction, push nothing off a phone's screen."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Dialog

from directory.app import build as build_app
from tests.browser.serving import listening, served
from tests.web.furnished import CLINIC, TEAM, Furnished
from tests.web.hostile import hostile_site

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

MAIN = ("/", "/find?q=zqservice", f"/services/{CLINIC}", f"/services/{CLINIC}/history", "/changes", "/pages/leg-wound",
        f"/teams/{TEAM}", "/organisations/community-trust", "/publish", "/manage", "/manage/freshness", "/manage/gaps",
        "/manage/reports", "/manage/people", "/manage/acknowledgements", "/account", "/my/services")  # fmt: skip
WIDER = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.fixture(scope="module")
def furnished(_sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Furnished]:
    with listening() as port:
        address = f"http://127.0.0.1:{port.getsockname()[1]}"
        with (
            hostile_site(_sqlite_template, tmp_path_factory.mktemp("hostile"), address) as made,
            served(build_app(made.site), port),
        ):
            yield made


def test_nothing_scrolls_sideways_on_a_phone(furnished: Furnished, chromium: Browser) -> None:
    token = furnished.editor.cookies["signpost-session"]
    with closing(chromium.new_context(viewport={"width": 390, "height": 844})) as context:
        context.add_cookies([{"name": "signpost-session", "value": token, "url": furnished.address}])
        page = context.new_page()
        alerts: list[str] = []

        def close(dialog: Dialog) -> None:
            alerts.append(dialog.message)
            dialog.dismiss()

        page.on("dialog", close)
        wide = {}
        for path in MAIN:
            answer = page.goto(furnished.address + path)
            assert answer is not None
            assert answer.status == 200, path
            if beyond := page.evaluate(WIDER):
                wide[path] = beyond
        assert wide == {}
        assert alerts == []
