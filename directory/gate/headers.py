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
# A year, as ASVS asks; only over https, where browsers heed it.
HTTPS_ONLY = {"Strict-Transport-Security": "max-age=31536000"}

# What pages of other sites may read; Open Referral UK asks it of every answer, errors among them.
FOR_OTHER_SITES = "/hsds"
OPEN = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "ETag, RateLimit, RateLimit-Policy, Retry-After",
}


class AnswerHeaders:
    """Puts these headers on every answer that does not have its own."""

    def __init__(self, app: ASGIApp, *, base_url: str) -> None:
        self._app = app
        given = ALWAYS | (HTTPS_ONLY if base_url.startswith("https://") else {})
        # Encoded once, as every answer gets them.
        self._headers, self._open = _encoded(given), _encoded(given | OPEN)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""

        path = scope.get("path", "")
        is_open = path == FOR_OTHER_SITES or path.startswith(f"{FOR_OTHER_SITES}/")

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                held = list(message.get("headers", ()))
                own = {name.lower() for name, _ in held}
                missing = self._open if is_open else self._headers
                message["headers"] = [*held, *(header for header in missing if header[0] not in own)]
            await send(message)

        await self._app(scope, receive, answer)


def _encoded(headers: Mapping[str, str]) -> tuple[tuple[bytes, bytes], ...]:
    return tuple((name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers.items())
