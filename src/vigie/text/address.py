"""The address a request came from: what was logged, what a proxy forwarded, and what neither can tell."""

from __future__ import annotations

import re
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Collection

Place = Literal["public", "private or reserved", "not an address"]
Address = IPv4Address | IPv6Address

_WITH_PORT: Final = re.compile(r"\[([^\]]*)\](?::\d+)?|(\d+\.\d+\.\d+\.\d+):\d+")


def parse_address(text: str) -> Address | None:
    """Return the address in `text`, without port, brackets or zone; None where there is none.

    An IPv4 address written inside IPv6 is the IPv4 address.

    >>> parse_address("[2001:db8::1]:443"), parse_address("::ffff:192.0.2.7"), parse_address("mail.example.org")
    (IPv6Address('2001:db8::1'), IPv4Address('192.0.2.7'), None)
    """
    text = text.strip()
    if found := _WITH_PORT.fullmatch(text):
        text = found[1] or found[2] or ""
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def origin_address(client_ip: str, forwarded_for: str | None, proxies: Collection[str]) -> tuple[str, Place]:
    """Return the address a request came from, and what kind of thing it is.

    The peer is believed. Only where the peer is one of the case's own `proxies`, or private, does the header count: of
    the addresses in X-Forwarded-For the last that is public and no proxy, since every proxy appends the peer it saw
    and what stands further left is the client's own claim. A header without one leaves the peer.

    >>> origin_address("10.0.0.2", "198.51.100.9, 8.8.8.8", ())
    ('8.8.8.8', 'public')
    >>> origin_address("9.9.9.9", "8.8.8.8", ())
    ('9.9.9.9', 'public')
    >>> origin_address("Crawler.example.org", None, ())
    ('crawler.example.org', 'not an address')
    """
    known = {str(parse_address(proxy) or proxy.lower()) for proxy in proxies}
    peer = parse_address(client_ip)
    name = client_ip.lower()
    if forwarded_for and (str(peer or name) in known or (peer is not None and not is_public(peer))):
        for hop in reversed(forwarded_for.split(",")):
            address = parse_address(hop)
            if address is not None and is_public(address) and str(address) not in known:
                return str(address), "public"
    if peer is None:
        return name, "not an address"
    return str(peer), "public" if is_public(peer) else "private or reserved"


def is_public(address: Address) -> bool:
    """Return whether the address is globally reachable unicast."""
    return address.is_global and not address.is_multicast
