"""Every call of the JSON API, version 1, at a glance. It is mounted at /api/v1."""

from __future__ import annotations

from starlette.routing import BaseRoute, Route

from directory.api import (
    awareness,
    bounces,
    changes,
    channels,
    learning,
    offers,
    organisations,
    pages,
    publishing,
    search,
    services,
    subscriptions,
)
from directory.api.calls import each, publishes, reads, tells
from directory.api.problems import problem

__all__ = ["problem", "routes"]


def routes() -> list[BaseRoute]:
    """The routes, each to one handler."""
    return [
        Route("/search", reads(search.search)),
        Route("/suggest", reads(search.suggest)),
        Route("/services", reads(services.list_services, keeps=True)),
        Route("/services/{key}", reads(services.show_service, keeps=True)),
        Route("/services/{key}/versions", reads(services.list_versions, keeps=True)),
        Route("/services/{key}/versions/{number}", reads(services.show_version, keeps=True)),
        Route("/services/{key}/handlers", reads(services.show_handlers, keeps=True)),
        Route("/services/{key}/reports", tells(learning.post_report, "report"), methods=["POST"]),
        Route("/services/{key}/check", publishes(learning.post_check, "check", needs_body=False), methods=["POST"]),
        Route("/reports/{ref}", reads(learning.show_report)),
        Route(
            "/changes",
            each(GET=reads(changes.list_changes, keeps=True), POST=publishes(publishing.post_change)),
            methods=["GET", "POST"],
        ),
        Route("/changes/{number}", reads(changes.show_change, keeps=True)),
        Route(
            "/changes/{number}/acknowledge",
            publishes(awareness.post_acknowledge, "acknowledge", needs_body=False),
            methods=["POST"],
        ),
        Route("/changes/{number}/awareness", reads(awareness.show_awareness, "read-awareness")),
        Route("/changes/{number}/withdraw", publishes(publishing.post_withdraw), methods=["POST"]),
        Route("/changes/{number}/reverse", publishes(publishing.post_reverse), methods=["POST"]),
        *_of_subscriptions(),
        Route("/offers", reads(offers.list_offers)),
        Route(
            "/offers/{ref}",
            each(GET=reads(offers.show_offer), PUT=publishes(offers.put_offer)),
            methods=["GET", "PUT"],
        ),
        Route("/offers/{ref}/accept", publishes(offers.accept, "agree"), methods=["POST"]),
        Route("/offers/{ref}/decline", publishes(offers.decline, "agree"), methods=["POST"]),
        Route("/offers/{ref}/withdraw", publishes(offers.withdraw), methods=["POST"]),
        Route("/offers/{ref}/override", publishes(offers.override), methods=["POST"]),
        Route("/organisations", reads(organisations.list_organisations, keeps=True)),
        Route("/organisations/{key}", reads(organisations.show_organisation, keeps=True)),
        Route("/organisations/{key}/successors", reads(organisations.show_successors, keeps=True)),
        Route("/teams", reads(organisations.list_teams, keeps=True)),
        Route("/teams/{key}", reads(organisations.show_team, keeps=True)),
        Route("/pages", reads(pages.list_pages, keeps=True)),
        Route("/pages/{key}", reads(pages.show_page, keeps=True)),
    ]


def _of_subscriptions() -> list[BaseRoute]:
    """Who is told of what, by mail or somewhere else."""
    return [
        Route(
            "/subscriptions",
            each(
                GET=reads(subscriptions.list_subscriptions, "read-updates"),
                POST=publishes(subscriptions.post_subscription, "subscribe"),
            ),
            methods=["GET", "POST"],
        ),
        Route(
            "/subscriptions/{number}",
            each(
                GET=reads(subscriptions.show_subscription, "read-updates"),
                PATCH=publishes(subscriptions.patch_subscription, "subscribe"),
                DELETE=publishes(subscriptions.delete_subscription, "subscribe", needs_body=False),
            ),
            methods=["GET", "PATCH", "DELETE"],
        ),
        Route("/bounces", publishes(bounces.post_bounce, "take-bounces"), methods=["POST"]),
        Route("/subscriptions/{number}/channel", reads(channels.show_channel, "read-events")),
        Route("/subscriptions/{number}/events", reads(channels.list_events, "read-events")),
        Route(
            "/subscriptions/{number}/send-again",
            publishes(channels.post_send_again, "manage-channel"),
            methods=["POST"],
        ),
        Route(
            "/subscriptions/{number}/resume",
            publishes(channels.post_resume, "manage-channel", needs_body=False),
            methods=["POST"],
        ),
        Route(
            "/subscriptions/{number}/secret",
            publishes(channels.post_secret, "manage-channel", needs_body=False),
            methods=["POST"],
        ),
    ]
