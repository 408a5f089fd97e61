"""The reader's language: chosen, kept, true in every cache; no word of a page stands where it cannot be translated."""

from __future__ import annotations

import inspect
import json
import re
import shutil
from collections.abc import Iterable, Iterator
from datetime import date
from gettext import NullTranslations
from html.parser import HTMLParser
from pathlib import Path

import pytest
from babel.dates import get_month_names
from babel.messages.catalog import Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import MetaData, select

from directory.domain import hours, opening
from directory.domain.report import BECAME as STATES
from directory.domain.report import IN_WORDS
from directory.gate.language import COOKIE, LANGUAGES, language_of
from directory.web import language
from directory.web.language import HERE, Tongue, full_date, tongue
from directory.web.sentences import PHRASES, hours_in_words, sentence
from directory.web.words import BECAME, REPORTS, miles_in_words
from tests.web.conftest import FoundSite, TestClient, client_of, found, hit, signed_in, site_over

WEB = HERE.parent
ENTRY = "/services/leg-ulcer-clinic"
PAGE = "/pages/leg-wound"
SPEAKING = (
    "/", "/find", "/find?q=leg+ulcer", "/find?q=leg+ulcer&as_of=2027-01-01", "/find?q=x&as_of=soon&setting=moon",
    ENTRY, f"{ENTRY}/as-of/2025-04-01", f"{ENTRY}/as-of/2027-01-01", "/services/night-sitting", "/services/dietetics",
    f"{ENTRY}/history", f"{ENTRY}/history?from=1&to=2", f"{ENTRY}/history?from=99", f"{ENTRY}/history?from=1999-01-01",
    f"{ENTRY}/as-of", f"{ENTRY}/as-of?date=soon", f"{ENTRY}/report", "/reports/7kqm-2xhw-9ptr",
    "/changes", "/changes?kind=owner&area=moon", "/changes?before=2",
    "/changes/1", "/changes/3", "/changes/4", "/changes/5", "/changes/6",
    "/pages", PAGE, f"{PAGE}/history?from=1&to=1", f"{PAGE}/versions/1",
    "/teams/tissue-viability", "/organisations/community-trust", "/accessibility", "/privacy",
    "/sign-in", "/sign-in/nothing", "/sign-out", "/unsubscribe/nothing", "/nowhere",
    "/services/nothing", "/changes/999", f"{ENTRY}/print", "/services/night-sitting/print", f"{ENTRY}/offline",
    "/services/night-sitting/offline", "/offline", "/mail", "/mail/nothing",
)  # fmt: skip
# What somebody without a role sees of their own once they have signed in.
OWN = (
    "/account", "/my/updates", "/my/updates?ended=1", "/my/updates/new", "/my/updates/new?service=leg-ulcer-clinic",
    "/my/updates/new?kind=owner&setting=community", "/my/updates/new?area=moon", "/my/updates/1",
    "/my/updates/1?made=1",
    "/my/services", "/my/services/offer", "/my/reports", "/changes/4", PAGE, "/account/passkeys",
    "/account/passkeys/add", "/step-up", f"{ENTRY}/report", ENTRY, "/sign-in", "/sign-out",
)  # fmt: skip
WELSH = {"Accept-Language": "cy-GB,cy;q=0.9,en;q=0.5"}
# Names, and the words for which English is typed: nobody translates them.
NAMES = ("Northmoor directory", "English", "API", *LANGUAGES.values())
MONTHS = get_month_names("wide", locale="cy").values()
# What differs is shown word by word, and what stands in bold as one sentence.
WORDS = ("Leg", "ulcer", "clinic", "club", "The nurses were needed elsewhere.")
TYPED = ("leg ulcer", "soon", "moon", "hospital bed at home", "falls", "wheelchair", "urgent community response")


class Bracketed(NullTranslations):
    """A language in which each message is itself, between brackets."""

    def gettext(self, message: str) -> str:
        return f"⟦{message}⟧"

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return f"⟦{msgid1 if n == 1 else msgid2}⟧"


class Texts(HTMLParser):
    """What a reader sees or hears of a page, but for what says of itself that it is English."""

    VOID = frozenset({"meta", "link", "input", "br", "path", "polygon", "rect"})
    SPOKEN = ("placeholder", "aria-label", "alt")

    def __init__(self) -> None:
        super().__init__()
        self.open: list[bool] = []
        self.said: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        silent = tag in ("script", "style", "code") or given.get("lang") == "en" or any(self.open)
        if not silent:
            self.said.extend(text for name in self.SPOKEN if (text := given.get(name)))
        if tag not in self.VOID:
            self.open.append(silent)

    def handle_endtag(self, tag: str) -> None:
        if tag not in self.VOID:
            self.open.pop()

    def handle_data(self, data: str) -> None:
        if not any(self.open):
            self.said.append(data)


def leaves(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
        if value[:1] in "[{":
            try:
                yield from leaves(json.loads(value))
            except ValueError:
                return
    elif isinstance(value, dict):
        yield from (text for each in value.values() for text in leaves(each))
    elif isinstance(value, list | tuple):
        yield from (text for each in value for text in leaves(each))


def stored(site: FoundSite) -> list[str]:
    """Every text of the database, and the pieces into which Markdown falls."""
    with site.database.read() as connection:
        tables = MetaData()
        tables.reflect(connection)
        rows = (row for table in tables.sorted_tables for row in connection.execute(select(table)))
        texts = {text for row in rows for text in leaves(tuple(row))}
    return [*texts, *(piece.strip() for text in texts for piece in re.split(r"[\n*_`\[\]()\"{}#]+|</?b>|: ", text))]


def untranslated(html: str, content: Iterable[str]) -> list[str]:
    """The texts in which letters are left once messages, dates and what comes from the store are taken out."""
    texts = Texts()
    texts.feed(html)
    whole = " ".join(" \n ".join(texts.said).split(" "))
    while "⟦" in whole:
        whole = re.sub(r"⟦[^⟦⟧]*⟧", " ", whole)
    for text in sorted({*content, *NAMES, *MONTHS}, key=len, reverse=True):
        if len(text) > 2 and text in whole:
            whole = whole.replace(text, " ")
    return [line.strip() for line in whole.splitlines() if re.search("[A-Za-z]{2}", line)]


@pytest.fixture
def speaking(site: FoundSite) -> TestClient:
    site.finds = lambda query: found(hit("leg-ulcer-clinic"), hit("dietetics"), confident=True)
    return client_of(site)


@pytest.fixture(scope="module")
def bracketed(_world: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[TestClient, list[str]]]:
    """A site for all pages that are only read, and what its store holds."""
    home = tmp_path_factory.mktemp("bracketed")
    shutil.copy(_world, home / "signpost.db")
    site = site_over(f"sqlite:///{home / 'signpost.db'}", home)
    site.finds = lambda query: found(hit("leg-ulcer-clinic"), hit("dietetics"), confident=True)
    yield client_of(site), [*stored(site), *TYPED, *WORDS]
    site.close()


@pytest.mark.parametrize("path", SPEAKING)
def test_no_word_of_a_page_is_written_where_it_cannot_be_translated(
    bracketed: tuple[TestClient, list[str]], path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(language, "tongue", lambda code: Tongue(code, Bracketed()))
    client, content = bracketed
    html = client.get(path, headers=WELSH).text
    assert html.count("⟦") > 20
    assert untranslated(html, content) == []


@pytest.fixture(scope="module")
def own(_world: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[TestClient, list[str]]]:
    """A site in which somebody has signed in who keeps, follows and reported a service."""
    home = tmp_path_factory.mktemp("own")
    shutil.copy(_world, home / "signpost.db")
    site = site_over(f"sqlite:///{home / 'signpost.db'}", home)
    client = signed_in(site, "rae@northmoor.example")
    client.post("/my/services", data={"service": "leg-ulcer-clinic"})
    assert client.post("/my/updates", data={"service": "leg-ulcer-clinic"}).status_code == 303
    assert client.post(f"{ENTRY}/report", data={"kind": "question", "text": "Is it open?"}).status_code == 303
    yield client, [*stored(site), *TYPED, *WORDS, "rae@northmoor.example", "Service Leg ulcer clinic"]
    site.close()


@pytest.mark.parametrize("path", OWN)
def test_nor_is_one_of_what_is_ones_own(
    own: tuple[TestClient, list[str]], path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(language, "tongue", lambda code: Tongue(code, Bracketed()))
    client, content = own
    html = client.get(path, headers=WELSH).text
    assert html.count("⟦") > 20
    assert untranslated(html, content) == []


def test_words_that_are_not_translated_would_be_found() -> None:
    assert untranslated("<p>⟦Handled by⟧ Bramley <b>since then</b></p>", ["Bramley"]) == ["since then"]
    assert untranslated('<input placeholder="Type here"><p lang="en">Open now</p>', []) == ["Type here"]


def said(message: Message) -> tuple[str, ...]:
    """What a catalogue says for a message: one text, or one for each number that counts."""
    return (message.string,) if isinstance(message.string, str) else tuple(message.string or ())


def test_the_catalogue_holds_every_message_of_the_pages_and_no_other() -> None:
    methods = [("templates/**.html", "jinja2"), ("**.py", "python")]
    keywords = {"_": None, "gettext": None, "ngettext": (1, 2), "N_": None}
    written = {message for _, _, message, *_ in extract_from_dir(WEB, methods, {}, keywords)}
    with (HERE / "cy" / "LC_MESSAGES" / "signpost.po").open("rb") as file:
        catalogue = read_po(file)
    messages = [message for message in catalogue if message.id]
    assert {message.id for message in messages} == written
    assert [message.id for message in messages if not all(said(message))] == []
    assert [message.id for message in messages if list(message.check(catalogue))] == []
    # The braces of str.format, which Babel does not hold against each other.
    braces = re.compile(r"\{\w+\}")
    alone = [message for message in messages if isinstance(message.id, str)]
    assert [m.id for m in alone if set(braces.findall(str(m.id))) != set(braces.findall(said(m)[0]))] == []


def test_the_answer_is_in_welsh_and_says_that_a_machine_made_it(speaking: TestClient) -> None:
    answer = speaking.get("/find?q=leg+ulcer", headers=WELSH)
    assert '<html lang="cy"' in answer.text
    assert "Cyfieithwyd y geiriau hyn gan beiriant" in answer.text
    assert "Sut i atgyfeirio" in answer.text
    assert "How to refer" not in answer.text
    assert answer.headers["content-language"] == "cy"
    assert {"Accept-Language", "Cookie"} <= set(answer.headers["vary"].split(", "))


def test_a_page_that_is_there_in_english_alone_is_wholly_english(speaking: TestClient) -> None:
    answer = speaking.get("/api", headers=WELSH)
    assert '<html lang="en"' in answer.text
    assert "Newidiadau" not in answer.text
    assert "/language" not in answer.text


@pytest.mark.parametrize("path", ["/", "/find?q=leg+ulcer", ENTRY])
def test_what_is_kept_in_one_language_is_not_given_in_another(speaking: TestClient, path: str) -> None:
    english, welsh = speaking.get(path), speaking.get(path, headers=WELSH)
    assert english.headers["etag"] != welsh.headers["etag"]
    assert speaking.get(path).content == english.content != welsh.content == speaking.get(path, headers=WELSH).content
    stale = speaking.get(path, headers=WELSH | {"If-None-Match": english.headers["etag"]})
    assert (stale.status_code, stale.content) == (200, welsh.content)
    held = speaking.get(path, headers=WELSH | {"If-None-Match": welsh.headers["etag"]})
    assert held.status_code == 304
    assert "Accept-Language" in held.headers["vary"]


def test_a_choice_stays_and_leads_back(speaking: TestClient) -> None:
    answer = speaking.post("/language", data={"language": "cy", "next": "/find?q=leg+ulcer"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/find?q=leg+ulcer")
    assert '<html lang="cy"' in speaking.get(ENTRY).text
    speaking.post("/language", data={"language": "en", "next": "/"})
    assert '<html lang="en"' in speaking.get(ENTRY, headers=WELSH).text


def test_the_choice_of_nobody_known_is_kept_as_any_page_is(speaking: TestClient) -> None:
    speaking.cookies.set(COOKIE, "cy")
    kept = speaking.get(ENTRY)
    assert kept.headers["etag"]
    assert speaking.get(ENTRY, headers={"If-None-Match": kept.headers["etag"]}).status_code == 304


@pytest.mark.parametrize("given", [{"language": "xx"}, {"language": ""}, {}])
def test_an_unknown_language_is_not_kept(speaking: TestClient, given: dict[str, str]) -> None:
    answer = speaking.post("/language", data=given | {"next": "//evil.example/"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert "set-cookie" not in answer.headers


class Asking:
    def __init__(self, header: str, cookie: str = "") -> None:
        self.headers, self.cookies = {"accept-language": header}, {COOKIE: cookie}


@pytest.mark.parametrize(
    ("header", "cookie", "language"),
    [
        ("", "", "en"), ("cy", "", "cy"), ("CY-gb", "", "cy"), ("en-GB,cy;q=0.8", "", "en"), ("de, cy;q=0.2", "", "cy"),
        ("cy;q=0.2, en;q=0.9", "", "en"), ("cy;q=0", "", "en"), ("cy;q=x", "", "en"), ("cy;v=1", "", "en"),
        ("*", "", "en"), ("cy", "en", "en"), ("en", "cy", "cy"), ("cy", "xx", "cy"),
    ],
)  # fmt: skip
def test_the_choice_goes_before_what_the_browser_asks_for(header: str, cookie: str, language: str) -> None:
    assert language_of(Asking(header, cookie)) == language  # type: ignore[arg-type]


@given(st.text(max_size=60))
def test_any_header_names_a_language_of_ours(header: str) -> None:
    assert language_of(Asking(header)) in LANGUAGES  # type: ignore[arg-type]


def test_days_and_numbers_in_welsh(monkeypatch: pytest.MonkeyPatch) -> None:
    welsh = tongue("cy")
    said = [welsh.words.ngettext("%(total)s service found", "%(total)s services found", n) for n in range(8)]
    assert ["wasanaeth" in each and "gwasanaeth" not in each for each in said] == [n == 2 for n in range(8)]
    assert full_date(date(2026, 12, 1)) == "1 December 2026"
    token = language._SPOKEN.set(welsh)
    try:
        assert full_date(date(2026, 12, 1)) == "1 Rhagfyr 2026"
        assert language.in_english() == ' lang="en"'
    finally:
        language._SPOKEN.reset(token)


@pytest.mark.parametrize(
    ("miles", "words"),
    [(0, "less than 0.1 miles"), (0.24, "0.2 miles"), (1.02, "1 mile"), (1.2, "1.2 miles"), (2.0, "2 miles"),
     (9.94, "9.9 miles"), (9.96, "10 miles"), (14.4, "14 miles")],
)  # fmt: skip
def test_distance_in_words(miles: float, words: str) -> None:
    assert miles_in_words(miles) == words


def test_hours_and_what_a_report_became_are_said_in_welsh() -> None:
    given = "Mo-Fr 09:00-17:00; Sa[2] 10:00-12:00; Mo,PH off"
    english = "Monday to Friday, 9am to 5pm. The second Saturday of the month, 10am to midday"
    assert hours_in_words(given) == f"{english}. Closed on Mondays and bank holidays"
    assert dict(REPORTS) == dict(IN_WORDS)
    assert dict(BECAME) == dict(STATES)
    token = language._SPOKEN.set(tongue("cy"))
    try:
        welsh = "Dydd Llun – dydd Gwener, 9yb–5yh. Dydd Sadwrn (yr ail yn y mis), 10yb–canol dydd"
        assert hours_in_words(given) == f"{welsh}. Ar gau: dydd Llun a gwyliau banc"
        assert sentence("There is no such page.") == "Nid oes tudalen o’r fath."
        assert sentence("What <nobody> foresaw.") == '<span lang="en">What &lt;nobody&gt; foresaw.</span>'
    finally:
        language._SPOKEN.reset(token)


def test_every_phrase_of_the_rules_can_be_translated() -> None:
    sources = [Path(inspect.getfile(module)).read_text(encoding="utf-8") for module in (hours, opening)]
    said = {phrase for source in sources for phrase in re.findall(r"\bsay\(\s*f?\"([^\"{]+[^\"]*)\"", source)}
    assert said > {"bank holidays", "Open now"}
    assert said <= PHRASES


def test_every_language_has_its_catalogue() -> None:
    found = {Path(each).parent.parent.name for each in HERE.glob("*/LC_MESSAGES/signpost.po")}
    assert found == set(LANGUAGES) - {"en"}
