from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from directory.exchange.prose import line_of, markdown_of


@pytest.mark.parametrize(
    ("given_text", "markdown"),
    [
        ("<p>Rest&nbsp;and<br>play</p><p><br></p>", "Rest and  \nplay"),
        ("<ul><li>tea</li><li>a <b>hot</b> meal</li></ul>", "- tea\n- a **hot** meal"),
        ("<h1>Who</h1><p>All</p><h4>When</h4>", "### Who\n\nAll\n\n#### When"),
        ('<a href="https://a.example/x_y">more_here</a>', r"[more\_here](https://a.example/x_y)"),
        ("<div>one</div><section>two</section>", "one\n\ntwo"),
        ("<table><tr><td>framed</td></tr></table>", "framed"),
        ("R&amp;D &lt;b&gt; <i>x</i>", "R&D &lt;b> *x*"),
        ("<p>5 * 3 [note](https://a.example)</p>", r"5 \* 3 [note\](https://a.example)"),
        ("<p></p>\u200b", ""),
    ],
)
def test_html_becomes_markdown(given_text: str, markdown: str) -> None:
    assert markdown_of(given_text) == markdown


@pytest.mark.parametrize(
    ("given_text", "markdown"),
    [
        ("One.\r\n\r\n- **two**\r\n- three ", "One.\n\n- **two**\n- three"),
        ("Tea &amp; talk\u00a0here", "Tea & talk here"),
        ("ages < 5 and &lt;script&gt;", "ages &lt; 5 and &lt;script>"),
        ("see <https://a.example/>", "see <https://a.example/>"),
        ("[press](javascript:alert(1)) me", "[press]) me"),
    ],
)
def test_text_without_tags_is_markdown_already(given_text: str, markdown: str) -> None:
    assert markdown_of(given_text) == markdown


@pytest.mark.parametrize(
    "hostile",
    [
        "<script>alert(1)</script><p>kept</p>",
        '<p onclick="alert(1)">kept</p>',
        '<a href="javascript:alert(1)">kept</a>',
        '<img src=x onerror="alert(1)"><p>kept</p>',
        "<style>p{}</style><iframe src=https://a.example></iframe>kept<br>",
        "<p>kept &lt;img src=x onerror=alert(1)&gt;</p>",
        "<p>kept [x](javascript:alert(1))</p>",
    ],
)
def test_nothing_that_runs_is_left(hostile: str) -> None:
    found = markdown_of(hostile)
    assert "kept" in found
    assert not re.search(r"<[a-z/!]|(?<!\\)\]\(\s*javascript|<style", found, re.IGNORECASE)


def test_tags_nested_by_the_thousand_give_their_text() -> None:
    assert "deep" in markdown_of("<blockquote>" * 5000 + "deep <b>&lt;x&gt;</b>")


@given(st.text(alphabet="<>/apbr&;lt gt\n*_[](:)#\\ ", max_size=80))
def test_no_tag_of_any_kind_survives(text: str) -> None:
    assert not re.search(r"<(?!https?://|mailto:)", markdown_of(text))
    assert "\n" not in line_of(text)


def test_a_line_has_no_tags_and_single_spaces() -> None:
    assert line_of(" Sing&amp;<b>Smile</b> \n Sessions ") == "Sing& Smile Sessions"
