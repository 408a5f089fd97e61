"""What every page owes to whoever looks at it: nothing sideways, room to press, no other host, nothing inline."""

from __future__ import annotations

from playwright.sync_api import ConsoleMessage, Page, Request

NARROWEST = 320
SIDEWAYS = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
SMALL = """[...document.querySelectorAll(
    'button, .nhsuk-button, input:not([type=hidden]):not([type=checkbox]):not([type=radio]), select, header nav a'
)].filter(each => !each.ariaHidden && each.checkVisibility() && each.getBoundingClientRect().height < 44)
.map(each => each.outerHTML)"""
# Radio buttons and tick boxes are pressed on their label as well.
INLINE = """[...document.querySelectorAll('*')].filter(each => each.matches('script:not([src]), style')
    || [...each.attributes].some(it => /^(on|style$)/.test(it.name) || /^\\s*javascript:/i.test(it.value))
).map(each => each.outerHTML.slice(0, 200))"""


class Manners:
    """Watches one page of a browser: each request that leaves the site, each complaint of the console."""

    def __init__(self, page: Page, origin: str) -> None:
        self._page, self._origin = page, origin
        self.requests = 0
        self._said: list[str] = []
        page.on("request", self._on_request)
        page.on("console", self._on_console)
        page.on("pageerror", lambda error: self._said.append(str(error)))

    def _on_request(self, request: Request) -> None:
        self.requests += 1
        if not request.url.startswith((f"{self._origin}/", "data:", "blob:")):
            self._said.append(f"asks {request.url}")

    def _on_console(self, message: ConsoleMessage) -> None:
        # A page that says that something is wrong, or is not there, is a page too.
        if "Failed to load resource: the server responded with a status of 4" not in message.text:
            self._said.append(message.text)

    def faults(self) -> list[str]:
        """What is wrong with the page that is shown, on the narrowest of screens."""
        before = self._page.viewport_size
        self._page.set_viewport_size({"width": NARROWEST, "height": 568})
        found = [f"small: {each}" for each in self._page.evaluate(SMALL)]
        found += [f"inline: {each}" for each in self._page.evaluate(INLINE)]
        if wider := self._page.evaluate(SIDEWAYS):
            found.append(f"{wider} pixels too wide")
        if before:
            self._page.set_viewport_size(before)
        found += self._said
        self._said.clear()
        return found
