"""Which pages run scripts: those that are listed in docs/security.md, and no others; and how they come by them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from starlette.routing import Route

from directory.domain.policy import Role
from directory.web.routes import routes
from tests.web.conftest import FoundSite, client_of, signed_in

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = sorted((ROOT / "directory" / "web" / "templates").rglob("*.html"))
SCRIPTS = sorted((ROOT / "frontend").glob("*.js"))
PAGE = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
LISTED = set(re.findall(r"^\| `(/[^`]*)`", PAGE.partition("## Pages that run scripts")[2].partition("\n## ")[0], re.M))
# Only where a passkey is asked for at that moment: tests/web/test_web_passkeys.py.
ASKED_FOR = {"/account/passkeys/add", "/step-up"}
KNOWN = {"slug": "leg-ulcer-clinic", "key": "gaps", "number": "1", "date": "2026-11-01", "token": "x"}


# What is not named falls to 'none'; these three do not fall back, so each page names them.
ALWAYS = {"default-src": "'none'", "base-uri": "'none'", "frame-ancestors": "'none'", "form-action": "'self'"}


def directives(policy: str) -> dict[str, str]:
    """The directives of a policy, each with its sources."""
    parts = (each.strip().partition(" ") for each in policy.split(";"))
    return {name: sources for name, _, sources in parts}


@pytest.mark.parametrize("roles", [["lead"], pytest.param(["reader", "team-admin", "editor"], marks=pytest.mark.again)])
def test_each_page_for_each_role_has_the_strictest_policy(site: FoundSite, roles: list[Role]) -> None:
    """Scripts only where they are listed, and nowhere from a page itself or from elsewhere."""
    clients = [client_of(site)]
    for role in roles:
        email = f"{role}@northmoor.example"
        if role == "editor":
            clients.append(signed_in(site, email, editor=True))
        else:
            clients.append(signed_in(site, email, role=role, team="tissue-viability"))
    found = set()
    for route in routes():
        if isinstance(route, Route) and "GET" in (route.methods or ()):
            path = re.sub(r"{(\w+)[^}]*}", lambda name: KNOWN.get(name[1], "x"), route.path)
            for client in clients:
                answer = client.get(path)
                if answer.headers.get("content-type", "").startswith("text/html"):
                    policy = directives(answer.headers["content-security-policy"])
                    assert policy.items() >= ALWAYS.items(), path
                    assert set(policy.values()) <= {"'none'", "'self'"}, path
                    found |= {route.path} if "script-src" in policy else set()
    assert found == LISTED - ASKED_FOR


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_no_template_holds_a_script_of_its_own(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert all("src=" in each for each in re.findall(r"<script[^>]*>", text))
    assert not re.search(r"<[^>]+\son\w+\s*=", text)
    assert "javascript:" not in text


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_our_scripts_make_no_markup_and_run_no_text(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"\beval\(|new Function|document\.write|insertAdjacentHTML|outerHTML", text)
    assert not re.search(r"setTimeout\(\s*[\"']", text)
    # What a button held before is put back; nothing else is written as markup.
    assert set(re.findall(r"innerHTML = (\w+)", text)) <= {"before"}
    # No object is built from names that were sent.
    assert not re.search(r"\w\[(?!\"|'|\d|\.\.\.)\w+\]\s*=(?!=)", text)
