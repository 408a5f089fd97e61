"""A furnished directory in which every text that somebody can write means harm, or is very long."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path

from sqlalchemy import update

from directory.actions.follow import follow_index
from directory.actions.gaps import record_gap
from directory.domain.area import Area as RegisterArea
from directory.domain.change import Draft, Edit
from directory.domain.query import Answer, Query
from directory.domain.service import Area, Contact, Eligibility, Location, ReferralRoute
from directory.search.index import WhooshEngine
from directory.settings import load
from directory.site import Site
from directory.store import areas, pages, vocabulary
from directory.store.database import Database
from directory.store.tables.learning import reports
from directory.store.tables.people import people
from tests import build
from tests.web import world
from tests.web.conftest import TestClient
from tests.web.furnished import CLINIC, TEAM, Furnished
from tests.web.publishing import begun, routed, step

AT = build.NOON + timedelta(minutes=5)
# It closes what it may stand in, opens what is its own, and turns the reading direction; then something very long.
SAID = """{mark}\u202e\u2066</title></textarea></script>"><zq-it zq-on="1">' zq-on='1' <script>zq()</script><img src=zq onerror=zq()>{{{{ 7*7 }}}}&lt;zq-it&gt;-->]]>"""  # noqa: E501
LONG = "n" * 5_000
MARKS = (
    "service", "summary", "description", "need", "area", "eligibility", "hours", "former", "contact", "who", "send",
    "notes", "place", "organisation", "team", "change", "why", "person", "page", "term", "report", "question", "draft",
)  # fmt: skip


def hostile(mark: str, *, long: bool = False) -> str:
    return SAID.format(mark=f"zq{mark}") + (LONG if long else "")


def called(mark: str, *, long: bool = False) -> str:
    """The same for a name, which holds nothing that nobody sees."""
    return hostile(mark, long=long).replace("\u202e\u2066", "")


def made_hostile(site: Site, lead: TestClient) -> None:
    """Every text that somebody can write, in every noun."""
    route = ReferralRoute(
        "web", "javascript:zq()", hostile("who"), "routine", hostile("hours"), hostile("send"), hostile("notes")
    )
    facts = {
        "name": called("service", long=True),
        "summary": hostile("summary", long=True),
        "description": hostile("description") + "\n\n[x](javascript:zq()) ![x](javascript:zq())",
        "eligibility": Eligibility(hostile("eligibility")),
        "needs": (hostile("need"),),
        "areas": (Area(hostile("area"), basis="registered"),),
        "contacts": (Contact("phone", "01632 960147", hostile("contact")), Contact("website", "javascript:zq()")),
        "referral_routes": (route,),
        "hours": hostile("hours", long=True),
        "locations": (Location(hostile("place", long=True), hostile("place"), "NM1 2AB"),),
        "former_names": (called("former"),),
    }
    named = Draft(
        title=hostile("change", long=True),
        effective_from=build.TODAY,
        services=tuple(Edit(slug, facts) for slug in (CLINIC, "adult-dietetics", "childrens-dietetics")),
        organisations=(
            Edit("community-trust", {"name": called("organisation"), "description": hostile("organisation")}),
        ),
        teams=tuple(Edit(slug, {"name": called("team", long=True)}) for slug in (TEAM, "vascular", "district-nursing")),
        why=hostile("why"),
        what_to_do=hostile("why"),
        in_flight=hostile("why"),
    )
    build.change(site.database, named, at=AT)
    path = begun(lead)
    routed(lead, path)
    step(lead, path, "words", title=hostile("draft"), why=hostile("draft"), what_to_do="Ring.", weight="major")
    with site.database.write() as connection:
        connection.execute(update(people).values(name=hostile("person")))
        connection.execute(update(reports).values(text=hostile("report"), answer=hostile("report")))
        text = world.PAGE.replace("Leg wound", "zqpage").replace("Refer to", hostile("page"))
        pages.put(connection, pages.Page("leg-wound", 0, "pathway", hostile("page"), build.TODAY, AT, text))
        vocabulary.put(connection, [(hostile("term")[:190], (hostile("term"),), "synonym")], at=AT)
        areas.put(connection, [RegisterArea(hostile("area"))], at=AT)
    record_gap(site.database, Answer(Query(hostile("question")[:150]), build.TODAY, None, (), 0), at=AT)


@contextmanager
def hostile_site(template: Path, home: Path, address: str = "http://127.0.0.1:8000") -> Iterator[Furnished]:
    """It, over a copy of an empty database."""
    (home / "signpost.db").write_bytes(template.read_bytes())
    given = {"HOME": str(home), "ORGANISATION_NAME": hostile("site"), "BASE_URL": address}
    settings = load({f"SIGNPOST_{name}": value for name, value in given.items()})
    site = Site(settings, Database(settings.database_url), WhooshEngine(settings.index_folder), lambda: build.NOON)
    with closing(site):
        world.fill(site.database)
        routes_ = (ReferralRoute("email", "legs@northmoor.example", who="Any nurse"),)
        build.change(site.database, build.draft(Edit("night-sitting", {"referral_routes": routes_})))
        site.settings = settings.model_copy(update={"passkeys": "offered"})
        made = Furnished(site, settings.base_url)
        site.clock = lambda: AT
        made_hostile(site, made.lead)
        follow_index(site.database, site.engine, today=site.today())
        yield made
