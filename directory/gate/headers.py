"""What every answer tells browsers, whichever handler made it; a page that says more keeps what it says."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.types import ASGIApp, Message, Receive, Scope, Send

ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
# For what is no page: should a browser take it for one, it runs and loads nothing, and stands in no frame.
NOTHING = {"Content-Security-Policy": "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"}
# A year, and every name below ours, as ASVS asks; only over https, where browsers heed it.
HTTPS_ONLY = {"Strict-Transport-Security": "max-age=31536000; includeSubDomains"}

# What pages of other sites may read; Open Referral UK asks it of every answer, errors among them.
FOR_OTHER_SITES = "/hsds"
OPEN = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "ETag, RateLimit, RateLimit-Policy, Retry-After",
}


NOT_MODIFIED = 304


class AnswerHeaders:
    """Puts these headers on every answer that does not have its own."""

    def __init__(self, app: ASGIApp, *, base_url: str) -> None:
        self._app = app
        given = ALWAYS | (HTTPS_ONLY if base_url.startswith("https://") else {})
        # Encoded once, as every answer gets them.
        self._headers, self._open, self._nothing = _encoded(given), _encoded(given | OPEN), _encoded(NOTHING)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""

        path = scope.get("path", "")
        is_open = path == FOR_OTHER_SITES or path.startswith(f"{FOR_OTHER_SITES}/")

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                held = message.get("headers", ())
                own = {name.lower() for name, _ in held}
                missing = self._open if is_open else self._headers
                if message["status"] != NOT_MODIFIED:
                    # A browser would put these in place of what it keeps with the page.
                    missing += self._nothing
                message["headers"] = [*held, *[header for header in missing if header[0] not in own]]
            await send(message)

        await self._app(scope, receive, answer)


def _encoded(headers: Mapping[str, str]) -> tuple[tuple[bytes, bytes], ...]:
    return tuple((name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers.items())
