"""What every answer tells browsers, whichever handler made it; a page that says more keeps what it says."""

from __future__ import annotations

from starlette.datastructures import MutableHeaders
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
        self._headers = ALWAYS | (HTTPS_ONLY if base_url.startswith("https://") else {})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""

        path = scope.get("path", "")
        is_open = path == FOR_OTHER_SITES or path.startswith(f"{FOR_OTHER_SITES}/")

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in (self._headers | (OPEN if is_open else {})).items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, answer)
