"""Which addresses of the internet Signpost may connect to on somebody's wish, so that no wish reaches its own network.

By the IANA registries of special-purpose addresses (RFC 6890), which `ipaddress` knows, and what it counts as global
although something else is behind it: multicast, relays, and IPv6 addresses that carry an IPv4 address inside.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

import httpx2

from directory.domain.reach import Reach

LONGEST_URL = 2_000
# The only part of IPv6 that is given out; all that maps, translates or is local lies outside it.
_GIVEN_OUT = ip_network("2000::/3")
_REFUSED = tuple(
    ip_network(network)
    for network in (
        # Relays and name servers that stand anywhere (RFC 7526, RFC 7534, RFC 7535, RFC 7450).
        "192.88.99.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.175.48.0/24", "2620:4f:8000::/48",
        # Protocols' own, Teredo (RFC 4380) and benchmarks among them; examples; 6to4 (RFC 3056).
        "192.0.0.0/24", "2001::/23", "2001:db8::/32", "3fff::/20", "2002::/16",
    )
)  # fmt: skip
# An interface that carries an IPv4 address (ISATAP, RFC 5214), whatever the network.
_ISATAP, _ISATAP_MASK = 0x5EFE, 0xFDFFFFFF
# What no setting opens: clouds keep their keys at a link-local address.
_METADATA = frozenset({IPv4Address("169.254.169.254"), IPv6Address("fd00:ec2::254")})


def is_public(address: str) -> bool:
    """Whether an address is one of the open internet; False for what is no address."""
    found = _address(address)
    if found is None or not found.is_global or found.is_multicast or found.is_reserved:
        return False
    if isinstance(found, IPv6Address) and (found not in _GIVEN_OUT or (int(found) >> 32) & _ISATAP_MASK == _ISATAP):
        return False
    return not any(found in network for network in _REFUSED if network.version == found.version)


def is_reachable(address: str) -> bool:
    """Whether an address may be connected to where those of one's own network are allowed: one host, not link-local."""
    found = _address(address)
    if found is None or found in _METADATA:
        return False
    if isinstance(found, IPv6Address) and found.ipv4_mapped is not None:
        return False
    return not (found.is_multicast or found.is_unspecified or found.is_link_local or str(found) == "255.255.255.255")


def usable_url(url: str, reach: Reach) -> httpx2.URL:
    """An address to post to; raises ValueError that says, to whoever typed it, what is wrong with it.

    A host name is resolved, and what it stands for checked, each time something is sent.
    """
    if len(url) > LONGEST_URL:
        raise ValueError(f"Use an address of at most {LONGEST_URL:,} characters.")
    try:
        found = httpx2.URL(url.strip())
        host = found.raw_host.decode("ascii")
    except (httpx2.InvalidURL, ValueError, TypeError):
        raise ValueError("Give a whole address, as in https://example.org/signpost.") from None
    if found.scheme not in ("https", "http") or not host or not 0 < (found.port or 443) < 65536:
        raise ValueError("Give a whole address, as in https://example.org/signpost.")
    if found.scheme == "http" and not reach.private:
        raise ValueError("Use an address that begins with https://.")
    if found.userinfo:
        raise ValueError("Leave the user name and password out of the address.")
    if _address(host) is not None and not (is_reachable(host) if reach.private else is_public(host)):
        raise ValueError("Use an address on the open internet: this one is in a network of its own.")
    if not reach.allows(host):
        raise ValueError(f"This directory connects to {reach.in_words} only. Ask whoever runs it to add {host}.")
    return found


def _address(text: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(text.partition("%")[0])
    except ValueError:
        return None
