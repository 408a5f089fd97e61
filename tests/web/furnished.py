"""A directory in which everything waits that there are pages for, and the way to each page of it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from starlette.routing import Route

from directory.actions import governing
from directory.actions.gaps import record_gap
from directory.actions.people import subscribe_person
from directory.domain.policy import OPERATOR
from directory.domain.query import Answer, Query
from directory.site import Site
from directory.web.routes import routes
from tests import build
from tests.web.conftest import TestClient, client_of, signed_in
from tests.web.publishing import begun, routed, row, step, told_and_checked

CLINIC, TEAM = "leg-ulcer-clinic", "tissue-viability"
LEAD, EDITOR = "lee@northmoor.example", "ed@northmoor.example"
PREFIXES = ("/publish", "/offers", "/manage", "/my", "/sign", "/account", "/step-up", "/teams/{slug}/", "/check")
# Where a provider sends people back to.
NO_PAGES = {"/sign-in/openid", "/sign-in/openid/callback", "/sign-in/code"}
AS_BEFORE = row("referral_routes", 0, method="email", address="legs@northmoor.example", who="Any nurse")


class Furnished:
    """A directory in which everything waits that there are pages for; who looks, and where each route leads."""

    def __init__(self, site: Site, address: str) -> None:
        self.site, self.address = site, address
        self.lead = signed_in(site, LEAD, role="lead", team=TEAM)
        self.editor = signed_in(site, EDITOR, editor=True)
        self.stranger = client_of(site)
        self.report = self._report()
        self.alone()
        self.ways = self._ways() | self._imported()
        subscribe_person(
            site.database,
            email=EDITOR,
            criteria={"service": [CLINIC]},
            frequency="daily",
            at=build.NOON,
            today=build.TODAY,
        )
        for query in ("foot warmers", "slimming club"):
            record_gap(site.database, Answer(Query(query), build.TODAY, None, (), 0), at=build.NOON)

    def alone(self) -> None:
        """What one person published, for the reviews."""
        with self.site.database.write() as connection:
            governing.mark(connection, "night-sitting", by=OPERATOR, at=build.NOON)
            governing.mark(connection, "adult-dietetics", by=OPERATOR, at=build.NOON)
        path = begun(self.editor, service="adult-dietetics")
        step(self.editor, path, "what", kinds=["paused"])
        step(self.editor, path, "date", when="today")
        told_and_checked(self.editor, path)
        self.editor.post(f"{path}/check", data={"without": "1", "override": "The ward is flooded."})

    def _imported(self) -> dict[str, tuple[TestClient, str]]:
        """One file that was imported, and one that waits."""
        paths = []
        for name in ("Foot clinic", "Hand clinic"):
            sheet = f"name,owner_organisation,owner_ods_code\n{name},Northmoor Community Health NHS Trust,ZZN01\n"
            sent = self.editor.post("/manage/import", files={"file": (f"{name}.csv", sheet.encode())})
            paths.append(str(sent.headers["location"]))
        seen = self.editor.get(paths[0]).text.partition('name="seen" value="')[2].partition('"')[0]
        batch = str(self.editor.post(paths[0], data={"seen": seen}).headers["location"].partition("?")[0])
        return {
            "/manage/import/file/{upload}": (self.editor, paths[1]),
            "/manage/import/{number}": (self.editor, batch),
            "/manage/import/{number}/undo": (self.editor, f"{batch}/undo"),
        }

    def _report(self) -> str:
        given = {"kind": "number", "text": "It is that of the library.", "email": "nurse@northmoor.example"}
        answer = self.stranger.post(f"/services/{CLINIC}/report", data=given)
        return str(answer.headers["location"].split("/")[2].partition("?")[0])

    def _ways(self) -> dict[str, tuple[TestClient, str]]:
        """Who looks at a route that has something in its address, and under which."""
        lead, ready = self.lead, begun(self.lead)
        routed(lead, ready)
        parted = begun(lead)
        step(lead, parted, "what", kinds=["split"])
        step(lead, parted, "after", do="open", look="Young legs")
        sent = begun(lead)
        step(lead, sent, "what", kinds=["hours"])
        step(lead, sent, "details", hours="Mo-Fr 09:00-17:00")
        step(lead, sent, "date", when="today")
        told_and_checked(lead, sent)
        stale = begun(lead)
        step(lead, stale, "what", kinds=["hours"])
        step(lead, stale, "details", hours="Sa 09:00-12:00")
        lead.post(f"{sent}/check")
        handed = begun(lead)
        step(lead, handed, "what", kinds=["owner"])
        step(lead, handed, "details", owner="hospital-trust/vascular")
        step(lead, handed, "date", when="today")
        told_and_checked(lead, handed)
        offer = lead.post(f"{handed}/check").headers["location"]
        vera = signed_in(self.site, "vera@northmoor.example", role="lead", team="vascular")
        ready = self._rests_on_now(ready)
        drafts = {f"/publish/{{draft}}{task}": (lead, ready + task) for task in ("", "/delete")}
        drafts |= {
            f"/publish/{{draft}}/{task}": (lead, f"{ready}/{task}")
            for task in ("what", "details", "date", "words", "told", "message", "check")
        }
        return drafts | {
            "/publish/{draft}/after": (lead, f"{parted}/after"),
            "/publish/{draft}/merge": (lead, f"{stale}/merge"),
            "/publish/{draft}/done": (lead, f"{sent}/done"),
            "/offers/{ref}": (vera, offer),
            "/manage/reports/{ref}": (lead, f"/manage/reports/{self.report}"),
            "/manage/gap": (self.editor, "/manage/gap?q=foot+warmers"),
            "/check/{token}": (self.stranger, "/check/none"),
            "/sign-in/{token}": (self.stranger, "/sign-in/none"),
            "/sign-in": (self.stranger, "/sign-in?next=/publish"),
            "/teams/{slug}/champions": (self.editor, f"/teams/{TEAM}/champions"),
            "/publish": (lead, "/publish"),
        }

    def _rests_on_now(self, path: str) -> str:
        """The draft, taking over what was published since it was begun."""
        asked = self.lead.get(f"{path}/merge").text
        version = asked.partition(f'name="version-{CLINIC}" value="')[2].partition('"')[0]
        step(self.lead, path, "merge", **{f"version-{CLINIC}": version})
        step(self.lead, path, "told")
        step(self.lead, path, "message")
        return path

    def looked_at(self) -> Iterator[tuple[str, TestClient, str]]:
        """Every page of those signed in, and of signing in: its route, who looks, and the address."""
        for route in routes():
            if not isinstance(route, Route) or "GET" not in (route.methods or ()):
                continue
            # With an ending it is a file.
            if route.path in NO_PAGES or "." in route.path:
                continue
            if route.path.startswith(PREFIXES) or route.path.endswith(("/report", "/check")):
                yield route.path, *(self.ways.get(route.path) or (self.editor, self._listed(route.path)))

    def _listed(self, route: str) -> str:
        """An address of a route that its list leads to, as an editor sees it."""
        path = route.replace("{slug}", CLINIC)
        parent, opened, _ = path.partition("/{")
        if not opened:
            return path
        pattern = re.sub(r"\\{\w+\\}", r"[^/\"?]+", re.escape(path))
        found = re.search(f'href="({pattern})"', self.editor.get(parent).text)
        return found[1] if found else path

    def wrong(self) -> list[tuple[TestClient, str, dict[str, str]]]:
        """Forms as they come back when something is wrong with what was typed."""
        ready = self.ways["/publish/{draft}/words"][1].rpartition("/")[0]
        vera, offer = self.ways["/offers/{ref}"]
        return [
            (self.stranger, "/sign-in", {"email": "nobody"}),
            (self.stranger, "/sign-in/code", {"code": "1"}),
            (self.lead, "/publish", {"name": "", "owner": ""}),
            (self.lead, f"{ready}/what", {}),
            (self.lead, f"{ready}/words", {"title": "", "why": "She is 943 476 5919."}),
            (self.lead, f"{ready}/date", {"when": "day", "day": "31/2/2026"}),
            (self.lead, f"{ready}/details", AS_BEFORE),
            (vera, f"{offer.partition('?')[0]}/decline", {"why": ""}),
            (self.stranger, f"/services/{CLINIC}/report", {"kind": "", "text": "", "email": "nobody"}),
        ]
