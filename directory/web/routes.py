"""Every page at a glance."""

from __future__ import annotations

from collections.abc import Callable
from os import PathLike, stat_result
from typing import Any, ClassVar

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from directory.domain.policy import Action
from directory.errors import SignpostError
from directory.gate.routes import may
from directory.web import (
    about,
    account,
    changes,
    editing,
    find,
    gaps,
    home,
    knowledge,
    mail,
    openid,
    owners,
    passkeys,
    policy,
    services,
    sign_in,
    unsubscribe,
    vocabulary,
)
from directory.web.error_pages import error_page
from directory.web.rendering import STATIC

__all__ = ["error_handlers", "error_page", "routes"]


class _Static(StaticFiles):
    """Files that a browser keeps: those whose address names their content, for a year."""

    policy: ClassVar[dict[str, Action]] = {"*": "visit"}

    def file_response(
        self, full_path: str | PathLike[str], stat_result: stat_result, scope: Scope, status_code: int = 200
    ) -> Response:
        response = super().file_response(full_path, stat_result, scope, status_code)
        named = scope.get("query_string", b"").startswith(b"v=")
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable" if named else "max-age=3600"
        return response


def routes() -> list[BaseRoute]:
    """The pages; the application puts its own routes beside them."""
    return [
        Route("/", may("read", home.home)),
        Route("/find", may("read", find.find)),
        Route("/services/{slug}", may("read", services.service)),
        Route("/services/{slug}/history", may("read", services.service_history)),
        Route("/services/{slug}/as-of", may("read", services.service_on)),
        Route("/services/{slug}/as-of/{date}", may("read", services.service_then)),
        Route("/changes", may("read", changes.changes)),
        Route("/changes/{number}", may("read", changes.change)),
        Route("/pages", may("read", knowledge.pages)),
        Route("/pages/new", may("edit-page", editing.new)),
        Route("/pages/new", may("edit-page", editing.save_new), methods=["POST"]),
        Route("/pages/{slug}", may("read", knowledge.knowledge_page)),
        Route("/pages/{slug}/history", may("read", knowledge.page_history)),
        Route("/pages/{slug}/versions/{number}", may("read", knowledge.page_version)),
        Route("/pages/{slug}/follow", may("subscribe", knowledge.follow), methods=["POST"]),
        Route("/pages/{slug}/unfollow", may("subscribe", knowledge.unfollow), methods=["POST"]),
        Route("/pages/{slug}/edit", may("edit-page", editing.edit)),
        Route("/pages/{slug}/edit", may("edit-page", editing.save), methods=["POST"]),
        Route("/pages/{slug}/note", may("edit-page", editing.note)),
        Route("/pages/{slug}/note", may("edit-page", editing.save_note), methods=["POST"]),
        Route("/teams/{slug}", may("read", owners.team)),
        Route("/organisations/{slug}", may("read", owners.organisation)),
        Route("/mail", may("read-mail", mail.mail)),
        Route("/mail/{name}", may("read-mail", mail.message)),
        Route("/mail/{name}/html", may("read-mail", mail.message_html)),
        Route("/unsubscribe/{token}", may("unsubscribe", unsubscribe.ask)),
        Route("/unsubscribe/{token}", may("unsubscribe", unsubscribe.do), methods=["POST"]),
        Route("/sign-in", may("sign-in", sign_in.ask_form)),
        Route("/sign-in", may("sign-in", sign_in.ask_for_mail), methods=["POST"]),
        Route("/sign-in/code", may("sign-in", sign_in.type_code), methods=["POST"]),
        Route("/sign-in/openid", may("sign-in", openid.start)),
        Route("/sign-in/openid/callback", may("sign-in", openid.come_back)),
        Route("/sign-in/{token}", may("sign-in", sign_in.follow_link)),
        Route("/sign-in/{token}", may("sign-in", sign_in.press_button), methods=["POST"]),
        Route("/sign-out", may("sign-in", sign_in.leave_form)),
        Route("/sign-out", may("sign-in", sign_in.leave), methods=["POST"]),
        Route("/account", may("account", account.account)),
        Route("/account/sessions", may("account", account.end_sessions), methods=["POST"]),
        Route("/account/passkeys", may("account", passkeys.own)),
        Route("/account/passkeys/add", may("account", passkeys.add_form)),
        Route("/account/passkeys/add", may("account", passkeys.add), methods=["POST"]),
        Route("/account/passkeys/remove", may("account", passkeys.remove), methods=["POST"]),
        Route("/step-up", may("account", passkeys.show_form)),
        Route("/step-up", may("account", passkeys.show), methods=["POST"]),
        Route("/manage/gaps", may("manage-gaps", gaps.gaps)),
        Route("/manage/gap", may("manage-gaps", gaps.gap)),
        Route("/manage/gap", may("manage-gaps", gaps.close), methods=["POST"]),
        Route("/manage/vocabulary", may("manage-vocabulary", vocabulary.vocabulary)),
        Route("/manage/vocabulary/line", may("manage-vocabulary", vocabulary.line)),
        Route("/manage/vocabulary/line", may("manage-vocabulary", vocabulary.put), methods=["POST"]),
        Route("/manage/vocabulary/remove", may("manage-vocabulary", vocabulary.remove), methods=["POST"]),
        Route("/manage/vocabulary/restore", may("manage-vocabulary", vocabulary.restore), methods=["POST"]),
        Route("/manage/policy", may("read-policy", policy.table)),
        Route("/accessibility", may("visit", about.accessibility)),
        Route("/privacy", may("visit", about.privacy)),
        Mount("/static", _Static(directory=STATIC)),
    ]


def error_handlers() -> dict[Any, Callable[[Request, Exception], Response]]:
    """What to answer when something goes wrong, by what it was."""
    return {SignpostError: error_page, HTTPException: error_page, Exception: error_page}
