"""Every page at a glance."""

from __future__ import annotations

from collections.abc import Callable
from os import PathLike, stat_result
from pathlib import Path
from typing import Any, ClassVar

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from directory.domain.policy import Action
from directory.errors import SignpostError
from directory.gate.keeping import kept
from directory.gate.routes import may
from directory.gate.squeezing import squeezed
from directory.web import (
    about,
    account,
    awareness,
    bounces,
    brand,
    changes,
    channels,
    deliveries,
    duplicates,
    editing,
    figures,
    find,
    findings,
    freshness,
    gaps,
    governing,
    home,
    imports,
    knowledge,
    language,
    mail,
    offers,
    offline,
    openid,
    own_services,
    owners,
    passkeys,
    people,
    policy,
    publish,
    publish_after,
    publish_send,
    publish_tasks,
    reports,
    services,
    sign_in,
    sources,
    starting,
    suggesting,
    unsubscribe,
    update_export,
    update_new,
    updates,
    vocabulary,
)
from directory.web.error_pages import error_page
from directory.web.language import speaks
from directory.web.rendering import STATIC

__all__ = ["error_handlers", "error_page", "routes"]


class _Static(StaticFiles):
    """Files that a browser keeps: those whose address names their content, for a year."""

    policy: ClassVar[dict[str, Action]] = {"*": "visit"}

    def file_response(
        self, full_path: str | PathLike[str], stat_result: stat_result, scope: Scope, status_code: int = 200
    ) -> Response:
        squeezed = Path(f"{full_path}.gz")
        response: Response
        if "gzip" in Headers(scope=scope).get("accept-encoding", "") and squeezed.is_file():
            response = super().file_response(squeezed, squeezed.stat(), scope, status_code)
            response.headers["Content-Encoding"] = "gzip"
        else:
            response = super().file_response(full_path, stat_result, scope, status_code)
        response.headers.add_vary_header("Accept-Encoding")
        named = scope.get("query_string", b"").startswith(b"v=")
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable" if named else "max-age=3600"
        return response


def routes() -> list[BaseRoute]:
    """The pages; the application puts its own routes beside them."""
    return [*_for_readers(), *_for_oneself(), *_for_authors(), *_for_those_in_charge()]


def _for_readers() -> list[BaseRoute]:
    """What everybody reads, and what they can say about it."""
    return [
        Route("/", may("read", squeezed(kept(speaks(home.home))))),
        Route("/find", may("read", squeezed(speaks(find.find)))),
        Route("/suggest", may("read", suggesting.suggest)),
        Route("/services/{slug}", may("read", squeezed(kept(speaks(services.service))))),
        Route("/services/{slug}/print", may("read", kept(speaks(services.service_printed)))),
        Route("/services/{slug}/offline", may("read", kept(speaks(offline.copy)))),
        Route("/services/{slug}/history", may("read", kept(speaks(services.service_history)))),
        Route("/services/{slug}/as-of", may("read", kept(speaks(services.service_on)))),
        Route("/services/{slug}/as-of/{date}", may("read", kept(speaks(services.service_then)))),
        Route("/services/{slug}/report", may("report", speaks(reports.form))),
        Route("/services/{slug}/report", may("report", speaks(reports.send)), methods=["POST"]),
        Route("/services/{slug}/check", may("check", freshness.ask)),
        Route("/services/{slug}/check", may("check", freshness.confirm), methods=["POST"]),
        Route("/services/{slug}/check-interval", may("check", freshness.set_interval), methods=["POST"]),
        Route("/check/{token}", may("check-by-link", freshness.ask_by_link)),
        Route("/check/{token}", may("check-by-link", freshness.confirm_by_link), methods=["POST"]),
        Route("/reports/{ref}", may("read", speaks(reports.shown))),
        Route("/changes", may("read", kept(speaks(changes.changes)))),
        Route("/changes/{number}", may("read", kept(speaks(changes.change)))),
        Route("/offers", may("read-offers", offers.offers)),
        Route("/offers/{ref}", may("read-offers", offers.offer)),
        Route("/offers/{ref}/accept", may("agree", offers.accept), methods=["POST"]),
        Route("/offers/{ref}/decline", may("agree", offers.decline), methods=["POST"]),
        Route("/offers/{ref}/withdraw", may("publish", offers.withdraw), methods=["POST"]),
        Route("/offers/{ref}/edit", may("draft", offers.edit), methods=["POST"]),
        Route("/offers/{ref}/again", may("publish", offers.again), methods=["POST"]),
        Route("/offers/{ref}/override", may("publish", offers.override), methods=["POST"]),
        Route("/pages", may("read", kept(speaks(knowledge.pages)))),
        Route("/pages/new", may("edit-page", editing.new)),
        Route("/pages/new", may("edit-page", editing.save_new), methods=["POST"]),
        Route("/pages/{slug}", may("read", kept(speaks(knowledge.knowledge_page)))),
        Route("/pages/{slug}/history", may("read", kept(speaks(knowledge.page_history)))),
        Route("/pages/{slug}/versions/{number}", may("read", kept(speaks(knowledge.page_version)))),
        Route("/pages/{slug}/follow", may("subscribe", speaks(knowledge.follow)), methods=["POST"]),
        Route("/pages/{slug}/unfollow", may("subscribe", speaks(knowledge.unfollow)), methods=["POST"]),
        Route("/pages/{slug}/edit", may("edit-page", editing.edit)),
        Route("/pages/{slug}/edit", may("edit-page", editing.save), methods=["POST"]),
        Route("/pages/{slug}/note", may("edit-page", editing.note)),
        Route("/pages/{slug}/note", may("edit-page", editing.save_note), methods=["POST"]),
        Route("/teams/{slug}", may("read", kept(speaks(owners.team)))),
        Route("/organisations/{slug}", may("read", kept(speaks(owners.organisation)))),
        Route("/mail", may("read-mail", speaks(mail.mail))),
        Route("/mail/{name}", may("read-mail", speaks(mail.message))),
        Route("/mail/{name}/html", may("read-mail", mail.message_html)),
        Route("/unsubscribe/{token}", may("unsubscribe", speaks(unsubscribe.ask))),
        Route("/unsubscribe/{token}", may("unsubscribe", speaks(unsubscribe.do)), methods=["POST"]),
        Route("/unsubscribe/{token}/undo", may("unsubscribe", speaks(unsubscribe.undo)), methods=["POST"]),
        Route("/offline", may("visit", kept(speaks(offline.fallback)))),
        Route("/worker.js", may("visit", speaks(offline.worker))),
        Route("/manifest.webmanifest", may("visit", offline.manifest)),
        Route("/robots.txt", may("visit", about.robots)),
        Route("/accessibility", may("visit", kept(speaks(about.accessibility)))),
        Route("/privacy", may("visit", kept(speaks(about.privacy)))),
        Route("/brand/colour.css", may("visit", brand.colour)),
        Route("/brand/logo", may("visit", brand.logo)),
        Mount("/static", _Static(directory=STATIC)),
    ]


def _for_oneself() -> list[BaseRoute]:
    """Signing in, and what is one's own."""
    return [
        Route("/my/reports", may("account", speaks(reports.own))),
        Route("/my/updates", may("subscribe", speaks(updates.updates))),
        Route("/my/updates", may("subscribe", speaks(update_new.make)), methods=["POST"]),
        Route("/my/updates/new", may("subscribe", speaks(update_new.new))),
        Route("/my/updates/away", may("subscribe", speaks(updates.away)), methods=["POST"]),
        Route("/my/updates/export.json", may("account", update_export.as_json)),
        Route("/my/updates/subscriptions.csv", may("account", update_export.subscriptions_csv)),
        Route("/my/updates/sent.csv", may("account", update_export.sent_csv)),
        Route("/my/updates/{id}", may("subscribe", speaks(updates.one))),
        Route("/my/updates/{id}", may("subscribe", speaks(updates.alter)), methods=["POST"]),
        Route("/my/updates/{id}/end", may("subscribe", speaks(updates.end)), methods=["POST"]),
        Route("/my/updates/{id}/undo", may("subscribe", speaks(updates.undo)), methods=["POST"]),
        Route("/my/updates/{id}/choose", may("subscribe", speaks(updates.choose)), methods=["POST"]),
        Route("/my/updates/{id}/resume", may("manage-channel", speaks(channels.resume)), methods=["POST"]),
        Route("/my/updates/{id}/send-again", may("manage-channel", speaks(channels.send_again)), methods=["POST"]),
        Route("/my/updates/{id}/secret", may("manage-channel", speaks(channels.change_secret)), methods=["POST"]),
        Route("/my/updates/{id}/test", may("subscribe", speaks(updates.test)), methods=["POST"]),
        Route("/my/services", may("account", squeezed(speaks(own_services.services)))),
        Route("/my/services", may("account", speaks(own_services.change)), methods=["POST"]),
        Route("/my/services/offer", may("account", speaks(own_services.offer))),
        Route("/my/services/offer", may("account", speaks(own_services.take_offer)), methods=["POST"]),
        Route("/account/mail", may("account", speaks(bounces.send_again)), methods=["POST"]),
        Route("/changes/{number}/acknowledge", may("acknowledge", speaks(awareness.say)), methods=["POST"]),
        Route("/changes/{number}/awareness", may("read-awareness", awareness.change)),
        Route("/teams/{slug}/champions", may("name-champion", awareness.team_champions)),
        Route("/teams/{slug}/champions", may("name-champion", awareness.change_champions), methods=["POST"]),
        Route("/language", may("visit", language.choose_language), methods=["POST"]),
        Route("/sign-in", may("sign-in", speaks(sign_in.ask_form))),
        Route("/sign-in", may("sign-in", speaks(sign_in.ask_for_mail)), methods=["POST"]),
        Route("/sign-in/code", may("sign-in", speaks(sign_in.type_code)), methods=["POST"]),
        Route("/sign-in/openid", may("sign-in", speaks(openid.start))),
        Route("/sign-in/openid/callback", may("sign-in", speaks(openid.come_back))),
        Route("/sign-in/{token}", may("sign-in", speaks(sign_in.follow_link))),
        Route("/sign-in/{token}", may("sign-in", speaks(sign_in.press_button)), methods=["POST"]),
        Route("/sign-out", may("sign-in", speaks(sign_in.leave_form))),
        Route("/sign-out", may("sign-in", speaks(sign_in.leave)), methods=["POST"]),
        Route("/account", may("account", speaks(account.account))),
        Route("/account/sessions", may("account", speaks(account.end_sessions)), methods=["POST"]),
        Route("/account/passkeys", may("account", speaks(passkeys.own))),
        Route("/account/passkeys/add", may("account", speaks(passkeys.add_form))),
        Route("/account/passkeys/add", may("account", speaks(passkeys.add)), methods=["POST"]),
        Route("/account/passkeys/remove", may("account", speaks(passkeys.remove)), methods=["POST"]),
        Route("/step-up", may("account", speaks(passkeys.show_form))),
        Route("/step-up", may("account", speaks(passkeys.show)), methods=["POST"]),
    ]


def _for_authors() -> list[BaseRoute]:
    """The tasks of publishing a change."""
    return [
        Route("/publish", may("draft", publish.drafts)),
        Route("/publish", may("draft", publish.begin), methods=["POST"]),
        Route("/publish/{draft}", may("draft", publish.tasks)),
        Route("/publish/{draft}/delete", may("draft", publish.ask_delete)),
        Route("/publish/{draft}/delete", may("draft", publish.delete), methods=["POST"]),
        Route("/publish/{draft}/what", may("draft", publish_tasks.what)),
        Route("/publish/{draft}/what", may("draft", publish_tasks.save_what), methods=["POST"]),
        Route("/publish/{draft}/details", may("draft", publish_tasks.details)),
        Route("/publish/{draft}/details", may("draft", publish_tasks.save_details), methods=["POST"]),
        Route("/publish/{draft}/after", may("draft", publish_after.after)),
        Route("/publish/{draft}/after", may("draft", publish_after.save_after), methods=["POST"]),
        Route("/publish/{draft}/date", may("draft", publish_tasks.day)),
        Route("/publish/{draft}/date", may("draft", publish_tasks.save_day), methods=["POST"]),
        Route("/publish/{draft}/words", may("draft", publish_tasks.words)),
        Route("/publish/{draft}/words", may("draft", publish_tasks.save_words), methods=["POST"]),
        Route("/publish/{draft}/told", may("draft", publish_send.told)),
        Route("/publish/{draft}/told", may("draft", publish_send.save_looked), methods=["POST"]),
        Route("/publish/{draft}/message", may("draft", publish_send.message)),
        Route("/publish/{draft}/message", may("draft", publish_send.save_looked), methods=["POST"]),
        Route("/publish/{draft}/message.html", may("draft", publish_send.message_html)),
        Route("/publish/{draft}/check", may("publish", publish_send.check)),
        Route("/publish/{draft}/check", may("publish", publish_send.publish), methods=["POST"]),
        Route("/publish/{draft}/merge", may("draft", publish_send.merge)),
        Route("/publish/{draft}/merge", may("draft", publish_send.save_merge), methods=["POST"]),
        Route("/publish/{draft}/done", may("draft", publish_send.done)),
    ]


def _for_those_in_charge() -> list[BaseRoute]:
    """What leads, administrators and editors look after."""
    return [
        Route("/start", may("import", starting.look_around), methods=["POST"]),
        Route("/manage", may("read-figures", squeezed(figures.figures))),
        Route("/manage/figures/{key}.csv", may("read-figures", figures.as_csv)),
        Route("/manage/reports", may("manage-reports", reports.waiting)),
        Route("/manage/reports/{ref}", may("manage-reports", reports.one)),
        Route("/manage/reports/{ref}", may("manage-reports", reports.answer), methods=["POST"]),
        Route("/manage/freshness", may("manage-freshness", freshness.by_age)),
        Route("/manage/gaps", may("manage-gaps", gaps.gaps)),
        Route("/manage/gap", may("manage-gaps", gaps.gap)),
        Route("/manage/gap", may("manage-gaps", gaps.close), methods=["POST"]),
        Route("/manage/vocabulary", may("manage-vocabulary", vocabulary.vocabulary)),
        Route("/manage/vocabulary/line", may("manage-vocabulary", vocabulary.line)),
        Route("/manage/vocabulary/line", may("manage-vocabulary", vocabulary.put), methods=["POST"]),
        Route("/manage/vocabulary/remove", may("manage-vocabulary", vocabulary.remove), methods=["POST"]),
        Route("/manage/vocabulary/restore", may("manage-vocabulary", vocabulary.restore), methods=["POST"]),
        Route("/manage/people", may("manage-people", people.listed)),
        Route("/manage/people", may("manage-people", people.add), methods=["POST"]),
        Route("/manage/people/{number}", may("manage-people", people.one)),
        Route("/manage/people/{number}", may("manage-people", people.change), methods=["POST"]),
        Route("/manage/people/{number}/editor", may("make-editor", people.make_editor), methods=["POST"]),
        Route("/manage/duplicates", may("govern", duplicates.duplicates)),
        Route("/manage/duplicates", may("govern", duplicates.decide), methods=["POST"]),
        Route("/manage/critical", may("govern", governing.critical)),
        Route("/manage/critical", may("govern", governing.mark), methods=["POST"]),
        Route("/manage/reviews", may("govern", governing.reviews)),
        Route("/manage/reviews", may("govern", governing.review), methods=["POST"]),
        Route("/manage/orphans", may("govern", governing.orphans)),
        Route("/manage/acknowledgements", may("read-awareness", awareness.overview)),
        Route("/manage/findings", may("read-findings", findings.findings)),
        Route("/manage/deliveries", may("manage-deliveries", deliveries.deliveries)),
        Route("/manage/deliveries", may("manage-deliveries", deliveries.again), methods=["POST"]),
        Route("/manage/bounces", may("read-bounces", bounces.returned)),
        Route("/manage/import", may("import", imports.imports)),
        Route("/manage/import", may("import", imports.send, largest_file=imports.LARGEST_FILE), methods=["POST"]),
        Route("/manage/import/file/{upload}", may("import", imports.preview)),
        Route("/manage/import/file/{upload}", may("import", imports.confirm), methods=["POST"]),
        Route("/manage/import/file/{upload}/problems.csv", may("import", imports.problems)),
        Route("/manage/import/{number}", may("import", imports.batch)),
        Route("/manage/import/{number}/undo", may("import", imports.ask_undo)),
        Route("/manage/import/{number}/undo", may("import", imports.undo), methods=["POST"]),
        Route("/manage/sources", may("import", sources.sources)),
        Route("/manage/sources", may("import", sources.act), methods=["POST"]),
        Route("/manage/sources/clash", may("import", sources.decide), methods=["POST"]),
        Route("/manage/policy", may("read-policy", policy.table)),
    ]


def error_handlers() -> dict[Any, Callable[[Request, Exception], Response]]:
    """What to answer when something goes wrong, by what it was."""
    return {SignpostError: error_page, HTTPException: error_page, Exception: error_page}
