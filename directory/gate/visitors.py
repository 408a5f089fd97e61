"""What can be told of a browser: its network, for limits, and what it is, so that people know their sessions apart."""

from __future__ import annotations

from ipaddress import IPv6Address, ip_address

from starlette.requests import Request

# In this order: each says the names of those after it too.
_BROWSERS = (
    ("Edg", "Edge"), ("OPR/", "Opera"), ("SamsungBrowser", "Samsung Internet"), ("Firefox", "Firefox"),
    ("FxiOS", "Firefox"), ("CriOS", "Chrome"), ("Chrome", "Chrome"), ("Safari", "Safari"),
)  # fmt: skip
_SYSTEMS = (
    ("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("Windows", "Windows"), ("CrOS", "ChromeOS"),
    ("Mac OS X", "Mac"), ("Linux", "Linux"),
)  # fmt: skip
IPV6_SITE = 64


def network_of(request: Request) -> str:
    """The network that a request comes from: an IPv4 address, or the /64 in which an IPv6 host picks its own."""
    host = request.client.host if request.client else ""
    try:
        address = ip_address(host)
    except ValueError:
        return host
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return str(address.ipv4_mapped)
        return str(IPv6Address(int(address) >> IPV6_SITE << IPV6_SITE))
    return str(address)


def device_of(request: Request) -> str:
    """A browser in words, as in "Chrome on Android"."""
    agent = request.headers.get("user-agent", "")[:500]
    browser = next((name for mark, name in _BROWSERS if mark in agent), "A browser")
    system = next((name for mark, name in _SYSTEMS if mark in agent), "")
    return f"{browser} on {system}" if system else browser
