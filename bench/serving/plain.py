"""What no page can be faster than: Starlette with one route and a few bytes, under the server that Signpost uses."""

from __future__ import annotations

import sys

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route


async def plain(_request: Request) -> Response:
    """A few bytes."""
    return PlainTextResponse("here")


app = Starlette(routes=[Route("/", plain)])

if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), access_log=False, log_config=None)
